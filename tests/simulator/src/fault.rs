//! Faults: what goes wrong, for which requests, how often, and whether the request was carried out all the same. Without a
//! fault nothing goes wrong.
//!
//! A fault counts the requests that it matches, from 1. It is spent after `skip + times` of them. Pauses add up, item faults
//! work together, and of all others the first that was injected and is not spent wins; the later ones do not count a request
//! that they did not get to see.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use http::HeaderMap;
use http::header::IF_MATCH;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::form;

/// A fault and the requests that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub effect: Effect,
    /// The method of the requests that it is for; any if missing.
    #[serde(default)]
    pub method: Option<String>,
    /// Their path, or the beginning of it if this ends with `*`; any if missing. Without the query.
    #[serde(default)]
    pub path: Option<String>,
    /// Values of which the requests hold one: in an item or a field of the body, as a part of the path, as a parameter's
    /// value, as `If-Match` without its quotes, as a whole `TMV1-Filter` or `TMV1-Query`, or as the name of a file of a form.
    /// Any if there are none. What the service refuses as a whole because of one item is a status for the requests that hold
    /// its value.
    #[serde(default)]
    pub holding: Vec<String>,
    /// How many matching requests are spared at first. For item faults: how many times each value is spared.
    #[serde(default)]
    pub skip: u64,
    /// How many matching requests it is for after that; all if missing. For item faults: how many times each value fails.
    #[serde(default)]
    pub times: Option<u64>,
    /// Whether the request (or the item) is carried out all the same. If missing: not for statuses, failed items and
    /// connections closed without an answer; for everything else it is.
    #[serde(default)]
    pub applied: Option<bool>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The whole request is answered with a status.
    Status {
        /// The status, from 200 to 599.
        status: u16,
        /// Headers of the answer, over those that it would have.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body: a string is sent as it is, anything else as JSON. If missing, the service's own for this status, or
        /// the gateway's HTML for 502 to 504.
        #[serde(default)]
        body: Option<Value>,
    },
    /// The whole request is answered 429.
    TooManyRequests {
        /// What `Retry-After` says.
        retry_after: RetryAfter,
    },
    /// Items of a multi-status fail.
    Items {
        /// The items with these values in a field, as they were sent.
        #[serde(default)]
        values: Vec<String>,
        /// The items in these places, from 0.
        #[serde(default)]
        indices: Vec<usize>,
        /// The items' status, such as 400, 403, 404, 429 or 500.
        status: u16,
        /// The error's code, if not the service's own for this status.
        #[serde(default)]
        code: Option<String>,
        /// The error's message, if not the service's own for this status.
        #[serde(default)]
        message: Option<String>,
    },
    /// The answer's body lacks its last byte: it is complete for HTTP, but no JSON.
    MalformedJson,
    /// The answer breaks off, and the connection with it: `Content-Length` promises the whole.
    Truncated {
        /// How many bytes of the body are sent; half of them if missing.
        #[serde(default)]
        bytes: Option<usize>,
    },
    /// A multi-status lacks its last items.
    MissingItems {
        /// How many.
        count: usize,
    },
    /// A multi-status has more items than the request.
    ExtraItems {
        /// How many more.
        count: usize,
    },
    /// A pause before the answer's head.
    Slow {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// The answer's body comes in small pieces with pauses between them.
    Drip {
        /// The size of a piece, in bytes.
        bytes: usize,
        /// The pause before each piece, in milliseconds.
        milliseconds: u64,
    },
    /// The byte in the middle of the answer's body is another, so that it has another digest.
    Corrupted,
    /// The connection is closed before any answer; with HTTP/2, that ends all requests on it.
    Close,
}

/// What a 429 says about the time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    /// So many seconds.
    Seconds(u64),
    /// The HTTP date that is so many seconds ahead.
    Date(u64),
    /// Nothing: the header is missing.
    Absent,
}

impl Fault {
    /// A fault for every request.
    pub fn new(effect: Effect) -> Self {
        Self { effect, method: None, path: None, holding: Vec::new(), skip: 0, times: None, applied: None }
    }

