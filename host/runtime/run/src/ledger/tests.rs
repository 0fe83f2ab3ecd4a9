//! One final verdict for each object, whatever is reported.

use std::time::Duration;

use palisade_engine::contract::{Attribute, Pending, Reason, Value, Verdict as Reported};

use super::*;

const NOW: Moment = Moment(1_000_000);

fn outcome(key: u64, verdict: Reported) -> contract::Outcome {
    contract::Outcome { key, verdict, submissions: Vec::new(), outputs: Vec::new(), downloads: Vec::new() }
}

fn reason() -> Reason {
    Reason { code: "refused".into(), message: "the service refuses it".into() }
}

fn ledger(offered: usize) -> Ledger {
    let mut ledger = Ledger::new(offered, false);
    ledger.hand_out(offered as u64);
    ledger
}

fn that_waits(offered: usize) -> Ledger {
    ledger(offered).with_waiting(WaitBounds::default())
}

#[test]
fn what_has_no_verdict_failed() {
    let mut ledger = ledger(3);
    ledger.record(vec![outcome(2, Reported::Accepted)], NOW).1.unwrap();
    let (lines, totals) = ledger.close(false);
    assert_eq!(totals, Totals { offered: 3, accepted: 1, failed: 2, ..Totals::default() });
    assert_eq!(lines[1].verdict, Verdict::Accepted);
    assert_eq!((lines[0].verdict, lines[0].code.as_deref()), (Verdict::Failed, Some("no-verdict")));
}

#[test]
fn a_second_outcome_is_a_violation_and_the_first_stays() {
    let mut ledger = ledger(1);
    ledger.record(vec![outcome(1, Reported::Accepted)], NOW).1.unwrap();
    let again = ledger.record(vec![outcome(1, Reported::Failed(reason()))], NOW);
    assert_eq!(again, (Vec::new(), Err(Violation::SecondOutcome(1))));
    assert_eq!(ledger.close(false).1.accepted, 1);
}

#[test]
fn unknown_keys_and_keys_not_yet_handed_out_are_violations() {
    let mut ledger = Ledger::new(3, false);
    ledger.hand_out(1);
    for key in [0, 2, 4, u64::MAX] {
        let recorded = ledger.record(vec![outcome(key, Reported::Accepted)], NOW);
        assert_eq!(recorded.1, Err(Violation::UnknownKey(key)));
    }
}

#[test]
fn valid_outcomes_beside_an_invalid_one_are_kept() {
    let mut ledger = ledger(2);
    let list = [1, 9, 2].map(|key| outcome(key, Reported::Accepted)).to_vec();
    assert_eq!(ledger.record(list, NOW), (vec![1, 2], Err(Violation::UnknownKey(9))));
    assert_eq!(ledger.totals().accepted, 2);
    assert_eq!((ledger.take_changed(), ledger.take_changed()), (vec![1, 2], Vec::new()));
}

fn pending(state: Vec<u8>) -> Reported {
    let reason = Reason { code: "queued".into(), message: "the task is queued".into() };
    Reported::Pending(Pending { state, reason, poll_after: 0, give_up_after: Some(60_000) })
}

#[test]
fn an_object_that_waits_gets_one_outcome_in_each_activation() {
    let mut ledger = that_waits(2);
    ledger.record(vec![outcome(1, pending(vec![7])), outcome(2, Reported::Accepted)], NOW).1.unwrap();
    let totals = ledger.totals();
    assert_eq!((totals.decided(), totals.pending), (1, 1));
    // Twice in the same activation.
    let again = ledger.record(vec![outcome(1, Reported::Accepted)], NOW);
    assert_eq!(again.1, Err(Violation::SecondOutcome(1)));
    let due = ledger.waiting().next_due().unwrap();
    assert_eq!(ledger.waiting().due(due), [1]);
    assert_eq!(ledger.waiting().offer(1), Some(vec![7]));
    ledger.record(vec![outcome(1, pending(vec![8]))], due).1.unwrap();
    ledger.end_resume();
    let due = ledger.waiting().next_due().unwrap();
    assert_eq!(ledger.waiting().offer(1), Some(vec![8]));
    ledger.record(vec![outcome(1, Reported::Accepted)], due).1.unwrap();
    ledger.end_resume();
    assert_eq!(ledger.waiting().next_due(), None);
    assert_eq!(ledger.close(false).1.accepted, 2);
}

#[test]
fn an_object_that_waits_too_long_or_is_not_reported_has_failed() {
    let end = |ledger: Ledger, continues| {
        let line = ledger.close(continues).0.remove(0);
        (line.verdict, line.code.unwrap())
    };
    let waiting = || {
        let mut ledger = that_waits(1);
        ledger.record(vec![outcome(1, pending(Vec::new()))], NOW).1.unwrap();
        ledger
    };
    assert_eq!(end(waiting(), false), (Verdict::Failed, "still-waiting".to_owned()));
    assert_eq!(end(waiting(), true), (Verdict::Pending, "queued".to_owned()));
    let mut exceeded = waiting();
    exceeded.give_up(NOW.after(Duration::from_secs(61)));
    assert_eq!(end(exceeded, true), (Verdict::Failed, "wait-exceeded".to_owned()));
    let mut unreported = waiting();
    unreported.waiting().offer(1);
    unreported.end_resume();
    assert_eq!(end(unreported, true), (Verdict::Failed, "no-verdict".to_owned()));
}

