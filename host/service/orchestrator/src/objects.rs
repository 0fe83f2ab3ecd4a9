//! Objects as they are stored and as a run takes them. What a reader could not understand stays with the others, so that it
//! has its verdict as they have.

use palisade_model::{Format, Location, Object, Record, Summary, Unreadable};
use palisade_run::{Offered, Selection};
use palisade_store::{ObjectRow, StoredObject};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What is stored of an object beside its type, value and place.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rest {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
    /// Why it could not be read; there is nothing else then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// How an object is stored.
#[must_use]
pub(crate) fn stored(object: &Object, file: &str) -> StoredObject {
    let rest = Rest {
        kind: object.kind.clone(),
        score: object.score,
        status: object.status.clone(),
        description: object.description.clone(),
        attributes: object.attributes.clone(),
        tags: object.tags.clone(),
        updated_at: object.updated_at.and_then(|moment| moment.format(&Rfc3339).ok()),
        unreadable: None,
    };
    StoredObject {
        subtype: object.subtype.clone(),
        value: object.value.clone(),
        platform_id: object.platform_id.clone(),
        file: file.to_owned(),
        location: object.location.to_string(),
        record: serde_json::to_value(rest).unwrap_or_default(),
    }
}

/// How a record is stored that could not be read.
#[must_use]
pub(crate) fn stored_unreadable(record: &Unreadable, file: &str) -> StoredObject {
    let rest = Rest { unreadable: Some(record.message.clone()), ..Rest::default() };
    StoredObject {
        subtype: String::new(),
        value: record.excerpt.clone(),
        platform_id: None,
        file: file.to_owned(),
        location: record.location.to_string(),
        record: serde_json::to_value(rest).unwrap_or_default(),
    }
}

/// What a record is stored as; none for one that its own file says is not for use.
#[must_use]
pub(crate) fn stored_record(record: &Record, file: &str) -> Option<StoredObject> {
    match record {
        Record::Object(object) => Some(stored(object, file)),
        Record::Unreadable(unreadable) => Some(stored_unreadable(unreadable, file)),
        Record::LeftOut(_) => None,
    }
}

/// Whether a stored object is a record that could not be read.
#[must_use]
pub(crate) fn is_unreadable(object: &StoredObject) -> bool {
    object.record.get("unreadable").is_some_and(|message| !message.is_null())
}

/// What a run takes of what is stored, and the place of each in its run.
#[must_use]
pub(crate) fn selection(rows: Vec<ObjectRow>) -> (Selection, Vec<u64>) {
    let (mut selection, mut places) = (Selection::default(), Vec::with_capacity(rows.len()));
    for row in rows {
        let file = match selection.files.iter().position(|file| file.name == row.object.file) {
            Some(index) => index,
            None => {
                selection.files.push(file_named(&row.object.file));
                selection.files.len() - 1
            }
        };
        selection.offered.push((file, offered(row.object)));
        places.push(row.place);
    }
    (selection, places)
}

fn offered(object: StoredObject) -> Offered {
    let rest: Rest = serde_json::from_value(object.record).unwrap_or_default();
    // It was a place in a file; where one is told, it is told from the store.
    let location = Location::Path(object.location);
    if let Some(message) = rest.unreadable {
        return Offered::Unreadable(Unreadable { location, message, excerpt: object.value });
    }
    Offered::Object(Object {
        platform_id: object.platform_id,
        kind: rest.kind,
        score: rest.score,
        status: rest.status,
        description: rest.description,
        attributes: rest.attributes,
        tags: rest.tags,
        updated_at: rest.updated_at.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok()),
        ..Object::indicator(object.subtype, object.value, location)
    })
}

fn file_named(name: &str) -> Summary {
    Summary::new(name, Format::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_comes_back_as_it_was_stored() {
        let object = Object {
            platform_id: Some("7".to_owned()),
            score: Some(9.5),
            status: Some("Active".to_owned()),
            description: Some("seen twice".to_owned()),
            attributes: vec![("Protocol".to_owned(), "https".to_owned())],
            tags: vec!["loader".to_owned()],
            updated_at: OffsetDateTime::from_unix_timestamp(1_700_000_000).ok(),
            ..Object::indicator("FQDN", "evil.example", Location::Path("$.data[3]".to_owned()))
        };
        let row = ObjectRow { place: 4, object: stored(&object, "page.json"), verdict: None };
        let (selection, places) = selection(vec![row]);
        assert_eq!(places, [4]);
        assert_eq!(selection.offered, [(0, Offered::Object(object))]);
        assert_eq!(selection.files[0].name, "page.json");
    }

    #[test]
    fn a_record_that_could_not_be_read_stays_one() {
        let unreadable = Unreadable::new(Location::Line(3), "not a value", "???");
        let stored = stored_record(&Record::Unreadable(unreadable), "list.txt").unwrap();
        let (selection, _) = selection(vec![ObjectRow { place: 1, object: stored, verdict: None }]);
        assert!(
            matches!(&selection.offered[0].1, Offered::Unreadable(record) if record.message == "not a value")
        );
    }
}
