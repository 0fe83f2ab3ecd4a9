//! What the state counts and picks out of runs, so that no page has to hold their rows.

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_store::{
    Cause, NewRun, NewVerdict, ObjectFilter, ObjectOrder, Origin, Page, RunCount, RunEnd, RunFilter, RunId,
    RunOrder, RunStatus, Store, StoreError, StoredObject, Wait as _, WorkflowId,
};
use serde_json::json;

use crate::Place;
use crate::given::new_workflow;

/// Runs that the overview once had to hold at most.
const RUNS: u64 = 2_000;

fn now() -> Timestamp {
    "2026-11-22T08:30:00Z".parse().unwrap()
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

fn new_run(workflow: WorkflowId, objects: &[(&str, &str)], at: Timestamp) -> NewRun {
    let place = NewVerdict {
        place: 1,
        verdict: Verdict::Accepted,
        code: None,
        message: None,
        submissions: json!([]),
    };
    NewRun {
        workflow,
        origin: Origin::Manual,
        requested_by: "ada".to_owned(),
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: String::new(),
        deadline_at: at + SignedDuration::from_hours(1),
        steps: Vec::new(),
        objects: Some(objects.iter().map(|(subtype, value)| object(subtype, value)).collect()),
        carried: vec![(1, place)],
    }
}

fn run(store: &dyn Store, workflow: WorkflowId, objects: &[(&str, &str)], at: Timestamp) -> RunId {
    store.add_run(&new_run(workflow, objects, at), at).wait().unwrap().unwrap()
}

/// Ends a run that is not in the queue yet.
fn ended(store: &dyn Store, run: RunId, end: &RunEnd) {
    store.submit_task(run, &run.to_string(), "tenant", Timestamp::MAX, now()).wait().unwrap();
    let task = store.claim_task(now()).wait().unwrap().unwrap();
    assert_eq!(task.run, run);
    store.end_run(task.activation(), end, now()).wait().unwrap();
}

pub fn runs_and_verdicts_of_a_day_are_counted_exactly_however_many_there_are(place: &dyn Place) {
    let store = &*place.open();
    let workflow = store.add_workflow(&new_workflow("a"), "ada", now()).wait().unwrap();
    let since = now() - SignedDuration::from_hours(24);
    let all = RUNS + 500;
    for number in 0..all {
        let minutes = i64::try_from(number % 120).unwrap();
        let at = now() - SignedDuration::from_mins(minutes);
        let id = run(store, workflow, &[("FQDN", "a.example")], at);
        if number % 5 == 0 {
            let end = RunEnd { cause: Some(Cause::Input), ..RunEnd::of(RunStatus::ErrorOccurred) };
            ended(store, id, &end);
        }
    }
    run(store, workflow, &[("FQDN", "a.example")], since - SignedDuration::from_millis(1));

    let day = RunFilter { from: Some(since), ..RunFilter::default() };
    let totals = store.run_totals(&day).wait().unwrap();
    assert_eq!((totals.count(), totals.issues(), totals.verdicts.accepted), (all, all / 5, all));
    let issue =
        RunCount { status: Some(RunStatus::ErrorOccurred), cause: Some(Cause::Input), count: all / 5 };
    assert!(totals.runs.contains(&issue), "{:?}", totals.runs);
    // Two hours back from half past: half an hour of the first and of the last, and a whole one between them.
    let of_minutes =
        |minutes: std::ops::Range<u64>| (0..all).filter(|n| minutes.contains(&(n % 120))).count() as u64;
    let moments: Vec<Timestamp> = ["06:00", "07:00", "08:00", "09:00"]
        .iter()
        .map(|time| format!("2026-11-22T{time}:00Z").parse().unwrap())
        .collect();
    let hours = store.run_totals_between(&moments).wait().unwrap();
    let counted: Vec<u64> = hours.iter().map(palisade_store::RunTotals::count).collect();
    assert_eq!(counted, [of_minutes(91..120), of_minutes(31..91), of_minutes(0..31)]);
    // The list behind each number has as many rows.
    for filter in [
        day.clone(),
        RunFilter { issue: true, ..day.clone() },
        RunFilter { cause: Some(Cause::Input), ..day.clone() },
        RunFilter { open: true, ..day.clone() },
        RunFilter { verdict: Some(Verdict::Accepted), ..day.clone() },
        RunFilter { verdict: Some(Verdict::Failed), ..day.clone() },
        RunFilter { to: moments.get(1).copied(), ..day },
    ] {
        let listed = store.runs(&filter, Page { offset: 0, limit: 1 }).wait().unwrap().1;
        assert_eq!(listed, store.run_totals(&filter).wait().unwrap().count(), "{filter:?}");
    }
}

pub fn runs_are_found_by_workflow_requester_number_and_time(place: &dyn Place) {
    let store = &*place.open();
    let workflow = store.add_workflow(&new_workflow("a"), "ada", now()).wait().unwrap();
    let other = store.add_workflow(&new_workflow("Ärger"), "ada", now()).wait().unwrap();
    let hour = SignedDuration::from_hours(1);
    let nightly = NewRun {
        requested_by: "grace (token nightly)".to_owned(),
        ..new_run(workflow, &[], now() - hour - hour)
    };
    store.add_run(&nightly, now() - hour - hour).wait().unwrap().unwrap();
    run(store, other, &[], now() - hour);
    run(store, workflow, &[], now());
    let found = |filter: &RunFilter| {
        let (rows, total) = store.runs(filter, Page::ALL).wait().unwrap();
        assert_eq!(rows.len() as u64, total);
        rows.into_iter().map(|run| run.id.0).collect::<Vec<_>>()
    };
    for (text, runs) in [
        ("äRG", vec![2]),
        ("GRACE", vec![1]),
        ("3", vec![3]),
        ("Run 3", vec![3]),
        ("#1", vec![1]),
        ("%", vec![]),
        ("_", vec![]),
        (" ", vec![3, 2, 1]),
    ] {
        assert_eq!(found(&RunFilter { text: Some(text.to_owned()), ..RunFilter::default() }), runs, "{text}");
    }
    let within = |from: Option<Timestamp>, to: Option<Timestamp>| {
        found(&RunFilter { from, to, ..RunFilter::default() })
    };
    assert_eq!(within(Some(now() - hour), None), [3, 2], "the beginning belongs to a span");
    assert_eq!(within(None, Some(now())), [2, 1], "the end does not");
    assert_eq!(within(Some(now() - hour), Some(now())), [2]);
}

pub fn lists_are_not_sorted_by_bytes_and_their_pages_agree_with_the_order(place: &dyn Place) {
    let store = &*place.open();
    let workflow = store.add_workflow(&new_workflow("a"), "ada", now()).wait().unwrap();
    let names = ["Zoo", "apple", "Émile", "eagle", "fig", "step 10", "step 2"];
    for name in names {
        let id = store.add_workflow(&new_workflow(name), "ada", now()).wait().unwrap();
        run(store, id, &[], now());
    }
    let sorted = ["apple", "eagle", "Émile", "fig", "step 2", "step 10", "Zoo"];
    let listed: Vec<String> = store.workflows().wait().unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(listed[1..], sorted, "behind `a`");
    let by_workflow = |descending: bool, offset: u64| {
        let filter =
            RunFilter { order: RunOrder::Workflow, descending: Some(descending), ..RunFilter::default() };
        let rows = store.runs(&filter, Page { offset, limit: 2 }).wait().unwrap().0;
        rows.into_iter().map(|run| run.workflow_name)
    };
    let pages =
        |descending| (0..7).step_by(2).flat_map(|offset| by_workflow(descending, offset)).collect::<Vec<_>>();
    assert_eq!(pages(false), sorted);
    assert_eq!(pages(true), sorted.into_iter().rev().collect::<Vec<_>>());
    let objects: Vec<(&str, &str)> = names.iter().map(|name| ("FQDN", *name)).collect();
    let id = run(store, workflow, &objects, now());
    let values = |offset| {
        let page = Page { offset, limit: 3 };
        let rows = store
            .run_objects(id, 1, &ObjectFilter::default(), ObjectOrder::Value, false, page)
            .wait()
            .unwrap()
            .0;
        rows.into_iter().map(|row| row.object.value)
    };
    assert_eq!((0..7).step_by(3).flat_map(values).collect::<Vec<_>>(), sorted);
    let accent = ObjectFilter { text: Some("éMIL".to_owned()), ..ObjectFilter::default() };
    assert_eq!(store.run_objects(id, 1, &accent, ObjectOrder::Place, false, Page::ALL).wait().unwrap().1, 1);
}

pub fn objects_of_a_run_are_found_by_place_and_counted_by_type(place: &dyn Place) {
    let store = &*place.open();
    let workflow = store.add_workflow(&new_workflow("a"), "ada", now()).wait().unwrap();
    let objects = [("URL", "https://a.example/"), ("FQDN", "b.example"), ("FQDN", "c.example"), ("", "???")];
    let id = run(store, workflow, &objects, now());
    run(store, workflow, &[("MD5", "x")], now());
    let found = store.objects_at(id, &[3, 99, 1]).wait().unwrap();
    assert_eq!(found, [(3, object("FQDN", "c.example")), (1, object("URL", "https://a.example/"))]);
    assert_eq!(store.object_types(id).wait().unwrap(), [("FQDN".to_owned(), 2), ("URL".to_owned(), 1)]);
    assert!(matches!(store.objects_at(RunId(99), &[1]).wait(), Err(StoreError::Missing { .. })));
}

pub fn how_a_workflow_fares_is_said_by_its_last_run_that_is_over_and_was_no_trial(place: &dyn Place) {
    let store = &*place.open();
    let workflow = store.add_workflow(&new_workflow("a"), "ada", now()).wait().unwrap();
    let last = || store.last_runs().wait().unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>();
    let ids: Vec<RunId> = (0..4)
        .map(|number| {
            let new = NewRun { dry_run: number == 2, ..new_run(workflow, &[("FQDN", "a.example")], now()) };
            store.add_run(&new, now()).wait().unwrap().unwrap()
        })
        .collect();
    assert!(last().is_empty(), "none is over");
    let [first, second, trial, _open] = ids[..] else { panic!("{ids:?}") };
    for id in [first, second, trial] {
        ended(store, id, &RunEnd::of(RunStatus::Completed));
    }
    assert_eq!(last(), [second]);
}
