//! Collections of a test's own making.

use serde_json::{Value, json};

/// So many domains, one a line: `d0001.example` and so on.
#[must_use]
pub fn domains(count: usize) -> String {
    (1..=count).map(|number| format!("d{number:04}.example\n")).collect()
}

/// A ThreatQ page of objects without a score: type and value of each.
#[must_use]
pub fn threatq<'a>(objects: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    threatq_page(
        objects.into_iter().map(|(subtype, value)| json!({"type": {"name": subtype}, "value": value})),
    )
}

/// A ThreatQ page of these objects, each with an `id` where it has none.
#[must_use]
pub fn threatq_page(objects: impl IntoIterator<Item = Value>) -> String {
    let with_id = |(id, mut object): (usize, Value)| {
        object.as_object_mut().expect("an object").entry("id").or_insert_with(|| id.into());
        object
    };
    let data: Vec<Value> = objects.into_iter().enumerate().map(with_id).collect();
    json!({"total": data.len(), "data": data}).to_string()
}
