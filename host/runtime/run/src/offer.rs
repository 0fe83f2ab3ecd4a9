//! From an object of a collection to what a component gets.

use palisade_bundle::Digest;
use palisade_engine::contract::{self, Offered};
use palisade_model::Object;

/// An object as `collection.next` returns it in `run`.
pub(crate) fn offered(run: &str, action: &str, key: u64, object: &Object) -> Offered {
    let attribute = |(name, value): &(String, String)| contract::Attribute {
        name: name.clone(),
        value: contract::Value::Text(value.clone()),
    };
    let idempotency_key = idempotency_key(run, action, key, object);
    let object = contract::Object {
        kind: object.kind.clone(),
        subtype: object.subtype.clone(),
        value: object.value.clone(),
        id: object.platform_id.clone(),
        score: object.score,
        status: object.status.clone(),
        description: object.description.clone(),
        attributes: object.attributes.iter().map(attribute).collect(),
        tags: object.tags.clone(),
        expires: None,
    };
    Offered { key, object, idempotency_key, uncertain: false, state: None }
}

/// The same in every activation of one run, and different for any other run, action or object: 64 hexadecimal digits.
fn idempotency_key(run: &str, action: &str, key: u64, object: &Object) -> String {
    let key = key.to_string();
    // Each part with its length, so that no two lists of parts have the same text.
    let parts = [run, action, &key, &object.kind, &object.subtype, &object.value];
    let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    Digest::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use palisade_model::Location;

    use super::*;

    #[test]
    fn an_idempotency_key_is_stable_and_belongs_to_one_object_of_one_run() {
        let object = |value: &str| Object::indicator("FQDN", value, Location::Line(1));
        let key = idempotency_key("run", "action", 1, &object("a"));
        assert_eq!(key.len(), 64);
        assert_eq!(key, idempotency_key("run", "action", 1, &object("a")));
        let others = [
            idempotency_key("runa", "ction", 1, &object("a")),
            idempotency_key("run", "other", 1, &object("a")),
            idempotency_key("run", "action", 2, &object("a")),
            idempotency_key("run", "action", 1, &object("b")),
        ];
        for other in others {
            assert_ne!(key, other);
        }
    }
}
