//! When the transport repeats a request. Pure: the time that is left and the jitter come in, a decision goes out.
//!
//! | what happened                         | repeated |
//! |---------------------------------------|----------|
//! | 429                                   | always; waits as `Retry-After` says, backs off if it says nothing or less than a second |
//! | 500, 502, 503, 504 and the like       | where the grant is idempotent |
//! | connection lost, answer incomplete, timed out | where the grant is idempotent |
//! | name not resolved, could not connect, in time or at all, also by a proxy | always: nothing was sent |
//! | anything else                         | never |
//!
//! Nothing is repeated past the deadline of the run: a wait that would outlast it is not begun.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode, header};
use palisade_limits as limits;

use crate::SendError;

/// What one attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// 429, with the wait that the server asked for.
    Throttled(Option<Duration>),
    /// A 5xx that may pass, with the wait that the server asked for.
    ServerError(Option<Duration>),
    /// The request may or may not have had its effect.
    Lost,
    /// The request has had no effect.
    NotSent,
    /// Final, whatever it is.
    Final,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Hand the answer or the error to the component.
    GiveUp,
    /// Send it again after this pause.
    Again(Duration),
}

/// How often a request has been sent and why it was repeated.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempts {
    throttled: u64,
    other: u64,
}

impl Attempts {
    /// How often it has been sent.
    pub(crate) fn sent(&self) -> u64 {
        self.throttled + self.other
    }
}

