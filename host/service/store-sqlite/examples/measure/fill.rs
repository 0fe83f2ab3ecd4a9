//! Fills a state with workflows, runs and verdicts.

use std::error::Error;

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_store::{
    BundleRow, NewRun, NewStep, NewVerdict, NewWorkflow, Origin, RunEnd, RunId, RunStatus, StepEnd, Store,
    StoredObject, Takes, Wait as _, WorkflowId, WorkflowStep,
};
use serde_json::{Value, json};

/// The action of every workflow.
const ACTION: &str = "add-to-blocklist";
/// Time between two runs: a day has some of them.
const BETWEEN: SignedDuration = SignedDuration::from_mins(30);

/// How much.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) workflows: usize,
    /// Runs in all.
    pub(crate) runs: usize,
    /// Objects of each run, and so verdicts.
    pub(crate) objects: usize,
}

/// What was made.
pub(crate) struct Filled {
    /// The last run.
    pub(crate) last: RunId,
}

/// Makes workflows, and runs of the first of them. They use the bundle and the collection that the state has, if any.
pub(crate) fn fill(store: &dyn Store, size: Size, now: Timestamp) -> Result<Filled, Box<dyn Error>> {
    let bundle = store.bundles().wait()?.into_iter().next();
    let mut workflows = Vec::new();
    for number in 0..size.workflows {
        workflows.push(workflow(store, number, bundle.as_ref(), now)?);
    }
    let mut last = RunId(0);
    for number in 0..size.runs {
        let id = workflows.get(number % size.workflows.max(1)).copied().ok_or("no workflow")?;
        let ago = BETWEEN.checked_mul(i32::try_from(size.runs - number)?).ok_or("too many runs")?;
        last = run(store, id, bundle.as_ref(), size.objects, now.checked_sub(ago)?)?;
    }
    Ok(Filled { last })
}

fn workflow(
    store: &dyn Store,
    number: usize,
    bundle: Option<&BundleRow>,
    now: Timestamp,
) -> Result<WorkflowId, Box<dyn Error>> {
    let step = |bundle: &BundleRow| {
        let defaults = store.action_defaults(&bundle.bundle, ACTION).wait().unwrap_or_default();
        WorkflowStep {
            bundle: bundle.id,
            action: ACTION.to_owned(),
            connection: defaults.connection,
            configuration: defaults.configuration,
        }
    };
    let new = NewWorkflow {
        name: format!("workflow {number:04}"),
        description: String::new(),
        collection: store.collections().wait()?.first().map(|collection| collection.id),
        schedule: json!({ "kind": "none" }),
        takes: Takes::All,
        evictions: Some(0),
        enabled: true,
        anchor: now,
        next_tick: None,
        steps: bundle.into_iter().map(step).collect(),
    };
    Ok(store.add_workflow(&new, "measure", now).wait()?)
}

fn run(
    store: &dyn Store,
    workflow: WorkflowId,
    bundle: Option<&BundleRow>,
    objects: usize,
    now: Timestamp,
) -> Result<RunId, Box<dyn Error>> {
    let object = |number: usize| StoredObject {
        subtype: "FQDN".to_owned(),
        value: format!("host-{number}.example"),
        platform_id: Some(number.to_string()),
        file: "list.json".to_owned(),
        location: format!("$.data[{number}]"),
        record: json!({ "kind": "Indicator", "score": 7.0, "status": "Active" }),
    };
    let step = |bundle: &BundleRow| NewStep {
        bundle: bundle.id,
        bundle_name: bundle.bundle.clone(),
        version: bundle.version.clone(),
        digest: bundle.digest.clone(),
        action: ACTION.to_owned(),
        title: "Add to block list".to_owned(),
        connection: None,
        configuration: Default::default(),
    };
    let new = NewRun {
        workflow,
        origin: Origin::RunNow,
        requested_by: "measure".to_owned(),
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: "list".to_owned(),
        deadline_at: now,
        steps: bundle.into_iter().map(step).collect(),
        objects: Some((0..objects).map(object).collect()),
        carried: Vec::new(),
    };
    let run = store.add_run(&new, now).wait()?.ok_or("no run")?;
    store.submit_task(run, &run.to_string(), "tenant", now, now).wait()?;
    let task = store.claim_task(now).wait()?.ok_or("no task")?;
    store.begin_run(task.activation(), now).wait()?;
    if bundle.is_some() {
        store.begin_step(task.activation(), 1, now).wait()?;
    }
    let places: Vec<u64> = (1..=objects as u64).collect();
    for page in places.chunks(1_000) {
        let verdicts: Vec<NewVerdict> = page.iter().map(|place| verdict(*place)).collect();
        store.record_verdicts(task.activation(), 1, &verdicts, now).wait()?;
    }
    if bundle.is_some() {
        let end = StepEnd {
            how: palisade_model::StepEnding::Completed,
            code: None,
            message: None,
            hint: None,
            cause: None,
            traffic: Value::Null,
            warnings: Value::Null,
        };
        store.end_step(task.activation(), 1, &end, &[], now).wait()?;
    }
    store.end_run(task.activation(), &RunEnd::of(RunStatus::ErrorOccurred), now).wait()?;
    Ok(run)
}

fn verdict(place: u64) -> NewVerdict {
    let failed = place.is_multiple_of(50);
    NewVerdict {
        place,
        verdict: if failed { Verdict::Failed } else { Verdict::Accepted },
        code: failed.then(|| "throttled".to_owned()),
        message: failed.then(|| "still 429 after all repeats".to_owned()),
        submissions: json!([{ "field": "domain", "value": format!("host-{place}.example"), "status": 201, "attempts": 1 }]),
    }
}
