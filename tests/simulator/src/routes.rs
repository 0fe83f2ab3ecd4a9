//! The endpoints: which path and method is which, what it asks of the key, and in which order a request is judged: path, key,
//! rate, size, role, content. A path that is not named here does not exist.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;
use simulator_parts::Refused;

use crate::answer::Answer;
use crate::authentication::{Need, authenticate, permits};
use crate::fault::Plan;
use crate::identifier::List;
use crate::settings::Settings;
use crate::state::Shared;
use crate::{listing, writing};

/// A request as the endpoints see it.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The scheme and the authority that it was sent to, such as `https://localhost:8443`.
    pub(crate) origin: &'a str,
    /// The host alone.
    pub(crate) host: &'a str,
    pub(crate) body: &'a Bytes,
}

/// An answer, and what was refused on the way to it.
pub(crate) struct Judged {
    pub(crate) answer: Answer,
    pub(crate) refusals: Vec<Refused>,
}

impl From<Answer> for Judged {
    fn from(answer: Answer) -> Self {
        Self { answer, refusals: Vec::new() }
    }
}

impl Judged {
    /// An answer to a request that was refused as a whole.
    pub(crate) fn refused(answer: Answer, reason: &'static str) -> Self {
        Self { answer, refusals: vec![Refused { item: None, reason }] }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Connectivity,
    List(List),
    Add(List),
    Delete(List),
}

fn endpoint(method: &Method, path: &str, stale_path: bool) -> Option<Endpoint> {
    let path = path.strip_prefix("/v3.0/")?;
    let path = if stale_path { path.strip_prefix("xdr/").unwrap_or(path) } else { path };
    match (method.as_str(), path) {
        ("GET", "healthcheck/connectivity") => Some(Endpoint::Connectivity),
        ("GET", "threatintel/suspiciousObjects") => Some(Endpoint::List(List::SuspiciousObjects)),
        ("POST", "threatintel/suspiciousObjects") => Some(Endpoint::Add(List::SuspiciousObjects)),
        ("POST", "threatintel/suspiciousObjects/delete") => Some(Endpoint::Delete(List::SuspiciousObjects)),
        ("GET", "threatintel/suspiciousObjectExceptions") => Some(Endpoint::List(List::Exceptions)),
        ("POST", "threatintel/suspiciousObjectExceptions") => Some(Endpoint::Add(List::Exceptions)),
        ("POST", "threatintel/suspiciousObjectExceptions/delete") => Some(Endpoint::Delete(List::Exceptions)),
        _ => None,
    }
}

/// Judges a request and carries it out.
pub(crate) fn answer(shared: &Shared, settings: &Settings, call: &Call<'_>, plan: &Plan) -> Judged {
    let numbers = settings.rules.error_numbers;
    let Some(endpoint) = endpoint(call.method, call.path, settings.paging.stale_path) else {
        return Judged::refused(Answer::no_such_path(), "there is no such path and method");
    };
    let Some(key) = authenticate(call.headers, call.host, &settings.keys) else {
        return Judged::refused(Answer::invalid_credentials(), "no usable key was sent");
    };
    if let Some(rate) = settings.rate
        && let Err(spent) = shared.state().windows.admit(&key.value, rate, shared.elapsed())
    {
        let mut answer = Answer::error(StatusCode::TOO_MANY_REQUESTS, None, numbers)
            .with_header("ratelimit-limit", HeaderValue::from(rate.requests));
        if rate.retry_after {
            answer = answer.with_header("retry-after", HeaderValue::from(spent.seconds));
        }
        return Judged::refused(answer, "the rate budget is spent");
    }
    if call.body.len() > settings.limits.body_bytes {
        return Judged::refused(too_large(settings), "the body is too large");
    }
    let need = match endpoint {
        Endpoint::Connectivity => Need::Any,
        Endpoint::List(_) => Need::View,
        Endpoint::Add(_) | Endpoint::Delete(_) => Need::Configure,
    };
    if !permits(key, need) {
        return Judged::refused(Answer::error(StatusCode::FORBIDDEN, None, numbers), "the key lacks a role");
    }
    match endpoint {
        Endpoint::Connectivity => Answer::json(StatusCode::OK, &json!({"status": "available"})).into(),
        Endpoint::List(list) => listing::answer(shared, settings, call, list),
        Endpoint::Add(list) => writing::add(shared, settings, call, list, plan),
        Endpoint::Delete(list) => writing::delete(shared, settings, call, list, plan),
    }
}

/// The answer to a body that is too large.
pub(crate) fn too_large(settings: &Settings) -> Answer {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    if settings.rules.too_large_is_json { Answer::error(status, None, true) } else { Answer::html(status) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_exists() {
        let found = |method: Method, path| endpoint(&method, path, false);
        assert_eq!(
            found(Method::POST, "/v3.0/threatintel/suspiciousObjects"),
            Some(Endpoint::Add(List::SuspiciousObjects))
        );
        for (method, path) in [
            (Method::DELETE, "/v3.0/threatintel/suspiciousObjects"),
            (Method::GET, "/v3.0/threatintel/suspiciousObjects/delete"),
            (Method::POST, "/v3.0/threatintel/suspiciousObjects/"),
            (Method::POST, "//v3.0/threatintel/suspiciousObjects"),
            (Method::POST, "/v2.0/threatintel/suspiciousObjects"),
            (Method::GET, "/v3.0/xdr/threatintel/suspiciousObjects"),
        ] {
            assert_eq!(found(method, path), None, "{path}");
        }
        let stale = endpoint(&Method::GET, "/v3.0/xdr/threatintel/suspiciousObjects", true);
        assert_eq!(stale, Some(Endpoint::List(List::SuspiciousObjects)));
    }
}
