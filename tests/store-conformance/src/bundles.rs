//! Installed versions, and numbers that are never given out again.

use palisade_store::{Wait as _, WorkflowStep};

use crate::Place;
use crate::given::{bundle, now, workflow};

pub fn a_version_that_workflows_use_stays_and_the_newest_of_the_others_is_current(place: &dyn Place) {
    let store = &*place.open();
    let first = store.install_bundle(&bundle("1.0.0"), &[], "ada", now()).wait().unwrap();
    let step = WorkflowStep {
        bundle: first,
        action: "block".to_owned(),
        connection: None,
        configuration: Default::default(),
    };
    let user = workflow(store, "Nightly", vec![step]);
    let second = store.install_bundle(&bundle("2.0.0"), &[], "ada", now()).wait().unwrap();
    assert_eq!(store.current_bundle("trend-vision-one").wait().unwrap().unwrap().id, second);
    assert_eq!(store.remove_bundle(first).wait().unwrap(), ["Nightly"]);
    assert!(store.remove_bundle(second).wait().unwrap().is_empty());
    assert_eq!(store.current_bundle("trend-vision-one").wait().unwrap().unwrap().id, first);
    store.remove_workflow(user).wait().unwrap();
    assert!(store.remove_bundle(first).wait().unwrap().is_empty());
    assert!(store.bundles().wait().unwrap().is_empty());
}

pub fn the_number_of_something_that_was_removed_is_never_that_of_something_else(place: &dyn Place) {
    let store = &*place.open();
    let first = store.install_bundle(&bundle("1.0.0"), &[], "ada", now()).wait().unwrap();
    assert!(store.remove_bundle(first).wait().unwrap().is_empty());
    assert_ne!(store.install_bundle(&bundle("2.0.0"), &[], "ada", now()).wait().unwrap(), first);
    let gone = workflow(store, "a", Vec::new());
    store.remove_workflow(gone).wait().unwrap();
    assert_ne!(workflow(store, "b", Vec::new()), gone);
}
