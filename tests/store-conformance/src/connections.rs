//! Connections: versions, names, tests and users.

use jiff::Timestamp;
use palisade_store::{
    ActionDefaults, Configuration, ConnectionContent, ConnectionId, ConnectionWrite, NewWorkflow, Store,
    StoreError, StoredValue, Version, Wait as _, WorkflowStep,
};
use serde_json::json;

use crate::Place;
use crate::given::new_workflow;

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn content(name: &str, region: &str) -> ConnectionContent {
    let configuration = Configuration::from([("region".to_owned(), StoredValue::Value(json!(region)))]);
    ConnectionContent { name: name.to_owned(), kind: "example".to_owned(), configuration }
}

fn writes(content: &ConnectionContent, others: &[String]) -> ConnectionWrite {
    ConnectionWrite {
        id: None,
        content: content.clone(),
        expected: None,
        others: others.to_vec(),
        who: "ada".to_owned(),
        now: now(),
    }
}

fn using(bundle: palisade_store::BundleId, connection: ConnectionId) -> NewWorkflow {
    NewWorkflow {
        evictions: None,
        enabled: false,
        steps: vec![WorkflowStep {
            bundle,
            action: "block".to_owned(),
            connection: Some(connection),
            configuration: Configuration::new(),
        }],
        ..new_workflow("Nightly")
    }
}

fn bundle(store: &dyn Store) -> palisade_store::BundleId {
    let new = palisade_store::NewBundle {
        bundle: "example".to_owned(),
        version: "1.0.0".to_owned(),
        digest: "digest".to_owned(),
        title: "Example".to_owned(),
        publisher: "Nobody".to_owned(),
        signed_by: None,
        zip: b"zip".to_vec(),
    };
    store.install_bundle(&new, &[], "ada", now()).wait().unwrap()
}

pub fn of_two_edits_of_one_version_the_later_is_refused_and_a_name_is_unique(place: &dyn Place) {
    let store = &*place.open();
    let (one, other) = (content("one", "eu"), content("other", "us"));
    let id = store.write_connection(&writes(&one, &[])).wait().unwrap();
    store.write_connection(&writes(&other, &[])).wait().unwrap();
    let taken = store.write_connection(&writes(&one, &[])).wait();
    assert!(matches!(taken, Err(StoreError::Taken { what: "connection", .. })));
    let change = content("one", "us");
    let edit = ConnectionWrite { id: Some(id), expected: Some(Version(1)), ..writes(&change, &[]) };
    store.write_connection(&edit).wait().unwrap();
    let stale = store.write_connection(&edit).wait();
    assert!(matches!(stale, Err(StoreError::Changed { expected: Version(1), found: Version(2), .. })));
    let renamed = ConnectionWrite { id: Some(id), content: other.clone(), ..writes(&other, &[]) };
    assert!(matches!(store.write_connection(&renamed).wait(), Err(StoreError::Taken { .. })));
    let names: Vec<String> = store.connections().wait().unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["one", "other"]);
}

pub fn a_result_of_a_test_belongs_to_the_version_that_was_tested(place: &dyn Place) {
    let store = &*place.open();
    let one = content("one", "eu");
    let id = store.write_connection(&writes(&one, &[])).wait().unwrap();
    let tested = || store.connection(id).wait().unwrap().tested;
    store.record_connection_test(id, Version(1), &json!({ "works": true })).wait().unwrap();
    assert_eq!(tested(), Some(json!({ "works": true })));
    store.write_connection(&ConnectionWrite { id: Some(id), ..writes(&one, &[]) }).wait().unwrap();
    assert_eq!(tested(), None);
    store.record_connection_test(id, Version(1), &json!({ "works": true })).wait().unwrap();
    assert_eq!(tested(), None, "the result is of an earlier version");
}

pub fn a_connection_in_use_is_not_deleted_and_a_deleted_one_is_not_referred_to(place: &dyn Place) {
    let store = &*place.open();
    let (bundle, one) = (bundle(store), content("one", "eu"));
    let others = ["block".to_owned(), "exempt".to_owned()];
    let write = writes(&one, &others);
    store
        .save_action_defaults("example", "block", &ActionDefaults::default(), None, Some(&write))
        .wait()
        .unwrap();
    let id = store.connections().wait().unwrap()[0].id;
    for action in &others {
        assert_eq!(store.action_defaults("example", action).wait().unwrap().connection, Some(id), "{action}");
    }
    let workflow = store.add_workflow(&using(bundle, id), "ada", now()).wait().unwrap();
    let users = store.remove_connection(id).wait().unwrap();
    assert!(users.prevent_deletion());
    assert_eq!(users.workflows, [(workflow, "Nightly".to_owned())]);
    assert_eq!(users.actions.len(), 2);
    store.remove_workflow(workflow).wait().unwrap();
    let before = store.action_defaults_version("example", "block").wait().unwrap();
    assert!(!store.remove_connection(id).wait().unwrap().prevent_deletion());
    assert_eq!(store.action_defaults("example", "block").wait().unwrap(), ActionDefaults::default());
    assert!(store.action_defaults_version("example", "block").wait().unwrap() > before);
    // Somebody else deleted it while a workflow was being saved.
    let refused = store.add_workflow(&using(bundle, id), "ada", now()).wait();
    assert!(matches!(refused, Err(StoreError::Missing { what: "connection", .. })), "{refused:?}");
    assert!(store.workflows().wait().unwrap().is_empty());
    assert!(matches!(store.remove_connection(id).wait(), Err(StoreError::Missing { .. })));
}

pub fn a_change_of_a_connection_is_a_change_of_the_defaults_that_show_it(place: &dyn Place) {
    let store = &*place.open();
    let one = content("one", "eu");
    let id = store.write_connection(&writes(&one, &[])).wait().unwrap();
    let defaults = ActionDefaults { connection: Some(id), ..ActionDefaults::default() };
    store.save_action_defaults("example", "block", &defaults, None, None).wait().unwrap();
    let seen = store.action_defaults_version("example", "block").wait().unwrap();
    store.write_connection(&ConnectionWrite { id: Some(id), ..writes(&one, &[]) }).wait().unwrap();
    let change = ConnectionWrite { id: Some(id), ..writes(&one, &[]) };
    let stale = store.save_action_defaults("example", "block", &defaults, Some(seen), Some(&change)).wait();
    assert!(matches!(stale, Err(StoreError::Changed { .. })));
    assert_eq!(store.connection(id).wait().unwrap().version, Version(2), "nothing of it was written");
}
