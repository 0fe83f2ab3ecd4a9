//! STIX 2.0 and 2.1 bundles: indicators by their patterns. Everything else in a bundle is left out by name, and so are
//! indicators that their author has revoked, that have expired, that are labelled as false positive or as allowed, or that
//! their author calls `benign` and nothing else: on a block list they would do harm.

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::do_not_block::{Mark, Reason, label, time_of};
use crate::guess::{address, subtype};
use crate::json::{Dialect, Reading, Role};
use crate::json_value::{flag, names, number, required_text, text};
use crate::stix_pattern::{Comparison, parse};
use crate::type_name::letters_and_digits;
use palisade_model::{Format, LeftOut, Location, Object, Record, Unreadable};

/// The shapes of STIX, read at one point in time: that decides what has expired.
pub(crate) struct Stix {
    /// Now.
    pub(crate) now: OffsetDateTime,
}

impl Dialect for Stix {
    fn format(&self) -> Format {
        Format::Stix
    }

    fn expected(&self) -> &'static str {
        "a bundle with `objects`"
    }

    fn role(&self, key: &str) -> Role {
        match key {
            "objects" => Role::Records,
            "id" | "type" | "name" | "description" | "pattern" | "pattern_type" | "confidence" | "labels"
            | "indicator_types" | "revoked" | "valid_until" | "modified" => Role::Part,
            _ => Role::Ignored,
        }
    }

    fn is_record(&self, parts: &Map<String, Value>) -> bool {
        parts.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "bundle")
    }

    fn read(&self, record: &Map<String, Value>, location: &Location, reading: &mut Reading) {
        let result = match self.left_out(record, location, &mut reading.ignored) {
            Ok(Some(left_out)) => {
                reading.push(left_out);
                return;
            }
            Ok(None) => self.objects(record, location, &mut reading.ignored),
            Err(message) => Err(message),
        };
        match result {
            Ok(objects) => reading.records.extend(objects.into_iter().map(Record::Object)),
            Err(message) => {
                let found =
                    text(record, "pattern").unwrap_or_else(|| Value::Object(record.clone()).to_string());
                reading.push(Record::Unreadable(Unreadable::new(location.clone(), message, &found)));
            }
        }
    }
}

/// Whether all its types are `benign`: `indicator_types` since STIX 2.1, `labels` before.
fn is_benign(record: &Map<String, Value>) -> bool {
    let mut types = names(record, "indicator_types");
    if types.is_empty() {
        types = names(record, "labels");
    }
    !types.is_empty() && types.iter().all(|name| name.eq_ignore_ascii_case("benign"))
}

impl Stix {
    /// The record of one that is not for use; none if it is.
    fn left_out(
        &self,
        record: &Map<String, Value>,
        location: &Location,
        ignored: &mut Vec<&'static str>,
    ) -> Result<Option<Record>, String> {
        let kind = required_text(record, "type")?;
        let platform_id = text(record, "id");
        let shown = text(record, "pattern").or_else(|| platform_id.clone()).unwrap_or_else(|| kind.clone());
        let left_out = |code, message| {
            Ok(Some(Record::LeftOut(LeftOut {
                location: location.clone(),
                platform_id: platform_id.clone(),
                code,
                message,
                excerpt: palisade_model::excerpt(&shown),
            })))
        };
        if kind != "indicator" {
            return left_out(
                "not-an-indicator",
                format!("a STIX object of type `{}`", palisade_model::excerpt(&kind)),
            );
        }
        if is_benign(record) {
            return left_out("benign", "the indicator is benign by the word of its author".to_owned());
        }
        let mark = if flag(record, "revoked") == Some(true) {
            Some(Mark::new(Reason::Revoked, "revoked"))
        } else if self.has_expired(record, ignored) {
            Some(Mark::new(Reason::Expired, "valid_until"))
        } else {
            // `benign` beside another label is not the author's whole judgement: see `is_benign`.
            let mark = |name: &String| {
                label(name).filter(|reason| *reason != Reason::Benign).map(|reason| Mark::new(reason, name))
            };
            names(record, "labels").iter().find_map(mark)
        };
        match mark {
            Some(mark) => left_out(mark.reason.code(), mark.message()),
            None => Ok(None),
        }
    }

