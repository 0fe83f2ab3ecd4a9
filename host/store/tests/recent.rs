//! What the state counts and picks out of runs, so that no page has to hold their rows.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use palisade_store::{
    NewRun, NewVerdict, NewWorkflow, Origin, RunId, RunStatus, Store, StoreError, StoredObject, Takes,
    Verdict, WorkflowId,
};
use serde_json::json;
use tempfile::TempDir;

/// Runs that the overview once had to hold at most.
const RUNS: u64 = 2_000;

fn now() -> Timestamp {
    "2026-11-22T08:30:00Z".parse().unwrap()
}

fn store() -> (Store, WorkflowId, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("palisade.db")).unwrap();
    let new = NewWorkflow {
        name: "a".to_owned(),
        description: String::new(),
        collection: None,
        schedule: json!({ "kind": "none" }),
        takes: Takes::All,
        evictions: Some(0),
        enabled: true,
        anchor: now(),
        next_tick: None,
        steps: Vec::new(),
    };
    let workflow = store.add_workflow(&new, "ada", now()).unwrap();
    (store, workflow, directory)
}

fn object(subtype: &str, value: &str) -> StoredObject {
    StoredObject {
        subtype: subtype.to_owned(),
        value: value.to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({ "score": 9.0 }),
    }
}

fn run(store: &Store, workflow: WorkflowId, objects: &[(&str, &str)], at: Timestamp) -> RunId {
    let place = NewVerdict {
        place: 1,
        verdict: Verdict::Accepted,
        code: None,
        message: None,
        submissions: json!([]),
    };
    let new = NewRun {
        workflow,
        origin: Origin::Manual,
        requested_by: "ada",
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: "",
        deadline_at: at + SignedDuration::from_hours(1),
        steps: Vec::new(),
        objects: Some(objects.iter().map(|(subtype, value)| object(subtype, value)).collect()),
        carried: vec![(1, place)],
    };
    store.add_run(&new, at).unwrap().unwrap()
}

#[test]
fn runs_and_verdicts_of_a_day_are_counted_exactly_however_many_there_are() {
    let (store, workflow, _directory) = store();
    let since = now() - SignedDuration::from_hours(24);
    let all = RUNS + 500;
    for number in 0..all {
        let minutes = i64::try_from(number % 120).unwrap();
        run(&store, workflow, &[("FQDN", "a.example")], now() - SignedDuration::from_mins(minutes));
    }
    run(&store, workflow, &[("FQDN", "a.example")], since - SignedDuration::from_millis(1));
    let file = rusqlite::Connection::open(store.path()).unwrap();
    file.execute("UPDATE runs SET status = 'Error Occurred', phase = 'ended' WHERE id % 5 = 0", []).unwrap();

    let counts = store.run_counts(since).unwrap();
    assert_eq!(counts.iter().map(|count| count.count).sum::<u64>(), all);
    let issues = counts.iter().filter(|count| count.status == Some(RunStatus::ErrorOccurred));
    assert_eq!(issues.map(|count| count.count).sum::<u64>(), all / 5);
    let mut hours: BTreeMap<String, u64> = BTreeMap::new();
    for count in &counts {
        *hours.entry(count.hour.to_string()).or_default() += count.count;
    }
    // Two hours back from half past: half an hour of the first and of the last, and a whole one between them.
    let of_minutes =
        |minutes: std::ops::Range<u64>| (0..all).filter(|n| minutes.contains(&(n % 120))).count() as u64;
    let wanted = [
        ("2026-11-22T06:00:00Z", of_minutes(91..120)),
        ("2026-11-22T07:00:00Z", of_minutes(31..91)),
        ("2026-11-22T08:00:00Z", of_minutes(0..31)),
    ];
    assert_eq!(hours, wanted.map(|(hour, count)| (hour.to_owned(), count)).into());
    assert_eq!(store.verdicts_since(since).unwrap().accepted, all);
}

#[test]
fn objects_of_a_run_are_found_by_place_and_counted_by_type() {
    let (store, workflow, _directory) = store();
    let objects = [("URL", "https://a.example/"), ("FQDN", "b.example"), ("FQDN", "c.example"), ("", "???")];
    let id = run(&store, workflow, &objects, now());
    run(&store, workflow, &[("MD5", "x")], now());
    let found = store.objects_at(id, &[3, 99, 1]).unwrap();
    assert_eq!(found, [(3, object("FQDN", "c.example")), (1, object("URL", "https://a.example/"))]);
    assert_eq!(store.object_types(id).unwrap(), [("FQDN".to_owned(), 2), ("URL".to_owned(), 1)]);
    assert!(matches!(store.objects_at(RunId(99), &[1]), Err(StoreError::Missing { .. })));
}

#[test]
fn how_a_workflow_fares_is_said_by_its_last_run_that_is_over_and_was_no_trial() {
    let (store, workflow, _directory) = store();
    let last = || store.last_runs().unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>();
    let ids: Vec<RunId> = (0..4).map(|_| run(&store, workflow, &[("FQDN", "a.example")], now())).collect();
    assert!(last().is_empty(), "none is over");
    let file = rusqlite::Connection::open(store.path()).unwrap();
    let [first, second, trial, _open] = ids[..] else { panic!("{ids:?}") };
    let end = "UPDATE runs SET status = 'Completed', phase = 'ended', dry_run = ?1 WHERE id = ?2";
    for (id, dry_run) in [(first, false), (second, false), (trial, true)] {
        file.execute(end, rusqlite::params![dry_run, id.0]).unwrap();
    }
    assert_eq!(last(), [second]);
}
