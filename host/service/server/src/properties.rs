//! What was sent together with a value: the other properties of the JSON object in which a recorded request has it, such as a
//! risk level, an action and an expiry. They are shown as they left, under the names that the service gives them.

use serde_json::{Map, Value};

use crate::recordings::Recorded;

/// The properties beside a value in the last recorded request of a step that has it; none if no request has it. `field` is the
/// name under which the action says that it submitted the value.
pub(crate) fn sent_with(
    requests: &[Recorded],
    step: u32,
    field: &str,
    value: &str,
) -> Option<Map<String, Value>> {
    let needle = plain_part(value);
    let of_step = requests.iter().rev().filter(|request| request.step == step);
    of_step
        .filter(|request| request.entry.sent().contains(needle))
        .find_map(|request| properties(request.entry.sent(), field, value))
}

/// The longest part of a value that every encoder of JSON writes as it is.
fn plain_part(value: &str) -> &str {
    let plain = |one: char| one.is_ascii_alphanumeric() || "-._~@:".contains(one);
    value.split(|one| !plain(one)).max_by_key(|part| part.len()).unwrap_or_default()
}

fn properties(body: &str, field: &str, value: &str) -> Option<Map<String, Value>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let holder = holder(&body, field, value)?;
    let beside = |(name, other): &(&String, &Value)| {
        let is_value = other.as_str() == Some(value) || *name == field;
        !is_value && !other.is_null() && !other.is_object() && !other.is_array() && other.as_str() != Some("")
    };
    Some(holder.iter().filter(beside).map(|(name, other)| (name.clone(), other.clone())).collect())
}

/// The object that has the value under this name; else the first that has it under any other.
fn holder<'body>(body: &'body Value, field: &str, value: &str) -> Option<&'body Map<String, Value>> {
    let mut open = vec![body];
    let mut other = None;
    while let Some(one) = open.pop() {
        match one {
            Value::Array(parts) => open.extend(parts.iter().rev()),
            Value::Object(map) => {
                if map.get(field).and_then(Value::as_str) == Some(value) {
                    return Some(map);
                }
                if other.is_none() && map.values().any(|held| held.as_str() == Some(value)) {
                    other = Some(map);
                }
                open.extend(map.values());
            }
            _ => {}
        }
    }
    other
}

/// The name of a property as people read it: `daysToExpiration` is `Days to expiration`.
pub(crate) fn title(name: &str) -> String {
    let mut words = String::new();
    let mut was_lower = false;
    for one in name.chars() {
        if matches!(one, '_' | '-' | ' ') {
            words.push(' ');
            was_lower = false;
            continue;
        }
        if one.is_uppercase() && was_lower {
            words.push(' ');
        }
        was_lower = one.is_lowercase() || one.is_numeric();
        if words.is_empty() { words.extend(one.to_uppercase()) } else { words.extend(one.to_lowercase()) }
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recordings::Entry;

    fn request(step: u32, body: &Value) -> Recorded {
        let entry = json!({ "request": { "method": "POST", "postData": { "text": body.to_string() } } });
        let entry: Entry = serde_json::from_value(entry).unwrap();
        Recorded { step, epoch: 1, entry }
    }

    #[test]
    fn the_properties_of_a_value_are_those_of_the_last_request_that_has_it() {
        let requests = [
            request(1, &json!([{ "domain": "a.example", "riskLevel": "low", "scanAction": "log" }])),
            request(
                1,
                &json!([
                    { "domain": "b.example", "riskLevel": "medium" },
                    { "domain": "a.example", "riskLevel": "high", "scanAction": "block", "daysToExpiration": 30, "description": "", "x": null },
                ]),
            ),
            request(2, &json!([{ "domain": "a.example", "riskLevel": "other" }])),
        ];
        let found = sent_with(&requests, 1, "domain", "a.example").unwrap();
        assert_eq!(
            Value::Object(found),
            json!({ "riskLevel": "high", "scanAction": "block", "daysToExpiration": 30 })
        );
        assert_eq!(sent_with(&requests, 1, "domain", "c.example"), None);
        assert_eq!(sent_with(&requests, 3, "domain", "a.example"), None);
    }

    #[test]
    fn a_value_is_found_however_it_is_encoded_and_nested() {
        let body = r#"{"items":[{"kind":"url","value":"http:\/\/a.example\/\u0062?x=\"1\"","risk":9}]}"#;
        let entry = json!({ "request": { "postData": { "text": body } } });
        let requests = [Recorded { step: 1, epoch: 1, entry: serde_json::from_value(entry).unwrap() }];
        let found = sent_with(&requests, 1, "url", "http://a.example/b?x=\"1\"").unwrap();
        assert_eq!(Value::Object(found), json!({ "kind": "url", "risk": 9 }));
    }

    #[test]
    fn a_name_of_a_service_is_read_as_words() {
        for (name, words) in [
            ("riskLevel", "Risk level"),
            ("daysToExpiration", "Days to expiration"),
            ("scan_action", "Scan action"),
            ("expiredDateTime", "Expired date time"),
            ("IP", "Ip"),
            ("", ""),
        ] {
            assert_eq!(title(name), words);
        }
    }
}
