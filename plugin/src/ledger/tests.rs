//! Tests of the books.

use super::*;
use crate::item::{BlockFields, Field, Identifier};

fn item(value: &str) -> Item {
    Item {
        identifier: Identifier { field: Field::Url, value: value.into() },
        description: None,
        block: BlockFields::default(),
    }
}

fn problem(code: &'static str) -> Rc<Problem> {
    Rc::new(Problem::new(code, "it says so"))
}

fn admit(ledger: &mut Ledger, key: u64, values: &[&str]) -> Vec<SubmissionNumber> {
    let mut new = Vec::new();
    ledger.admit(key, item(values[0]), values.get(1).map(|value| item(value)), |number| new.push(number));
    new
}

#[test]
fn an_object_waits_for_its_last_submission_and_takes_the_worst() {
    let cases = [
        (Decision::Accepted, Decision::Accepted, "accepted"),
        (Decision::Accepted, Decision::Rejected(problem("r")), "rejected r `two`: it says so"),
        (Decision::Failed(problem("f")), Decision::Rejected(problem("r")), "failed f `one`: it says so"),
        (Decision::Rejected(problem("a")), Decision::Rejected(problem("b")), "rejected a `one`: it says so"),
    ];
    for (first, second, expected) in cases {
        let mut ledger = Ledger::default();
        let new = admit(&mut ledger, 7, &["one", "two"]);
        ledger.decide(new[1], second);
        assert_eq!(ledger.ready(), 0);
        ledger.decide(new[0], first);
        let outcomes = ledger.take(10);
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes[0].submissions.len(), 2);
        let told = match &outcomes[0].verdict {
            Verdict::Accepted => "accepted".to_owned(),
            Verdict::Rejected(problem) => format!("rejected {} {}", problem.code, problem.message),
            Verdict::Failed(problem) => format!("failed {} {}", problem.code, problem.message),
            other => format!("{other:?}"),
        };
        assert_eq!(told, expected);
    }
}

#[test]
fn duplicates_share_the_verdict_before_and_after_it_is_known() {
    let mut ledger = Ledger::default();
    let new = admit(&mut ledger, 1, &["same"]);
    assert!(admit(&mut ledger, 2, &["same"]).is_empty());
    ledger.sent(new[0]);
    ledger.answered(new[0], 201);
    ledger.decide(new[0], Decision::Accepted);
    assert!(admit(&mut ledger, 3, &["same"]).is_empty());
    let mut outcomes = ledger.take(10);
    outcomes.sort_by_key(|outcome| outcome.key);
    let seen: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            let submission = &outcome.submissions[0];
            assert_eq!(outcome.verdict, Verdict::Accepted);
            (outcome.key, submission.status, submission.attempts, submission.duplicate_of)
        })
        .collect();
    assert_eq!(seen, [(1, Some(201), 1, None), (2, Some(201), 0, Some(1)), (3, Some(201), 0, Some(1))]);
}

#[test]
fn the_first_decision_is_final() {
    let mut ledger = Ledger::default();
    let new = admit(&mut ledger, 1, &["one"]);
    ledger.decide(new[0], Decision::Rejected(problem("r")));
    ledger.decide(new[0], Decision::Accepted);
    let outcomes = ledger.take(10);
    assert_eq!(outcomes.len(), 1);
    assert!(matches!(outcomes[0].verdict, Verdict::Rejected(_)));
    assert_eq!(ledger.undecided(), 0);
}

#[test]
fn the_weight_of_a_decision_is_its_distance_from_the_list() {
    let decisions = [
        Decision::Accepted,
        Decision::Skipped(problem("s")),
        Decision::Rejected(problem("r")),
        Decision::Failed(problem("f")),
    ];
    let outcome = |first: &Decision, second: &Decision| {
        let mut ledger = Ledger::default();
        let new = admit(&mut ledger, 1, &["one", "two"]);
        ledger.decide(new[0], first.clone());
        ledger.decide(new[1], second.clone());
        match ledger.take(1).remove(0).verdict {
            Verdict::Accepted => 0,
            Verdict::Skipped(_) => 1,
            Verdict::Rejected(_) => 2,
            Verdict::Failed(_) => 3,
            Verdict::Planned => 4,
            Verdict::Pending(_) => panic!("pending"),
        }
    };
    for (first, better) in decisions.iter().enumerate() {
        for (second, other) in decisions.iter().enumerate() {
            assert_eq!(outcome(better, other), first.max(second), "{better:?} {other:?}");
        }
    }
    assert_eq!(outcome(&Decision::Planned, &Decision::Planned), 4);
}

