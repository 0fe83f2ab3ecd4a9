//! What an answer of the service says about a batch and about each object in it.
//!
//! A 207 is read object by object, in the order of the request; it says nothing by itself. Whatever does not match its
//! request, or cannot be read, is a failure of the whole batch: nobody guesses which object an entry belongs to.
//!
//! The service puts its errors into one JSON envelope. An error without it was answered by a proxy or a gateway on the way:
//! it says nothing about an object, so that none is rejected for it, nor about the role of a key.

use std::rc::Rc;

use serde_json::Value;

use crate::contract::{Problem, Stop, quoted};
use crate::ledger::Decision;
use crate::repeated::Checked;

/// The service's words for a list, or a request, with more objects than it may have. Which of the two it means is not
/// documented; the size of the batch tells.
const OVER_MAXIMUM: &str = "the number of objects exceeds the maximum limit";

/// What an operator can do about a key that may not read or change the two lists.
pub const LIST_ROLE: &str = "the key must be from a SOAR role: under Suspicious Object Management it needs `View, filter, and search` and `Manage lists and configure settings`";

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
    /// 401, 403, and of a proxy 407: no request of this run can succeed.
    Refused(Stop),
    /// 413: the batch is too large for the service.
    TooLarge(Problem),
    /// 413 of a proxy or a gateway: it may let smaller requests pass, or none.
    TooLargeOnTheWay(Stop),
    /// 400: something in the batch is wrong; the service does not say which object.
    BadRequest(Problem),
    /// 400: too many objects, in the request or on the list.
    OverMaximum(Problem),
    /// No decision about any object.
    Failed(Problem),
}

/// Reads the answer to a request with `expected` objects.
pub fn read(status: u16, body: &[u8], expected: usize, list: &str) -> Reading {
    if matches!(status, 200 | 201 | 207) {
        return read_items(status, body, expected);
    }
    if let Some(stop) = refusal(status, body, LIST_ROLE) {
        return if status == 413 { Reading::TooLargeOnTheWay(stop) } else { Reading::Refused(stop) };
    }
    let said = said(status, body);
    let is_of_the_service = envelope(body).is_some();
    match status {
        400 if String::from_utf8_lossy(body).to_ascii_lowercase().contains(OVER_MAXIMUM) => {
            Reading::OverMaximum(Problem::new(
                "list-full",
                format!(
                    "the {list} takes no more objects: {said}; delete some there or wait until some expire"
                ),
            ))
        }
        400 if is_of_the_service => Reading::BadRequest(Problem::new("service-bad-request", said)),
        413 => Reading::TooLarge(Problem::new("too-large", said)),
        429 => Reading::Failed(Problem::new("throttled", said)),
        500..=599 if is_of_the_service => Reading::Failed(Problem::new("service-error", said)),
        500..=599 => Reading::Failed(Problem::new("gateway-error", said)),
        400 => Reading::Failed(Problem::new("gateway-refused", said)),
        _ => {
            Reading::Failed(Problem::new("unexpected-status", format!("{said}; check the configured region")))
        }
    }
}

/// Why no request of this run can succeed, if an answer says so: the service refuses the credential, or a proxy or a gateway
/// lets nothing pass.
///
/// `role` says what a key needs that may not do this.
pub fn refusal(status: u16, body: &[u8], role: &str) -> Option<Stop> {
    let said = said(status, body);
    let (code, hint) = match (status, envelope(body).is_some()) {
        (401, true) => (
            "credential-refused",
            "check that the API key is complete, enabled and not expired, that it belongs to the configured region, and that it is from a SOAR role",
        ),
        (403, true) => ("access-denied", role),
        (413, false) => (
            "gateway-refused",
            "the answer does not have the service's form: raise the request size limit of the proxy or gateway on the way to it",
        ),
        (401 | 403 | 407, false) => (
            "gateway-refused",
            "the answer does not have the service's form: check the rules and the credentials of the proxy or gateway on the way to it",
        ),
        _ => return None,
    };
    Some(Stop { problem: Problem::new(code, said), hint: hint.to_owned().into() })
}

