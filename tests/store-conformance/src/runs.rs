//! Runs: ticks, what their workflow remembers, pruning.

use jiff::SignedDuration;
use palisade_model::Verdict;
use palisade_store::{Mark, ObjectFilter, ObjectOrder, Page, RunEnd, RunStatus, StoreError, Wait as _};
use serde_json::json;

use crate::Place;
use crate::given::{now, run, verdict, workflow};

pub fn a_tick_makes_one_run(place: &dyn Place) {
    let store = &*place.open();
    let id = workflow(store, "a", Vec::new());
    assert!(run(store, id, Some("1@2026-11-22T08:00:00Z"), &[]).is_some());
    assert!(run(store, id, Some("1@2026-11-22T08:00:00Z"), &[]).is_none());
    assert!(run(store, id, None, &[]).is_some() && run(store, id, None, &[]).is_some());
}

pub fn what_a_run_remembers_and_what_pruning_takes_with_it(place: &dyn Place) {
    let store = &*place.open();
    let id = workflow(store, "a", Vec::new());
    let old = run(store, id, None, &["a.example", "b.example"]).unwrap();
    store.submit_task(old, "a", "tenant", now(), now()).wait().unwrap();
    let task = store.claim_task(now()).wait().unwrap().unwrap();
    store
        .record_verdicts(
            task.activation(),
            1,
            &[verdict(1, Verdict::Accepted), verdict(2, Verdict::Failed)],
            now(),
        )
        .wait()
        .unwrap();
    let finished: Vec<String> =
        store.finished_objects(old, 1).wait().unwrap().into_iter().map(|object| object.value).collect();
    assert_eq!(finished, ["a.example"]);
    let marks = [Mark { object: [1; 16], content: [2; 16] }];
    let cursor = json!({ "object": "00", "position": 1 });
    let end = RunEnd {
        marks: marks.to_vec(),
        cursor: Some(cursor.clone()),
        ..RunEnd::of(RunStatus::ErrorOccurred)
    };
    store.end_run(task.activation(), &end, now()).wait().unwrap();
    assert_eq!(store.marks(id).wait().unwrap().get(&[1; 16]), Some(&[2; 16]));
    assert_eq!(store.workflow(id).wait().unwrap().cursor, Some(cursor));
    let young = run(store, id, None, &["c.example"]).unwrap();
    assert_eq!(store.prune_runs(now() + SignedDuration::from_secs(1), 10).wait().unwrap(), 1);
    assert!(matches!(store.run(old).wait(), Err(StoreError::Missing { .. })));
    assert!(store.run(young).wait().is_ok());
    assert_eq!(store.marks(id).wait().unwrap().len(), 1, "what a workflow remembers is not the run's");
    let all = ObjectFilter::default();
    let left = store.run_objects(old, 1, &all, ObjectOrder::Place, false, Page::ALL).wait().unwrap();
    assert_eq!(left, (Vec::new(), 0));
}

pub fn a_search_takes_its_text_literally(place: &dyn Place) {
    let store = &*place.open();
    let id = workflow(store, "a", Vec::new());
    let run = run(store, id, None, &["100%.example", "100x.example", "a_b.example", "axb.example"]).unwrap();
    let found = |text: &str| {
        let filter = ObjectFilter { text: Some(text.to_owned()), ..ObjectFilter::default() };
        store.run_objects(run, 1, &filter, ObjectOrder::Place, false, Page::ALL).wait().unwrap().1
    };
    assert_eq!((found("100%"), found("a_b"), found("example"), found("\\")), (1, 1, 4, 0));
}
