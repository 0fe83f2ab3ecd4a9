//! How often one token may ask: so many requests at once, and so many in a minute after that. Denied by default: the next one, until
//! there is room again; whose other tokens ask how often makes no difference.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use palisade_limits as limits;
use palisade_store::TokenId;

use crate::Failure;

/// What each token has left.
pub(crate) struct Rates {
    per_minute: f64,
    buckets: Mutex<HashMap<TokenId, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// So many requests in a minute.
    pub(crate) fn new(per_minute: u64) -> Self {
        Self { per_minute: per_minute.max(1) as f64, buckets: Mutex::default() }
    }

    /// Counts a request.
    pub(crate) fn count(&self, token: TokenId, now: Instant) -> Result<(), Failure> {
        let per_second = self.per_minute / 60.0;
        let burst = limits::TOKEN_REQUEST_BURST as f64;
        let refilled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            per_second.mul_add(since, bucket.left).min(burst)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(&token) {
            // A full bucket is like none: what is kept are the tokens of the last minutes.
            buckets.retain(|_, bucket| refilled(bucket) < burst);
        }
        let bucket = buckets.entry(token).or_insert(Bucket { left: burst, at: now });
        let left = refilled(bucket);
        *bucket = Bucket { left, at: now };
        if left < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - left) / per_second);
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            return Err(Failure::too_many(
                "too-many-requests",
                "this token has sent too many requests",
                seconds,
            ));
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
            assert!(rates.count(TokenId(1), now).is_ok());
        }
        let failure = rates.count(TokenId(1), now).unwrap_err();
        assert_eq!((failure.code(), failure.retry_after()), ("too-many-requests", Some(1)));
        assert!(rates.count(TokenId(2), now).is_ok());
        assert!(rates.count(TokenId(1), now + Duration::from_millis(500)).is_err());
        assert!(rates.count(TokenId(1), now + Duration::from_millis(1_600)).is_ok());
        assert!(rates.count(TokenId(1), now + Duration::from_millis(1_700)).is_err());
        let later = now + Duration::from_secs(3_600);
        assert!(rates.count(TokenId(3), later).is_ok());
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}
