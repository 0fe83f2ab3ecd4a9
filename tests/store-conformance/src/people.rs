//! Users, their links, tokens and sessions, and single values.

use jiff::{SignedDuration, Timestamp};
use palisade_store::{LinkRow, NewSession, NewToken, StoreError, Wait as _};

use crate::Place;
use crate::given::now;

fn in_hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

pub fn what_opens_a_door_ends_with_its_user(place: &dyn Place) {
    let store = &*place.open();
    let ada = store.add_user("ada", "administrator", Some("hash"), now()).wait().unwrap();
    assert!(matches!(store.add_user("ada", "viewer", None, now()).wait(), Err(StoreError::Taken { .. })));
    let session = NewSession {
        digest: b"session".to_vec(),
        user: ada,
        csrf: "proof".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        client: "a browser".to_owned(),
        expires_at: in_hours(1),
    };
    let token = NewToken {
        digest: b"token".to_vec(),
        name: "nightly".to_owned(),
        user: ada,
        role: "operator".to_owned(),
        expires_at: in_hours(1),
        parent: None,
    };
    let open = || {
        store.add_session(&session, now()).wait().unwrap();
        store.add_token(&token, now()).wait().unwrap();
    };
    let opens = || {
        (
            store.session(b"session", now()).wait().unwrap().is_some(),
            store.token(b"token", now()).wait().unwrap().is_some(),
        )
    };
    open();
    assert_eq!(opens(), (true, true));
    assert!(
        store.session(b"session", in_hours(1)).wait().unwrap().is_none(),
        "the end does not belong to it"
    );
    store.change_user(ada, "viewer", true).wait().unwrap();
    assert_eq!(opens(), (false, true), "a change ends sessions");
    store.change_user(ada, "viewer", false).wait().unwrap();
    assert_eq!(opens(), (false, false), "a disabled user has no tokens");
    store.change_user(ada, "viewer", true).wait().unwrap();
    open();
    let ended = store.remove_user(ada).wait().unwrap();
    assert_eq!((ended.sessions, ended.tokens), (1, 1));
    assert_eq!(opens(), (false, false));
    assert_ne!(store.add_user("ada", "viewer", None, now()).wait().unwrap(), ada);
}

pub fn a_link_works_once_and_before_its_end(place: &dyn Place) {
    let store = &*place.open();
    let ada = store.add_user("ada", "viewer", None, now()).wait().unwrap();
    store.add_link(b"link", &LinkRow { user: Some(ada) }, in_hours(1)).wait().unwrap();
    assert!(store.link(b"link", in_hours(2)).wait().unwrap().is_none());
    assert_eq!(store.link(b"link", now()).wait().unwrap().unwrap().user, Some(ada));
}

pub fn a_setting_is_the_last_value_that_was_remembered(place: &dyn Place) {
    let store = &*place.open();
    assert_eq!(store.setting("name").wait().unwrap(), None);
    store.remember("name", "one").wait().unwrap();
    store.remember("name", "other").wait().unwrap();
    assert_eq!(store.setting("name").wait().unwrap().as_deref(), Some("other"));
    store.check_writable(now()).wait().unwrap();
    assert_eq!(store.setting("name").wait().unwrap().as_deref(), Some("other"));
}
