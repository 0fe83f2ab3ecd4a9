//! The ledger: one line for each object offered, one verdict on each line. It is filled by what the component reports and,
//! for what it leaves open, by the host. Pure; nothing here knows of WebAssembly's or the network's ways.

use palisade_engine::Violation;
use palisade_engine::contract::{Outcome, Reason, Submission, Verdict};
use palisade_limits as limits;
use tokio::time::Instant;

use crate::waiting::WaitingObjects;

/// One verdict and what was submitted for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub(crate) verdict: Verdict,
    pub(crate) submissions: Vec<Submission>,
}

/// Lines with keys from 1 on, in the order in which the objects are offered.
#[derive(Debug)]
pub struct Ledger {
    lines: Vec<Option<Line>>,
    /// How many keys have been handed out: outcomes are taken for these only.
    handed_out: u64,
    dry_run: bool,
    /// Whether the component can be asked again what became of an object.
    can_wait: bool,
    waiting: WaitingObjects,
    totals: Totals,
}

/// Verdicts by kind.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Totals {
    /// Objects that were offered to the action: the sum of the other five.
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
}

impl Totals {
    /// How many objects have a verdict.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.accepted + self.planned + self.skipped + self.rejected + self.failed
    }

    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted => self.accepted += 1,
            Verdict::Planned => self.planned += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Rejected(_) => self.rejected += 1,
            // An object that still waits when its run ends has failed.
            Verdict::Failed(_) | Verdict::Pending(_) => self.failed += 1,
        }
    }
}

impl Ledger {
    /// A ledger for `offered` objects, none of which has a verdict.
    #[must_use]
    pub fn new(offered: usize, dry_run: bool) -> Self {
        Self {
            lines: vec![None; offered],
            handed_out: 0,
            dry_run,
            can_wait: false,
            waiting: WaitingObjects::default(),
            totals: Totals { offered: offered as u64, ..Totals::default() },
        }
    }

    /// The same ledger, in which objects may wait.
    #[must_use]
    pub fn with_waiting(self) -> Self {
        Self { can_wait: true, ..self }
    }

    /// The objects that wait.
    pub(crate) fn waiting(&mut self) -> &mut WaitingObjects {
        &mut self.waiting
    }

    /// Decides objects whose wait has exceeded its limit.
    pub(crate) fn give_up(&mut self, now: Instant) {
        for (key, waiting) in self.waiting.take_exceeded(now) {
            let reason = Reason {
                code: "wait-exceeded".to_owned(),
                message: format!("the service did not finish in time: {}", waiting.reason.message),
            };
            self.conclude(key, Verdict::Failed(reason), waiting.submissions);
        }
    }

    /// Ends an activation of `resume`: objects that the component was given and did not report have failed.
    pub(crate) fn end_resume(&mut self) {
        for (key, waiting) in self.waiting.take_unreported() {
            let reason = Reason {
                code: "no-verdict".to_owned(),
                message: "the action asked about it and reported no verdict".to_owned(),
            };
            self.conclude(key, Verdict::Failed(reason), waiting.submissions);
        }
    }

    fn conclude(&mut self, key: u64, verdict: Verdict, submissions: Vec<Submission>) {
        if let Some(slot) = self.slot(key).filter(|slot| slot.is_none()) {
            *slot = Some(Line { verdict: verdict.clone(), submissions });
            self.totals.count(&verdict);
        }
    }

    /// Verdicts so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Marks every key up to this one as handed out.
    pub fn hand_out(&mut self, up_to: u64) {
        self.handed_out = self.handed_out.max(up_to.min(self.lines.len() as u64));
    }

    /// The host's own verdict, for an object that the component never gets. The first verdict stays.
    pub fn decide(&mut self, key: u64, verdict: Verdict) {
        self.conclude(key, verdict, Vec::new());
    }

    /// Takes what the component reports. Every valid outcome is kept, also behind an invalid one: it tells of something
    /// that has happened. Gives the keys whose outcomes were taken, and the first violation of the contract.
    pub fn record(&mut self, outcomes: Vec<Outcome>) -> (Vec<u64>, Result<(), Violation>) {
        let (mut taken, mut first) = (Vec::with_capacity(outcomes.len()), Ok(()));
        for outcome in outcomes {
            let key = outcome.key;
            match self.take(outcome) {
                Ok(()) => taken.push(key),
                Err(violation) if first.is_ok() => first = Err(violation),
                Err(_) => {}
            }
        }
        (taken, first)
    }

