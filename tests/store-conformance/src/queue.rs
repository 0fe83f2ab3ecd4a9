//! The queue: several claimers, outdated activations, turns of tenants, and verdicts that stand.

use std::sync::{Arc, Barrier};
use std::thread;

use jiff::Timestamp;
use palisade_model::{StepEnding, Verdict, VerdictCounts};
use palisade_store::{
    Event, Lists, NewVerdict, ObjectFilter, ObjectOrder, Page, Phase, RunEnd, RunId, RunStatus, StepEnd,
    Store, StoreError, Wait as _,
};
use serde_json::json;

use crate::Place;
use crate::given::{now, run, verdict, workflow};

/// A run of a workflow of its own in the queue.
fn queued(store: &dyn Store, name: &str, tenant: &str) -> RunId {
    let workflow = workflow(store, name, Vec::new());
    let run = run(store, workflow, None, &["a.example", "b.example"]).unwrap();
    store.submit_task(run, name, tenant, Timestamp::MAX, now()).wait().unwrap();
    run
}

pub fn each_task_is_handed_to_one_of_several_claimers(place: &dyn Place) {
    const TASKS: usize = 24;
    let store = place.open();
    let mut runs: Vec<RunId> =
        (0..TASKS).map(|number| queued(&*store, &number.to_string(), "tenant")).collect();
    let start = Arc::new(Barrier::new(4));
    let claimers: Vec<_> = (0..4)
        .map(|_| {
            let (store, start) = (Arc::clone(&store), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                let claim = || store.claim_task(now()).wait().unwrap().map(|task| (task.run, task.epoch));
                std::iter::from_fn(claim).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut claimed: Vec<_> = claimers.into_iter().flat_map(|claimer| claimer.join().unwrap()).collect();
    claimed.sort_unstable();
    runs.sort_unstable();
    assert_eq!(claimed, runs.into_iter().map(|run| (run, 1)).collect::<Vec<_>>());
}

pub fn tenants_take_turns_in_the_order_of_their_runs(place: &dyn Place) {
    let store = &*place.open();
    let first = ["a1", "a2", "a3"].map(|name| queued(store, name, "a"));
    let second = ["b1", "b2"].map(|name| queued(store, name, "b"));
    let claimed: Vec<RunId> =
        std::iter::from_fn(|| store.claim_task(now()).wait().unwrap().map(|task| task.run)).collect();
    assert_eq!(claimed, [first[0], second[0], first[1], second[1], first[2]]);
}

pub fn a_lane_hands_out_its_earliest_run_alone_and_what_was_cancelled_at_once(place: &dyn Place) {
    let store = &*place.open();
    let workflow = workflow(store, "one", Vec::new());
    let [first, second, third] = [(); 3].map(|()| {
        let run = run(store, workflow, None, &[]).unwrap();
        store.submit_task(run, "lane", "tenant", Timestamp::MAX, now()).wait().unwrap();
        run
    });
    let next = || store.claim_task(now()).wait().unwrap().map(|task| task.run);
    assert_eq!((next(), next()), (Some(first), None));
    store.cancel_task(third).wait().unwrap();
    let cancelled = store.claim_task(now()).wait().unwrap().unwrap();
    assert_eq!((cancelled.run, cancelled.cancelled), (third, true));
    store.end_task(first).wait().unwrap();
    assert_eq!(next(), Some(second));
}

pub fn an_outdated_activation_writes_nothing(place: &dyn Place) {
    let store = &*place.open();
    let run = queued(store, "one", "tenant");
    let frozen = store.claim_task(now()).wait().unwrap().unwrap().activation();
    assert!(!store.heartbeat(frozen, now()).wait().unwrap());
    let event = Event::new(now(), "taken-over", "the worker was silent");
    assert_eq!(store.take_back_tasks(now(), &event).wait().unwrap(), 1);
    // Also before another one has it.
    assert!(matches!(store.begin_run(frozen, now()).wait(), Err(StoreError::Fenced(_))));
    let current = store.claim_task(now()).wait().unwrap().unwrap().activation();
    assert!(current.run == run && current.epoch > frozen.epoch);
    let verdicts = [verdict(1, Verdict::Accepted)];
    let end = StepEnd::of(StepEnding::Completed);
    let wait = Some(("waits", now()));
    let lists =
        Lists { tenant: "a".to_owned(), bundle: "b".to_owned(), service: "https://c.example".to_owned() };
    let refused = [
        ("begin", store.begin_run(frozen, now()).wait()),
        ("offer", store.offer_objects(frozen, &[], 0, &json!({})).wait()),
        ("begin step", store.begin_step(frozen, 1, now()).wait()),
        ("take", store.take_in_hand(frozen, 1, 1).wait()),
        ("put down", store.put_down(frozen, 1).wait()),
        ("verdicts", store.record_verdicts(frozen, 1, &verdicts, now()).wait()),
        ("end step", store.end_step(frozen, 1, &end, &verdicts, now()).wait()),
        ("wait", store.wait_run(frozen, Phase::Waiting, "waits", None).wait()),
        ("note", store.note_wait(frozen, wait).wait()),
        ("recording", store.add_recording(frozen, 1, b"har").wait()),
        ("holdings", store.record_holdings(frozen, 1, &lists, &[], now()).wait()),
        ("heartbeat", store.heartbeat(frozen, now()).wait().map(|_| ())),
        ("lease", store.lease_list(frozen, "list").wait().map(|_| ())),
        ("release", store.release_task(frozen, now()).wait()),
        ("end", store.end_run(frozen, &RunEnd::of(RunStatus::Completed), now()).wait()),
    ];
    for (what, result) in refused {
        assert!(matches!(result, Err(StoreError::Fenced(of)) if of == run), "{what}: {result:?}");
    }
    let row = store.run(run).wait().unwrap();
    assert_eq!((row.phase, row.reason.as_deref()), (Phase::Queued, Some("waits for a worker")));
    assert_eq!(row.counts, VerdictCounts::default());
    store.begin_run(current, now()).wait().unwrap();
}

pub fn a_second_verdict_for_an_object_is_neither_written_nor_counted(place: &dyn Place) {
    let store = &*place.open();
    let run = queued(store, "one", "tenant");
    let activation = store.claim_task(now()).wait().unwrap().unwrap().activation();
    let record =
        |verdicts: &[NewVerdict]| store.record_verdicts(activation, 1, verdicts, now()).wait().unwrap();
    record(&[verdict(1, Verdict::Accepted)]);
    record(&[verdict(1, Verdict::Failed), verdict(2, Verdict::Skipped)]);
    let (rows, _) = store
        .run_objects(run, 1, &ObjectFilter::default(), ObjectOrder::Place, false, Page::ALL)
        .wait()
        .unwrap();
    let found: Vec<_> = rows.into_iter().filter_map(|row| row.verdict).map(|row| row.verdict).collect();
    assert_eq!(found, [Verdict::Accepted, Verdict::Skipped]);
    let counts = store.run(run).wait().unwrap().counts;
    assert_eq!((counts.accepted, counts.skipped, counts.failed), (1, 1, 0));
    assert!(store.open_objects(run, 1).wait().unwrap().is_empty());
}

pub fn what_was_committed_is_there_after_a_restart(place: &dyn Place) {
    let first = place.open();
    let run = queued(&*first, "one", "tenant");
    let task = first.claim_task(now()).wait().unwrap().unwrap();
    first.record_verdicts(task.activation(), 1, &[verdict(1, Verdict::Accepted)], now()).wait().unwrap();
    drop(first);
    let second = place.open();
    assert_eq!(second.run(run).wait().unwrap().counts.accepted, 1);
    assert_eq!(second.task(run).wait().unwrap(), Some(task.clone()));
    let event = Event::new(now(), "restarted", "the service ended");
    assert_eq!(second.take_back_tasks(Timestamp::MAX, &event).wait().unwrap(), 1);
    let again = second.claim_task(now()).wait().unwrap().unwrap();
    assert_eq!((again.run, again.epoch), (run, task.epoch + 1));
}
