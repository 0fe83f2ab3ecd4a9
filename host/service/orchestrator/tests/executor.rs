//! What every executor promises, as one suite. An implementation is one line at the end of this file.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_orchestrator::executor::{Advanced, Boxed, Embedded, Executor, Stop, Stopping, Worker};
use palisade_orchestrator::{Clock, SystemClock};
use palisade_store::{
    Event, NewBundle, NewRun, NewStep, NewVerdict, NewWorkflow, Origin, RunEnd, RunId, RunStatus, Store,
    StoreError, StoredObject, Takes, TaskRow, TaskState, Wait as _,
};
use palisade_store_sqlite::SqliteStore;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

/// A state with one workflow for each lane, and an executor on it.
struct Bench<Made> {
    store: Arc<dyn Store>,
    executor: Arc<Made>,
    _directory: TempDir,
}

const SECOND: Duration = Duration::from_secs(1);

fn now() -> Timestamp {
    SystemClock.now()
}

fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

impl<Made: Executor> Bench<Made> {
    fn new(make: impl Fn(Arc<dyn Store>) -> Made) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&directory.path().join("palisade.db")).unwrap());
        Self { executor: Arc::new(make(store.clone())), store, _directory: directory }
    }

    fn workflow(&self, name: &str) -> palisade_store::WorkflowId {
        let new = NewWorkflow {
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
        };
        self.store.add_workflow(&new, "test", now()).wait().unwrap()
    }

    fn run(&self, workflow: palisade_store::WorkflowId, objects: usize) -> RunId {
        self.run_of(workflow, objects, Vec::new())
    }

    /// A step of a bundle of this name, which is installed.
    fn step(&self, bundle_name: &str) -> NewStep {
        let new = NewBundle {
            bundle: bundle_name.to_string(),
            version: "1.0.0".to_owned(),
            digest: bundle_name.to_string(),
            title: bundle_name.to_string(),
            publisher: "Test".to_owned(),
            signed_by: None,
            zip: b"zip".to_vec(),
        };
        NewStep {
            bundle: self.store.install_bundle(&new, &[], "test", now()).wait().unwrap(),
            bundle_name: bundle_name.to_owned(),
            version: "1.0.0".to_owned(),
            digest: bundle_name.to_owned(),
            action: "act".to_owned(),
            title: "Act".to_owned(),
            connection: None,
            configuration: BTreeMap::new(),
        }
    }

    fn run_of(&self, workflow: palisade_store::WorkflowId, objects: usize, steps: Vec<NewStep>) -> RunId {
        let object = |number: usize| StoredObject {
            subtype: "FQDN".to_owned(),
            value: format!("{number}.example"),
            platform_id: None,
            file: "list.txt".to_owned(),
            location: format!("line {number}"),
            record: json!({}),
        };
        let new = NewRun {
            workflow,
            origin: Origin::RunNow,
            requested_by: "test".to_owned(),
            tick: None,
            retry_of: None,
            dry_run: false,
            evictions: Some(0),
            collection: String::new(),
            deadline_at: in_seconds(3_600),
            steps,
            objects: Some((1..=objects).map(object).collect()),
            carried: Vec::new(),
        };
        self.store.add_run(&new, now()).wait().unwrap().unwrap()
    }

    /// Serves until `until` says so, for ten seconds at most.
    async fn serve(&self, worker: Arc<dyn Worker>, until: impl Fn() -> bool) {
        let (drain, draining) = watch::channel(false);
        let executor = Arc::clone(&self.executor);
        let serving = tokio::spawn(async move { executor.serve(worker, draining).await });
        let begun = tokio::time::Instant::now();
        while !until() {
            assert!(begun.elapsed() < 10 * SECOND, "it did not come to its end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drain.send_replace(true);
        tokio::time::timeout(10 * SECOND, serving).await.expect("drained").unwrap();
    }

    fn is_over(&self, run: RunId) -> bool {
        self.store.run(run).wait().unwrap().status.is_some()
    }
}

/// Gives one object of its run a verdict at a time, and notes who did.
struct Counting {
    store: Arc<dyn Store>,
    order: Mutex<Vec<RunId>>,
    active: Mutex<HashMap<RunId, u64>>,
    overlaps: AtomicU64,
}

impl Counting {
    fn new(store: &Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            order: Mutex::default(),
            active: Mutex::default(),
            overlaps: AtomicU64::new(0),
        })
    }
}

