//! What a run does that its host ends: it sends nothing more, waits for what is under way, and says exactly of what was sent
//! that it was.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

#[test]
fn what_was_never_sent_is_left_to_the_host_and_what_is_under_way_is_awaited() {
    let result = run(exception_list(), circumstances(), domains(1_000), |request, items| {
        Some(if request < 4 { multi(items.iter().map(|_| ACCEPTED)) } else { Arrival::Refused })
    });
    assert_eq!(result.stop().problem.code, "run-ended");
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 400)]));
}

#[test]
fn what_nobody_waits_for_any_more_is_sent_with_an_unknown_outcome() {
    let result = run(exception_list(), circumstances(), domains(500), |request, items| {
        Some(match request {
            0 => multi(items.iter().map(|_| ACCEPTED)),
            1..4 => Arrival::Abandoned,
            _ => Arrival::Refused,
        })
    });
    let counts = BTreeMap::from([(("accepted", ""), 100), (("failed", "outcome-unknown"), 300)]);
    assert_eq!(result.counts(), counts);
    let unknown = result.outcomes.values().find(|outcome| outcome.verdict != Verdict::Accepted).unwrap();
    assert_eq!((unknown.submissions[0].attempts, unknown.submissions[0].status), (1, None));
}

#[test]
fn what_was_to_be_repeated_keeps_its_attempts_and_its_status() {
    let result = run(block_list(), circumstances(), domains(3), |request, items| {
        Some(if request == 0 { multi(items.iter().map(|_| 429)) } else { Arrival::Refused })
    });
    assert_eq!(result.counts(), BTreeMap::from([(("failed", "run-ended"), 3)]));
    assert_eq!((result.submission(0).attempts, result.submission(0).status), (1, Some(429)));
}

#[test]
fn an_object_of_which_one_half_was_sent_is_not_reported_as_unsent() {
    let both = Configuration { scheme_handling: SchemeHandling::Both, ..exception_list() };
    let objects = (0..60).map(|key| object(key, "URL", format!("n{key}.example.com/x"))).collect();
    let one = Circumstances { concurrent_requests: 1, ..circumstances() };
    let mut sent = BTreeSet::new();
    let result = run(both, one, objects, |request, items| {
        Some(if request == 0 {
            sent.extend(items.iter().map(value_of));
            multi(items.iter().map(|_| ACCEPTED))
        } else {
            Arrival::Refused
        })
    });
    for key in 0..60 {
        let names = ["http", "https"].map(|scheme| format!("{scheme}://n{key}.example.com/x"));
        let halves = names.iter().filter(|name| sent.contains(*name)).count();
        match result.outcomes.get(&key) {
            None => assert_eq!(halves, 0),
            Some(outcome) => assert_eq!(outcome.verdict == Verdict::Accepted, halves == 2, "{outcome:?}"),
        }
    }
}

#[test]
fn a_run_that_ends_while_it_reads_the_lists_has_sent_nothing() {
    struct Ending;
    impl Service for Ending {
        fn take(&mut self, _: usize, _: &[Value]) -> Option<Arrival> {
            panic!("sends")
        }

        fn page(&mut self, _: &str, _: &str) -> Option<Arrival> {
            Some(Arrival::Refused)
        }
    }
    let result = run_with(block_list(), sparing(0), domains(50), Ending);
    assert_eq!((result.stop().problem.code, result.outcomes.len()), ("run-ended", 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whenever the host ends the run, an object has an outcome if and only if something of it was sent, each submission says how
    /// often it was, and what is accepted is what the service has.
    #[test]
    fn whenever_the_run_ends_the_books_say_what_was_sent(
        ends_at in 0usize..30,
        fates in proptest::collection::vec(0u8..4, 1..20),
        count in 1u64..2_000,
        variety in 1u64..2_000,
        both in any::<bool>(),
        concurrent_requests in 1usize..8,
    ) {
        let mut configuration = exception_list();
        if both {
            configuration.scheme_handling = SchemeHandling::Both;
        }
        let objects: Vec<Object> =
            (0..count).map(|key| object(key, "URL", format!("n{}.example.com/x", key % variety))).collect();
        let circumstances = Circumstances { concurrent_requests, ..circumstances() };
        let (mut held, mut times) = (BTreeSet::new(), BTreeMap::<String, u32>::new());
        let result = run(configuration, circumstances, objects, |request, items| {
            if request >= ends_at {
                return Some(Arrival::Refused);
            }
            items.iter().for_each(|item| *times.entry(value_of(item)).or_default() += 1);
            Some(match fates[request % fates.len()] {
                0 => multi(items.iter().map(|_| 429)),
                1 => Arrival::Abandoned,
                _ => {
                    held.extend(items.iter().map(value_of));
                    multi(items.iter().map(|_| ACCEPTED))
                }
            })
        });
        for key in &result.offered {
            let path = format!("n{}.example.com/x", key % variety);
            let schemes: &[&str] = if both { &["http", "https"] } else { &["http"] };
            let names: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://{path}")).collect();
            let was_sent = names.iter().any(|name| times.contains_key(name));
            let Some(outcome) = result.outcomes.get(key) else {
                prop_assert!(!was_sent, "{key} was sent and has no outcome");
                continue;
            };
            prop_assert!(was_sent, "{:?}", outcome);
            let all_held = names.iter().all(|name| held.contains(name));
            prop_assert_eq!(outcome.verdict == Verdict::Accepted, all_held, "{:?}", outcome);
            for submission in outcome.submissions.iter().filter(|submission| submission.duplicate_of.is_none()) {
                let sent = times.get(&*submission.value).copied().unwrap_or_default();
                prop_assert_eq!(submission.attempts, sent, "{:?}", submission);
            }
        }
    }
}
