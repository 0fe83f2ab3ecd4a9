//! What counts as a difference between a plan and the service, and what does not.

use super::*;
use palisade_model::{Change, Comparison};

fn submission(held: Option<&[(&str, &str)]>, also_on: &[&str]) -> Submission {
    let fields = |held: &[(&str, &str)]| {
        held.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Submission {
        field: "domain".to_owned(),
        value: "evil.example.com".to_owned(),
        status: None,
        attempts: 0,
        duplicate_of: None,
        comparison: Some(Comparison {
            held: held.map(fields),
            changes: Vec::new(),
            also_on: also_on.iter().map(|list| (*list).to_owned()).collect(),
            ours: None,
        }),
    }
}

fn differences(before: &Submission, after: &Submission) -> Vec<String> {
    let mut differences = Vec::new();
    compare_entries(before, after, &mut differences);
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn every_change_of_an_entry_is_named() {
    let none = submission(None, &[]);
    let low = submission(Some(&[("riskLevel", "low")]), &[]);
    let high = submission(Some(&[("riskLevel", "high")]), &[]);
    let elsewhere = submission(None, &["exception list"]);
    assert!(differences(&low, &low).is_empty() && differences(&none, &none).is_empty());
    for (before, after, expected) in [
        (&none, &low, "the entry of `evil.example.com` is there, it was not there"),
        (&low, &none, "the entry of `evil.example.com` is gone, it was there"),
        (&low, &high, "the `riskLevel` of `evil.example.com` is `high`, it was `low`"),
        (&none, &elsewhere, "the other lists of `evil.example.com` is exception list, it was none"),
    ] {
        assert_eq!(differences(before, after), [expected]);
    }
}

#[test]
fn what_would_change_does_not_count_only_what_is_there() {
    let before = submission(Some(&[("expiredDateTime", "2026-12-01T00:00:00Z")]), &[]);
    let mut after = before.clone();
    if let Some(comparison) = &mut after.comparison {
        comparison.changes.push(Change {
            name: "expiredDateTime".to_owned(),
            before: None,
            after: "a day later than planned".to_owned(),
        });
    }
    assert!(differences(&before, &after).is_empty());
}

#[test]
fn entries_that_would_be_pushed_out_are_compared_by_value() {
    let report = |values: &[&str]| EvictionsReport {
        count: values.len() as u64,
        entries: values
            .iter()
            .map(|value| EvictionReport { field: "ip".to_owned(), value: (*value).to_owned(), expires: None })
            .collect(),
    };
    let compare = |planned: &[&str], now: &[&str]| {
        let mut differences = Vec::new();
        compare_evictions(&report(planned), &report(now), &mut differences);
        differences.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(compare(&["a", "b"], &["b", "a"]).is_empty());
    assert_eq!(compare(&["a"], &["b"]), ["`b` would be displaced as well", "`a` would not be displaced"]);
    assert_eq!(compare(&[], &["b"])[0], "1 instead of 0 entries would be displaced");
}