    /// Every request is answered with a status, in the service's own shape.
    pub fn status(status: u16) -> Self {
        Self::new(Effect::Status { status, headers: BTreeMap::new(), body: None })
    }

    /// The items with these values fail with a status, in the service's own shape.
    pub fn items<V: Into<String>>(status: u16, values: impl IntoIterator<Item = V>) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self::new(Effect::Items { values, indices: Vec::new(), status, code: None, message: None })
    }

    /// This fault, only for a method and a path (or the beginning of one that ends with `*`).
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// This fault, only for requests that hold one of these values.
    #[must_use]
    pub fn holding<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.holding = values.into_iter().map(Into::into).collect();
        self
    }

    /// This fault, sparing the first `skip` matching requests.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// This fault, `times` times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// This fault, and whether the request is carried out all the same.
    #[must_use]
    pub fn applied(mut self, applied: bool) -> Self {
        self.applied = Some(applied);
        self
    }

    /// Says what is wrong with a fault that could not be carried out as it is written.
    fn check(&self) -> Result<(), InvalidFault> {
        let is_status = |status: &u16| (200..=599).contains(status);
        match &self.effect {
            Effect::Status { status, .. } if !is_status(status) => Err(InvalidFault::Status(*status)),
            Effect::Items { status, .. } if !is_status(status) => Err(InvalidFault::Status(*status)),
            Effect::Items { values, indices, .. } if values.is_empty() && indices.is_empty() => {
                Err(InvalidFault::NoItems)
            }
            Effect::Status { headers, .. } => {
                let is_header = |(name, value): (&String, &String)| {
                    name.parse::<http::HeaderName>().is_ok() && value.parse::<http::HeaderValue>().is_ok()
                };
                match headers.iter().find(|header| !is_header(*header)) {
                    Some((name, _)) => Err(InvalidFault::Header(name.clone())),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn matches(&self, request: &Seen<'_>) -> bool {
        let path_matches = match self.path.as_deref() {
            None => true,
            Some(pattern) => pattern
                .strip_suffix('*')
                .map_or(pattern == request.path, |beginning| request.path.starts_with(beginning)),
        };
        path_matches
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(request.method))
            && (self.holding.is_empty() || request.holds(&self.holding))
    }

    fn is_applied(&self) -> bool {
        self.applied.unwrap_or(!matches!(
            self.effect,
            Effect::Status { .. } | Effect::TooManyRequests { .. } | Effect::Items { .. } | Effect::Close
        ))
    }

    /// Whether it is for the occurrence with this number, counted from 1.
    fn is_for(&self, occurrence: u64) -> bool {
        occurrence > self.skip && self.times.is_none_or(|times| occurrence - self.skip <= times)
    }
}

/// What a fault sees of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

impl Seen<'_> {
    /// Whether it has one of these values, in any of the places where a value can be.
    fn holds(&self, values: &[String]) -> bool {
        let wanted = |value: &str| values.iter().any(|wanted| wanted == value);
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        self.path.split('/').any(wanted)
            || url::form_urlencoded::parse(self.query.as_bytes()).any(|(_, value)| wanted(&value))
            || header(IF_MATCH.as_str()).is_some_and(|tag| wanted(tag.trim_matches('"')))
            || ["tmv1-filter", "tmv1-query"].into_iter().filter_map(header).any(wanted)
            || match serde_json::from_slice(self.body) {
                Ok(Value::Array(items)) => items.iter().flat_map(texts).any(wanted),
                Ok(object) => texts(&object).any(wanted),
                Err(_) => form::parse(self.headers, self.body).is_some_and(|parts| {
                    parts.iter().filter_map(|part| part.file_name.as_deref()).any(wanted)
                }),
            }
    }
}

/// The texts among an object's values.
pub(crate) fn texts(object: &Value) -> impl Iterator<Item = &str> + Clone {
    object.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(Value::as_str)
}

/// Why a fault cannot be injected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// A status is none that an answer can have.
    #[error("the fault's status is `{0}`, which is not from 200 to 599")]
    Status(u16),
    /// A header's name or value is not one of HTTP.
    #[error("the fault's header `{0}` is not valid in HTTP")]
    Header(String),
    /// An item fault names no item.
    #[error("the fault is for items, and names neither `values` nor `indices`")]
    NoItems,
}

