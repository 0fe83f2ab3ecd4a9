//! MISP events: attributes, of the event and of its objects. Only what its author marked for detection (`to_ids`) is
//! handed on; if the mark is missing, it counts as not given. What was deleted is left out, and so is everything that a
//! deleted object or event holds. `first_seen` and `last_seen` say when something was seen, not how long it counts.
//!
//! A recipient (`email-dst`) keeps MISP's type: it is the victim as often as not, and as an e-mail address it would end as
//! a sender on a block list.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::do_not_block::{Mark, Reason, label};
use crate::guess::{address, subtype};
use crate::json::{Dialect, Reading, Role};
use crate::json_value::{flag, is_set, names, required_text, text, text_or_number};
use crate::settle::address_with_port;
use palisade_model::{Format, LeftOut, Location, Object, Record, Unreadable};

/// The shapes of MISP's JSON.
pub(crate) struct Misp;

impl Dialect for Misp {
    fn format(&self) -> Format {
        Format::Misp
    }

    fn expected(&self) -> &'static str {
        "an event with `Event`, `response`, `Attribute` or `Object`"
    }

    fn role(&self, key: &str) -> Role {
        match key {
            "response" | "Event" | "Object" => Role::Container,
            "Attribute" => Role::Records,
            "id" | "uuid" | "type" | "value" | "to_ids" | "deleted" | "comment" | "Tag" | "timestamp" => {
                Role::Part
            }
            _ => Role::Ignored,
        }
    }

    fn is_record(&self, parts: &Map<String, Value>) -> bool {
        parts.contains_key("value")
    }

    fn may_be_withdrawn(&self) -> bool {
        true
    }

    fn withdrawn(&self, key: &str, value: &Value) -> Option<Mark> {
        let is_deleted = key == "deleted" && is_set(value) == Some(true);
        is_deleted.then(|| Mark::new(Reason::Deleted, "deleted, of the event or object around it"))
    }

    fn read(&self, record: &Map<String, Value>, location: &Location, reading: &mut Reading) {
        let platform_id = text_or_number(record, "uuid").or_else(|| text_or_number(record, "id"));
        let shown = record.get("value").map_or_else(
            || Value::Object(record.clone()).to_string(),
            |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        );
        let labelled = || names(record, "Tag").iter().find_map(|name| Some(Mark::new(label(name)?, name)));
        let left_out = if flag(record, "deleted") == Some(true) {
            Some(("deleted", "the attribute was deleted in MISP".to_owned()))
        } else if flag(record, "to_ids") != Some(true) {
            Some(("not-for-detection", "the attribute is not marked for detection (`to_ids`)".to_owned()))
        } else {
            labelled().map(|mark| (mark.reason.code(), mark.message()))
        };
        if let Some((code, message)) = left_out {
            reading.push(Record::LeftOut(LeftOut {
                location: location.clone(),
                platform_id,
                code,
                message,
                excerpt: palisade_model::excerpt(&shown),
            }));
            return;
        }
        let updated_at = timestamp(record).unwrap_or_else(|NotATime| {
            reading.ignored.push("timestamp");
            None
        });
        match parts(record) {
            Ok(parts) => reading.records.extend(parts.into_iter().map(|part| {
                let mut object = Object::indicator(part.subtype, part.value, location.clone());
                object.platform_id.clone_from(&platform_id);
                object.description = text(record, "comment");
                object.attributes.extend(part.attribute);
                object.tags = names(record, "Tag");
                object.updated_at = updated_at;
                Record::Object(object)
            })),
            Err(message) => {
                reading.push(Record::Unreadable(Unreadable::new(location.clone(), message, &shown)))
            }
        }
    }
}

/// The field holds no time.
#[derive(Debug, PartialEq, Eq)]
struct NotATime;

/// When the attribute last changed: seconds since 1970, as a number or a text.
fn timestamp(record: &Map<String, Value>) -> Result<Option<OffsetDateTime>, NotATime> {
    let Some(written) = text_or_number(record, "timestamp") else { return Ok(None) };
    let seconds = written.parse().map_err(|_| NotATime)?;
    OffsetDateTime::from_unix_timestamp(seconds).map(Some).map_err(|_| NotATime)
}

/// One value of an attribute, with what stands beside it.
#[derive(Debug, PartialEq)]
struct Part {
    subtype: String,
    value: String,
    attribute: Option<(String, String)>,
}

