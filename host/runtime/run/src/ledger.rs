//! The ledger: one line for each object offered, one verdict on each line. It is filled by what the component reports and,
//! for what it leaves open, by the host. Pure; nothing here knows of WebAssembly's or the network's ways.

use std::sync::Arc;

use palisade_engine::Violation;
use palisade_engine::contract;
use palisade_limits as limits;
use palisade_model::{Moment, Outcome, Verdict};

use crate::declared::Declared;
use crate::fetching::{self, Fetched, Fetching, FetchingObjects, FileAsked, Next};
use crate::given_back;
use crate::summary;
use crate::waiting::{Known, WaitBounds, Waiting, WaitingObjects};

/// Lines with keys from 1 on, in the order in which the objects are offered.
#[derive(Debug)]
pub(crate) struct Ledger {
    lines: Vec<Option<Outcome>>,
    /// How many keys have been handed out: outcomes are taken for these only.
    handed_out: u64,
    /// How many of them an earlier process had handed out.
    before: u64,
    dry_run: bool,
    /// Whether the component can be asked again what became of an object.
    can_wait: bool,
    waiting: WaitingObjects,
    /// Objects with files that are not there yet.
    fetching: FetchingObjects,
    totals: Totals,
    /// What the action may give back.
    declared: Arc<Declared>,
    /// Keys whose lines have changed since they were last asked for.
    changed: Vec<u64>,
}

/// Verdicts by kind.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Totals {
    /// Objects that were offered to the action: the sum of the others.
    pub offered: u64,
    /// The service has confirmed everything that was submitted.
    pub accepted: u64,
    /// Dry run: it would have been submitted.
    pub planned: u64,
    /// Not submitted, by rule or configuration.
    pub skipped: u64,
    /// Refused for good.
    pub rejected: u64,
    /// Not established; safe to send again.
    pub failed: u64,
    /// Not finished by the service: the only verdict that is not final.
    pub pending: u64,
}

impl Totals {
    /// How many objects have a final verdict.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.accepted + self.planned + self.skipped + self.rejected + self.failed
    }

    fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Planned => &mut self.planned,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Rejected => &mut self.rejected,
            Verdict::Failed => &mut self.failed,
            Verdict::Pending => &mut self.pending,
        } += 1;
    }
}

impl Ledger {
    /// A ledger for `offered` objects, none of which has a verdict.
    #[must_use]
    pub(crate) fn new(offered: usize, dry_run: bool) -> Self {
        Self {
            lines: vec![None; offered],
            handed_out: 0,
            before: 0,
            dry_run,
            can_wait: false,
            waiting: WaitingObjects::default(),
            fetching: FetchingObjects::new(),
            totals: Totals { offered: offered as u64, ..Totals::default() },
            declared: Arc::default(),
            changed: Vec::new(),
        }
    }

    /// The same ledger, in which objects may wait.
    #[must_use]
    pub(crate) fn with_waiting(self, bounds: WaitBounds) -> Self {
        Self { can_wait: true, waiting: WaitingObjects::within(bounds), ..self }
    }

    /// The same ledger, in which outcomes give back what is declared.
    #[must_use]
    pub(crate) fn giving_back(self, declared: Arc<Declared>) -> Self {
        Self { declared, ..self }
    }

    /// The same ledger, after an earlier process had handed out every key up to this one.
    #[must_use]
    pub(crate) fn after(self, before: u64) -> Self {
        Self { before: before.min(self.lines.len() as u64), ..self }
    }

    /// The objects that wait.
    pub(crate) fn waiting(&mut self) -> &mut WaitingObjects {
        &mut self.waiting
    }

    /// What is kept of an object that waits.
    pub(crate) fn waits(&self, key: u64) -> Option<&Waiting> {
        self.waiting.get(key)
    }

    /// What is kept of an object whose files are not there yet.
    pub(crate) fn fetches(&self, key: u64) -> Option<&Fetching> {
        self.fetching.get(&key)
    }

    /// Adds an object as it was kept.
    pub(crate) fn restore_fetching(&mut self, key: u64, fetching: Fetching) {
        self.fetching.insert(key, fetching);
    }

