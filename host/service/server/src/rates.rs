//! How often one token or one session may ask: so many requests at once, and so many in a minute after that. Denied by default: the
//! next one, until there is room again; how often other tokens and sessions of the same person ask makes no difference.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use palisade_limits as limits;
use palisade_store::TokenId;

use crate::Failure;
use crate::security::Who;
use crate::security::who::Via;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// A token of the API.
    Token(TokenId),
    /// A session of a browser, by the digest of its cookie.
    Session([u8; 32]),
}

impl Holder {
    fn refusal(self) -> &'static str {
        match self {
            Self::Token(_) => "this token has sent too many requests",
            Self::Session(_) => "this session has sent too many requests",
        }
    }
}

/// What each token and session has left.
pub(crate) struct Rates {
    tokens: Rate,
    sessions: Rate,
    buckets: Mutex<HashMap<Holder, Bucket>>,
}

#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    burst: f64,
}

impl Rate {
    fn new(per_minute: u64, burst: u64) -> Self {
        Self { per_second: per_minute.max(1) as f64 / 60.0, burst: burst as f64 }
    }

    fn refilled(self, bucket: Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        self.per_second.mul_add(since, bucket.left).min(self.burst)
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// So many requests of one token in a minute.
    pub(crate) fn new(per_token: u64) -> Self {
        Self {
            tokens: Rate::new(per_token, limits::TOKEN_REQUEST_BURST),
            sessions: Rate::new(limits::SESSION_REQUESTS_PER_MINUTE, limits::SESSION_REQUEST_BURST),
            buckets: Mutex::default(),
        }
    }

    fn rate(&self, holder: Holder) -> Rate {
        match holder {
            Holder::Token(_) => self.tokens,
            Holder::Session(_) => self.sessions,
        }
    }

    /// Counts a request, if it is one of a session. Those of tokens are counted before anything else is known of them.
    pub(crate) fn count_session(&self, who: Option<&Who>) -> Result<(), Failure> {
        match who.map(|who| &who.via) {
            Some(Via::Session { digest, .. }) => self.count(Holder::Session(*digest), Instant::now()),
            _ => Ok(()),
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, holder: Holder, now: Instant) -> Result<(), Failure> {
        let rate = self.rate(holder);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(&holder) {
            // A full bucket is like none: only the holders of the last minutes are kept.
            buckets.retain(|holder, bucket| {
                let rate = self.rate(*holder);
                rate.refilled(*bucket, now) < rate.burst
            });
        }
        let bucket = buckets.entry(holder).or_insert(Bucket { left: rate.burst, at: now });
        let left = rate.refilled(*bucket, now);
        *bucket = Bucket { left, at: now };
        if left < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - left) / rate.per_second);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(Failure::too_many("too-many-requests", holder.refusal(), seconds));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_burst_and_then_its_rate_and_others_are_not_concerned() {
        let rates = Rates::new(60);
        let now = Instant::now();
        for _ in 0..limits::TOKEN_REQUEST_BURST {
            assert!(rates.count(Holder::Token(TokenId(1)), now).is_ok());
        }
        let failure = rates.count(Holder::Token(TokenId(1)), now).unwrap_err();
        assert_eq!((failure.code(), failure.retry_after()), ("too-many-requests", Some(1)));
        assert!(rates.count(Holder::Token(TokenId(2)), now).is_ok());
        assert!(rates.count(Holder::Token(TokenId(1)), now + Duration::from_millis(500)).is_err());
        assert!(rates.count(Holder::Token(TokenId(1)), now + Duration::from_millis(1_600)).is_ok());
        assert!(rates.count(Holder::Token(TokenId(1)), now + Duration::from_millis(1_700)).is_err());
        let later = now + Duration::from_secs(3_600);
        assert!(rates.count(Holder::Token(TokenId(3)), later).is_ok());
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_session_has_its_own_rate_beside_the_tokens_and_other_sessions() {
        let rates = Rates::new(1);
        let now = Instant::now();
        let (one, other) = (Holder::Session([1; 32]), Holder::Session([2; 32]));
        for _ in 0..limits::SESSION_REQUEST_BURST {
            assert!(rates.count(one, now).is_ok());
        }
        let failure = rates.count(one, now).unwrap_err();
        assert_eq!((failure.code(), failure.retry_after()), ("too-many-requests", Some(1)));
        assert!(failure.to_string().contains("session"));
        assert!(rates.count(other, now).is_ok());
        assert!(rates.count(Holder::Token(TokenId(1)), now).is_ok());
        assert!(rates.count(one, now + Duration::from_secs(1)).is_ok());
    }
}