impl Part {
    fn new(subtype: &str, value: &str) -> Self {
        Self { subtype: subtype.to_owned(), value: value.to_owned(), attribute: None }
    }

    fn with(self, name: &str, value: &str) -> Self {
        Self { attribute: Some((name.to_owned(), value.to_owned())), ..self }
    }
}

/// The values of an attribute: composite types hold two, of which a port or a file name is no indicator by itself.
fn parts(record: &Map<String, Value>) -> Result<Vec<Part>, String> {
    let kind = required_text(record, "type")?;
    let value = required_text(record, "value")?;
    // What MISP calls a sample is an archive of a file, with the file's name and MD5.
    let kind = if kind == "malware-sample" { "filename|md5".to_owned() } else { kind };
    let Some((left_kind, right_kind)) = kind.split_once('|') else {
        return Ok(vec![Part::new(&subtype_of(&kind, &value), &value)]);
    };
    let halves = |split: Option<(&str, &str)>| {
        split
            .map(|(left, right)| (left.trim().to_owned(), right.trim().to_owned()))
            .filter(|(left, right)| !left.is_empty() && !right.is_empty())
            .ok_or_else(|| {
                format!("the value of a `{kind}` is not in two parts, expected them with `|` between")
            })
    };
    match (left_kind, right_kind) {
        ("domain", "ip") => {
            let (domain, address) = halves(value.split_once('|'))?;
            Ok(vec![
                Part::new(&subtype_of("domain", &domain), &domain),
                Part::new(&subtype_of("ip-dst", &address), &address),
            ])
        }
        // As tools write it that do not know of `|`; the port is taken off later.
        ("ip-dst" | "ip-src", "port") if !value.contains('|') && address_with_port(&value).is_some() => {
            Ok(vec![Part::new(subtype::IP_ADDRESS, &value)])
        }
        ("hostname" | "ip-dst" | "ip-src", "port") => {
            let (host, port) = halves(value.rsplit_once('|'))?;
            Ok(vec![Part::new(&subtype_of(left_kind, &host), &host).with("port", &port)])
        }
        ("filename", hash_kind) => {
            let (name, hash) = halves(value.rsplit_once('|'))?;
            Ok(vec![Part::new(&subtype_of(hash_kind, &hash), &hash).with("filename", &name)])
        }
        _ => Ok(vec![Part::new(&format!("MISP {kind}"), &value)]),
    }
}

