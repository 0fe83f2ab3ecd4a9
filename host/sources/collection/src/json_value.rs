//! Fields of a JSON record: what is there, what is not, and what is of the wrong kind.

use serde_json::{Map, Value};

use crate::do_not_block::truth;

/// The text behind a key, without white space around it; none where it is missing, null or empty, or no text.
pub(crate) fn text(record: &Map<String, Value>, key: &str) -> Option<String> {
    let text = record.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text behind a key that a record cannot be without, or the sentence that says what is wrong with it.
pub(crate) fn required_text(record: &Map<String, Value>, key: &str) -> Result<String, String> {
    match record.get(key) {
        None | Some(Value::Null) => Err(format!("no `{key}`, expected a string")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            Err(format!("`{key}` is empty, expected a string"))
        }
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(other) => Err(format!("`{key}` is {}, expected a string", crate::json::kind(other))),
    }
}

/// A text or a number as text: identifiers are written either way.
pub(crate) fn text_or_number(record: &Map<String, Value>, key: &str) -> Option<String> {
    match record.get(key)? {
        Value::Number(number) => Some(number.to_string()),
        _ => text(record, key),
    }
}

/// A number, or a text that is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// A flag, written as a boolean, a number or a text; none if it is missing.
pub(crate) fn flag(record: &Map<String, Value>, key: &str) -> Option<bool> {
    is_set(record.get(key)?)
}

/// What a flag says, written as a boolean, a number or a text.
pub(crate) fn is_set(flag: &Value) -> Option<bool> {
    match flag {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) if text.trim().is_empty() => Some(false),
        Value::String(text) => truth(text.trim()),
        _ => None,
    }
}

/// A plain value as text; none for null, lists and objects.
pub(crate) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The names in a list of texts, or of objects with a `name`.
pub(crate) fn names(record: &Map<String, Value>, key: &str) -> Vec<String> {
    let name = |value: &Value| match value {
        Value::String(name) => Some(name.trim().to_owned()),
        Value::Object(object) => text(object, "name"),
        _ => None,
    };
    let list = record.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(name).filter(|name| !name.is_empty()).collect()
}
