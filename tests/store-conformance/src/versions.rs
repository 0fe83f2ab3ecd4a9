//! Two edits of one version: one of them is refused, whoever comes first.

use std::sync::{Arc, Barrier};
use std::thread;

use palisade_store::{ActionDefaults, NewCollection, NewWorkflow, StoreError, Version, Wait as _};
use serde_json::json;

use crate::Place;
use crate::given::{now, workflow};

pub fn of_two_writers_of_one_version_one_is_refused(place: &dyn Place) {
    let store = place.open();
    let row = NewCollection {
        name: "list".to_owned(),
        description: String::new(),
        source: json!({ "kind": "files" }),
        filter: json!({}),
    };
    let id = store.add_collection(&row, "ada", now()).wait().unwrap();
    let start = Arc::new(Barrier::new(2));
    let writers = ["ada", "grace"].map(|who| {
        let (store, start, row) = (Arc::clone(&store), Arc::clone(&start), row.clone());
        thread::spawn(move || {
            let edit = NewCollection { description: who.to_owned(), ..row };
            start.wait();
            store.change_collection(id, &edit, Some(Version(1)), now()).wait().map(|()| who)
        })
    });
    let results = writers.map(|writer| writer.join().unwrap());
    let written: Vec<&str> = results.iter().filter_map(|result| result.as_ref().ok().copied()).collect();
    let refused = results.iter().filter(|result| {
        matches!(result, Err(StoreError::Changed { expected: Version(1), found: Version(2), .. }))
    });
    assert_eq!((written.len(), refused.count()), (1, 1), "{results:?}");
    let found = store.collection(id).wait().unwrap();
    assert_eq!((found.version, found.description.as_str()), (Version(2), written[0]));
}

pub fn a_workflow_and_the_defaults_of_an_action_have_versions(place: &dyn Place) {
    let store = &*place.open();
    let id = workflow(store, "one", Vec::new());
    let row = store.workflow(id).wait().unwrap();
    let edit = NewWorkflow {
        name: row.name,
        description: "changed".to_owned(),
        collection: row.collection,
        schedule: row.schedule,
        takes: row.takes,
        evictions: row.evictions,
        enabled: row.enabled,
        anchor: row.anchor,
        next_tick: row.next_tick,
        steps: row.steps,
    };
    let change = |expected| store.change_workflow(id, &edit, expected, now()).wait();
    change(Some(Version(1))).unwrap();
    assert!(matches!(change(Some(Version(1))), Err(StoreError::Changed { found: Version(2), .. })));
    change(None).unwrap();
    assert_eq!(store.workflow(id).wait().unwrap().version, Version(3));
    let save = |expected| {
        store
            .save_action_defaults("example", "block", &ActionDefaults::default(), Some(expected), None)
            .wait()
    };
    save(Version(0)).unwrap();
    assert!(matches!(save(Version(0)), Err(StoreError::Changed { found: Version(1), .. })));
    assert_eq!(store.action_defaults_version("example", "block").wait().unwrap(), Version(1));
}
