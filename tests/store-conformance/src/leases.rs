//! Which run may push to a list.

use jiff::{SignedDuration, Timestamp};
use palisade_store::{Activation, NewRun, Origin, Store, StoreError, Wait as _};

use crate::Place;
use crate::given::{new_workflow, now};

/// A run of a workflow of its own that is worked on.
fn active(store: &dyn Store, name: &str) -> Activation {
    let workflow = new_workflow(name);
    let deadline_at = now() + SignedDuration::from_hours(1);
    let run = NewRun {
        workflow: store.add_workflow(&workflow, "ada", now()).wait().unwrap(),
        origin: Origin::RunNow,
        requested_by: "ada".to_owned(),
        tick: None,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: String::new(),
        deadline_at,
        steps: Vec::new(),
        objects: None,
        carried: Vec::new(),
    };
    let run = store.add_run(&run, now()).wait().unwrap().unwrap();
    store.submit_task(run, name, "tenant", deadline_at, now()).wait().unwrap();
    store.claim_task(now()).wait().unwrap().unwrap().activation()
}

fn next(store: &dyn Store) -> Option<Activation> {
    store.claim_task(now()).wait().unwrap().map(|task| task.activation())
}

/// Puts a run back for an hour.
fn put_back(store: &dyn Store, activation: Activation) {
    store.release_task(activation, now() + SignedDuration::from_hours(1)).wait().unwrap();
}

pub fn one_run_at_a_time_has_a_list_and_those_that_wait_are_due_when_it_is_free(place: &dyn Place) {
    let store = &*place.open();
    let [first, second, third] = ["a", "b", "c"].map(|name| active(store, name));
    assert_eq!(store.lease_list(first, "blocks").wait().unwrap(), None);
    assert_eq!(store.lease_list(first, "blocks").wait().unwrap(), None, "it has it already");
    assert_eq!(store.lease_list(second, "exempts").wait().unwrap(), None, "another list");
    store.release_list(second, "blocks").wait().unwrap();
    for waits in [third, second] {
        assert_eq!(
            store.lease_list(waits, "blocks").wait().unwrap(),
            Some(first.run),
            "it was not another's to release"
        );
        put_back(store, waits);
    }
    assert_eq!(next(store), None, "they wait");
    store.release_list(first, "blocks").wait().unwrap();
    let second = next(store).unwrap();
    assert_eq!(store.lease_list(second, "blocks").wait().unwrap(), None);
    assert_eq!(next(store), None, "the third waits again");
    // It ends without a word.
    store.end_task(second.run).wait().unwrap();
    let third = next(store).unwrap();
    assert_eq!(store.lease_list(third, "blocks").wait().unwrap(), None);
    store.release_list(third, "blocks").wait().unwrap();
    put_back(store, third);
    assert_eq!(next(store), None, "it does not wait for a list any more");
}

pub fn a_lease_ends_with_the_activation_that_has_it(place: &dyn Place) {
    let store = &*place.open();
    let [frozen, _] = ["a", "b"].map(|name| active(store, name));
    assert_eq!(store.lease_list(frozen, "blocks").wait().unwrap(), None);
    // The process ended, or the worker is silent: its task was taken back.
    let event = palisade_store::Event::new(now(), "restarted", "the service ended");
    store.take_back_tasks(Timestamp::MAX, &event).wait().unwrap();
    let [again, other] =
        std::array::from_fn(|_| store.claim_task(now()).wait().unwrap().unwrap().activation());
    assert!(again.run == frozen.run && again.epoch > frozen.epoch);
    assert_eq!(store.lease_list(other, "blocks").wait().unwrap(), None);
    // The one that is back can neither take it nor release what is not its own any more.
    assert!(matches!(store.lease_list(frozen, "blocks").wait(), Err(StoreError::Fenced(_))));
    store.release_list(frozen, "blocks").wait().unwrap();
    assert_eq!(store.lease_list(again, "blocks").wait().unwrap(), Some(other.run));
    store.end_task(other.run).wait().unwrap();
    assert_eq!(store.lease_list(again, "blocks").wait().unwrap(), None);
}
