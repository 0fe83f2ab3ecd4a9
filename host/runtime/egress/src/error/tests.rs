//! Tests of what an error means: for the run, for a repeat, for the operator.

use std::time::Duration;

use palisade_recording::RecordedError;

use super::*;
use crate::Missing;

fn host() -> String {
    "a.example".to_owned()
}

fn denied() -> SendError {
    let denial =
        Denial { method: "GET".to_owned(), url: "https://a.example/v1".to_owned(), missing: Missing::Origin };
    SendError::Denied(denial)
}

fn proxy_refused(status: u16) -> SendError {
    SendError::ProxyRefused { proxy: "p:1".to_owned(), target: "a.example:443".to_owned(), status }
}

/// Every kind but the differences between a replay and its recording.
fn all() -> Vec<SendError> {
    let cause = || "cause".to_owned();
    let (limit, fields, size) = (1, 2, 3);
    let wait = Duration::from_secs(7);
    vec![
        denied(),
        SendError::HeaderOfHost(host()),
        SendError::HeaderNotAllowed("x-a".to_owned()),
        SendError::BodyNotAllowed { method: "GET".to_owned() },
        SendError::HeadersTooLarge { limit, fields },
        SendError::RequestTooLarge { size, limit },
        SendError::ResponseTooLarge { host: host(), limit },
        SendError::ResponseHeadersTooLarge { host: host(), limit, fields },
        SendError::ResponseCompressed { host: host() },
        SendError::RequestIncomplete { cause: cause() },
        SendError::AnswersNotRead { held: size, limit },
        SendError::TooManyRequests { limit },
        SendError::Unresolvable { host: host(), cause: cause() },
        SendError::AddressRefused {
            host: host(),
            addresses: "10.0.0.1".to_owned(),
            class: address::Refused::Private,
        },
        SendError::Connect { host: host(), cause: cause() },
        SendError::ConnectTimedOut { host: host(), what: "resolve", limit: wait },
        SendError::ProxyUnreachable { proxy: "p:1".to_owned(), cause: cause() },
        SendError::ProxyCredentials { proxy: "p:1".to_owned(), given: true },
        proxy_refused(403),
        SendError::Tls { host: host(), cause: cause() },
        SendError::TimedOut { host: host(), what: "answer", limit: wait },
        SendError::Lost { host: host(), cause: cause() },
        SendError::ThrottledPastDeadline { host: host(), wait },
        SendError::DeadlinePassed,
        SendError::RunEnding,
        SendError::Abandoned { host: host() },
        SendError::Recorded { code: "connection-lost", message: cause() },
    ]
}

/// The codes of those for which this holds.
fn codes(holds: impl Fn(&SendError) -> bool) -> Vec<&'static str> {
    all().iter().filter(|error| holds(error)).map(SendError::code).collect()
}

#[test]
fn only_a_broken_rule_ends_a_run_without_the_component() {
    let broken = ["request-not-granted", "header-of-host", "header-not-allowed", "request-body-not-allowed"];
    assert_eq!(codes(SendError::ends_run), broken);
}

#[test]
fn a_run_that_has_used_up_its_requests_or_its_time_stops() {
    assert_eq!(codes(SendError::stops_run), ["too-many-requests", "deadline-passed"]);
}

#[test]
fn what_the_end_of_a_run_prevents_is_known_as_such() {
    let prevented = ["too-many-requests", "throttled-past-deadline", "deadline-passed", "run-ending"];
    assert_eq!(codes(SendError::is_of_the_end), prevented);
}

#[test]
fn what_never_had_a_connection_to_the_service_did_not_leave() {
    let stayed = [
        "host-unresolvable",
        "address-refused",
        "connection-failed",
        "connection-timed-out",
        "proxy-unreachable",
        "proxy-credentials-refused",
        "proxy-refused",
        "tls-failed",
    ];
    assert_eq!(codes(SendError::did_not_leave), stayed);
}

#[test]
fn each_hint_names_what_can_be_done() {
    for (error, words) in [
        (denied(), "egress:\n  - origin: https://a.example"),
        (SendError::HeaderNotAllowed("x-a".to_owned()), "headers: [x-a]"),
        (SendError::Unresolvable { host: host(), cause: host() }, "the setting `connect-to a.example:443"),
        (SendError::ProxyUnreachable { proxy: host(), cause: host() }, "`HTTPS_PROXY`"),
        (SendError::ProxyCredentials { proxy: host(), given: false }, "http://USER:PASSWORD@HOST:PORT"),
        (proxy_refused(403), "to allow CONNECT to `a.example:443`"),
        (proxy_refused(405), "to allow CONNECT to `a.example:443`"),
        (proxy_refused(502), "`p:1` could not reach `a.example:443`"),
        (proxy_refused(404), "a proxy for HTTPS (CONNECT)"),
        (SendError::Tls { host: host(), cause: host() }, "the setting `ca-cert FILE`"),
        (SendError::ThrottledPastDeadline { host: host(), wait: Duration::ZERO }, "the setting `deadline`"),
        (SendError::Abandoned { host: host() }, "`outcome-unknown`"),
    ] {
        let hint = error.hint().unwrap();
        assert!(hint.contains(words), "{error}: {hint}");
    }
    let hints = [
        "request-not-granted",
        "header-not-allowed",
        "host-unresolvable",
        "address-refused",
        "proxy-unreachable",
        "proxy-credentials-refused",
        "proxy-refused",
        "tls-failed",
        "throttled-past-deadline",
        ABANDONED,
    ];
    assert_eq!(codes(|error| error.hint().is_some()), hints);
}

#[test]
fn a_request_that_may_not_be_repeated_comes_to_what_was_known_of_it() {
    let known = |error: SendError, last: Option<Result<u8, SendError>>| {
        error.or_what_was_known(last).map_err(|error| error.code())
    };
    let lost = || SendError::Lost { host: host(), cause: host() };
    let unsent = || SendError::Connect { host: host(), cause: host() };
    for (error, last, expected) in [
        (SendError::RunEnding, Some(Ok(7)), Ok(7)),
        (lost(), Some(Ok(7)), Ok(7)),
        (SendError::DeadlinePassed, Some(Err(lost())), Err("connection-lost")),
        // Nothing of it left, so the end is the reason.
        (SendError::DeadlinePassed, Some(Err(unsent())), Err("deadline-passed")),
        (unsent(), Some(Err(lost())), Err("connection-failed")),
        (SendError::RunEnding, None, Err("run-ending")),
    ] {
        assert_eq!(known(error, last), expected);
    }
}

#[test]
fn a_recording_says_only_what_an_attempt_can_come_to() {
    let recorded = |code: &str| {
        let error = RecordedError { code: code.to_owned(), message: "sentence".to_owned() };
        let error = SendError::recorded(&error);
        assert_eq!(error.to_string(), "sentence");
        error.code()
    };
    for code in RECORDED {
        assert_eq!(recorded(code), *code);
    }
    for code in ["request-not-granted", "deadline-passed", "anything"] {
        assert_eq!(recorded(code), ABANDONED);
    }
}
