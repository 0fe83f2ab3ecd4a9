//! Idempotency keys.

use palisade_store::{Answered, Claimed, Wait as _};

use crate::Place;
use crate::given::now;

pub fn a_key_gives_one_answer_and_belongs_to_one_request(place: &dyn Place) {
    let store = &*place.open();
    assert_eq!(store.claim_key("ada", "k", b"one", now()).wait().unwrap(), Claimed::First);
    assert_eq!(store.claim_key("ada", "k", b"one", now()).wait().unwrap(), Claimed::Underway);
    let answered =
        Answered { status: 201, answer: "{}".to_owned(), location: Some("/api/v1/runs/1".to_owned()) };
    store.answer_key("ada", "k", Some(&answered)).wait().unwrap();
    assert_eq!(store.claim_key("ada", "k", b"one", now()).wait().unwrap(), Claimed::Before(answered));
    assert_eq!(store.claim_key("ada", "k", b"two", now()).wait().unwrap(), Claimed::OtherRequest);
    assert_eq!(store.claim_key("grace", "k", b"two", now()).wait().unwrap(), Claimed::First);
}