impl InvalidFault {
    /// A stable name of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Status(_) => "fault-status-invalid",
            Self::Header(_) => "fault-header-invalid",
            Self::NoItems => "fault-without-items",
        }
    }
}

/// What a request has to expect.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// How long to pause before the request is carried out, in milliseconds.
    pub(crate) pause_before: u64,
    /// How long to pause after it was, before its answer.
    pub(crate) pause_after: u64,
    /// The fault that decides the answer as a whole, and whether the request is carried out all the same.
    pub(crate) whole: Option<(Effect, bool)>,
    /// The request is answered as if it were carried out, and leaves the lists as they were.
    pub(crate) dry: bool,
    /// The item faults that look at its items.
    pub(crate) items: Vec<usize>,
}

/// An item's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemFailure {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) applied: bool,
}

#[derive(Debug)]
struct Injected {
    fault: Fault,
    requests: u64,
    /// How often each value or place of an item fault was seen.
    seen: HashMap<String, u64>,
}

/// The faults that were injected, in order.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    injected: Vec<Injected>,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) -> Result<(), InvalidFault> {
        fault.check()?;
        self.injected.push(Injected { fault, requests: 0, seen: HashMap::new() });
        Ok(())
    }

    /// The faults, and how many requests each has matched.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&Fault, u64)> {
        self.injected.iter().map(|injected| (&injected.fault, injected.requests))
    }

    pub(crate) fn clear(&mut self) {
        self.injected.clear();
    }

    /// Counts a request and says what it has to expect.
    pub(crate) fn plan(&mut self, request: &Seen<'_>) -> Plan {
        let mut plan = Plan::default();
        for (index, Injected { fault, requests, .. }) in self.injected.iter_mut().enumerate() {
            if !fault.matches(request) {
                continue;
            }
            let decides = !matches!(fault.effect, Effect::Slow { .. } | Effect::Items { .. });
            if decides && plan.whole.is_some() {
                continue;
            }
            *requests += 1;
            match fault.effect {
                Effect::Items { .. } => plan.items.push(index),
                _ if !fault.is_for(*requests) => {}
                Effect::Slow { milliseconds } if fault.is_applied() => plan.pause_after += milliseconds,
                Effect::Slow { milliseconds } => plan.pause_before += milliseconds,
                _ => {
                    plan.dry = !fault.is_applied();
                    plan.whole = Some((fault.effect.clone(), fault.is_applied()));
                }
            }
        }
        plan
    }

    /// Counts an item of a request and says how it fails, if it does.
    pub(crate) fn item<'a>(
        &mut self,
        plan: &Plan,
        place: usize,
        item: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<ItemFailure> {
        for index in &plan.items {
            let Some(Injected { fault, seen, .. }) = self.injected.get_mut(*index) else { continue };
            let Effect::Items { values, indices, status, code, message } = &fault.effect else { continue };
            let key = match item.clone().find(|value| values.iter().any(|wanted| wanted == value)) {
                Some(value) => value.to_owned(),
                None if indices.contains(&place) => format!("\0{place}"),
                None => continue,
            };
            let occurrence = seen.entry(key).or_default();
            *occurrence += 1;
            if fault.is_for(*occurrence) {
                let applied = fault.is_applied();
                return Some(ItemFailure {
                    status: *status,
                    code: code.clone(),
                    message: message.clone(),
                    applied,
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(list: impl IntoIterator<Item = Fault>) -> Faults {
        let mut faults = Faults::default();
        list.into_iter().for_each(|fault| faults.inject(fault).unwrap());
        faults
    }

    fn plan(faults: &mut Faults, method: &str, target: &str, body: &str) -> Plan {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = [(IF_MATCH, "\"a-tag\"".parse().unwrap())].into_iter().collect();
        faults.plan(&Seen { method, path, query, headers: &headers, body: &Bytes::from(body.to_owned()) })
    }

    fn statuses(faults: &mut Faults, count: usize) -> Vec<u16> {
        let mut status = || match plan(faults, "POST", "/a", "[]").whole {
            Some((Effect::Status { status, .. }, false)) => status,
            _ => 0,
        };
        (0..count).map(|_| status()).collect()
    }

    #[test]
    fn faults_follow_each_other() {
        let mut faults = faults([Fault::status(500).after(1).times(2), Fault::status(429).times(1)]);
        assert_eq!(statuses(&mut faults, 5), [429, 500, 500, 0, 0]);
    }

    #[test]
    fn method_and_path_select() {
        let mut faults = faults([Fault::status(500).on("post", "/a*")]);
        assert!(plan(&mut faults, "POST", "/abc", "[]").whole.is_some());
        assert!(plan(&mut faults, "GET", "/abc", "[]").whole.is_none());
        assert!(plan(&mut faults, "POST", "/b", "[]").whole.is_none());
        assert_eq!(faults.list().map(|(_, requests)| requests).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn values_select() {
        let mut faults = faults([Fault::status(400).holding(["b.example", "192.0.2.1"])]);
        let mut strikes = |body: &str| plan(&mut faults, "POST", "/a", body).whole.is_some();
        assert!(strikes(r#"[{"domain": "a.example"}, {"domain": "b.example", "description": "d"}]"#));
        assert!(!strikes(r#"[{"domain": "a.example"}, {"domain": "c.b.example"}]"#));
        assert!(strikes(r#"{"domain": "b.example"}"#));
        for (value, expected) in
            [("a", true), ("12", true), ("x y", true), ("a-tag", true), ("1", false), ("n", false)]
        {
            let mut faults = self::faults([Fault::status(400).holding([value])]);
            let plan = plan(&mut faults, "GET", "/a/12/b?n=x+y", "");
            assert_eq!(plan.whole.is_some(), expected, "{value}");
        }
    }

    #[test]
    fn pauses_add_up_on_their_side_of_the_work() {
        let slow = |milliseconds| Fault::new(Effect::Slow { milliseconds });
        let mut faults = faults([slow(1), slow(2), slow(4).applied(false), Fault::new(Effect::Close)]);
        let plan = plan(&mut faults, "GET", "/", "[]");
        assert_eq!((plan.pause_before, plan.pause_after), (4, 3));
        assert_eq!(plan.whole, Some((Effect::Close, false)));
    }

    #[test]
    fn items_fail_by_value_so_many_times_each() {
        let mut faults = faults([Fault::items(429, ["a", "b"]).times(1)]);
        let plan = plan(&mut faults, "POST", "/", "[]");
        let mut fails = |value| faults.item(&plan, 7, ["d", value].into_iter()).map(|failure| failure.status);
        assert_eq!((fails("a"), fails("a"), fails("b"), fails("c")), (Some(429), None, Some(429), None));
    }

    #[test]
    fn items_fail_by_place() {
        let effect =
            Effect::Items { values: Vec::new(), indices: vec![2], status: 403, code: None, message: None };
        let mut faults = faults([Fault::new(effect).applied(true)]);
        let plan = plan(&mut faults, "POST", "/", "[]");
        assert!(faults.item(&plan, 1, std::iter::empty()).is_none());
        assert!(faults.item(&plan, 2, std::iter::empty()).unwrap().applied);
    }

    #[test]
    fn a_fault_that_cannot_be_carried_out_is_refused() {
        let codes = [Fault::status(99), Fault::items(400, Vec::<String>::new())]
            .map(|fault| Faults::default().inject(fault).unwrap_err().code());
        assert_eq!(codes, ["fault-status-invalid", "fault-without-items"]);
    }

    #[test]
    fn faults_are_read_from_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"path": "/v3.0/*", "times": 2, "effect": {"kind": "too-many-requests", "retry_after": {"seconds": 3}}}"#,
        )
        .unwrap();
        assert_eq!(fault.effect, Effect::TooManyRequests { retry_after: RetryAfter::Seconds(3) });
        assert!(serde_json::from_str::<Fault>(r#"{"effect": {"kind": "close"}, "time": 2}"#).is_err());
    }
}