#[test]
fn an_action_cannot_have_an_object_wait_longer_than_the_host_allows() {
    let mut ledger = that_waits(1);
    let forever = || {
        let reason = Reason { code: "queued".into(), message: "the task is queued".into() };
        let state = Vec::new();
        Reported::Pending(Pending { state, reason, poll_after: 86_400_000, give_up_after: None })
    };
    let mut now = NOW;
    ledger.record(vec![outcome(1, forever())], now).1.unwrap();
    for days in 0.. {
        now = ledger.waiting().next_due().unwrap();
        ledger.give_up(now);
        if ledger.waiting().offer(1).is_none() {
            assert!((6..=7).contains(&days), "{days} days");
            break;
        }
        ledger.record(vec![outcome(1, forever())], now).1.unwrap();
    }
    assert_eq!(ledger.line(1).unwrap().code.as_deref(), Some("wait-exceeded"));
}

#[test]
fn only_a_component_that_can_resume_may_report_pending_and_its_state_is_limited() {
    let refused = ledger(1).record(vec![outcome(1, pending(Vec::new()))], NOW).1;
    assert_eq!(refused, Err(Violation::NotSupported("pending")));
    let large = vec![0; limits::STATE_BYTES as usize + 1];
    let refused = that_waits(1).record(vec![outcome(1, pending(large))], NOW).1;
    assert!(matches!(refused, Err(Violation::StateTooLarge { key: 1, .. })), "{refused:?}");
}

#[test]
fn outputs_of_all_activations_are_kept_and_the_last_value_of_each_name() {
    let with = |verdict, outputs: &[(&str, &str)]| {
        let output = |(name, value): &(&str, &str)| Attribute {
            name: (*name).to_owned(),
            value: Value::Text((*value).to_owned()),
        };
        contract::Outcome { outputs: outputs.iter().map(output).collect(), ..outcome(1, verdict) }
    };
    let mut ledger = that_waits(1).giving_back(Declared::texts(&["task", "status"], &[]));
    ledger.record(vec![with(pending(Vec::new()), &[("task", "7"), ("status", "queued")])], NOW).1.unwrap();
    let due = ledger.waiting().next_due().unwrap();
    ledger.waiting().offer(1);
    ledger.record(vec![with(Reported::Accepted, &[("status", "succeeded")])], due).1.unwrap();
    let outputs = &ledger.line(1).unwrap().outputs;
    let shown: Vec<(&str, String)> = outputs
        .iter()
        .map(|output| (output.name.as_str(), output.output.as_ref().unwrap().to_string()))
        .collect();
    assert_eq!(shown, [("task", "7".to_owned()), ("status", "succeeded".to_owned())]);
}

#[test]
fn what_an_earlier_process_has_handed_out_is_uncertain_and_not_yet_handed_out_by_this_one() {
    let mut ledger = Ledger::new(3, false).after(2);
    assert!(ledger.is_uncertain(2) && !ledger.is_uncertain(3));
    assert_eq!(ledger.handed_out(), 2);
    assert_eq!(ledger.record(vec![outcome(1, Reported::Accepted)], NOW).1, Err(Violation::UnknownKey(1)));
    assert_eq!(ledger.open(), [1, 2, 3]);
}

#[test]
fn a_verdict_of_the_other_kind_of_run_is_a_violation() {
    assert!(ledger(1).record(vec![outcome(1, Reported::Planned)], NOW).1.is_err());
    let mut dry = Ledger::new(1, true);
    dry.hand_out(1);
    assert!(dry.record(vec![outcome(1, Reported::Accepted)], NOW).1.is_err());
    assert!(dry.record(vec![outcome(1, pending(Vec::new()))], NOW).1.is_err());
}

proptest::proptest! {
    #[test]
    fn the_sums_agree_whatever_is_reported(
        offered in 0..40usize,
        handed_out in 0..50u64,
        reported in proptest::collection::vec((0..50u64, 0..6u8), 0..120),
        continues in proptest::bool::ANY,
    ) {
        let mut ledger = Ledger::new(offered, false).with_waiting(WaitBounds::default());
        ledger.hand_out(handed_out);
        for (key, kind) in reported {
            let verdict = match kind {
                0 => Reported::Accepted,
                1 => Reported::Planned,
                2 => Reported::Skipped(reason()),
                3 => Reported::Rejected(reason()),
                4 => pending(Vec::new()),
                _ => Reported::Failed(reason()),
            };
            let _ = ledger.record(vec![outcome(key, verdict)], NOW);
        }
        let (lines, totals) = ledger.close(continues);
        proptest::prop_assert_eq!(lines.len(), offered);
        proptest::prop_assert_eq!(totals.offered, offered as u64);
        proptest::prop_assert_eq!(totals.decided() + totals.pending, totals.offered);
        proptest::prop_assert!(continues || totals.pending == 0);
    }
}
