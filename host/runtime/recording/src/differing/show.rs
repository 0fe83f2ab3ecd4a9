//! Where two values begin to differ, and as much of them as fits on a screen.

use std::collections::BTreeSet;

use palisade_limits as limits;
use palisade_printable::printable;
use serde_json::{Map, Value};

/// JSON pointer and both values of the first difference, in the order of a list and of an object's sorted keys.
pub(super) fn first_difference<'a>(
    asked: &'a Value,
    recorded: &'a Value,
) -> Option<(String, Option<&'a Value>, Option<&'a Value>)> {
    let (step, asked, recorded) = match (asked, recorded) {
        (Value::Array(asked), Value::Array(recorded)) => {
            let index = (0..asked.len().max(recorded.len())).find(|i| asked.get(*i) != recorded.get(*i))?;
            (index.to_string(), asked.get(index), recorded.get(index))
        }
        (Value::Object(asked), Value::Object(recorded)) => {
            let key = differing_key(asked, recorded)?;
            (key.replace('~', "~0").replace('/', "~1"), asked.get(key), recorded.get(key))
        }
        _ if asked == recorded => return None,
        _ => return Some((String::new(), Some(asked), Some(recorded))),
    };
    let inner = match (asked, recorded) {
        (Some(asked), Some(recorded)) => first_difference(asked, recorded),
        _ => None,
    };
    let (rest, asked, recorded) = inner.unwrap_or((String::new(), asked, recorded));
    Some((format!("/{step}{rest}"), asked, recorded))
}

fn differing_key<'a>(asked: &'a Map<String, Value>, recorded: &'a Map<String, Value>) -> Option<&'a str> {
    let keys: BTreeSet<&String> = asked.keys().chain(recorded.keys()).collect();
    keys.into_iter().find(|key| asked.get(*key) != recorded.get(*key)).map(String::as_str)
}

/// Both texts, cut around the place where they begin to differ.
pub(super) fn both(asked: &[u8], recorded: &[u8]) -> (String, String) {
    let at = differing_at(asked, recorded);
    (cut(asked, at), cut(recorded, at))
}

/// The same where one may be missing.
pub(super) fn either(asked: Option<&str>, recorded: Option<&str>) -> (Option<String>, Option<String>) {
    match (asked, recorded) {
        (Some(asked), Some(recorded)) => {
            let (asked, recorded) = both(asked.as_bytes(), recorded.as_bytes());
            (Some(asked), Some(recorded))
        }
        (asked, recorded) => {
            (asked.map(|text| cut(text.as_bytes(), 0)), recorded.map(|text| cut(text.as_bytes(), 0)))
        }
    }
}

/// Offset of the first byte that differs, and both bodies around it; none where one ends there.
pub(super) fn bodies(asked: &[u8], recorded: &[u8]) -> (usize, Option<String>, Option<String>) {
    let at = differing_at(asked, recorded);
    let shown = |body: &[u8]| (at < body.len()).then(|| cut(body, at));
    (at, shown(asked), shown(recorded))
}

fn differing_at(asked: &[u8], recorded: &[u8]) -> usize {
    asked.iter().zip(recorded).take_while(|(asked, recorded)| asked == recorded).count()
}

/// The text, or what stands around `at` where it is long. Control characters are written out.
pub(super) fn cut(text: &[u8], at: usize) -> String {
    let most = usize::try_from(limits::DIFFERENCE_VALUE_BYTES).unwrap_or(usize::MAX);
    if text.len() <= most {
        return printable(&String::from_utf8_lossy(text));
    }
    let from = at.saturating_sub(most / 4).min(text.len() - most);
    let part = text.get(from..from + most).unwrap_or_default();
    let before = if from > 0 { "..." } else { "" };
    let behind = if from + most < text.len() { "..." } else { "" };
    format!("{before}{}{behind}", printable(&String::from_utf8_lossy(part)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_pointer_leads_to_the_first_value_that_differs() {
        for (asked, recorded, pointer) in [
            (json!([{"domain": "a"}]), json!([{"domain": "b"}]), "/0/domain"),
            (json!([1, 2]), json!([1]), "/1"),
            (json!({"a": {"b/c~d": 1}}), json!({"a": {"b/c~d": 2}}), "/a/b~1c~0d"),
            (json!({"a": 1}), json!({"b": 1}), "/a"),
            (json!([]), json!({}), ""),
            (json!({"a": [1]}), json!({"a": 1}), "/a"),
        ] {
            let (found, one, other) = first_difference(&asked, &recorded).unwrap();
            assert_eq!(found, pointer);
            assert_eq!((one, other), (asked.pointer(pointer), recorded.pointer(pointer)));
        }
        assert_eq!(first_difference(&json!({"a": [1, null]}), &json!({"a": [1, null]})), None);
    }

    #[test]
    fn long_values_are_cut_around_the_place_that_differs() {
        let (asked, recorded) = both(
            format!("{}x{}", "a".repeat(400), "b".repeat(400)).as_bytes(),
            format!("{}y{}", "a".repeat(400), "b".repeat(400)).as_bytes(),
        );
        assert!(asked.contains("axb") && recorded.contains("ayb"), "{asked} {recorded}");
        assert!(asked.len() < 140 && asked.starts_with("...") && asked.ends_with("..."), "{asked}");
        assert_eq!(both(b"a\x1b[2Jb", b"ab").0, "a\\u{1b}[2Jb");
        assert_eq!(bodies(b"abc", b"ab"), (2, Some("abc".to_owned()), None));
    }
}