fn verdict(place: u64) -> NewVerdict {
    NewVerdict { place, verdict: Verdict::Accepted, code: None, message: None, submissions: json!([]) }
}

impl Worker for Counting {
    fn advance(&self, task: TaskRow, _: Stopping) -> Boxed<'_, Advanced> {
        Box::pin(async move {
            self.order.lock().unwrap().push(task.run);
            {
                let mut active = self.active.lock().unwrap();
                let count = active.entry(task.run).or_default();
                *count += 1;
                if *count > 1 {
                    self.overlaps.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            let activation = task.activation();
            let open = self.store.open_objects(task.run, 1).wait().unwrap();
            let advanced = match open.first() {
                _ if task.cancelled || task.deadline_at <= now() => {
                    self.store.end_run(activation, &RunEnd::of(RunStatus::Incomplete), now()).wait().unwrap();
                    Advanced::Done
                }
                Some(object) => {
                    self.store
                        .record_verdicts(activation, 1, &[verdict(object.place)], now())
                        .wait()
                        .unwrap();
                    Advanced::More
                }
                None => {
                    self.store.end_run(activation, &RunEnd::of(RunStatus::Completed), now()).wait().unwrap();
                    Advanced::Done
                }
            };
            *self.active.lock().unwrap().get_mut(&task.run).unwrap() -= 1;
            advanced
        })
    }
}

/// Does nothing until it is told to stop, and notes why.
#[derive(Default)]
struct Waiting {
    stops: Mutex<BTreeMap<RunId, Stop>>,
}

impl Worker for Waiting {
    fn advance(&self, task: TaskRow, mut stopping: Stopping) -> Boxed<'_, Advanced> {
        Box::pin(async move {
            let stop = stopping.wait_for(Option::is_some).await.unwrap().unwrap();
            self.stops.lock().unwrap().insert(task.run, stop);
            Advanced::More
        })
    }
}

async fn what_was_submitted_is_worked_on_also_by_the_next_process<Made: Executor>(
    make: fn(Arc<dyn Store>) -> Made,
) {
    let bench = Bench::new(make);
    let run = bench.run(bench.workflow("a"), 3);
    bench.executor.submit(run, "a", "tenant", in_seconds(60)).unwrap();
    bench.executor.submit(run, "a", "tenant", in_seconds(60)).unwrap();
    // The process ends with the run in its hands.
    let task = bench.store.claim_task(now()).wait().unwrap().unwrap();
    assert_eq!(bench.executor.status(run).unwrap(), Some(TaskState::Active));
    bench.store.record_verdicts(task.activation(), 1, &[verdict(1)], now()).wait().unwrap();
    let next = make(bench.store.clone());
    assert_eq!(next.reconcile().unwrap(), 1);
    let worker = Counting::new(&bench.store);
    bench.serve(worker.clone(), || bench.is_over(run)).await;
    assert_eq!(bench.executor.status(run).unwrap(), Some(TaskState::Ended));
    assert_eq!(bench.store.run(run).wait().unwrap().counts.accepted, 3);
    assert_eq!(worker.order.lock().unwrap().len(), 3, "two objects were open, and the end");
}