    /// Whether its time was over before it was read.
    fn has_expired(&self, record: &Map<String, Value>, ignored: &mut Vec<&'static str>) -> bool {
        let Some(until) = text(record, "valid_until") else { return false };
        let Some(until) = time_of(&until) else {
            ignored.push("valid_until");
            return false;
        };
        until <= self.now
    }

    /// An object for each value of the pattern.
    fn objects(
        &self,
        record: &Map<String, Value>,
        location: &Location,
        ignored: &mut Vec<&'static str>,
    ) -> Result<Vec<Object>, String> {
        let language = text(record, "pattern_type").unwrap_or_else(|| "stix".to_owned());
        if language != "stix" {
            return Err(format!(
                "the pattern's language is `{}`, expected `stix`",
                palisade_model::excerpt(&language)
            ));
        }
        let comparisons = parse(&required_text(record, "pattern")?)?;
        let name = text(record, "name");
        let mut template = Object::indicator("", "", location.clone());
        template.platform_id = text(record, "id");
        template.score = confidence(record, ignored);
        template.status = is_current(record).then(|| "Active".to_owned());
        template.tags = names(record, "labels");
        template.updated_at = modified(record, ignored);
        template.description = text(record, "description");
        match (&template.description, name) {
            (None, name) => template.description = name,
            (Some(_), Some(name)) => template.attributes.push(("name".to_owned(), name)),
            (Some(_), None) => {}
        }
        comparisons
            .into_iter()
            .map(|comparison| {
                let value = comparison.value.trim();
                if value.is_empty() {
                    return Err("the pattern compares with an empty value, expected one".to_owned());
                }
                let mut object = template.clone();
                object.subtype = subtype_of(&comparison);
                object.value = value.to_owned();
                object.attributes.extend(comparison.beside);
                Ok(object)
            })
            .collect()
    }
}

/// Whether the end of its time, if it has one, could be read. What has expired is left out before.
fn is_current(record: &Map<String, Value>) -> bool {
    text(record, "valid_until").is_none_or(|until| time_of(&until).is_some())
}

/// When its author last changed it.
fn modified(record: &Map<String, Value>, ignored: &mut Vec<&'static str>) -> Option<OffsetDateTime> {
    let modified = OffsetDateTime::parse(&text(record, "modified")?, &Rfc3339).ok();
    if modified.is_none() {
        ignored.push("modified");
    }
    modified
}

/// The confidence of 0 to 100 on ThreatQ's scale of 0 to 10.
fn confidence(record: &Map<String, Value>, ignored: &mut Vec<&'static str>) -> Option<f64> {
    let value = record.get("confidence").filter(|value| !value.is_null())?;
    let given = number(value);
    let confidence = given.map(|confidence| confidence.clamp(0.0, 100.0));
    if confidence.is_none() || confidence != given {
        ignored.push("confidence");
    }
    confidence.map(|confidence| confidence / 10.0)
}

