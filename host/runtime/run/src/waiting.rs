//! Objects that the service has accepted and not finished: what is kept of them, and when they are due. Moments are those of the
//! clock on the wall, because another process may continue on another day.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use palisade_bundle::WaitsAsked;
use palisade_engine::contract::Pending;
use palisade_limits as limits;
use palisade_model::{Artefact, Moment, Outcome, OutputValue, Submission, Verdict};
use serde::{Deserialize, Serialize};

use crate::encoded;

/// What is kept of one of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// What the component has left for itself.
    #[serde(with = "encoded")]
    pub(crate) state: Vec<u8>,
    /// What it waits for: a stable code.
    pub(crate) code: String,
    /// The same as a sentence.
    pub(crate) message: String,
    /// When it began to wait.
    since: Moment,
    /// When asking again is useful.
    due: Moment,
    /// When the wait has exceeded its limit.
    exceeded: Moment,
    /// How often it was reported as pending.
    polls: u32,
    /// How often another link to a file was asked for.
    #[serde(default)]
    pub(crate) renewals: u32,
    /// What is known so far.
    pub(crate) known: Known,
}

/// What is known of an object before its verdict is final.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) submissions: Vec<Submission>,
    pub(crate) outputs: Vec<OutputValue>,
    pub(crate) artefacts: Vec<Artefact>,
}

impl Known {
    /// Adds what a later activation reports: outputs of the same name are replaced.
    pub(crate) fn add(&mut self, submissions: Vec<Submission>, outputs: Vec<OutputValue>) {
        self.submissions.extend(submissions);
        for output in outputs {
            match self.outputs.iter_mut().find(|known| known.name == output.name) {
                Some(known) => *known = output,
                None => self.outputs.push(output),
            }
        }
    }

    /// The outcome with a verdict and its reason.
    pub(crate) fn outcome(self, verdict: Verdict, reason: Option<(String, String)>) -> Outcome {
        let (code, message) = reason.unzip();
        let Self { submissions, outputs, artefacts } = self;
        Outcome { verdict, code, message, submissions, outputs, artefacts }
    }
}

impl Waiting {
    /// An object that waits for another link to one of its files. It is due at once.
    pub(crate) fn for_link(
        state: Vec<u8>,
        message: String,
        known: Known,
        renewals: u32,
        now: Moment,
    ) -> Self {
        Self {
            state,
            code: "download-link-refused".to_owned(),
            message,
            since: now,
            due: now,
            exceeded: now.after(WaitBounds::default().longest),
            polls: 0,
            renewals,
            known,
        }
    }

    /// The outcome of an object that still waits when its process ends: pending if another process can continue, otherwise failed.
    pub(crate) fn unfinished(self, continues: bool) -> Outcome {
        if continues {
            return self.known.outcome(Verdict::Pending, Some((self.code, self.message)));
        }
        let message = format!("the service had not finished when the run ended: {}", self.message);
        self.known.outcome(Verdict::Failed, Some(("still-waiting".to_owned(), message)))
    }

    /// The outcome of an object that has waited too long.
    pub(crate) fn exceeded(self) -> Outcome {
        let message = format!("the service did not finish in time: {}", self.message);
        self.known.outcome(Verdict::Failed, Some(("wait-exceeded".to_owned(), message)))
    }

    /// The outcome of an object that the component was given and did not report.
    pub(crate) fn unreported(self) -> Outcome {
        let message = "the action asked about it and reported no verdict".to_owned();
        self.known.outcome(Verdict::Failed, Some(("no-verdict".to_owned(), message)))
    }
}

/// How long objects of one action wait, and how often is asked about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitBounds {
    /// The shortest time between two questions.
    pub(crate) poll: Duration,
    /// The longest wait.
    pub(crate) longest: Duration,
}

impl Default for WaitBounds {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(limits::POLL_LEAST_MILLISECONDS),
            longest: Duration::from_secs(limits::WAIT_SECONDS),
        }
    }
}

impl WaitBounds {
    /// What a manifest asks for, within the host's own bounds.
    pub(crate) fn of(asked: WaitsAsked) -> Self {
        let own = Self::default();
        Self {
            poll: Duration::from_secs(asked.poll_seconds).max(own.poll),
            longest: Duration::from_secs(asked.longest_seconds).min(own.longest),
        }
    }