    /// The line of an object that has its verdict.
    pub(crate) fn line(&self, key: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(key.checked_sub(1)?).ok()?)?.as_ref()
    }

    fn take(&mut self, outcome: Outcome) -> Result<(), Violation> {
        let key = outcome.key;
        let misplaced = match (&outcome.verdict, self.dry_run) {
            (Verdict::Accepted, true) => Some(("accepted", "dry run")),
            (Verdict::Pending(_), true) => Some(("pending", "dry run")),
            (Verdict::Planned, false) => Some(("planned", "run that is not dry")),
            _ => None,
        };
        if key == 0 || key > self.handed_out {
            return Err(Violation::UnknownKey(key));
        }
        if self.line(key).is_some() || self.waiting.is_settled(key) {
            return Err(Violation::SecondOutcome(key));
        }
        if let Some((verdict, run)) = misplaced {
            return Err(Violation::VerdictOfOtherRun { key, verdict, run });
        }
        if !outcome.outputs.is_empty() {
            return Err(Violation::NotSupported("outputs"));
        }
        if !outcome.downloads.is_empty() {
            return Err(Violation::NotSupported("downloads"));
        }
        let (count, limit) = (outcome.submissions.len(), limits::OUTCOME_SUBMISSIONS);
        if count as u64 > limit {
            return Err(Violation::TooManySubmissions { key, count, limit });
        }
        if let Verdict::Pending(pending) = &outcome.verdict {
            if !self.can_wait {
                return Err(Violation::NotSupported("pending"));
            }
            let (bytes, limit) = (pending.state.len(), limits::STATE_BYTES);
            if bytes as u64 > limit {
                return Err(Violation::StateTooLarge { key, bytes, limit });
            }
        }
        let mut submissions = self.waiting.take(key).map(|waiting| waiting.submissions).unwrap_or_default();
        submissions.extend(outcome.submissions);
        match outcome.verdict {
            Verdict::Pending(pending) => self.waiting.add(key, pending, submissions),
            verdict => self.conclude(key, verdict, submissions),
        }
        Ok(())
    }

    /// Closes the ledger: what has no verdict failed. `open` gives problem and submissions for a key, and is told whether the
    /// component has had the object.
    #[must_use]
    pub(crate) fn close(
        self,
        mut open: impl FnMut(u64, bool) -> (Reason, Vec<Submission>),
    ) -> (Vec<Line>, Totals) {
        let (mut totals, handed_out) = (self.totals, self.handed_out);
        let mut waiting = self.waiting;
        let lines = self
            .lines
            .into_iter()
            .zip(1..)
            .map(|(line, key)| {
                line.unwrap_or_else(|| {
                    totals.failed += 1;
                    let (problem, submissions) = match waiting.take(key) {
                        Some(waiting) => waiting.unfinished(),
                        None => open(key, key <= handed_out),
                    };
                    Line { verdict: Verdict::Failed(problem), submissions }
                })
            })
            .collect();
        (lines, totals)
    }

    fn slot(&mut self, key: u64) -> Option<&mut Option<Line>> {
        let index = usize::try_from(key.checked_sub(1)?).ok()?;
        self.lines.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use palisade_engine::contract::Pending;

    use super::*;

    fn outcome(key: u64, verdict: Verdict) -> Outcome {
        Outcome { key, verdict, submissions: Vec::new(), outputs: Vec::new(), downloads: Vec::new() }
    }

    fn open() -> Reason {
        Reason { code: "open".into(), message: "no verdict".into() }
    }

    fn unsent(_: u64, _: bool) -> (Reason, Vec<Submission>) {
        (open(), Vec::new())
    }

    fn ledger(offered: usize) -> Ledger {
        let mut ledger = Ledger::new(offered, false);
        ledger.hand_out(offered as u64);
        ledger
    }

    #[test]
    fn what_has_no_verdict_failed() {
        let mut ledger = ledger(3);
        ledger.record(vec![outcome(2, Verdict::Accepted)]).1.unwrap();
        let (lines, totals) = ledger.close(unsent);
        assert_eq!(totals, Totals { offered: 3, accepted: 1, failed: 2, ..Totals::default() });
        assert_eq!(lines[1].verdict, Verdict::Accepted);
        assert_eq!(lines[0].verdict, Verdict::Failed(open()));
    }

    #[test]
    fn a_second_outcome_is_a_violation_and_the_first_stays() {
        let mut ledger = ledger(1);
        ledger.record(vec![outcome(1, Verdict::Accepted)]).1.unwrap();
        let again = ledger.record(vec![outcome(1, Verdict::Failed(open()))]);
        assert_eq!(again, (Vec::new(), Err(Violation::SecondOutcome(1))));
        assert_eq!(ledger.close(unsent).1.accepted, 1);
    }

    #[test]
    fn unknown_keys_and_keys_not_yet_handed_out_are_violations() {
        let mut ledger = Ledger::new(3, false);
        ledger.hand_out(1);
        for key in [0, 2, 4, u64::MAX] {
            assert_eq!(
                ledger.record(vec![outcome(key, Verdict::Accepted)]).1,
                Err(Violation::UnknownKey(key))
            );
        }
    }

    #[test]
    fn valid_outcomes_beside_an_invalid_one_are_kept() {
        let mut ledger = ledger(2);
        let list =
            vec![outcome(1, Verdict::Accepted), outcome(9, Verdict::Accepted), outcome(2, Verdict::Accepted)];
        assert_eq!(ledger.record(list), (vec![1, 2], Err(Violation::UnknownKey(9))));
        assert_eq!(ledger.totals().accepted, 2);
    }

    fn pending(state: Vec<u8>) -> Verdict {
        let reason = Reason { code: "queued".into(), message: "the task is queued".into() };
        Verdict::Pending(Pending { state, reason, poll_after: 0, give_up_after: Some(60_000) })
    }

    #[test]
    fn an_object_that_waits_gets_one_outcome_in_each_activation() {
        let mut ledger = ledger(2).with_waiting();
        ledger.record(vec![outcome(1, pending(vec![7])), outcome(2, Verdict::Accepted)]).1.unwrap();
        assert_eq!(ledger.totals().decided(), 1);
        // Twice in the same activation.
        let again = ledger.record(vec![outcome(1, Verdict::Accepted)]);
        assert_eq!(again.1, Err(Violation::SecondOutcome(1)));
        let due = ledger.waiting().next_due().unwrap();
        assert_eq!(ledger.waiting().due(due), [1]);
        assert_eq!(ledger.waiting().offer(1), Some(vec![7]));
        ledger.record(vec![outcome(1, pending(vec![8]))]).1.unwrap();
        ledger.end_resume();
        let due = ledger.waiting().next_due().unwrap();
        assert_eq!(ledger.waiting().due(due), [1]);
        assert_eq!(ledger.waiting().offer(1), Some(vec![8]));
        ledger.record(vec![outcome(1, Verdict::Accepted)]).1.unwrap();
        ledger.end_resume();
        assert_eq!(ledger.waiting().next_due(), None);
        assert_eq!(ledger.close(unsent).1.accepted, 2);
    }

    #[test]
    fn an_object_that_waits_too_long_or_is_not_reported_has_failed() {
        let code = |ledger: Ledger| match ledger.close(unsent).0.remove(0).verdict {
            Verdict::Failed(reason) => reason.code,
            verdict => panic!("{verdict:?}"),
        };
        let waiting = || {
            let mut ledger = ledger(1).with_waiting();
            ledger.record(vec![outcome(1, pending(Vec::new()))]).1.unwrap();
            ledger
        };
        assert_eq!(code(waiting()), "still-waiting");
        let mut exceeded = waiting();
        exceeded.give_up(Instant::now() + std::time::Duration::from_secs(61));
        assert_eq!(code(exceeded), "wait-exceeded");
        let mut unreported = waiting();
        unreported.waiting().offer(1);
        unreported.end_resume();
        assert_eq!(code(unreported), "no-verdict");
    }

    #[test]
    fn only_a_component_that_can_resume_may_report_pending_and_its_state_is_limited() {
        let refused = ledger(1).record(vec![outcome(1, pending(Vec::new()))]).1;
        assert_eq!(refused, Err(Violation::NotSupported("pending")));
        let large = vec![0; limits::STATE_BYTES as usize + 1];
        let refused = ledger(1).with_waiting().record(vec![outcome(1, pending(large))]).1;
        assert!(matches!(refused, Err(Violation::StateTooLarge { key: 1, .. })), "{refused:?}");
    }

    #[test]
    fn a_verdict_of_the_other_kind_of_run_is_a_violation() {
        assert!(ledger(1).record(vec![outcome(1, Verdict::Planned)]).1.is_err());
        let mut dry = Ledger::new(1, true);
        dry.hand_out(1);
        assert!(dry.record(vec![outcome(1, Verdict::Accepted)]).1.is_err());
        assert!(dry.record(vec![outcome(1, pending(Vec::new()))]).1.is_err());
    }

    proptest::proptest! {
        #[test]
        fn the_sums_agree_whatever_is_reported(
            offered in 0..40usize,
            handed_out in 0..50u64,
            reported in proptest::collection::vec((0..50u64, 0..5u8), 0..120),
        ) {
            let mut ledger = Ledger::new(offered, false);
            ledger.hand_out(handed_out);
            for (key, kind) in reported {
                let verdict = match kind {
                    0 => Verdict::Accepted,
                    1 => Verdict::Planned,
                    2 => Verdict::Skipped(Reason { code: "a".into(), message: "b".into() }),
                    3 => Verdict::Rejected(open()),
                    _ => Verdict::Failed(open()),
                };
                let _ = ledger.record(vec![outcome(key, verdict)]);
            }
            let (lines, totals) = ledger.close(unsent);
            proptest::prop_assert_eq!(lines.len(), offered);
            proptest::prop_assert_eq!(totals.offered, offered as u64);
            proptest::prop_assert_eq!(totals.decided(), totals.offered);
        }
    }
}