/// ThreatQ's name for a MISP type that holds one value.
fn subtype_of(kind: &str, value: &str) -> String {
    let known = match kind {
        "domain" | "hostname" => subtype::FQDN,
        "ip-src" | "ip-dst" => address(value).unwrap_or(subtype::IP_ADDRESS),
        "url" => subtype::URL,
        "email" | "email-src" => subtype::EMAIL_ADDRESS,
        "md5" => subtype::MD5,
        "sha1" => subtype::SHA_1,
        "sha256" => subtype::SHA_256,
        "sha384" => subtype::SHA_384,
        "sha512" => subtype::SHA_512,
        "filename" => subtype::FILENAME,
        _ => return format!("MISP {kind}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn read(record: Value) -> Vec<Record> {
        let mut reading = Reading::default();
        Misp.read(record.as_object().unwrap(), &Location::Path("$".to_owned()), &mut reading);
        reading.records
    }

    fn found(kind: &str, value: &str) -> Vec<(String, String)> {
        read(json!({"type": kind, "value": value, "to_ids": true}))
            .into_iter()
            .map(|record| match record {
                Record::Object(object) => (object.subtype, object.value),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn types_become_those_of_threatq() {
        for (kind, value, expected) in [
            ("domain", "evil.example", vec![("FQDN", "evil.example")]),
            ("hostname", "evil.example", vec![("FQDN", "evil.example")]),
            ("ip-dst", "192.0.2.1", vec![("IP Address", "192.0.2.1")]),
            ("ip-src", "2001:db8::1", vec![("IPv6 Address", "2001:db8::1")]),
            ("ip-src", "192.0.2.0/24", vec![("CIDR Block", "192.0.2.0/24")]),
            ("ip-dst|port", "192.0.2.1|443", vec![("IP Address", "192.0.2.1")]),
            ("hostname|port", "evil.example|443", vec![("FQDN", "evil.example")]),
            (
                "domain|ip",
                "evil.example|192.0.2.1",
                vec![("FQDN", "evil.example"), ("IP Address", "192.0.2.1")],
            ),
            ("ip-dst|port", "192.0.2.1:443", vec![("IP Address", "192.0.2.1:443")]),
            ("malware-sample", "a|b.exe|aa", vec![("MD5", "aa")]),
            ("filename|sha1", "a|b.exe|aa", vec![("SHA-1", "aa")]),
            ("filename|ssdeep", "b.exe|3:a", vec![("MISP ssdeep", "3:a")]),
            ("email-src", "a@evil.example", vec![("Email Address", "a@evil.example")]),
            ("email-dst", "victim@example.com", vec![("MISP email-dst", "victim@example.com")]),
            ("filename", "b.exe", vec![("Filename", "b.exe")]),
            ("mutex", "m", vec![("MISP mutex", "m")]),
            ("regkey|value", "k|v", vec![("MISP regkey|value", "k|v")]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, value)| (kind.to_owned(), value.to_owned())).collect();
            assert_eq!(found(kind, value), expected, "{kind}");
        }
    }

    #[test]
    fn what_stands_beside_the_value_is_kept() {
        let records = read(json!({
            "uuid": "u", "id": "1", "type": "filename|sha256", "value": "b.exe|AA", "to_ids": "1", "deleted": false,
            "comment": "c", "Tag": [{"name": "tlp:clear"}], "timestamp": "1700000000",
        }));
        let mut expected = Object::indicator("SHA-256", "AA", Location::Path("$".to_owned()));
        expected.platform_id = Some("u".to_owned());
        expected.description = Some("c".to_owned());
        expected.attributes = vec![("filename".to_owned(), "b.exe".to_owned())];
        expected.tags = vec!["tlp:clear".to_owned()];
        expected.updated_at = Some(datetime!(2023-11-14 22:13:20 UTC));
        assert_eq!(records, [Record::Object(expected)]);
    }

    #[test]
    fn the_last_change_is_seconds_and_anything_else_counts_as_missing() {
        for (field, expected) in [
            (json!(null), Ok(None)),
            (json!(0), Ok(Some(OffsetDateTime::UNIX_EPOCH))),
            (json!("1700000000"), Ok(Some(datetime!(2023-11-14 22:13:20 UTC)))),
            (json!("2023-11-14"), Err(NotATime)),
            (json!(1.5), Err(NotATime)),
            (json!(i64::MAX), Err(NotATime)),
        ] {
            assert_eq!(timestamp(json!({"timestamp": field}).as_object().unwrap()), expected);
        }
        let mut reading = Reading::default();
        let record = json!({"type": "domain", "value": "x", "to_ids": true, "timestamp": "soon"});
        Misp.read(record.as_object().unwrap(), &Location::Line(1), &mut reading);
        assert!(
            matches!(reading.records.as_slice(), [Record::Object(object)] if object.updated_at.is_none())
        );
        assert_eq!(reading.ignored, ["timestamp"]);
    }

    #[test]
    fn what_is_deleted_or_not_for_detection_is_left_out() {
        for (record, code) in [
            (json!({"type": "domain", "value": "x", "to_ids": false}), "not-for-detection"),
            (json!({"type": "domain", "value": "x"}), "not-for-detection"),
            (json!({"type": "domain", "value": "x", "to_ids": true, "deleted": true}), "deleted"),
            (json!({"type": "domain", "value": "x", "to_ids": true, "deleted": "1"}), "deleted"),
            (
                json!({"type": "domain", "value": "x", "to_ids": true, "Tag": [{"name": "false-positive:confirmed=\"true\""}]}),
                "false-positive",
            ),
        ] {
            assert!(matches!(read(record).as_slice(), [Record::LeftOut(left)] if left.code == code));
        }
    }

    #[test]
    fn what_is_not_in_two_parts_and_what_is_no_text_is_unreadable() {
        for record in [
            json!({"type": "domain|ip", "value": "evil.example", "to_ids": true}),
            json!({"type": "ip-dst|port", "value": "|443", "to_ids": true}),
            json!({"type": "domain", "value": 5, "to_ids": true}),
            json!({"value": "evil.example", "to_ids": true}),
        ] {
            assert!(matches!(read(record.clone()).as_slice(), [Record::Unreadable(_)]), "{record}");
        }
    }
}
