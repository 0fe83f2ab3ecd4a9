//! Hands over what it found, in batches with a cursor: one object for each object that it was offered, and one of its own. The cursor
//! counts the runs. Confirms each object.

use palisade_guests::bindings::palisade::action::model::{Batch, Found, Object, Reference, Relation};
use palisade_guests::bindings::palisade::action::{circumstances, results};
use palisade_guests::{Attribute, RunError, Value, accept, every_page, guest};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let runs = circumstances::cursor().and_then(|cursor| cursor.first().copied()).unwrap_or_default();
    for page in every_page() {
        let found = page.iter().map(|offered| found(&offered.object.value, vec![offered.key])).collect();
        results::ingest(&Batch { found, gone: Vec::new(), cursor: None, complete: false });
        accept(&page);
    }
    let gone = Reference {
        kind: "Alert".to_owned(),
        subtype: "Workbench".to_owned(),
        value: format!("alert-{}", runs.saturating_sub(1)),
    };
    results::ingest(&Batch {
        found: vec![found(&format!("alert-{runs}"), Vec::new())],
        gone: vec![gone],
        cursor: Some(vec![runs + 1]),
        complete: false,
    });
    Ok(())
}

fn found(value: &str, about: Vec<u64>) -> Found {
    let object = Object {
        kind: "Alert".to_owned(),
        subtype: "Workbench".to_owned(),
        value: value.to_owned(),
        id: Some(value.to_owned()),
        score: Some(7.5),
        status: None,
        description: None,
        attributes: vec![Attribute { name: "severity".to_owned(), value: Value::Integer(3) }],
        tags: vec!["found".to_owned()],
        expires: None,
    };
    let to =
        Reference { kind: "Asset".to_owned(), subtype: "Endpoint".to_owned(), value: "host-1".to_owned() };
    Found { object, about, relations: vec![Relation { name: "on".to_owned(), to }] }
}

guest!(run);
