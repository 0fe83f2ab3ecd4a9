use palisade_egress::SecretString;

use super::*;
use crate::contract::{Change, Field, Stop};

const KEY: &str = "sesame-0pen-me-now";
const LIMIT: usize = limits::TEXT_BYTES as usize;

fn border(budget: u64) -> Border {
    Border::new(Arc::new(Redactor::new(&[SecretString::from(KEY)])), budget)
}

/// The key as the component may have it after decoding what the service sent.
fn said() -> String {
    format!("{} and {KEY}", "c2VzYW1lLTBwZW4tbWUtbm93")
}

/// Three bytes each, so that the limit falls into the middle of one.
fn long() -> String {
    "€".repeat(LIMIT)
}

fn reason(text: &str) -> Reason {
    Reason { code: text.to_owned(), message: text.to_owned() }
}

fn outcome(verdict: Verdict, text: &str) -> Outcome {
    let text = || text.to_owned();
    let comparison = Comparison {
        held: Some(vec![Field { name: text(), value: text() }]),
        changes: vec![Change { name: text(), before: Some(text()), after: text() }],
        also_on: vec![text()],
        ours: None,
    };
    let submission = Submission {
        field: text(),
        value: text(),
        status: None,
        attempts: 1,
        duplicate_of: None,
        comparison: Some(comparison),
    };
    let values = [Value::Text(text()), Value::Texts(vec![text()]), Value::Json(text()), Value::Flag(true)];
    let download = Download {
        url: text(),
        name: text(),
        media_type: text(),
        size: None,
        digests: vec![(text(), text())],
        expires: None,
        password: Some(text()),
        renew: None,
    };
    Outcome {
        key: 1,
        verdict,
        submissions: vec![submission],
        outputs: values.map(|value| Attribute { name: text(), value }).to_vec(),
        downloads: vec![download],
    }
}

#[test]
fn no_text_of_a_component_brings_a_secret_into_the_host() {
    let mut border = border(u64::MAX);
    let said = said();
    let pending = Pending { state: Vec::new(), reason: reason(&said), poll_after: 0, give_up_after: None };
    let outcomes = [
        Verdict::Skipped(reason(&said)),
        Verdict::Rejected(reason(&said)),
        Verdict::Failed(reason(&said)),
        Verdict::Pending(pending),
    ]
    .map(|verdict| outcome(verdict, &said));
    let stop = Stop { problem: reason(&said), hint: Some(said.clone()) };
    let eviction = Eviction { field: said.clone(), value: said.clone(), expires: Some(said.clone()) };
    let holding = Holding { name: said.clone(), field: Some(said.clone()), entries: 1, limit: None };
    let all = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        border.outcomes(outcomes.to_vec()),
        border.evictions(vec![eviction]),
        border.holdings(vec![holding]),
        border.message(said.clone(), vec![(said.clone(), said.clone())]),
        border.error(RunError::UnknownAction(said.clone())),
        border.error(RunError::InvalidConfiguration(vec![reason(&said)])),
        border.error(RunError::Stopped(stop)),
    );
    assert!(!all.contains("sesame") && !all.contains("c2VzYW1l"), "{all}");
    // Code and message of each verdict, 8 texts of each submission, 7 of the outputs and 6 of the download, each with the key
    // twice.
    assert_eq!(all.matches("[redacted]").count(), 2 * (4 * (2 + 8 + 7 + 6) + 3 + 2 + 3 + 1 + 2 + 3), "{all}");
}

#[test]
fn a_secret_that_is_split_over_two_texts_of_a_component_is_redacted() {
    const LONG: &str = "eyJhbGciOiJIUzI1NiJ9.eyJjaWQiOiI5YzQyN2Ix.Q3v9Zk2LrT0xW8sYbN5hGf7JdP1mVcRe4UoAqXi6";
    let mut border = Border::new(Arc::new(Redactor::new(&[SecretString::from(LONG)])), u64::MAX);
    let (first, second) = LONG.split_at(52);
    let hidden = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let said = format!(
        "{:?}{:?}{:?}",
        border.message(format!("the key is {first}"), vec![("and".to_owned(), second.to_owned())]),
        border.problems(vec![reason(first), reason(second)]),
        border.problems(vec![reason(&hidden(first)), reason(&hidden(second))]),
    );
    for part in ["9YzQyN2Ix.Q3v9Zk2", &second[..8], &second[20..28], &hidden(&second[..8])] {
        assert!(!said.contains(part), "{part} in {said}");
    }
}

#[test]
fn every_text_is_cut_and_every_list_shortened() {
    let mut border = border(u64::MAX);
    let stop = Stop { problem: reason(&long()), hint: Some(long()) };
    let RunError::Stopped(stop) = border.error(RunError::Stopped(stop)) else { panic!() };
    let many = vec![reason("x"); 2 * limits::PROBLEMS as usize];
    assert_eq!(border.problems(many).len() as u64, limits::PROBLEMS);
    let fields = vec![(long(), long()); 3_900];
    let (message, fields) = border.message(long(), fields).unwrap();
    assert_eq!(fields.len() as u64, limits::MESSAGE_FIELDS + 1);
    assert_eq!(fields.last().unwrap().1, (3_900 - limits::MESSAGE_FIELDS).to_string());
    for text in [&stop.problem.code, &stop.problem.message, &stop.hint.unwrap(), &message, &fields[0].0] {
        assert_eq!(*text, "€".repeat(LIMIT / 3));
    }
}

#[test]
fn a_half_of_a_secret_is_not_left_by_the_cut() {
    let text = border(0).text(format!("{}{KEY}", "x".repeat(LIMIT - 8)));
    assert!(!text.contains("sesame"), "{text}");
}

#[test]
fn all_that_a_component_says_has_one_budget() {
    let long = "x".repeat(1_000);
    let eviction = || Eviction { field: long.clone(), value: long.clone(), expires: None };
    let mut border = border(10_000);
    assert_eq!(border.evictions(vec![eviction(); 3]).len(), 3);
    assert!(border.message(long.clone(), Vec::new()).is_some());
    assert_eq!(border.exceeded(), None);
    assert_eq!(border.evictions(vec![eviction(); 65_000]).len(), 1);
    assert_eq!(border.exceeded(), Some(10_000));
    assert!(border.message("x".to_owned(), Vec::new()).is_none());
    // The verdicts stay, their texts do not.
    let kept =
        border.outcomes(vec![outcome(Verdict::Accepted, "x"), outcome(Verdict::Failed(reason("x")), "x")]);
    assert_eq!(kept[0].verdict, Verdict::Accepted);
    assert_eq!(kept[1].verdict, Verdict::Failed(dropped()));
    assert!(kept.iter().all(|outcome| outcome.submissions.is_empty()));
}

#[test]
fn empty_texts_use_up_the_budget_as_well() {
    let mut border = border(1_000_000);
    let fields = || vec![(String::new(), String::new()); 3_900];
    let taken = (0..1_000).take_while(|_| border.message(String::new(), fields()).is_some()).count();
    assert!(taken < 10, "{taken}");
}
