//! What an appliance answers, and what of it is understood. Pure. Denies by default: an answer that has not the documented
//! shape is none, whatever its status says.

use std::fmt;

use palisade_egress::SecretString;
use palisade_limits as limits;
use palisade_model::excerpt;
use palisade_redaction::Redactor;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::found::found;

/// An answer of another shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unexpected {
    /// What was expected.
    pub(crate) expected: &'static str,
    /// What there is instead.
    pub(crate) found: String,
}

/// What the envelope of a page says. The objects themselves are read by their own reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many objects the collection holds in all.
    pub(crate) total: Option<u64>,
    /// How many objects are on this page.
    pub(crate) objects: u64,
    /// By what the next page is asked for.
    pub(crate) next: Option<String>,
}

/// What a page is expected to be.
const PAGE: &str = "a page of objects: JSON with a list `data`";

#[derive(Deserialize)]
struct Envelope {
    total: Option<Value>,
    data: Option<Data>,
    #[serde(rename = "nextCursorMark")]
    next: Option<Value>,
}

/// What stands behind `data`, counted.
enum Data {
    List(u64),
    Object(u64),
    Other,
}

impl Page {
    /// Reads the envelope. What is told of another answer goes through the redactor.
    pub(crate) fn read(body: &[u8], redactor: &Redactor) -> Result<Self, Unexpected> {
        let unexpected = |expected, found| Err(Unexpected { expected, found });
        let Ok(Envelope { total, data, next }) = serde_json::from_slice(body) else {
            return unexpected(PAGE, found(body, redactor));
        };
        let objects = match data {
            Some(Data::List(objects)) => objects,
            // An empty list, as PHP writes an empty array that once had keys.
            Some(Data::Object(0)) => 0,
            Some(Data::Object(_)) => return unexpected(PAGE, "a single object as `data`".to_owned()),
            Some(Data::Other) => return unexpected(PAGE, "`data` that is not a list".to_owned()),
            None => return unexpected(PAGE, found(body, redactor)),
        };
        let total = total.and_then(|total| total.as_u64().or_else(|| total.as_str()?.parse().ok()));
        let next = match next {
            None | Some(Value::Null) => None,
            Some(Value::String(mark)) if mark.is_empty() => None,
            Some(Value::String(mark)) if mark.len() as u64 <= limits::THREATQ_MARK_BYTES => Some(mark),
            Some(Value::String(mark)) => {
                return unexpected(
                    "a mark of usual length as `nextCursorMark`",
                    format!("{} bytes", mark.len()),
                );
            }
            Some(_) => return unexpected("a text as `nextCursorMark`", "something else".to_owned()),
        };
        Ok(Self { total, objects, next })
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counting)
    }
}

struct Counting;