/// ThreatQ's name for the property that a comparison is about.
fn subtype_of(comparison: &Comparison) -> String {
    let property: Vec<&str> = comparison.property.iter().map(String::as_str).collect();
    let (object, steps) = match &comparison.refers_to {
        Some(kind) => (kind.as_str(), ["value"].as_slice()),
        None => (comparison.object.as_str(), property.as_slice()),
    };
    let known = match (object, steps) {
        // The last two are no types of the standard; OpenCTI writes the one, other platforms the other.
        ("domain-name" | "x-opencti-hostname" | "hostname", ["value"]) => Some(subtype::FQDN),
        ("network-traffic", ["src_ref" | "dst_ref", "value"]) => address(&comparison.value),
        ("ipv4-addr", ["value"]) => Some(address(&comparison.value).unwrap_or(subtype::IP_ADDRESS)),
        ("ipv6-addr", ["value"]) => Some(address(&comparison.value).unwrap_or(subtype::IPV6_ADDRESS)),
        ("url", ["value"]) => Some(subtype::URL),
        ("email-addr", ["value"]) | ("email-message", ["from_ref" | "sender_ref", "value"]) => {
            Some(subtype::EMAIL_ADDRESS)
        }
        ("file", ["name"]) => Some(subtype::FILENAME),
        ("file", ["hashes", algorithm]) => match letters_and_digits(algorithm).as_str() {
            "md5" => Some(subtype::MD5),
            "sha1" => Some(subtype::SHA_1),
            "sha256" => Some(subtype::SHA_256),
            "sha384" => Some(subtype::SHA_384),
            "sha512" => Some(subtype::SHA_512),
            _ => None,
        },
        _ => None,
    };
    known.map_or_else(|| format!("STIX {object}:{}", steps.join(".")), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn read(record: Value) -> Vec<Record> {
        reading(record).records
    }

    fn reading(record: Value) -> Reading {
        let mut reading = Reading::default();
        let stix = Stix { now: datetime!(2026-01-01 0:00 UTC) };
        stix.read(record.as_object().unwrap(), &Location::Path("$.objects[0]".to_owned()), &mut reading);
        reading
    }

    fn object(record: Value) -> Object {
        match read(record).pop() {
            Some(Record::Object(object)) => object,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_indicator_gives_an_object_for_each_value() {
        let records = read(json!({
            "type": "indicator", "id": "indicator--1", "name": "n", "description": "d", "labels": ["malicious-activity"],
            "confidence": 85, "pattern": "[domain-name:value = 'a.example' OR url:value = 'http://b.example']",
            "pattern_type": "stix", "valid_until": "2030-01-01T00:00:00.000Z", "modified": "2019-12-31T23:30:00+01:00",
        }));
        let mut expected = Object::indicator("FQDN", "a.example", Location::Path("$.objects[0]".to_owned()));
        expected.platform_id = Some("indicator--1".to_owned());
        expected.score = Some(8.5);
        expected.status = Some("Active".to_owned());
        expected.description = Some("d".to_owned());
        expected.attributes = vec![("name".to_owned(), "n".to_owned())];
        expected.tags = vec!["malicious-activity".to_owned()];
        expected.updated_at = Some(datetime!(2019-12-31 22:30 UTC));
        let second =
            Object { subtype: "URL".to_owned(), value: "http://b.example".to_owned(), ..expected.clone() };
        assert_eq!(records, [Record::Object(expected), Record::Object(second)]);
    }

    #[test]
    fn properties_become_types() {
        for (comparison, expected) in [
            ("domain-name:value = 'x'", "FQDN"),
            ("ipv4-addr:value = '192.0.2.1'", "IP Address"),
            ("ipv4-addr:value = '192.0.2.0/24'", "CIDR Block"),
            ("ipv6-addr:value = '2001:db8::1'", "IPv6 Address"),
            ("email-addr:value = 'x'", "Email Address"),
            ("email-message:from_ref.value = 'x'", "Email Address"),
            ("file:hashes.'SHA-256' = 'x'", "SHA-256"),
            ("file:hashes.sha256 = 'x'", "SHA-256"),
            ("file:hashes.SHA1 = 'x'", "SHA-1"),
            ("file:hashes.MD5 = 'x'", "MD5"),
            ("file:hashes.SSDEEP = 'x'", "STIX file:hashes.SSDEEP"),
            ("file:name = 'x'", "Filename"),
            ("hostname:value = 'x'", "FQDN"),
            ("x-opencti-hostname:value = 'x'", "FQDN"),
            ("network-traffic:dst_ref.value = '192.0.2.1'", "IP Address"),
            ("network-traffic:dst_ref.value = 'x'", "STIX network-traffic:dst_ref.value"),
            ("network-traffic:dst_ref.type = 'domain-name' AND network-traffic:dst_ref.value = 'x'", "FQDN"),
            (
                "network-traffic:src_ref.type = 'ipv6-addr' AND network-traffic:src_ref.value = '2001:db8::1'",
                "IPv6 Address",
            ),
            ("file:name = 'x' AND file:hashes.MD5 = 'y'", "MD5"),
            ("process:name = 'x'", "STIX process:name"),
        ] {
            let read =
                object(json!({"type": "indicator", "pattern": format!("[{comparison}]"), "name": "n"}));
            assert_eq!((read.subtype.as_str(), read.status.as_deref()), (expected, Some("Active")));
            assert_eq!(read.description.as_deref(), Some("n"));
        }
    }

    #[test]
    fn what_is_not_for_use_is_left_out_with_its_reason() {
        for (record, expected) in [
            (json!({"type": "malware", "name": "x"}), "not-an-indicator"),
            (json!({"type": "indicator", "revoked": true, "pattern": "[url:value = 'x']"}), "revoked"),
            (json!({"type": "indicator", "revoked": "True", "pattern": "[url:value = 'x']"}), "revoked"),
            (
                json!({"type": "indicator", "valid_until": "2026-01-01T00:00:00Z", "pattern": "[url:value = 'x']"}),
                "expired",
            ),
            (
                json!({"type": "indicator", "valid_until": "2020-01-01T00:00:00", "pattern": "[url:value = 'x']"}),
                "expired",
            ),
            (
                json!({"type": "indicator", "labels": ["whitelist"], "pattern": "[url:value = 'x']"}),
                "allowed",
            ),
            (
                json!({"type": "indicator", "labels": ["malicious-activity", "false-positive:confirmed=\"true\""], "pattern": "[url:value = 'x']"}),
                "false-positive",
            ),
        ] {
            assert!(matches!(read(record).as_slice(), [Record::LeftOut(left)] if left.code == expected));
        }
    }

    #[test]
    fn what_is_benign_and_nothing_else_is_left_out() {
        let indicator = |key: &str, types: &[&str]| json!({"type": "indicator", "pattern": "[url:value = 'x']", key: types});
        for record in [indicator("indicator_types", &["benign"]), indicator("labels", &["Benign"])] {
            assert!(matches!(read(record).as_slice(), [Record::LeftOut(left)] if left.code == "benign"));
        }
        for record in [
            indicator("indicator_types", &["benign", "anomalous-activity"]),
            indicator("labels", &["malicious-activity", "benign"]),
            indicator("labels", &[]),
        ] {
            assert!(matches!(read(record.clone()).as_slice(), [Record::Object(_)]), "{record}");
        }
        let mut both = indicator("indicator_types", &["malicious-activity"]);
        both["labels"] = json!(["benign"]);
        assert!(matches!(read(both).as_slice(), [Record::Object(_)]));
    }

    #[test]
    fn a_bad_secondary_field_does_not_lose_the_indicator() {
        for (field, value, score, status) in [
            ("valid_until", json!("soon"), None, None),
            ("modified", json!("2020-01-01"), None, Some("Active")),
            ("confidence", json!(101), Some(10.0), Some("Active")),
            ("confidence", json!(-1), Some(0.0), Some("Active")),
            ("confidence", json!("high"), None, Some("Active")),
        ] {
            let found = reading(json!({"type": "indicator", "pattern": "[url:value = 'x']", field: value}));
            let [Record::Object(object)] = found.records.as_slice() else { panic!("{found:?}") };
            assert_eq!((object.score, object.status.as_deref()), (score, status), "{value}");
            assert_eq!(found.ignored, [field]);
        }
    }

    #[test]
    fn what_is_not_understood_is_unreadable() {
        for record in [
            json!({"type": "indicator", "pattern": "rule x {}", "pattern_type": "yara"}),
            json!({"type": "indicator", "pattern": "[file:name = 'a' AND file:size = 3]"}),
            json!({"type": "indicator", "pattern": "[url:value = ' ']"}),
            json!({"type": "indicator"}),
            json!({"pattern": "[url:value = 'x']"}),
        ] {
            assert!(matches!(read(record.clone()).as_slice(), [Record::Unreadable(_)]), "{record}");
        }
    }
}
