//! What several of the tests begin with.

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_store::{
    FileWriter, NewBundle, NewFile, NewRun, NewVerdict, NewWorkflow, Origin, RunId, Store, StoredObject,
    Takes, Wait as _, WorkflowId, WorkflowStep,
};
use serde_json::json;

pub(crate) fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

/// A workflow that takes all objects and has no schedule.
pub(crate) fn new_workflow(name: &str) -> NewWorkflow {
    NewWorkflow {
        name: name.to_owned(),
        description: String::new(),
        collection: None,
        schedule: json!({ "kind": "none" }),
        takes: Takes::All,
        evictions: Some(0),
        enabled: true,
        anchor: now(),
        next_tick: None,
        steps: Vec::new(),
    }
}

pub(crate) fn workflow(store: &dyn Store, name: &str, steps: Vec<WorkflowStep>) -> WorkflowId {
    let new = NewWorkflow { takes: Takes::Changed, steps, ..new_workflow(name) };
    store.add_workflow(&new, "ada", now()).wait().unwrap()
}

pub(crate) fn objects(values: &[&str]) -> Vec<StoredObject> {
    let object = |value: &&str| StoredObject {
        subtype: "FQDN".to_owned(),
        value: (*value).to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({}),
    };
    values.iter().map(object).collect()
}

pub(crate) fn file(name: &str, content: FileWriter) -> NewFile {
    NewFile { name: name.to_owned(), digest: "digest".to_owned(), content, objects: Vec::new() }
}

pub(crate) fn new_run(workflow: WorkflowId, tick: Option<&str>, values: &[&str]) -> NewRun {
    NewRun {
        workflow,
        origin: Origin::Schedule,
        requested_by: "schedule".to_owned(),
        tick: tick.map(str::to_owned),
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: String::new(),
        deadline_at: now() + SignedDuration::from_hours(1),
        steps: Vec::new(),
        objects: Some(objects(values)),
        carried: Vec::new(),
    }
}

pub(crate) fn run(
    store: &dyn Store,
    workflow: WorkflowId,
    tick: Option<&str>,
    values: &[&str],
) -> Option<RunId> {
    store.add_run(&new_run(workflow, tick, values), now()).wait().unwrap()
}

pub(crate) fn verdict(place: u64, verdict: Verdict) -> NewVerdict {
    NewVerdict { place, verdict, code: None, message: None, submissions: json!([]) }
}

pub(crate) fn bundle(version: &str) -> NewBundle {
    NewBundle {
        bundle: "trend-vision-one".to_owned(),
        version: version.to_string(),
        digest: version.to_string(),
        title: "Trend Micro Vision One".to_owned(),
        publisher: "Palisade".to_owned(),
        signed_by: None,
        zip: b"zip".to_vec(),
    }
}
