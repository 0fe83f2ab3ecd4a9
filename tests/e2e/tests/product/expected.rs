//! What a list should hold, computed from a ThreatQ file by the rules of the user's documentation and by nothing of the
//! product: no type, function or constant of it is used here. It knows only the forms of values that the files of the
//! tests have, and refuses to guess about any other.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// An entry of a list: the API's field and the value.
pub(crate) type Entry = (String, String);

/// One object of the file.
pub(crate) struct Offered {
    pub(crate) subtype: String,
    pub(crate) value: String,
    pub(crate) score: Option<f64>,
}

/// What becomes of one object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It is submitted as this.
    Sent(Entry),
    /// It is not sent, for this reason.
    Skipped(&'static str),
    /// It is refused, for this reason.
    Rejected(&'static str),
}

/// The objects of a ThreatQ page, in its order.
pub(crate) fn objects(path: &Path) -> Vec<Offered> {
    let page: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let object = |entry: &Value| Offered {
        subtype: entry["type"]["name"].as_str().unwrap().to_owned(),
        value: entry["value"].as_str().unwrap().to_owned(),
        score: score(&entry["score"]),
    };
    page["data"].as_array().unwrap().iter().map(object).collect()
}

/// A score set by hand goes before the calculated one, which may be text.
fn score(score: &Value) -> Option<f64> {
    match score {
        Value::Null => None,
        Value::Number(number) => number.as_f64(),
        Value::String(text) => Some(text.parse().unwrap()),
        Value::Object(parts) => {
            [&parts["manual_score"], &parts["generated_score"]].into_iter().find_map(self::score)
        }
        other => panic!("a score that is {other}"),
    }
}

/// 9 and above high, 7 and 8 medium, below 7 low.
pub(crate) fn risk_level(score: f64) -> &'static str {
    match score {
        9.0.. => "high",
        7.0.. => "medium",
        _ => "low",
    }
}

/// What becomes of an object, with `scheme` in front of URLs without one.
pub(crate) fn fate(object: &Offered, scheme: &str) -> Fate {
    let value = object.value.as_str();
    let sent = |field: &str, value: String| Fate::Sent((field.to_owned(), value));
    assert!(
        value.is_ascii() && !value.contains(' ') && !value.ends_with('.'),
        "a form not known here: {value}"
    );
    match object.subtype.as_str() {
        "FQDN" if !value.contains('.') => Fate::Rejected("not-a-full-domain"),
        "FQDN" => sent("domain", value.to_ascii_lowercase()),
        "IP Address" | "IPv6 Address" => {
            let canonical = value.parse::<std::net::IpAddr>().unwrap().to_string();
            sent("ip", canonical)
        }
        "Email Address" => {
            let (local, domain) = value.split_once('@').unwrap();
            sent("senderMailAddress", format!("{local}@{}", domain.to_ascii_lowercase()))
        }
        "SHA-1" => sent("fileSha1", value.to_ascii_lowercase()),
        "SHA-256" => sent("fileSha256", value.to_ascii_lowercase()),
        "URL" => {
            let (scheme, rest) = value.split_once("://").unwrap_or((scheme, value));
            let end = rest.find('/').unwrap_or(rest.len());
            let (host, path) = rest.split_at(end);
            assert!(!host.contains('@'), "a form not known here: {value}");
            sent("url", format!("{}://{}{path}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase()))
        }
        _ => Fate::Skipped("type-not-accepted"),
    }
}

/// What the list should hold: each entry once, with the first object that became it.
pub(crate) fn list(objects: &[Offered]) -> BTreeMap<Entry, &Offered> {
    let mut list = BTreeMap::new();
    for object in objects {
        if let Fate::Sent(entry) = fate(object, "http") {
            list.entry(entry).or_insert(object);
        }
    }
    list
}
