//! The wait that a service imposes on a credential: when one request is told to wait, every request of the same
//! credential waits, and where the wait outlasts the run, none is sent any more. Open by default. A gate can also limit the requests
//! of each minute, because a service that has to refuse is asked too often already.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::moment;

/// Shared by all requests of one credential.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    closed: Arc<Mutex<Option<Closed>>>,
    rate: Arc<Mutex<Rate>>,
}

/// The requests of the last minute.
#[derive(Debug, Default)]
struct Rate {
    /// The most that are sent in a minute; without one, none are noted.
    per_minute: Option<usize>,
    sent: VecDeque<Instant>,
}

const MINUTE: Duration = Duration::from_secs(60);

/// How long a gate is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// When it opens.
    pub opens_at: Instant,
    /// How long the service wished to be left alone.
    pub wished: Duration,
}

impl Gate {
    /// Keeps the gate closed for at least `wished` after `since`. The longest wish holds.
    pub fn close_for(&self, since: Instant, wished: Duration) {
        let opens_at = moment::after(since, wished);
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if closed.is_none_or(|earlier| earlier.opens_at < opens_at) {
            *closed = Some(Closed { opens_at, wished });
        }
    }

    /// From now on lets that many requests through per minute, or any number.
    pub fn limit_per_minute(&self, requests: Option<u64>) {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.per_minute = requests.map(|requests| usize::try_from(requests).unwrap_or(usize::MAX).max(1));
        if rate.per_minute.is_none() {
            rate.sent.clear();
        }
    }

    /// Counts a request that is about to be sent.
    ///
    /// # Errors
    /// If the requests of the last minute are as many as may be. Nothing is counted then; gives the time at which the next may go.
    pub fn admit(&self, now: Instant) -> Result<(), Instant> {
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(most) = rate.per_minute else { return Ok(()) };
        while rate.sent.front().is_some_and(|sent| moment::after(*sent, MINUTE) <= now) {
            rate.sent.pop_front();
        }
        // Of more than the limit, which can be if it was lowered, the last ones count.
        match rate.sent.len().checked_sub(most).and_then(|first| rate.sent.get(first)) {
            Some(sent) => Err(moment::after(*sent, MINUTE)),
            None => {
                rate.sent.push_back(now);
                Ok(())
            }
        }
    }

    /// How long it is closed; `None` where it is open.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        let closed = *self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        closed.filter(|closed| closed.opens_at > Instant::now())
    }

    /// Waits until the gate is open; returns at once where it is.
    ///
    /// # Errors
    /// Without waiting, where the gate opens at the deadline or after it.
    pub async fn pass_before(&self, deadline: Instant) -> Result<(), Closed> {
        while let Some(closed) = self.closed() {
            if closed.opens_at >= deadline {
                return Err(closed);
            }
            tokio::time::sleep_until(closed.opens_at).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_for_the_longest_wish() {
        let gate = Gate::default();
        let begun = Instant::now();
        gate.pass_before(begun + 60 * SECOND).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        gate.close_for(begun, 5 * SECOND);
        gate.close_for(begun, 2 * SECOND);
        gate.clone().pass_before(begun + 60 * SECOND).await.unwrap();
        assert!(begun.elapsed() >= 5 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wish_that_outlasts_the_deadline_is_told_without_waiting() {
        let gate = Gate::default();
        let begun = Instant::now();
        gate.close_for(begun, 7_200 * SECOND);
        let closed = gate.pass_before(begun + 7_200 * SECOND).await.unwrap_err();
        assert_eq!((closed.wished, begun.elapsed()), (7_200 * SECOND, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_its_number_of_requests() {
        let gate = Gate::default();
        let begun = Instant::now();
        gate.admit(begun).unwrap();
        gate.limit_per_minute(Some(2));
        gate.admit(begun).unwrap();
        gate.clone().admit(begun + 20 * SECOND).unwrap();
        assert_eq!(gate.admit(begun + 30 * SECOND), Err(begun + 60 * SECOND));
        gate.admit(begun + 60 * SECOND).unwrap();
        assert_eq!(gate.admit(begun + 60 * SECOND), Err(begun + 80 * SECOND));
        gate.limit_per_minute(Some(1));
        assert_eq!(gate.admit(begun + 60 * SECOND), Err(begun + 120 * SECOND));
        gate.limit_per_minute(None);
        gate.admit(begun + 60 * SECOND).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_wish_that_no_clock_can_tell_keeps_it_closed() {
        let gate = Gate::default();
        gate.close_for(Instant::now(), Duration::MAX);
        assert_eq!(gate.closed().unwrap().wished, Duration::MAX);
    }
}
