//! ThreatQ JSON: pages as `/api/indicators/query/hash/` answers them, and the objects in them. A type counts by its name,
//! never by its number: numbers differ from one installation to the next. Times have no zone and are in UTC.
//!
//! What a person has chosen for a collection is offered whatever its status; an object that ThreatQ calls whitelisted, or the
//! like, carries a mark with which no action that blocks gets it.
//!
//! Objects that other tools write in the same shape, with a `type` that is a plain text, are read as well: their types go by
//! the names that a CSV file may use, and their marks (`revoked`, `verdict`, `valid_until` and the like) count as its columns.

use serde_json::{Map, Value};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::do_not_block::{Judgement, Mark, Reason, is_mark, judge, label, word};
use crate::json::{Dialect, Reading, Role};
use crate::json_value::{flag, names, number, plain, required_text, text, text_or_number};
use crate::type_name::threatq_name;
use palisade_model::{Format, Location, Object, Record, Unreadable};

/// The shapes of ThreatQ's JSON.
pub(crate) struct ThreatQ {
    /// Now: that decides what has expired.
    pub(crate) now: OffsetDateTime,
}

impl Dialect for ThreatQ {
    fn format(&self) -> Format {
        Format::ThreatQ
    }

    fn expected(&self) -> &'static str {
        "a page with `data`, or objects with `value` and `type`"
    }

    fn role(&self, key: &str) -> Role {
        match key {
            "data" => Role::Records,
            "total" => Role::Total,
            "id" | "value" | "type" | "type_name" | "score" | "status" | "description" | "attributes"
            | "tags" | "updated_at" | "touched_at" | "object" => Role::Part,
            key if is_mark(key) => Role::Part,
            _ => Role::Ignored,
        }
    }

    fn is_record(&self, parts: &Map<String, Value>) -> bool {
        !parts.is_empty()
    }

    fn read(&self, record: &Map<String, Value>, location: &Location, reading: &mut Reading) {
        let record = match object(record, location, &mut reading.ignored) {
            Ok(object) => self.judged(record, object, reading),
            Err(message) => {
                let found = record.get("value").map_or_else(
                    || Value::Object(record.clone()).to_string(),
                    |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                );
                Record::Unreadable(Unreadable::new(location.clone(), message, &found))
            }
        };
        reading.push(record);
    }
}

impl ThreatQ {
    /// The record of an object, in view of what it says against being blocked.
    fn judged(&self, record: &Map<String, Value>, object: Object, reading: &mut Reading) -> Record {
        if flag(record, "deleted") == Some(true) {
            return Mark::new(Reason::Deleted, "deleted").apply(object);
        }
        if !is_of_another_tool(record) {
            // One whose time is over, a person has put into a collection all the same.
            let status = object.status.as_deref().and_then(word);
            let status = status
                .filter(|reason| !matches!(reason, Reason::Expired | Reason::Inactive))
                .map(|reason| Mark::new(reason, "status"));
            let mark = status.or_else(|| tagged(&object));
            return match mark {
                Some(mark) => mark.apply(object),
                None => Record::Object(object),
            };
        }
        let mut found = None;
        for (key, value) in record {
            let Some(value) = plain(value) else { continue };
            match judge(key, &value, self.now) {
                Judgement::Nothing => {}
                Judgement::NotATime => reading.ignored.push("expiry"),
                // A record that is withdrawn is withdrawn, whatever else is said of it.
                Judgement::Mark(mark) if found.is_none() || mark.reason.is_withdrawn() => found = Some(mark),
                Judgement::Mark(_) => {}
            }
        }
        match found.or_else(|| tagged(&object)) {
            Some(mark) => mark.apply(object),
            None => Record::Object(object),
        }
    }
}

/// What the tags of an object say against blocking it.
fn tagged(object: &Object) -> Option<Mark> {
    object.tags.iter().find_map(|tag| Some(Mark::new(label(tag)?, tag)))
}

/// Whether the record was not written by ThreatQ: there, a type is an object with a name.
fn is_of_another_tool(record: &Map<String, Value>) -> bool {
    matches!(record.get("type"), Some(Value::String(_)))
}

/// The object, or the sentence that says what is wrong with it.
fn object(
    record: &Map<String, Value>,
    location: &Location,
    ignored: &mut Vec<&'static str>,
) -> Result<Object, String> {
    let value = required_text(record, "value")?;
    let mut kind = type_name(record)?;
    if is_of_another_tool(record) {
        kind = threatq_name(&kind, &value);
    }
    let mut object = Object::indicator(kind, value, location.clone());
    object.platform_id = text_or_number(record, "id");
    // Without a score, or with one that is no number, the value is an indicator all the same.
    object.score = score(record.get("score")).unwrap_or_else(|NotANumber| {
        ignored.push("score");
        None
    });
    object.status = match record.get("status") {
        Some(Value::Object(status)) => text(status, "name"),
        _ => text(record, "status"),
    };
    object.description = text(record, "description");
    object.attributes = attributes(record);
    object.tags = names(record, "tags");
    object.updated_at = updated_at(record).unwrap_or_else(|NotATime(field)| {
        ignored.push(field);
        None
    });
    Ok(object)
}

