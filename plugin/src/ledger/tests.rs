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
