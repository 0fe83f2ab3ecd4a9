//! Sealed secrets.

use jiff::SignedDuration;
use palisade_store::{
    Configuration, ConnectionContent, ConnectionWrite, NewCollection, StoreError, StoredValue, Wait as _,
};
use serde_json::json;

use crate::Place;
use crate::given::now;

pub fn a_secret_stays_as_long_as_something_names_it_and_goes_when_nothing_does(place: &dyn Place) {
    let store = &*place.open();
    let later = now() + SignedDuration::from_hours(1);
    let seal = |label: &str| store.add_secret(label, "key", b"sealed", now()).wait().unwrap();
    let [first, replaced, rotated, live] = ["first", "replaced", "rotated", "live"].map(seal);
    let naming = |secret| {
        let configuration = Configuration::from([("api_key".to_owned(), StoredValue::Secret { secret })]);
        ConnectionContent {
            name: format!("with {secret}"),
            kind: "trend-vision-one".to_owned(),
            configuration,
        }
    };
    let write = |id, content: ConnectionContent| {
        let write = ConnectionWrite {
            id,
            content,
            expected: None,
            others: [].to_vec(),
            who: "ada".to_owned(),
            now: now(),
        };
        store.write_connection(&write).wait().unwrap()
    };
    write(None, naming(first));
    let id = write(None, naming(replaced));
    write(Some(id), naming(rotated));
    let (source, filter) = (json!({ "log_in": { "secret": live } }), json!({}));
    let new = NewCollection { name: "Live".to_owned(), description: String::new(), source, filter };
    store.add_collection(&new, "ada", now()).wait().unwrap();
    assert_eq!(store.remove_unused_secrets(now()).wait().unwrap(), 0, "none is old enough");
    assert_eq!(store.remove_unused_secrets(later).wait().unwrap(), 1);
    for kept in [first, rotated, live] {
        assert!(store.secret(kept).wait().is_ok());
    }
    assert!(matches!(store.secret(replaced).wait(), Err(StoreError::Missing { .. })));
    store.remove_connection(id).wait().unwrap();
    assert_eq!(store.remove_unused_secrets(later).wait().unwrap(), 1);
    assert!(matches!(store.secret(rotated).wait(), Err(StoreError::Missing { .. })));
}

pub fn secrets_are_sealed_again_all_or_none(place: &dyn Place) {
    let store = &*place.open();
    let first = store.add_secret("a", "old", b"1", now()).wait().unwrap();
    let mut resealed = store.secrets().wait().unwrap();
    resealed[0].key = "new".to_owned();
    let second = store.add_secret("b", "old", b"2", now()).wait().unwrap();
    let half = store.reseal_secrets(&resealed).wait();
    assert!(matches!(half, Err(StoreError::Missing { .. })), "one was added meanwhile");
    assert_eq!(store.secret(first).wait().unwrap().key, "old");
    let mut resealed = store.secrets().wait().unwrap();
    resealed.iter_mut().for_each(|row| row.key = "new".to_owned());
    assert_eq!(store.reseal_secrets(&resealed).wait().unwrap(), 2);
    let key = |id| store.secret(id).wait().unwrap().key;
    assert_eq!((key(first), key(second)), ("new".to_owned(), "new".to_owned()));
}
