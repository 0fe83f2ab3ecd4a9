//! What went over the wire in one run, counted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts of one run. All of them include repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were sent.
    pub requests: u64,
    /// Of these, repeats by the transport.
    pub repeats: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Attempts that ended without a complete answer.
    pub lost: u64,
    /// Time spent waiting because the service asked for it or before repeats, added up over all requests.
    pub waited: Duration,
    /// Bytes of request bodies.
    pub bytes_sent: u64,
    /// Bytes of response bodies.
    pub bytes_received: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) repeats: AtomicU64,
    pub(crate) throttled: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) waited_microseconds: AtomicU64,
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Traffic {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Traffic {
            requests: read(&self.requests),
            repeats: read(&self.repeats),
            throttled: read(&self.throttled),
            lost: read(&self.lost),
            waited: Duration::from_micros(read(&self.waited_microseconds)),
            bytes_sent: read(&self.bytes_sent),
            bytes_received: read(&self.bytes_received),
        }
    }
}

/// A wait that is going on: counted when it ends, also where the run ends in the middle of it.
pub(crate) struct Waiting<'counters> {
    counters: &'counters Counters,
    begun: Instant,
}

impl<'counters> Waiting<'counters> {
    pub(crate) fn begin(counters: &'counters Counters) -> Self {
        Self { counters, begun: Instant::now() }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = usize::try_from(self.begun.elapsed().as_micros()).unwrap_or(usize::MAX);
        add(&self.counters.waited_microseconds, waited);
    }
}

/// The waits that go on, by when they end: for whoever watches the run.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<BTreeMap<Instant, u64>>);

/// A wait that goes on.
#[derive(Debug)]
pub(crate) struct Wait<'waits> {
    waits: &'waits Waits,
    until: Instant,
}

impl Waits {
    pub(crate) fn begin(&self, until: Instant) -> Wait<'_> {
        *self.all().entry(until).or_default() += 1;
        Wait { waits: self, until }
    }

    /// The end of the wait that ends last.
    pub(crate) fn latest(&self) -> Option<Instant> {
        self.all().keys().next_back().copied()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Instant, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let mut all = self.waits.all();
        if let Some(count) = all.get_mut(&self.until) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&self.until);
            }
        }
    }
}

/// Adds without order: the counters are read when the run has ended.
pub(crate) fn add(counter: &AtomicU64, amount: usize) {
    counter.fetch_add(amount as u64, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_latest_wait_counts_until_all_that_end_with_it_are_over() {
        let waits = Waits::default();
        let (soon, late) = (Instant::now() + Duration::from_secs(1), Instant::now() + Duration::from_secs(2));
        let first = waits.begin(late);
        let second = waits.begin(late);
        let third = waits.begin(soon);
        assert_eq!(waits.latest(), Some(late));
        drop(first);
        assert_eq!(waits.latest(), Some(late));
        drop(second);
        assert_eq!(waits.latest(), Some(soon));
        drop(third);
        assert_eq!(waits.latest(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn each_counter_is_told_as_itself() {
        let counters = Counters::default();
        let fields = [
            &counters.requests,
            &counters.repeats,
            &counters.throttled,
            &counters.lost,
            &counters.bytes_sent,
            &counters.bytes_received,
        ];
        for (amount, counter) in (1..).zip(fields) {
            add(counter, amount);
        }
        let waiting = Waiting::begin(&counters);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        drop(waiting);
        let expected = Traffic {
            requests: 1,
            repeats: 2,
            throttled: 3,
            lost: 4,
            waited: Duration::from_millis(1_500),
            bytes_sent: 5,
            bytes_received: 6,
        };
        assert_eq!(counters.snapshot(), expected);
    }
}