/// One entry of a 207.
#[derive(Debug, Default)]
struct Entry {
    status: u16,
    error: Option<ServiceError>,
    /// A name that stands twice in it, so that it decides nothing.
    repeated: Option<String>,
}

/// The service's error, in its words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ServiceError {
    /// From JSON of which nothing is certain: wrapped in `error` or bare.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let value = value.get("error").unwrap_or(value);
        let text = |name| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let error = Self { code: text("code"), message: text("message") };
        (error != Self::default()).then_some(error)
    }
}

/// Whether a body has the form of the service's errors, so that no proxy or gateway has written it.
pub fn is_of_the_service(body: &[u8]) -> bool {
    envelope(body).is_some()
}

/// The service's error, if the body is its documented envelope: `error` with a code or a message.
fn envelope(body: &[u8]) -> Option<ServiceError> {
    let value: Value = serde_json::from_slice(body).ok()?;
    ServiceError::from_value(value.get("error").filter(|error| error.is_object())?)
}

impl Entry {
    /// An entry of whatever shape; without a status it decides nothing.
    fn of(Checked { value, repeated }: &Checked) -> Self {
        let status = value.get("status").and_then(Value::as_u64).and_then(|status| status.try_into().ok());
        let error = value.get("body").and_then(ServiceError::from_value);
        Self { status: status.unwrap_or_default(), error, repeated: repeated.clone() }
    }
}

fn read_items(status: u16, body: &[u8], expected: usize) -> Reading {
    let entries: Vec<Entry> = match serde_json::from_slice::<Vec<Checked>>(body) {
        Ok(values) => values.iter().map(Entry::of).collect(),
        Err(error) => {
            return Reading::Failed(Problem::new(
                "answer-unreadable",
                match page(body) {
                    Some(page) => {
                        format!("expected a JSON array in the response with status {status}, found {page}")
                    }
                    None => format!("expected a JSON array in the response with status {status}: {error}"),
                },
            ));
        }
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
        if let Some(name) = entry.repeated {
            let message =
                format!("the service's response about the object has the field {} twice", quoted(&name));
            let problem = Rc::new(Problem::new("answer-unreadable", message));
            return Self { status: 0, meaning: Meaning::Decided(Decision::Failed(problem)) };
        }
        // 201 is documented; 200 says no less.
        if matches!(status, 200 | 201) {
            return Self { status, meaning: Meaning::Decided(Decision::Accepted) };
        }
        let error = entry.error.unwrap_or_default();
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

/// What an answer says about a whole request, whoever answered. Never HTML: what a page is about stands in its title.
pub fn said(status: u16, body: &[u8]) -> String {
    if let Some(error) = envelope(body) {
        return sentence("the request", status, &error);
    }
    let what = if body.is_empty() {
        "no text".to_owned()
    } else if let Some(page) = page(body) {
        page
    } else {
        let start = body.get(..crate::limits::QUOTED_BYTES * 2).unwrap_or(body);
        format!("the text {}", quoted(String::from_utf8_lossy(start).trim()))
    };
    format!("a proxy or a gateway, not the service, answered the request with status {status} and {what}")
}

/// An HTML or XML page in words, if the body is one.
fn page(body: &[u8]) -> Option<String> {
    let start =
        String::from_utf8_lossy(body.get(..crate::limits::PAGE_HEAD_BYTES).unwrap_or(body)).into_owned();
    if !start.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return None;
    }
    // ASCII only: the places are those of the original.
    let lower = start.to_ascii_lowercase();
    let inside = |tag: &str| {
        let (_, rest) = start.split_at_checked(lower.find(&format!("<{tag}"))?)?;
        let (_, rest) = rest.split_once('>')?;
        let text = rest.split('<').next()?.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    };
    Some(match inside("title").or_else(|| inside("h1")) {
        Some(title) => format!("an HTML page with the title {}", quoted(&title)),
        None => "an HTML page without a title".to_owned(),
    })
}

pub(crate) fn sentence(what: &str, status: u16, error: &ServiceError) -> String {
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