/// Reads what an answer means for repeating.
pub(crate) fn read_answer(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Attempt {
    let wished = || headers.get(header::RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
    match status.as_u16() {
        429 => Attempt::Throttled(wished()),
        // 501 and 505 say that it will never work.
        501 | 505 => Attempt::Final,
        500..=599 => Attempt::ServerError(wished()),
        _ => Attempt::Final,
    }
}

/// Reads what a missing answer means for repeating.
pub(crate) fn read_error(error: &SendError) -> Attempt {
    match error {
        SendError::Unresolvable { .. }
        | SendError::Connect { .. }
        | SendError::ConnectTimedOut { .. }
        | SendError::ProxyUnreachable { .. }
        | SendError::ProxyRefused { status: 500.., .. } => Attempt::NotSent,
        SendError::Lost { .. } | SendError::TimedOut { .. } => Attempt::Lost,
        // As it was read when it was recorded.
        SendError::Recorded { code, .. } => match *code {
            "host-unresolvable" | "connection-failed" | "connection-timed-out" | "proxy-unreachable" => {
                Attempt::NotSent
            }
            "connection-lost" | "timed-out" => Attempt::Lost,
            _ => Attempt::Final,
        },
        SendError::Denied(_)
        | SendError::NotRecorded(_)
        | SendError::HeaderOfHost(_)
        | SendError::HeadersTooLarge { .. }
        | SendError::RequestTooLarge { .. }
        | SendError::ProxyCredentials { .. }
        | SendError::ProxyRefused { .. }
        | SendError::RequestIncomplete { .. }
        | SendError::ResponseHeadersTooLarge { .. }
        | SendError::ResponseCompressed { .. }
        | SendError::ResponseTooLarge { .. }
        | SendError::AnswersNotRead { .. }
        | SendError::TooManyRequests { .. }
        | SendError::AddressRefused { .. }
        | SendError::Tls { .. }
        | SendError::TokenRefused { .. }
        | SendError::TokenUnreadable { .. }
        | SendError::ThrottledPastDeadline { .. }
        | SendError::RunEnding
        | SendError::Abandoned { .. }
        | SendError::HeaderNotAllowed(_)
        | SendError::BodyNotAllowed { .. }
        | SendError::DeadlinePassed => Attempt::Final,
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3). A date in the past means now.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Decides whether and when to send again. `jitter` is in 0..1; `left` is the time until the run's deadline.
pub(crate) fn decide(
    attempt: Attempt,
    attempts: &mut Attempts,
    idempotent: bool,
    left: Duration,
    jitter: f64,
) -> Decision {
    let (wished, sent, most) = match attempt {
        Attempt::Final => return Decision::GiveUp,
        Attempt::ServerError(_) | Attempt::Lost if !idempotent => return Decision::GiveUp,
        Attempt::Throttled(wished) => {
            attempts.throttled += 1;
            (wished, attempts.throttled, limits::THROTTLE_ATTEMPTS)
        }
        Attempt::ServerError(wished) => {
            attempts.other += 1;
            (wished, attempts.other, limits::TRANSPORT_ATTEMPTS)
        }
        Attempt::Lost | Attempt::NotSent => {
            attempts.other += 1;
            (None, attempts.other, limits::TRANSPORT_ATTEMPTS)
        }
    };
    if sent >= most {
        return Decision::GiveUp;
    }
    let least = Duration::from_millis(limits::RETRY_AFTER_LEAST_MILLISECONDS);
    let pause = wished.filter(|wished| *wished >= least).unwrap_or_else(|| backoff(sent, jitter));
    if pause >= left { Decision::GiveUp } else { Decision::Again(pause) }
}

/// The pause after the `sent`th attempt: doubles each time, between half and the whole of it at random, so that
/// requests that failed together do not come back together.
fn backoff(sent: u64, jitter: f64) -> Duration {
    let doubled = limits::BACKOFF_FIRST_MILLISECONDS << sent.saturating_sub(1).min(20);
    let longest = Duration::from_millis(doubled.min(limits::BACKOFF_LONGEST_MILLISECONDS));
    longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn answer(status: u16, wait: Option<&str>) -> Attempt {
        let mut headers = HeaderMap::new();
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, wait.parse().unwrap());
        }
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        read_answer(StatusCode::from_u16(status).unwrap(), &headers, now)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_or_absent() {
        let seconds = |number| Attempt::Throttled(Some(Duration::from_secs(number)));
        assert_eq!(answer(429, Some("17")), seconds(17));
        assert_eq!(answer(429, Some("Sun, 06 Nov 1994 08:50:07 GMT")), seconds(30));
        assert_eq!(answer(429, Some("Sun, 06 Nov 1994 08:00:00 GMT")), seconds(0));
        assert_eq!(answer(429, Some("soon")), Attempt::Throttled(None));
        assert_eq!(answer(429, None), Attempt::Throttled(None));
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        for status in [200, 207, 302, 400, 401, 403, 404, 413, 501, 505] {
            assert_eq!(answer(status, None), Attempt::Final, "{status}");
        }
        for status in [500, 502, 503, 504] {
            assert_eq!(answer(status, None), Attempt::ServerError(None), "{status}");
        }
    }

    #[test]
    fn a_request_that_never_left_is_repeated_always() {
        let host = || "a.example".to_owned();
        let limit = Duration::from_secs(10);
        for error in [
            SendError::Unresolvable { host: host(), cause: "no such name".to_owned() },
            SendError::Connect { host: host(), cause: "refused".to_owned() },
            SendError::ConnectTimedOut { host: host(), what: "resolve", limit },
            SendError::ProxyUnreachable { proxy: host(), cause: "refused".to_owned() },
            SendError::ProxyRefused { proxy: host(), target: host(), status: 502 },
        ] {
            assert_eq!(read_error(&error), Attempt::NotSent, "{error}");
        }
        let forbidden = SendError::ProxyRefused { proxy: host(), target: host(), status: 403 };
        assert_eq!(read_error(&forbidden), Attempt::Final);
        let slow = SendError::TimedOut { host: host(), what: "answer", limit };
        assert_eq!(read_error(&slow), Attempt::Lost);
        assert_eq!(read_error(&SendError::DeadlinePassed), Attempt::Final);
    }

    #[test]
    fn a_recorded_error_is_repeated_as_it_was() {
        let recorded = |code| read_error(&SendError::Recorded { code, message: String::new() });
        for code in ["host-unresolvable", "connection-failed", "connection-timed-out", "proxy-unreachable"] {
            assert_eq!(recorded(code), Attempt::NotSent, "{code}");
        }
        for code in ["connection-lost", "timed-out"] {
            assert_eq!(recorded(code), Attempt::Lost, "{code}");
        }
        for code in ["response-too-large", "tls-failed", "proxy-refused"] {
            assert_eq!(recorded(code), Attempt::Final, "{code}");
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_are_cut_by_half_at_most() {
        let milliseconds = |sent, jitter| backoff(sent, jitter).as_millis() as u64;
        let first = limits::BACKOFF_FIRST_MILLISECONDS;
        let whole: Vec<u64> = (0..5).map(|sent| milliseconds(sent, 1.0)).collect();
        assert_eq!(whole, [first, first, 2 * first, 4 * first, 8 * first]);
        assert_eq!(milliseconds(1, 0.0), first / 2);
        assert_eq!(milliseconds(1, 0.5), first * 3 / 4);
        assert_eq!(milliseconds(64, 1.0), limits::BACKOFF_LONGEST_MILLISECONDS);
    }

    #[test]
    fn each_kind_of_attempt_has_its_number() {
        for (attempt, most) in [
            (Attempt::Throttled(None), limits::THROTTLE_ATTEMPTS),
            (Attempt::ServerError(None), limits::TRANSPORT_ATTEMPTS),
            (Attempt::Lost, limits::TRANSPORT_ATTEMPTS),
            (Attempt::NotSent, limits::TRANSPORT_ATTEMPTS),
        ] {
            let mut attempts = Attempts::default();
            let repeats = (0..100)
                .take_while(|_| decide(attempt, &mut attempts, true, HOUR, 0.0) != Decision::GiveUp)
                .count();
            assert_eq!((repeats as u64 + 1, attempts.sent()), (most, most), "{attempt:?}");
        }
        let mut attempts = Attempts::default();
        decide(Attempt::Throttled(None), &mut attempts, true, HOUR, 0.0);
        decide(Attempt::Lost, &mut attempts, true, HOUR, 0.0);
        assert_eq!(attempts.sent(), 2);
        decide(Attempt::Final, &mut attempts, true, HOUR, 0.0);
        assert_eq!(attempts.sent(), 2);
    }

    #[test]
    fn what_may_have_had_its_effect_is_repeated_only_if_that_is_harmless() {
        for (attempt, idempotent, again) in [
            (Attempt::Lost, true, true),
            (Attempt::Lost, false, false),
            (Attempt::ServerError(None), false, false),
            (Attempt::NotSent, false, true),
            (Attempt::Throttled(None), false, true),
        ] {
            let decision = decide(attempt, &mut Attempts::default(), idempotent, HOUR, 0.0);
            assert_eq!(decision != Decision::GiveUp, again, "{attempt:?}");
        }
    }

    #[test]
    fn a_wait_that_would_outlast_the_run_is_not_begun() {
        let attempt = Attempt::Throttled(Some(Duration::from_secs(60)));
        let decide = |left| decide(attempt, &mut Attempts::default(), true, Duration::from_secs(left), 0.0);
        assert_eq!(decide(60), Decision::GiveUp);
        assert_eq!(decide(61), Decision::Again(Duration::from_secs(60)));
    }

    #[test]
    fn a_wish_for_no_pause_at_all_is_not_taken_at_its_word() {
        let pause = |attempts: &mut Attempts, wished| match decide(wished, attempts, true, HOUR, 0.0) {
            Decision::Again(pause) => pause.as_millis(),
            Decision::GiveUp => 0,
        };
        for make in [Attempt::Throttled, Attempt::ServerError] {
            let mut attempts = Attempts::default();
            let zero = make(Some(Duration::ZERO));
            let pauses: Vec<u128> = (0..3).map(|_| pause(&mut attempts, zero)).collect();
            assert_eq!(pauses, [125, 250, 500]);
        }
        let second = Attempt::Throttled(Some(Duration::from_secs(1)));
        assert_eq!(pause(&mut Attempts::default(), second), 1_000);
    }

    proptest::proptest! {
        #[test]
        fn it_always_ends(kinds in proptest::collection::vec(0..4u8, 100), jitter in 0.0..1.0f64) {
            let mut attempts = Attempts::default();
            let sent = kinds.iter().take_while(|kind| {
                let attempt = match kind {
                    0 => Attempt::Throttled(None),
                    1 => Attempt::ServerError(None),
                    2 => Attempt::Lost,
                    _ => Attempt::NotSent,
                };
                decide(attempt, &mut attempts, true, HOUR, jitter) != Decision::GiveUp
            });
            proptest::prop_assert!(sent.count() as u64 <= limits::THROTTLE_ATTEMPTS + limits::TRANSPORT_ATTEMPTS);
        }

        #[test]
        fn pauses_stay_between_half_and_whole(sent in 1..64u64, jitter in 0.0..1.0f64) {
            let pause = backoff(sent, jitter);
            proptest::prop_assert!(pause >= Duration::from_millis(limits::BACKOFF_FIRST_MILLISECONDS / 2));
            proptest::prop_assert!(pause <= Duration::from_millis(limits::BACKOFF_LONGEST_MILLISECONDS));
        }
    }
}
