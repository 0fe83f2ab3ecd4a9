//! What an answer of the service says about a batch and about each object in it.
//!
//! A 207 is read object by object, in the order of the request; it says nothing by itself. Whatever does not match its
//! request, or cannot be read, is a failure of the whole batch: nobody guesses which object an entry belongs to.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use crate::contract::{Problem, Stop, quoted};
use crate::ledger::Decision;

/// The service's words for a list, or a request, with more objects than it may have. Which of the two it means is not
/// documented; the size of the batch tells.
const OVER_MAXIMUM: &str = "the number of objects exceeds the maximum limit";

/// What is to be done about one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemAnswer {
    /// The object's own status; 0 where the entry has none.
    pub status: u16,
    /// What it means.
    pub meaning: Meaning,
}

/// What an entry of a 207 means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing more is to be done.
    Decided(Decision),
    /// The object may be sent again; the problem is for when it may not.
    Again(Rc<Problem>),
}

/// What a whole answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// One entry for each object of the request, in its order.
    Items(Vec<ItemAnswer>),
    /// 401, 403: no request of this run can succeed.
    Refused(Stop),
    /// 413: the batch is too large for the service.
    TooLarge(Problem),
    /// 400: something in the batch is wrong; the service does not say which object.
    BadRequest(Problem),
    /// 400: too many objects, in the request or on the list.
    OverMaximum(Problem),
    /// No decision about any object.
    Failed(Problem),
}

/// Reads the answer to a request with `expected` objects.
pub fn read(status: u16, body: &[u8], expected: usize, list: &str) -> Reading {
    match status {
        200 | 201 | 207 => read_items(status, body, expected),
        400 => {
            let text = String::from_utf8_lossy(body);
            if text.to_ascii_lowercase().contains(OVER_MAXIMUM) {
                Reading::OverMaximum(Problem::new(
                    "list-full",
                    format!(
                        "the {list} takes no more objects: {}; delete some there or wait until some expire",
                        said(status, body)
                    ),
                ))
            } else {
                Reading::BadRequest(Problem::new("service-bad-request", said(status, body)))
            }
        }
        401 => Reading::Refused(credential_refused(body)),
        403 => Reading::Refused(access_denied(body)),
        413 => Reading::TooLarge(Problem::new("too-large", said(status, body))),
        429 => Reading::Failed(Problem::new("throttled", said(status, body))),
        500..=599 => Reading::Failed(Problem::new("service-error", said(status, body))),
        _ => Reading::Failed(Problem::new(
            "unexpected-status",
            format!("{}; check the configured region", said(status, body)),
        )),
    }
}

/// A request was answered with 401: none of this run can succeed.
pub fn credential_refused(body: &[u8]) -> Stop {
    Stop {
        problem: Problem::new("credential-refused", said(401, body)),
        hint: "check that the API key is complete, enabled and not expired, that it belongs to the configured region, and that it is from a SOAR role".into(),
    }
}

/// A request was answered with 403: none of this run can succeed.
pub fn access_denied(body: &[u8]) -> Stop {
    Stop {
        problem: Problem::new("access-denied", said(403, body)),
        hint: "the key must be from a SOAR role: under Suspicious Object Management it needs `View, filter, and search` and `Manage lists and configure settings`".into(),
    }
}

/// One entry of a 207.
#[derive(Debug, Default, Deserialize)]
struct Entry {
    #[serde(default)]
    status: u16,
    #[serde(default)]
    body: Option<EntryBody>,
}

#[derive(Debug, Default, Deserialize)]
struct EntryBody {
    #[serde(default)]
    error: Option<ServiceError>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
struct ServiceError {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl ServiceError {
    /// From JSON of which nothing is certain: wrapped in `error` or bare.
    fn from_value(value: &Value) -> Option<Self> {
        let value = value.get("error").unwrap_or(value);
        let text = |name| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let error = Self { code: text("code"), message: text("message") };
        (error != Self::default()).then_some(error)
    }
}

impl Entry {
    /// An entry of another shape than documented; without a status it decides nothing.
    fn from_value(value: &Value) -> Self {
        let status = value.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok());
        let error = value.get("body").and_then(ServiceError::from_value);
        Self { status: status.unwrap_or_default(), body: Some(EntryBody { error }) }
    }
}

fn read_items(status: u16, body: &[u8], expected: usize) -> Reading {
    let entries = match serde_json::from_slice::<Vec<Entry>>(body) {
        Ok(entries) => entries,
        Err(_) => match serde_json::from_slice::<Vec<Value>>(body) {
            Ok(values) => values.iter().map(Entry::from_value).collect(),
            Err(error) => {
                return Reading::Failed(Problem::new(
                    "answer-unreadable",
                    format!("the service answered {status} with what is no JSON array: {error}"),
                ));
            }
        },
    };
    if entries.len() != expected {
        return Reading::Failed(Problem::new(
            "answer-mismatch",
            format!(
                "the service answered {status} with {} entries to a request with {expected} objects; which of them it took is not known",
                entries.len()
            ),
        ));
    }
    Reading::Items(entries.into_iter().map(ItemAnswer::from).collect())
}

impl From<Entry> for ItemAnswer {
    fn from(entry: Entry) -> Self {
        let status = entry.status;
        // 201 is documented; 200 says no less.
        if matches!(status, 200 | 201) {
            return Self { status, meaning: Meaning::Decided(Decision::Accepted) };
        }
        let error = entry.body.and_then(|body| body.error).unwrap_or_default();
        let over_maximum = error.message.to_ascii_lowercase().contains(OVER_MAXIMUM);
        let problem = |code| Rc::new(Problem::new(code, sentence("the object", status, &error)));
        let meaning = match status {
            400 if over_maximum => Meaning::Decided(Decision::Failed(problem("list-full"))),
            400 => Meaning::Decided(Decision::Rejected(problem("service-bad-request"))),
            403 => Meaning::Decided(Decision::Rejected(problem("service-access-denied"))),
            404 => Meaning::Decided(Decision::Rejected(problem("service-not-found"))),
            429 => Meaning::Again(problem("throttled")),
            500..=599 => Meaning::Again(problem("service-error")),
            _ => Meaning::Decided(Decision::Failed(problem("unexpected-status"))),
        };
        Self { status, meaning }
    }
}

/// The service's own words about a whole request, whatever their form.
pub fn said(status: u16, body: &[u8]) -> String {
    let error = serde_json::from_slice::<Value>(body).ok().and_then(|value| ServiceError::from_value(&value));
    match error {
        Some(error) => sentence("the request", status, &error),
        None if body.is_empty() => {
            format!("the service answered the request with status {status} and no text")
        }
        None => {
            let start = body.get(..crate::limits::QUOTED_BYTES * 2).unwrap_or(body);
            format!(
                "the service answered the request with status {status} and the text {}",
                quoted(String::from_utf8_lossy(start).trim())
            )
        }
    }
}

fn sentence(what: &str, status: u16, error: &ServiceError) -> String {
    let mut sentence = if status == 0 {
        format!("the service answered {what} without a status")
    } else {
        format!("the service answered {what} with status {status}")
    };
    for text in [&error.code, &error.message].into_iter().filter(|text| !text.is_empty()) {
        sentence.push(' ');
        sentence.push_str(&quoted(text));
    }
    sentence
}

#[cfg(test)]
mod tests;