    /// The next file to download, and of which object.
    pub(crate) fn next_file(&self) -> Option<(u64, FileAsked)> {
        self.fetching.iter().find_map(|(key, fetching)| Some((*key, fetching.files.first()?.clone())))
    }

    /// Takes note of what identifies the content of the file that is being downloaded.
    pub(crate) fn note_entity_tag(&mut self, key: u64, tag: Option<String>) {
        if let Some(file) = self.fetching.get_mut(&key).and_then(|fetching| fetching.files.first_mut()) {
            file.entity_tag = tag;
            self.changed.push(key);
        }
    }

    /// Takes what the download of an object's next file came to.
    pub(crate) fn take_file(&mut self, key: u64, fetched: Fetched, now: Moment) {
        let Some(fetching) = self.fetching.remove(&key) else { return };
        let (next, left) = fetching::take(fetching, fetched, now);
        match next {
            Next::More => self.changed.push(key),
            Next::Decided(outcome) => self.conclude(key, outcome),
            Next::Waits(waiting) => {
                self.waiting.restore(key, waiting);
                self.changed.push(key);
            }
        }
        left.into_iter().for_each(|fetching| drop(self.fetching.insert(key, fetching)));
    }

    /// Decides objects whose wait has exceeded its limit.
    pub(crate) fn give_up(&mut self, now: Moment) {
        for (key, waiting) in self.waiting.take_exceeded(now) {
            self.conclude(key, waiting.exceeded());
        }
    }

    /// Ends an activation of `resume`: objects that the component was given and did not report have failed.
    pub(crate) fn end_resume(&mut self) {
        for (key, waiting) in self.waiting.take_unreported() {
            self.conclude(key, waiting.unreported());
        }
    }

    fn conclude(&mut self, key: u64, outcome: Outcome) {
        let verdict = outcome.verdict;
        if let Some(slot) = self.slot(key).filter(|slot| slot.is_none()) {
            *slot = Some(outcome);
            self.totals.count(verdict);
            self.changed.push(key);
        }
    }

    /// Verdicts so far.
    #[must_use]
    pub(crate) fn totals(&self) -> Totals {
        Totals { pending: self.waiting.count() + self.fetching.len() as u64, ..self.totals }
    }

    /// Marks every key up to this one as handed out.
    pub(crate) fn hand_out(&mut self, up_to: u64) {
        self.handed_out = self.handed_out.max(up_to.min(self.lines.len() as u64));
    }

    /// The last key that this process or an earlier one has handed out.
    pub(crate) fn handed_out(&self) -> u64 {
        self.handed_out.max(self.before)
    }

    /// Whether an earlier process had handed out this object.
    pub(crate) fn is_uncertain(&self, key: u64) -> bool {
        key <= self.before
    }

    /// Whether an object has neither a verdict nor waits for one.
    pub(crate) fn is_open(&self, key: u64) -> bool {
        self.line(key).is_none() && self.waiting.get(key).is_none() && !self.fetching.contains_key(&key)
    }

    /// The keys of these objects.
    pub(crate) fn open(&self) -> Vec<u64> {
        (1..=self.lines.len() as u64).filter(|key| self.is_open(*key)).collect()
    }

    /// The host's own verdict. The first verdict stays.
    pub(crate) fn decide(&mut self, key: u64, outcome: Outcome) {
        self.conclude(key, outcome);
    }