/// The field holds no time.
#[derive(Debug, PartialEq, Eq)]
struct NotATime(&'static str);

/// How ThreatQ writes a time.
const TIME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// When the object last changed: where nobody has edited it, when a source last named it.
fn updated_at(record: &Map<String, Value>) -> Result<Option<OffsetDateTime>, NotATime> {
    for field in ["updated_at", "touched_at"] {
        match record.get(field) {
            None | Some(Value::Null) => {}
            Some(value) => {
                let time = value.as_str().and_then(|text| PrimitiveDateTime::parse(text.trim(), TIME).ok());
                return time.map(|time| Some(time.assume_utc())).ok_or(NotATime(field));
            }
        }
    }
    Ok(None)
}

fn type_name(record: &Map<String, Value>) -> Result<String, String> {
    let name = match record.get("type") {
        Some(Value::Object(kind)) => text(kind, "name"),
        _ => text(record, "type").or_else(|| text(record, "type_name")),
    };
    name.ok_or_else(|| {
        if record.get("object").is_some_and(Value::is_string) {
            return "a result of a search in ThreatQ, which has no type; expected an object of a data collection, as its export \
                holds it"
                .to_owned();
        }
        "no `type.name`, expected a type such as `FQDN`; a `type_id` alone means something else in each installation"
            .to_owned()
    })
}

/// The score is no number.
#[derive(Debug, PartialEq, Eq)]
struct NotANumber;

/// The score that counts, from either of its shapes: a number, or an object in which a score set by hand goes before the
/// calculated one.
fn score(score: Option<&Value>) -> Result<Option<f64>, NotANumber> {
    let is_set = |value: &&Value| !matches!(value, Value::Null) && value.as_str() != Some("");
    let Some(mut value) = score.filter(is_set) else { return Ok(None) };
    if let Value::Object(parts) = value {
        let part = |name| parts.get(name).filter(is_set);
        let Some(effective) = part("manual_score").or_else(|| part("generated_score")) else {
            return Ok(None);
        };
        value = effective;
    }
    number(value).map(Some).ok_or(NotANumber)
}

fn attributes(record: &Map<String, Value>) -> Vec<(String, String)> {
    let attribute = |value: &Value| {
        let attribute = value.as_object()?;
        let content = match attribute.get("value")? {
            Value::Bool(flag) => flag.to_string(),
            _ => text_or_number(attribute, "value")?,
        };
        Some((text(attribute, "name")?, content))
    };
    let list = record.get("attributes").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    const THREATQ: ThreatQ = ThreatQ { now: datetime!(2026-06-01 0:00 UTC) };

    fn read(record: Value) -> Result<Object, String> {
        object(record.as_object().unwrap(), &Location::Path("$".to_owned()), &mut Vec::new())
    }

    #[test]
    fn every_field_is_found() {
        let read = read(json!({
            "id": 7, "value": " evil.example ", "type_id": 15, "type": {"id": 15, "name": "FQDN"},
            "status": {"id": 2, "name": "Active"}, "score": 9, "description": "x",
            "tags": [{"id": 1, "name": "loader"}, "plain", 3],
            "attributes": [{"name": "Protocol", "value": "https"}, {"name": "Port", "value": 443}, {"value": "y"}],
            "updated_at": "2024-03-05 06:00:01", "touched_at": "2024-03-09 01:22:13",
        }));
        let mut expected = Object::indicator("FQDN", "evil.example", Location::Path("$".to_owned()));
        expected.platform_id = Some("7".to_owned());
        expected.score = Some(9.0);
        expected.status = Some("Active".to_owned());
        expected.description = Some("x".to_owned());
        expected.attributes =
            vec![("Protocol".to_owned(), "https".to_owned()), ("Port".to_owned(), "443".to_owned())];
        expected.tags = vec!["loader".to_owned(), "plain".to_owned()];
        expected.updated_at = Some(datetime!(2024-03-05 6:00:01 UTC));
        assert_eq!(read, Ok(expected));
    }

    #[test]
    fn the_last_change_is_in_utc_and_what_is_no_time_does_not_lose_the_indicator() {
        let touched = Some(datetime!(2024-03-09 1:22:13 UTC));
        for (fields, expected) in [
            (json!({}), Ok(None)),
            (json!({"updated_at": null, "touched_at": "2024-03-09 01:22:13"}), Ok(touched)),
            (json!({"touched_at": " 2024-03-09 01:22:13 "}), Ok(touched)),
            (json!({"updated_at": "yesterday"}), Err(NotATime("updated_at"))),
            (json!({"updated_at": 1_709_947_333}), Err(NotATime("updated_at"))),
            (json!({"touched_at": "2024-02-30 00:00:00"}), Err(NotATime("touched_at"))),
        ] {
            assert_eq!(updated_at(fields.as_object().unwrap()), expected, "{fields}");
        }
        let mut ignored = Vec::new();
        let record =
            json!({"value": "evil.example", "type": {"name": "FQDN"}, "updated_at": "0000-00-00 00:00:00"});
        let read = object(record.as_object().unwrap(), &Location::Line(1), &mut ignored).unwrap();
        assert_eq!((read.updated_at, ignored.as_slice()), (None, ["updated_at"].as_slice()));
    }

    #[test]
    fn both_shapes_of_the_score_are_read() {
        for (given, expected) in [
            (json!(9), Some(9.0)),
            (json!("6.50"), Some(6.5)),
            (json!(null), None),
            (json!({"manual_score": 3, "generated_score": "6.00"}), Some(3.0)),
            (json!({"manual_score": 0, "generated_score": 6.0}), Some(0.0)),
            (json!({"manual_score": null, "generated_score": "6.50"}), Some(6.5)),
            (json!({"generated_score": 6.25}), Some(6.25)),
            (json!({"manual_score": null}), None),
        ] {
            assert_eq!(score(Some(&given)), Ok(expected), "{given}");
        }
        assert_eq!(score(None), Ok(None));
        assert!(score(Some(&json!("high"))).is_err());
        assert!(score(Some(&json!([1]))).is_err());
    }

    #[test]
    fn a_score_that_is_no_number_does_not_lose_the_indicator() {
        let record = json!({"value": "evil.example", "type": {"name": "FQDN"}, "score": "high"});
        let mut reading = Reading::default();
        THREATQ.read(record.as_object().unwrap(), &Location::Path("$".to_owned()), &mut reading);
        let [Record::Object(object)] = reading.records.as_slice() else { panic!("{reading:?}") };
        assert_eq!((object.value.as_str(), object.score), ("evil.example", None));
        assert_eq!(reading.ignored, ["score"]);
    }

    #[test]
    fn a_type_without_a_name_and_a_value_that_is_no_text_are_unreadable() {
        for record in [
            json!({"value": "x", "type_id": 15}),
            json!({"value": "x", "type": {"id": 15}}),
            json!({"value": 17, "type": {"name": "FQDN"}}),
            json!({"value": "  ", "type": {"name": "FQDN"}}),
            json!({"type": {"name": "FQDN"}}),
        ] {
            let message = read(record.clone()).unwrap_err();
            assert!(message.contains("expected"), "{record}: {message}");
        }
    }

    /// What a record becomes: `object`, the code of its mark behind `!`, or the code with which it is left out.
    fn became(record: Value) -> String {
        let mut reading = Reading::default();
        THREATQ.read(record.as_object().unwrap(), &Location::Line(1), &mut reading);
        match reading.records.pop() {
            Some(Record::Object(object)) => {
                object.do_not_block.map_or_else(|| object.subtype, |mark| format!("!{}", mark.code))
            }
            Some(Record::LeftOut(left_out)) => left_out.code.to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_threatq_says_against_an_object_is_not_lost() {
        for (status, deleted, expected) in [
            ("Active", "N", "FQDN"),
            ("Review", "N", "FQDN"),
            ("Indirect", "N", "FQDN"),
            ("Expired", "N", "FQDN"),
            ("Whitelisted", "N", "!allowed"),
            ("False Positive", "N", "!false-positive"),
            ("Active", "Y", "deleted"),
        ] {
            let record = json!({
                "value": "a.example", "type": {"name": "FQDN"}, "status": {"name": status}, "deleted": deleted,
                // ThreatQ keeps this date when somebody sets an expired object active again.
                "expires_at": "2020-01-01 00:00:00",
            });
            assert_eq!(became(record), expected, "{status} {deleted}");
        }
    }

    #[test]
    fn objects_of_other_tools_go_by_the_names_and_marks_of_csv() {
        for (field, value, expected) in [
            ("x", json!(1), "FQDN"),
            ("revoked", json!(true), "revoked"),
            ("revoked", json!(false), "FQDN"),
            ("valid_until", json!("2026-05-01T00:00:00Z"), "expired"),
            ("valid_until", json!("2027-05-01T00:00:00Z"), "FQDN"),
            ("expires_at", json!(1_700_000_000), "expired"),
            ("verdict", json!("benign"), "!benign"),
            ("action", json!("allow"), "!allowed"),
            ("status", json!("Expired"), "expired"),
            ("status", json!("Whitelisted"), "!allowed"),
            ("is_active", json!(0), "inactive"),
            ("false_positive", json!("true"), "!false-positive"),
        ] {
            let mut record = json!({"value": "a.example", "type": "domain"});
            record[field] = value;
            assert_eq!(became(record.clone()), expected, "{record}");
        }
        let both = json!({"value": "a.example", "type": "domain", "action": "allow", "deleted": true});
        assert_eq!(became(both), "deleted");
    }

    #[test]
    fn a_search_result_is_named() {
        let message = read(json!({"id": 2, "value": "bad.example", "object": "indicator"})).unwrap_err();
        assert!(message.contains("search"), "{message}");
    }
}