async fn only_the_last_activation_writes<Made: Executor>(make: fn(Arc<dyn Store>) -> Made) {
    let bench = Bench::new(make);
    let run = bench.run(bench.workflow("a"), 2);
    bench.executor.submit(run, "a", "tenant", in_seconds(60)).unwrap();
    let frozen = bench.store.claim_task(now()).wait().unwrap().unwrap().activation();
    bench.executor.reconcile().unwrap();
    let second = bench.store.claim_task(now()).wait().unwrap().unwrap().activation();
    assert!(second.epoch > frozen.epoch);
    let fenced =
        |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::Fenced(_))), "{result:?}");
    fenced(bench.store.record_verdicts(frozen, 1, &[verdict(1)], now()).wait());
    fenced(bench.store.release_task(frozen, now()).wait());
    fenced(bench.store.end_run(frozen, &RunEnd::of(RunStatus::Completed), now()).wait());
    fenced(bench.store.heartbeat(frozen, now()).wait().map(|_| ()));
    bench.store.record_verdicts(second, 1, &[verdict(1)], now()).wait().unwrap();
    // A verdict stands.
    let other = NewVerdict { verdict: Verdict::Failed, ..verdict(1) };
    bench.store.record_verdicts(second, 1, &[other], now()).wait().unwrap();
    let counts = bench.store.run(run).wait().unwrap().counts;
    assert_eq!((counts.accepted, counts.failed), (1, 0));
}

async fn runs_of_one_lane_never_overlap_and_keep_their_order<Made: Executor>(
    make: fn(Arc<dyn Store>) -> Made,
) {
    let bench = Bench::new(make);
    let workflow = bench.workflow("a");
    let runs: Vec<RunId> = (0..5).map(|_| bench.run(workflow, 4)).collect();
    for run in runs.iter().rev() {
        bench.executor.submit(*run, "a", "tenant", in_seconds(60)).unwrap();
    }
    let worker = Counting::new(&bench.store);
    bench.serve(worker.clone(), || runs.iter().all(|run| bench.is_over(*run))).await;
    assert_eq!(worker.overlaps.load(Ordering::Relaxed), 0);
    let order = worker.order.lock().unwrap().clone();
    assert!(order.is_sorted(), "{order:?}");
}

async fn a_tenant_with_most_of_the_queue_delays_others_by_one_round<Made: Executor>(
    make: fn(Arc<dyn Store>) -> Made,
) {
    let bench = Bench::new(make);
    let large: Vec<RunId> = (0..18)
        .map(|number| {
            let run = bench.run(bench.workflow(&format!("large {number}")), 8);
            bench.executor.submit(run, &format!("large {number}"), "large", in_seconds(60)).unwrap();
            run
        })
        .collect();
    let small = bench.run(bench.workflow("small"), 8);
    bench.executor.submit(small, "small", "small", in_seconds(60)).unwrap();
    let worker = Counting::new(&bench.store);
    bench.serve(worker.clone(), || bench.is_over(small)).await;
    let order = worker.order.lock().unwrap().clone();
    let places: Vec<usize> =
        order.iter().enumerate().filter(|(_, run)| **run == small).map(|(place, _)| place).collect();
    // Whoever was taken before it waits for it: between two of its turns each worker has one task of the other.
    let widest = places.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest <= 6, "{order:?}");
    assert!(large.iter().any(|run| !bench.is_over(*run)));
}

async fn guests_of_one_bundle_that_never_return_leave_a_worker_for_others<Made: Executor>(
    make: fn(Arc<dyn Store>) -> Made,
) {
    let bench = Bench::new(make);
    let looping = bench.step("looping");
    for number in 0..4 {
        let lane = format!("looping {number}");
        let run = bench.run_of(bench.workflow(&lane), 1, vec![looping.clone()]);
        bench.executor.submit(run, &lane, &lane, in_seconds(60)).unwrap();
    }
    let other = bench.run_of(bench.workflow("other"), 1, vec![bench.step("other")]);
    bench.executor.submit(other, "other", "other", in_seconds(60)).unwrap();
    let worker = Arc::new(Waiting::default());
    let executor = Arc::clone(&bench.executor);
    bench.serve(worker, || executor.status(other).unwrap() == Some(TaskState::Active)).await;
}