#[test]
fn no_more_outcomes_are_taken_than_asked_for_and_none_is_lost() {
    let mut ledger = Ledger::default();
    (0..5).for_each(|key| ledger.conclude(key, Verdict::Planned));
    assert_eq!(ledger.ready(), 5);
    let mut taken = Vec::new();
    for (most, expected) in [(2, 2), (2, 2), (1, 1), (3, 0)] {
        let outcomes = ledger.take(most);
        assert_eq!(outcomes.len(), expected, "{most}");
        taken.extend(outcomes.into_iter().map(|outcome| outcome.key));
    }
    taken.sort_unstable();
    assert_eq!(taken, [0, 1, 2, 3, 4]);
    (0..3).for_each(|key| ledger.conclude(key, Verdict::Planned));
    assert_eq!((ledger.take(3).len(), ledger.ready()), (3, 0));
}

#[test]
fn what_was_sent_is_counted_and_taken_back() {
    let mut ledger = Ledger::default();
    let both = admit(&mut ledger, 1, &["one", "two"]);
    let alone = admit(&mut ledger, 2, &["three"]);
    assert!([both[0], both[1], alone[0]].iter().all(|number| !ledger.is_sent_in_part(*number)));
    ledger.sent(both[1]);
    ledger.sent(both[1]);
    assert_eq!((ledger.attempts(both[0]), ledger.attempts(both[1])), (0, 2));
    // The object needs both, so that the other one is sent in part as well.
    assert!(ledger.is_sent_in_part(both[0]) && ledger.is_sent_in_part(both[1]));
    assert!(!ledger.is_sent_in_part(alone[0]));
    ledger.unsent(both[1]);
    assert!(ledger.is_sent_in_part(both[1]));
    ledger.unsent(both[1]);
    assert!(!ledger.is_sent_in_part(both[0]) && !ledger.is_sent_in_part(both[1]));
}

#[test]
fn what_is_refused_does_not_stand_and_all_else_does() {
    let mut ledger = Ledger::default();
    let values = ["open", "accepted", "planned", "skipped", "rejected", "failed"];
    let new: Vec<SubmissionNumber> =
        (0..).zip(values).flat_map(|(key, value)| admit(&mut ledger, key, &[value])).collect();
    assert_eq!(ledger.undecided(), 6);
    let decisions = [
        Decision::Accepted,
        Decision::Planned,
        Decision::Skipped(problem("s")),
        Decision::Rejected(problem("r")),
        Decision::Failed(problem("f")),
    ];
    for (number, decision) in new[1..].iter().zip(decisions) {
        ledger.decide(*number, decision);
    }
    assert_eq!(ledger.standing().collect::<Vec<_>>(), new[..3]);
    assert_eq!((ledger.undecided(), ledger.ready()), (1, 5));
}

#[test]
fn an_identifier_is_new_until_it_is_admitted() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.count_new(&[item("one"), item("two")]), 2);
    admit(&mut ledger, 1, &["one"]);
    assert_eq!(ledger.count_new(&[item("one"), item("two")]), 1);
    assert!(ledger.has(&item("one").identifier) && !ledger.has(&item("two").identifier));
}

#[test]
fn a_comparison_is_told_once_and_with_the_object_it_was_made_for() {
    let mut ledger = Ledger::default();
    let new = admit(&mut ledger, 1, &["same"]);
    admit(&mut ledger, 2, &["same"]);
    let comparison = Comparison { also_on: vec!["exception list"], ..Comparison::default() };
    ledger.compared(new[0], comparison.clone());
    ledger.decide(new[0], Decision::Planned);
    let mut outcomes = ledger.take(10);
    outcomes.sort_by_key(|outcome| outcome.key);
    let told: Vec<_> = outcomes.iter().map(|outcome| outcome.submissions[0].comparison.as_deref()).collect();
    assert_eq!(told, [Some(&comparison), None]);
}

#[test]
fn slots_are_used_again_without_mixing_objects_up() {
    let mut ledger = Ledger::default();
    for round in 0..5u64 {
        let first = admit(&mut ledger, round * 2, &[&format!("a{round}")]);
        let second = admit(&mut ledger, round * 2 + 1, &[&format!("b{round}"), "shared"]);
        ledger.decide(first[0], Decision::Accepted);
        for number in second {
            ledger.decide(number, Decision::Accepted);
        }
    }
    assert!(ledger.objects.len() <= 2);
    let mut keys: Vec<u64> = ledger.take(100).iter().map(|outcome| outcome.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, (0..10).collect::<Vec<u64>>());
}