impl<'de> Visitor<'de> for Counting {
    type Value = Data;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Data, A::Error> {
        let mut count = 0;
        while elements.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Data::List(count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Data, A::Error> {
        let mut count = 0;
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Data::Object(count))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Data, E> {
        Ok(Data::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Data, E> {
        Ok(Data::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Data, E> {
        Ok(Data::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Data, E> {
        Ok(Data::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Data, E> {
        Ok(Data::Other)
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Other)
    }
}

/// Reads the token out of the answer to a log-in.
pub(crate) fn token(body: &[u8], redactor: &Redactor) -> Result<SecretString, Unexpected> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: String,
    }
    match serde_json::from_slice(body) {
        Ok(Granted { access_token }) if !access_token.trim().is_empty() => {
            Ok(SecretString::from(access_token))
        }
        Ok(_) => Err(Unexpected {
            expected: "a token: JSON with a text `access_token`",
            found: "an empty `access_token`".to_owned(),
        }),
        Err(_) => Err(Unexpected {
            expected: "a token: JSON with a text `access_token`",
            found: found(body, redactor),
        }),
    }
}

/// What an appliance says about an error, in either of its shapes: `{"data":{"errors":{field:[…]}}}` or `{"errors":[…]}`.
/// None where it says nothing, or in another shape.
pub(crate) fn errors(body: &[u8], redactor: &Redactor) -> Option<String> {
    // Before it is shortened: no half of a secret is left.
    let redacted = redactor.redacted(body);
    let answer: Value = serde_json::from_slice(redacted.as_deref().unwrap_or(body)).ok()?;
    let mut said = Vec::new();
    if let Some(fields) = answer.pointer("/data/errors").and_then(Value::as_object) {
        for (field, messages) in fields {
            let mut of_field = Vec::new();
            texts(messages, &mut of_field);
            said.extend(of_field.into_iter().map(|message| format!("{field}: {message}")));
        }
    }
    texts(answer.get("errors").unwrap_or(&Value::Null), &mut said);
    let said = excerpt(&said.join("; "));
    (!said.is_empty()).then_some(said)
}

/// The texts in a value, in lists of whatever depth.
fn texts(value: &Value, texts_found: &mut Vec<String>) {
    match value {
        Value::String(text) => texts_found.push(text.trim().to_owned()),
        Value::Array(values) => values.iter().for_each(|value| texts(value, texts_found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use palisade_egress::ExposeSecret;

    use super::*;

    fn page(total: Option<u64>, objects: u64, next: Option<&str>) -> Page {
        Page { total, objects, next: next.map(str::to_owned) }
    }

    #[test]
    fn the_envelope_is_read_in_every_shape_that_was_seen() {
        for (body, expected) in [
            (
                r#"{"total":3,"data":[{},{},{"data":[1]}],"nextCursorMark":"AoE/+=="}"#,
                page(Some(3), 3, Some("AoE/+==")),
            ),
            (
                r#"{"total":"4090","data":{},"nextCursorMark":"x","limit":100}"#,
                page(Some(4090), 0, Some("x")),
            ),
            (r#"{"data":[],"nextCursorMark":null}"#, page(None, 0, None)),
            (r#"{"total":-1,"data":[5],"nextCursorMark":""}"#, page(None, 1, None)),
        ] {
            assert_eq!(Page::read(body.as_bytes(), &Redactor::default()), Ok(expected), "{body}");
        }
    }

    #[test]
    fn what_is_no_page_is_none_and_its_shape_is_told() {
        let long = format!(r#"{{"data":[],"nextCursorMark":"{}"}}"#, "x".repeat(5000));
        for (body, expected) in [
            (r#"{"total":1}"#, "a JSON object with `total`"),
            (r#"{"data":null}"#, "a JSON object with `data`"),
            (r#"{"data":{"id":1}}"#, "a single object as `data`"),
            (r#"{"data":"none"}"#, "`data` that is not a list"),
            (r#"{"data":17}"#, "`data` that is not a list"),
            (r#"{"data":[],"nextCursorMark":7}"#, "something else"),
            (r#"{"data":[{"id":1},{"i"#, "JSON that ends in the middle, after 21 bytes"),
            ("<html><title>Sorry</title>", "an HTML page with the title `Sorry`"),
            ("[]", "a JSON list"),
            (&long, "5000 bytes"),
        ] {
            assert_eq!(
                Page::read(body.as_bytes(), &Redactor::default()).unwrap_err().found,
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn a_token_is_found_and_never_told() {
        assert_eq!(
            token(br#"{"access_token":"abc","expires_in":1}"#, &Redactor::default()).unwrap().expose_secret(),
            "abc"
        );
        for body in [
            r#"{"access_token":7,"x":"abc"}"#,
            r#"{"token":"abc"}"#,
            r#""abc""#,
            "abc",
            r#"{"access_token":" "}"#,
        ] {
            let unexpected = token(body.as_bytes(), &Redactor::default()).unwrap_err();
            assert!(!unexpected.found.contains("abc"), "{unexpected:?}");
        }
    }

    #[test]
    fn both_shapes_of_errors_are_told() {
        for (body, expected) in [
            (
                r#"{"data":{"errors":{"sort":["unknown","bad"],"limit":["too\nlarge"]}}}"#,
                Some("limit: too large; sort: unknown; sort: bad"),
            ),
            (r#"{"errors":["one",["two","three"],4]}"#, Some("one; two; three")),
            (r#"{"errors":[]}"#, None),
            (r#"{"error":"x"}"#, None),
            (r#"[1]"#, None),
            ("<html>", None),
        ] {
            assert_eq!(errors(body.as_bytes(), &Redactor::default()).as_deref(), expected, "{body}");
        }
        let long = format!(r#"{{"errors":["{}"]}}"#, "x".repeat(5000));
        assert!(errors(long.as_bytes(), &Redactor::default()).unwrap().len() < 200);
    }
}
