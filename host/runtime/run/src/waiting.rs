//! Objects that the service has accepted and not finished: what is kept of them, and when they are due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use palisade_egress::after;
use palisade_engine::contract::{Pending, Reason, Submission};
use palisade_limits as limits;
use tokio::time::Instant;

/// What is kept of one of them.
#[derive(Debug)]
pub(crate) struct Waiting {
    state: Vec<u8>,
    pub(crate) reason: Reason,
    /// When asking again is useful.
    due: Instant,
    /// When the wait has exceeded its limit.
    exceeded: Instant,
    /// What was submitted so far.
    pub(crate) submissions: Vec<Submission>,
}

impl Waiting {
    /// The reason and submissions of an object that still waits when its run ends.
    pub(crate) fn unfinished(self) -> (Reason, Vec<Submission>) {
        let reason = Reason {
            code: "still-waiting".to_owned(),
            message: format!("the service had not finished when the run ended: {}", self.reason.message),
        };
        (reason, self.submissions)
    }
}

/// All of them, by key.
#[derive(Debug, Default)]
pub(crate) struct WaitingObjects {
    objects: BTreeMap<u64, Waiting>,
    /// Those that the component has in this activation, and has not reported yet.
    offered: BTreeSet<u64>,
}

impl WaitingObjects {
    /// Adds an object with its state.
    pub(crate) fn add(&mut self, key: u64, pending: Pending, submissions: Vec<Submission>) {
        let now = Instant::now();
        let wait = Duration::from_millis(pending.poll_after.max(limits::POLL_LEAST_MILLISECONDS));
        let most = Duration::from_secs(limits::WAIT_SECONDS);
        let longest = pending.give_up_after.map_or(most, |wait| Duration::from_millis(wait).min(most));
        let waiting = Waiting {
            state: pending.state,
            reason: pending.reason,
            due: after(now, wait),
            exceeded: after(now, longest),
            submissions,
        };
        self.objects.insert(key, waiting);
    }

    /// Whether this object waits and the component does not have it.
    pub(crate) fn is_settled(&self, key: u64) -> bool {
        self.objects.contains_key(&key) && !self.offered.contains(&key)
    }

    /// Removes an object.
    pub(crate) fn take(&mut self, key: u64) -> Option<Waiting> {
        self.offered.remove(&key);
        self.objects.remove(&key)
    }

    /// When the next object is due, or its wait exceeds its limit. `None` if no object waits.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.objects.values().map(|waiting| waiting.due.min(waiting.exceeded)).min()
    }

    /// The keys of the objects that are due.
    pub(crate) fn due(&self, now: Instant) -> Vec<u64> {
        let due = self.objects.iter().filter(|(_, waiting)| waiting.due <= now);
        due.map(|(key, _)| *key).collect()
    }

    /// Gives an object to the component again: its state.
    pub(crate) fn offer(&mut self, key: u64) -> Option<Vec<u8>> {
        let state = self.objects.get(&key)?.state.clone();
        self.offered.insert(key);
        Some(state)
    }

    /// Removes the objects whose wait has exceeded its limit.
    pub(crate) fn take_exceeded(&mut self, now: Instant) -> Vec<(u64, Waiting)> {
        self.take_all(|_, waiting| waiting.exceeded <= now)
    }

    /// Removes the objects that the component has and did not report.
    pub(crate) fn take_unreported(&mut self) -> Vec<(u64, Waiting)> {
        let offered = std::mem::take(&mut self.offered);
        self.take_all(|key, _| offered.contains(&key))
    }

    fn take_all(&mut self, mut which: impl FnMut(u64, &Waiting) -> bool) -> Vec<(u64, Waiting)> {
        self.objects.extract_if(.., |key, waiting| which(*key, waiting)).collect()
    }
}
