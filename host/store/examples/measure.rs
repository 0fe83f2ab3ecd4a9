//! How long the state takes to answer what pages and lists ask, with 1,000 workflows and 1,000,000 verdicts in it: the median of
//! 21 times each, as JSON. `cargo run --release --package palisade-store --example measure`.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use palisade_store::{
    NewRun, NewVerdict, NewWorkflow, ObjectFilter, ObjectOrder, Origin, Page, RunEnd, RunFilter, RunId,
    RunStatus, Store, StoredObject, Takes, Verdict, WorkflowId,
};
use serde_json::{Value, json};

const WORKFLOWS: usize = 1_000;
const RUNS: usize = 100;
const OBJECTS: usize = 10_000;
const TIMES: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let store = Store::open(&directory.path().join("palisade.db"))?;
    let now = Timestamp::now();
    let mut workflows = Vec::new();
    for number in 0..WORKFLOWS {
        workflows.push(workflow(&store, number, now)?);
    }
    let begun = Instant::now();
    let mut last = RunId(0);
    for number in 0..RUNS {
        let id = workflows.get(number).copied().ok_or("no workflow")?;
        last = run(&store, id, now)?;
    }
    let filled = begun.elapsed();
    let page = Page { offset: 0, limit: 50 };
    let far = Page { offset: 9_900, limit: 50 };
    let all = ObjectFilter::default();
    let failed = ObjectFilter { verdict: Some(Verdict::Failed), ..ObjectFilter::default() };
    let text = ObjectFilter { text: Some("9999.ex".to_owned()), ..ObjectFilter::default() };
    let place = ObjectOrder::Place;
    let mut figures = serde_json::Map::new();
    let mut note = |name: &str, took: Duration| {
        figures.insert(name.to_owned(), Value::from(took.as_secs_f64() * 1_000.0));
    };
    note("workflows", median(|| store.workflows().map(drop))?);
    note("last runs", median(|| store.last_runs().map(drop))?);
    note("runs", median(|| store.runs(RunFilter::default(), page).map(drop))?);
    note("objects of a run", median(|| store.run_objects(last, 1, &all, place, false, page).map(drop))?);
    note("objects, last page", median(|| store.run_objects(last, 1, &all, place, false, far).map(drop))?);
    note("objects, failed", median(|| store.run_objects(last, 1, &failed, place, false, page).map(drop))?);
    note("objects, searched", median(|| store.run_objects(last, 1, &text, place, false, page).map(drop))?);
    let by_verdict = ObjectOrder::Verdict;
    note("objects, sorted", median(|| store.run_objects(last, 1, &all, by_verdict, true, page).map(drop))?);
    note("reasons of a run", median(|| store.reasons(last, 1).map(drop))?);
    note("verdicts of a day", median(|| store.verdicts_since(now).map(drop))?);
    note("open objects of a run", median(|| store.open_objects(last, 1).map(drop))?);
    let size = std::fs::metadata(store.path())?.len();
    println!(
        "{}",
        json!({ "milliseconds": figures, "filled_seconds": filled.as_secs_f64(), "bytes": size, "verdicts": RUNS * OBJECTS })
    );
    Ok(())
}

fn workflow(store: &Store, number: usize, now: Timestamp) -> Result<WorkflowId, Box<dyn Error>> {
    let new = NewWorkflow {
        name: format!("workflow {number:04}"),
        description: String::new(),
        collection: None,
        schedule: json!({ "kind": "none" }),
        takes: Takes::All,
        evictions: Some(0),
        enabled: true,
        anchor: now,
        next_tick: None,
        steps: Vec::new(),
    };
    Ok(store.add_workflow(&new, "measure", now)?)
}

fn run(store: &Store, workflow: WorkflowId, now: Timestamp) -> Result<RunId, Box<dyn Error>> {
    let object = |number: usize| StoredObject {
        subtype: "FQDN".to_owned(),
        value: format!("host-{number}.example"),
        platform_id: Some(number.to_string()),
        file: "list.json".to_owned(),
        location: format!("$.data[{number}]"),
        record: json!({ "kind": "Indicator", "score": 7.0, "status": "Active" }),
    };
    let new = NewRun {
        workflow,
        origin: Origin::RunNow,
        requested_by: "measure",
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: "list",
        deadline_at: now,
        steps: Vec::new(),
        objects: Some((0..OBJECTS).map(object).collect()),
        carried: Vec::new(),
    };
    let run = store.add_run(&new, now)?.ok_or("no run")?;
    store.submit_task(run, &run.to_string(), "tenant", now, now)?;
    let task = store.claim_task(now)?.ok_or("no task")?;
    let places: Vec<u64> = (1..=OBJECTS as u64).collect();
    for page in places.chunks(1_000) {
        let verdicts: Vec<NewVerdict> = page.iter().map(|place| verdict(*place)).collect();
        store.record_verdicts(task.activation(), 1, &verdicts, now)?;
    }
    store.end_run(task.activation(), &RunEnd::of(RunStatus::Completed), now)?;
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

fn median<E: Error + 'static>(mut work: impl FnMut() -> Result<(), E>) -> Result<Duration, Box<dyn Error>> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        work()?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times.get(TIMES / 2).copied().unwrap_or_default())
}