async fn a_cancellation_reaches_whoever_works_and_whoever_waits<Made: Executor>(
    make: fn(Arc<dyn Store>) -> Made,
) {
    let bench = Bench::new(make);
    let (working, waiting) = (bench.run(bench.workflow("a"), 1), bench.run(bench.workflow("b"), 1));
    bench.executor.submit(working, "a", "tenant", in_seconds(60)).unwrap();
    let worker = Arc::new(Waiting::default());
    let (store, executor) = (bench.store.clone(), Arc::clone(&bench.executor));
    bench
        .serve(worker.clone(), || {
            if executor.status(working).unwrap() == Some(TaskState::Active) {
                executor.cancel(working).unwrap();
            }
            worker.stops.lock().unwrap().get(&working) == Some(&Stop::Cancelled)
        })
        .await;
    // One that waits for another day is handed out at once.
    bench.executor.submit(waiting, "b", "tenant", in_seconds(7_200)).unwrap();
    let task = loop {
        let task = store.claim_task(now()).wait().unwrap().unwrap();
        if task.run == waiting {
            break task;
        }
    };
    store.release_task(task.activation(), in_seconds(3_600)).wait().unwrap();
    assert_eq!(store.claim_task(now()).wait().unwrap().map(|task| task.run), None);
    bench.executor.cancel(waiting).unwrap();
    let handed_out = store.claim_task(now()).wait().unwrap().unwrap();
    assert!(handed_out.run == waiting && handed_out.cancelled);
}

async fn a_deadline_ends_a_run_that_waits_behind_another<Made: Executor>(make: fn(Arc<dyn Store>) -> Made) {
    let bench = Bench::new(make);
    let workflow = bench.workflow("a");
    let (first, second) = (bench.run(workflow, 1), bench.run(workflow, 1));
    bench.executor.submit(first, "a", "tenant", in_seconds(60)).unwrap();
    bench.executor.submit(second, "a", "tenant", in_seconds(-1)).unwrap();
    assert_eq!(bench.store.claim_task(now()).wait().unwrap().unwrap().run, first);
    let handed_out = bench.store.claim_task(now()).wait().unwrap().unwrap();
    assert!(handed_out.run == second && handed_out.deadline_at <= now());
}

async fn what_waits_is_woken<Made: Executor>(make: fn(Arc<dyn Store>) -> Made) {
    let bench = Bench::new(make);
    let run = bench.run(bench.workflow("a"), 1);
    bench.executor.submit(run, "a", "tenant", in_seconds(7_200)).unwrap();
    let task = bench.store.claim_task(now()).wait().unwrap().unwrap();
    bench.store.release_task(task.activation(), in_seconds(3_600)).wait().unwrap();
    assert_eq!(bench.store.claim_task(now()).wait().unwrap(), None);
    bench.executor.wake(run).unwrap();
    assert_eq!(bench.store.claim_task(now()).wait().unwrap().map(|task| task.run), Some(run));
}

async fn a_drain_gives_back_what_is_in_hand<Made: Executor>(make: fn(Arc<dyn Store>) -> Made) {
    let bench = Bench::new(make);
    let run = bench.run(bench.workflow("a"), 1);
    bench.executor.submit(run, "a", "tenant", in_seconds(60)).unwrap();
    let worker = Arc::new(Waiting::default());
    let executor = Arc::clone(&bench.executor);
    bench.serve(worker.clone(), || executor.status(run).unwrap() == Some(TaskState::Active)).await;
    assert_eq!(worker.stops.lock().unwrap().get(&run), Some(&Stop::Draining));
    assert_eq!(bench.executor.status(run).unwrap(), Some(TaskState::Ready));
    bench.store.add_event(run, &Event::new(now(), "looked-at", "it can still be written to")).wait().unwrap();
}

macro_rules! suite {
    ($name:ident, $make:expr) => {
        mod $name {
            use super::*;

            suite! { @tests $make;
                what_was_submitted_is_worked_on_also_by_the_next_process,
                only_the_last_activation_writes,
                runs_of_one_lane_never_overlap_and_keep_their_order,
                a_tenant_with_most_of_the_queue_delays_others_by_one_round,
                guests_of_one_bundle_that_never_return_leave_a_worker_for_others,
                a_cancellation_reaches_whoever_works_and_whoever_waits,
                a_deadline_ends_a_run_that_waits_behind_another,
                what_waits_is_woken,
                a_drain_gives_back_what_is_in_hand,
            }
        }
    };
    (@tests $make:expr; $($test:ident,)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($make).await;
            }
        )+
    };
}

suite!(embedded, |store| Embedded::new(store, Arc::new(SystemClock), 2));