    /// The pause before the next question: what the component asks for, and longer each time, up to a limit. Never shorter than
    /// what it asks for.
    fn pause(self, asked: Duration, polls: u32) -> Duration {
        let first = asked.max(self.poll);
        let longest = first.max(Duration::from_secs(limits::POLL_LONGEST_SECONDS));
        // Half as long again with each question. From the 60th on it is the longest in any case.
        let factor = 1.5_f64.powi(i32::try_from(polls.min(60)).unwrap_or(60));
        Duration::try_from_secs_f64(first.as_secs_f64() * factor).unwrap_or(longest).min(longest).max(first)
    }
}

/// All of them, by key.
#[derive(Debug, Default)]
pub(crate) struct WaitingObjects {
    objects: BTreeMap<u64, Waiting>,
    /// Those that the component has in this activation, and has not reported yet.
    offered: BTreeSet<u64>,
    bounds: WaitBounds,
}

impl WaitingObjects {
    /// No object, and how long the ones to come wait.
    pub(crate) fn within(bounds: WaitBounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Adds an object that the component reports as pending, with what was known of it before.
    pub(crate) fn add(
        &mut self,
        key: u64,
        pending: Pending,
        before: Option<Waiting>,
        known: Known,
        now: Moment,
    ) {
        let renewals = before.as_ref().map_or(0, |before| before.renewals);
        let (since, polls) = before.map_or((now, 0), |before| (before.since, before.polls.saturating_add(1)));
        let pause = self.bounds.pause(Duration::from_millis(pending.poll_after), polls);
        let most = since.after(self.bounds.longest);
        let exceeded =
            pending.give_up_after.map_or(most, |wait| now.after(Duration::from_millis(wait)).min(most));
        let waiting = Waiting {
            state: pending.state,
            code: pending.reason.code,
            message: pending.reason.message,
            since,
            due: whole_second(now.after(pause)),
            exceeded,
            polls,
            renewals,
            known,
        };
        self.objects.insert(key, waiting);
    }

    /// Adds an object as it was kept.
    pub(crate) fn restore(&mut self, key: u64, waiting: Waiting) {
        self.objects.insert(key, waiting);
    }

    /// The object as it is to be kept.
    pub(crate) fn get(&self, key: u64) -> Option<&Waiting> {
        self.objects.get(&key)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.objects.len() as u64
    }

    /// Whether the component has this object in this activation.
    pub(crate) fn is_offered(&self, key: u64) -> bool {
        self.offered.contains(&key)
    }

    /// Removes an object.
    pub(crate) fn take(&mut self, key: u64) -> Option<Waiting> {
        self.offered.remove(&key);
        self.objects.remove(&key)
    }

    /// When the next object is due, or its wait exceeds its limit. `None` if no object waits.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.objects.values().map(|waiting| waiting.due.min(waiting.exceeded)).min()
    }

    /// The keys of the objects that are due.
    pub(crate) fn due(&self, now: Moment) -> Vec<u64> {
        let due = self.objects.iter().filter(|(_, waiting)| waiting.due <= now);
        due.map(|(key, _)| *key).collect()
    }

    /// Gives an object to the component again: its state.
    pub(crate) fn offer(&mut self, key: u64) -> Option<Vec<u8>> {
        let state = self.objects.get(&key)?.state.clone();
        self.offered.insert(key);
        Some(state)
    }

    /// Takes back what the component has and did not report: it waits as before.
    pub(crate) fn take_back(&mut self) {
        self.offered.clear();
    }

    /// Removes the objects whose wait has exceeded its limit.
    pub(crate) fn take_exceeded(&mut self, now: Moment) -> Vec<(u64, Waiting)> {
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

/// The next whole second: objects that were reported one after the other are due together, so that one request asks about all of
/// them.
fn whole_second(moment: Moment) -> Moment {
    Moment(moment.0.div_ceil(1_000).saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_are_never_shorter_than_asked() {
        let bounds = WaitBounds::default();
        let pause = |asked, polls| bounds.pause(Duration::from_secs(asked), polls).as_secs_f64();
        assert!((pause(0, 0) - 1.0).abs() < 1e-9);
        assert!((pause(10, 1) - 15.0).abs() < 1e-9);
        let longest = limits::POLL_LONGEST_SECONDS as f64;
        assert!((pause(10, u32::MAX) - longest).abs() < 1e-9);
        assert!((pause(100_000, 7) - 100_000.0).abs() < 1e-9);
        assert_eq!(bounds.pause(Duration::MAX, 3), Duration::MAX);
    }

    #[test]
    fn moments_are_rounded_up_to_whole_seconds() {
        for (moment, rounded) in [(0, 0), (1, 1_000), (1_000, 1_000), (1_001, 2_000)] {
            assert_eq!(whole_second(Moment(moment)), Moment(rounded));
        }
    }
}