    /// The keys whose lines have changed since the last call, in the order in which they did.
    pub(crate) fn take_changed(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.changed)
    }

    /// Takes what the component reports. Every valid outcome is kept, also behind an invalid one: it tells of something
    /// that has happened. Gives the keys whose outcomes were taken, and the first violation of the contract.
    pub(crate) fn record(
        &mut self,
        outcomes: Vec<contract::Outcome>,
        now: Moment,
    ) -> (Vec<u64>, Result<(), Violation>) {
        let (mut taken, mut first) = (Vec::with_capacity(outcomes.len()), Ok(()));
        for outcome in outcomes {
            let key = outcome.key;
            match self.take(outcome, now) {
                Ok(()) => taken.push(key),
                Err(violation) if first.is_ok() => first = Err(violation),
                Err(_) => {}
            }
        }
        (taken, first)
    }

    /// The line of an object that has its verdict.
    pub(crate) fn line(&self, key: u64) -> Option<&Outcome> {
        self.lines.get(usize::try_from(key.checked_sub(1)?).ok()?)?.as_ref()
    }

    fn take(&mut self, outcome: contract::Outcome, now: Moment) -> Result<(), Violation> {
        let key = outcome.key;
        let misplaced = match (&outcome.verdict, self.dry_run) {
            (contract::Verdict::Accepted, true) => Some(("accepted", "dry run")),
            (contract::Verdict::Pending(_), true) => Some(("pending", "dry run")),
            (contract::Verdict::Planned, false) => Some(("planned", "run that is not dry")),
            _ => None,
        };
        let is_offered = self.waiting.is_offered(key);
        if key == 0 || key > self.lines.len() as u64 || (key > self.handed_out && !is_offered) {
            return Err(Violation::UnknownKey(key));
        }
        if !is_offered && !self.is_open(key) {
            return Err(Violation::SecondOutcome(key));
        }
        if let Some((verdict, run)) = misplaced {
            return Err(Violation::VerdictOfOtherRun { key, verdict, run });
        }
        given_back::check(&outcome, self.dry_run, &self.declared)?;
        let (count, limit) = (outcome.submissions.len(), limits::OUTCOME_SUBMISSIONS);
        if count as u64 > limit {
            return Err(Violation::TooManySubmissions { key, count, limit });
        }
        if let contract::Verdict::Pending(pending) = &outcome.verdict {
            if !self.can_wait {
                return Err(Violation::NotSupported("pending"));
            }
            let (bytes, limit) = (pending.state.len(), limits::STATE_BYTES);
            if bytes as u64 > limit {
                return Err(Violation::StateTooLarge { key, bytes, limit });
            }
        }
        let before = self.waiting.take(key);
        let mut known = before.as_ref().map_or_else(Known::default, |before| before.known.clone());
        let submissions = outcome.submissions.into_iter().map(summary::submission).collect();
        known.add(submissions, given_back::outputs(outcome.outputs, &self.declared));
        let files: Vec<FileAsked> = outcome.downloads.into_iter().map(FileAsked::from).collect();
        match outcome.verdict {
            contract::Verdict::Pending(pending) => {
                self.waiting.add(key, pending, before, known, now);
                self.changed.push(key);
            }
            verdict if !files.is_empty() => {
                let renewals = before.map_or(0, |before| before.renewals);
                self.fetching.insert(key, Fetching::of(summary::outcome(verdict, known), files, renewals));
                self.changed.push(key);
            }
            verdict => self.conclude(key, summary::outcome(verdict, known)),
        }
        Ok(())
    }

    /// Closes the ledger. Objects that still wait are pending if another process can continue, otherwise they have failed. There
    /// is no other object without a verdict: those were decided when the component had ended.
    #[must_use]
    pub(crate) fn close(mut self, continues: bool) -> (Vec<Outcome>, Totals) {
        let mut totals = self.totals;
        let mut lines = Vec::with_capacity(self.lines.len());
        for (line, key) in std::mem::take(&mut self.lines).into_iter().zip(1..) {
            lines.push(line.unwrap_or_else(|| {
                let outcome = match (self.waiting.take(key), self.fetching.remove(&key)) {
                    (Some(waiting), _) => waiting.unfinished(continues),
                    (None, Some(fetching)) => fetching.unfinished(continues),
                    (None, None) => {
                        Outcome::reasoned(Verdict::Failed, "no-verdict", "the run ended without a verdict")
                    }
                };
                totals.count(outcome.verdict);
                outcome
            }));
        }
        (lines, totals)
    }

    fn slot(&mut self, key: u64) -> Option<&mut Option<Outcome>> {
        let index = usize::try_from(key.checked_sub(1)?).ok()?;
        self.lines.get_mut(index)
    }
}

#[cfg(test)]
mod tests;
