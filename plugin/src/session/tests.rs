//! Tests of whole runs.

mod ends;
mod harness;
mod model;
mod preview;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use self::harness::*;
use super::*;
use crate::configuration::SchemeHandling;
use crate::contract::Level;

#[test]
fn everything_goes_out_in_full_batches_with_several_in_flight() {
    let result = run(exception_list(), circumstances(), domains(1_050), all_accepted);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 1_050)]));
    assert_eq!(result.requests.len(), 11);
    assert_eq!(result.most_in_flight, 4);
    assert_eq!(result.result, Some(Ok(())));
    assert_eq!(result.submission(7).attempts, 1);
    assert_eq!(result.submission(7).status, Some(201));
}

#[test]
fn batches_fill_up_across_pages() {
    let circumstances = Circumstances { page_objects: 300, ..circumstances() };
    let result = run(block_list(), circumstances, domains(2_500), all_accepted);
    let sizes: Vec<usize> = result.requests.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
}

#[test]
fn an_empty_collection_sends_nothing() {
    let result = run(block_list(), circumstances(), Vec::new(), all_accepted);
    assert!(result.requests.is_empty() && result.messages.is_empty());
    assert_eq!(result.result, Some(Ok(())));
}

#[test]
fn bodies_stay_below_the_byte_limit() {
    let mut objects = domains(1_000);
    for object in &mut objects {
        object.description = Some("ä".repeat(900));
    }
    let result = run(block_list(), circumstances(), objects.clone(), all_accepted);
    assert_eq!(result.requests.len(), 3);
    let small = Circumstances { request_body_bytes: 100, ..circumstances() };
    let result = run(block_list(), small, objects.split_off(990), all_accepted);
    assert_eq!(result.counts(), BTreeMap::from([(("rejected", "too-large"), 10)]));
    assert!(result.requests.is_empty());
}

#[test]
fn a_dry_run_plans_and_sends_nothing() {
    let circumstances = Circumstances { dry_run: true, ..circumstances() };
    let mut objects = domains(3);
    objects.push(object(3, "FQDN", "N0.example.com"));
    objects.push(object(4, "MD5", "x"));
    let result = run(block_list(), circumstances, objects, |_, _| panic!("sends"));
    assert!(result.requests.is_empty());
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("planned", ""), 4), (("skipped", "type-not-accepted"), 1)])
    );
    assert_eq!(result.submission(3).duplicate_of, Some(0));
    assert_eq!(result.submission(0).attempts, 0);
    assert_eq!(result.submission(0).status, None);
}

#[test]
fn duplicates_are_sent_once() {
    let objects = vec![
        object(10, "URL", "example.com/x"),
        object(11, "URL", "http://EXAMPLE.com/x"),
        object(12, "URL", "https://example.com/x"),
    ];
    let both = Configuration { scheme_handling: SchemeHandling::Both, ..block_list() };
    let result = run(both, circumstances(), objects, all_accepted);
    let sent: Vec<String> = result.requests.concat().iter().map(value_of).collect();
    assert_eq!(sent, ["http://example.com/x", "https://example.com/x"]);
    assert_eq!(result.submission(11).duplicate_of, Some(10));
    assert_eq!(result.submission(12).duplicate_of, Some(10));
    assert_eq!(result.outcomes[&10].submissions.len(), 2);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 3)]));
}

#[test]
fn the_worst_of_two_submissions_counts() {
    let both = Configuration { scheme_handling: SchemeHandling::Both, ..block_list() };
    let result = run(both, circumstances(), vec![object(1, "URL", "example.com/x")], |_, _| {
        Some(multi([ACCEPTED, 400]))
    });
    let Verdict::Rejected(problem) = &result.outcomes[&1].verdict else { panic!() };
    assert!(problem.message.starts_with("`https://example.com/x`: "));
}

#[test]
fn the_block_list_takes_ten_thousand_in_a_run() {
    let mut objects = domains(10_100);
    objects.push(object(20_000, "FQDN", "n5.example.com"));
    let result = run(block_list(), circumstances(), objects, all_accepted);
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("accepted", ""), 10_001), (("skipped", "list-limit"), 100)])
    );
    assert_eq!(result.requests.concat().len(), 10_000);
    assert_eq!(result.submission(20_000).duplicate_of, Some(5));
    let warnings: Vec<&Message> = result.messages.iter().filter(|m| m.level == Level::Warn).collect();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].fields.contains(&("objects", "100".to_owned())));
}

#[test]
fn a_url_whose_two_submissions_do_not_both_fit_is_left_out_as_a_whole() {
    let mut objects = domains(9_999);
    objects.push(object(10_000, "URL", "example.com/x"));
    objects.push(object(10_001, "FQDN", "last.example.com"));
    let both = Configuration { scheme_handling: SchemeHandling::Both, ..block_list() };
    let result = run(both, circumstances(), objects, all_accepted);
    assert_eq!(result.verdict(10_000), ("skipped", "list-limit"));
    assert!(result.outcomes[&10_000].submissions.is_empty());
    assert_eq!(result.verdict(10_001), ("accepted", ""));
}

#[test]
fn the_exception_list_has_no_limit_of_its_own() {
    let result = run(exception_list(), circumstances(), domains(10_050), all_accepted);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 10_050)]));
}

#[test]
fn doubtful_statuses_are_sent_and_warned_of_once() {
    let mut objects = domains(5);
    objects[0].status = Some("Whitelisted".to_owned());
    objects[1].status = Some("Expired".to_owned());
    objects[2].status = Some("Expired".to_owned());
    objects[3].status = Some("Active".to_owned());
    let result = run(block_list(), circumstances(), objects.clone(), all_accepted);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 5)]));
    let texts: Vec<&str> = result.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "objects with the status `Whitelisted` were submitted to the block list: 1",
            "objects with the status `Expired` were submitted to the block list: 2"
        ]
    );
    assert!(run(exception_list(), circumstances(), objects, all_accepted).messages.is_empty());
}

#[test]
fn refused_items_are_rejected_and_throttled_ones_sent_again() {
    let result = run(block_list(), circumstances(), domains(10), |request, items| {
        Some(multi(items.iter().map(|item| match (request, value_of(item).as_str()) {
            (_, "n1.example.com") => 400,
            (_, "n2.example.com") => 403,
            (_, "n3.example.com") => 404,
            (0, "n4.example.com") => 429,
            (0, "n5.example.com") => 500,
            _ => ACCEPTED,
        })))
    });
    assert_eq!(result.requests.iter().map(Vec::len).collect::<Vec<_>>(), [10, 2]);
    assert_eq!(result.verdict(1), ("rejected", "service-bad-request"));
    assert_eq!(result.verdict(2), ("rejected", "service-access-denied"));
    assert_eq!(result.verdict(3), ("rejected", "service-not-found"));
    assert_eq!(result.verdict(4), ("accepted", ""));
    assert_eq!(result.submission(4).attempts, 2);
    assert_eq!(result.submission(0).attempts, 1);
    assert!(result.time >= limits::ITEM_FIRST_WAIT);
}

#[test]
fn an_item_that_is_always_throttled_fails_after_the_last_attempt() {
    let result = run(block_list(), circumstances(), domains(2), |_, items| {
        Some(multi(items.iter().map(|item| if value_of(item) == "n1.example.com" { 429 } else { ACCEPTED })))
    });
    assert_eq!(result.verdict(1), ("failed", "throttled"));
    assert_eq!(result.submission(1).attempts, limits::ITEM_ATTEMPTS);
    assert_eq!(result.submission(1).status, Some(429));
    assert_eq!(result.verdict(0), ("accepted", ""));
}

#[test]
fn each_object_of_a_batch_waits_as_long_as_its_own_attempts_say() {
    let one = Circumstances { concurrent_requests: 1, ..circumstances() };
    let (first, mut beside) = ("n0.example.com", None);
    let result = run(exception_list(), one, domains(10_000), |request, items| {
        let values: Vec<String> = items.iter().map(value_of).collect();
        // Its first repeat is in a batch with objects that are sent for the first time.
        if request > 0 && beside.is_none() && values.iter().any(|value| value == first) {
            beside = values.last().cloned();
            return Some(multi(values.iter().map(|value| {
                if value == first || Some(value) == beside.as_ref() { 429 } else { ACCEPTED }
            })));
        }
        Some(multi(values.iter().map(|value| if request == 0 && value == first { 429 } else { ACCEPTED })))
    });
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 10_000)]));
    let sent = |wanted: &str| -> Vec<usize> {
        let requests = result.requests.iter().enumerate();
        requests
            .filter(|(_, items)| items.iter().any(|item| value_of(item) == wanted))
            .map(|(at, _)| at)
            .collect()
    };
    let (first, beside) = (sent(first), sent(&beside.unwrap()));
    assert_eq!((first.len(), beside.len(), first[1]), (3, 2, beside[0]));
    assert!(beside[1] < first[2], "{beside:?} {first:?}");
}

#[test]
fn nothing_is_repeated_past_the_end_of_the_run() {
    let short = Circumstances { run: Duration::from_secs(3), ..circumstances() };
    let result = run(block_list(), short, domains(1), |_, items| Some(multi(items.iter().map(|_| 503))));
    assert_eq!(result.verdict(0), ("failed", "service-error"));
    // After half a second there is time for one more, after another second there is none.
    assert_eq!(result.submission(0).attempts, 2);
}

#[test]
fn a_refused_credential_stops_the_run_and_counts_what_is_under_way() {
    let result = run(exception_list(), circumstances(), domains(5_000), |request, items| {
        Some(match request {
            3 => error(401),
            _ => multi(items.iter().map(|_| ACCEPTED)),
        })
    });
    let Some(Err(stop)) = &result.result else { panic!() };
    assert_eq!(stop.problem.code, "credential-refused");
    assert_eq!(result.requests.len(), 4);
    let counts = result.counts();
    assert_eq!(counts[&("accepted", "")], 300);
    assert_eq!(counts[&("failed", "credential-refused")], result.offered.len() - 300);
    assert!(result.offered.len() < 5_000);
}

#[test]
fn a_stopped_run_does_not_wait_for_ever() {
    let result = run(exception_list(), circumstances(), domains(1_000), |request, _| {
        (request == 1).then(|| error(403))
    });
    let Some(Err(stop)) = &result.result else { panic!() };
    assert_eq!(stop.problem.code, "access-denied");
    assert_eq!(result.counts()[&("failed", "outcome-unknown")], 300);
    assert!(result.time <= limits::DRAIN_WAIT + Duration::from_secs(1));
}

#[test]
fn what_is_too_large_is_halved_and_rejected_alone() {
    let result = run(block_list(), circumstances(), domains(40), |_, items| {
        let culprit = items.iter().any(|item| value_of(item) == "n7.example.com");
        Some(if culprit || items.len() > 15 { error(413) } else { multi(items.iter().map(|_| ACCEPTED)) })
    });
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 39), (("rejected", "too-large"), 1)]));
    assert_eq!(result.verdict(7), ("rejected", "too-large"));
}

#[test]
fn a_bad_request_is_divided_until_the_culprits_stand_alone() {
    let result = run(block_list(), circumstances(), domains(1_500), |_, items| {
        let culprit = items
            .iter()
            .any(|item| ["n3.example.com", "n1499.example.com"].contains(&value_of(item).as_str()));
        Some(if culprit { error(400) } else { multi(items.iter().map(|_| ACCEPTED)) })
    });
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("accepted", ""), 1_498), (("rejected", "service-bad-request"), 2)])
    );
    assert_eq!(result.verdict(3).0, "rejected");
    assert_eq!(result.verdict(1_499).0, "rejected");
    assert!(result.requests.len() < 50, "{}", result.requests.len());
}

#[test]
fn looking_for_culprits_is_bounded() {
    let result = run(block_list(), circumstances(), domains(9_000), |_, _| Some(error(400)));
    let counts = result.counts();
    assert_eq!(counts.values().sum::<usize>(), 9_000);
    assert!(counts[&("failed", "bad-request-not-isolated")] > 0);
    assert!(result.requests.len() <= 20 + limits::ISOLATION_REQUESTS as usize);
}

#[test]
fn too_many_objects_in_a_request_make_the_following_ones_smaller() {
    let result = run(block_list(), circumstances(), domains(5_000), |_, items| {
        Some(if items.len() > 300 { over_maximum() } else { multi(items.iter().map(|_| ACCEPTED)) })
    });
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 5_000)]));
    assert!(result.requests.iter().rev().take(15).all(|items| items.len() <= 250));
    assert!(result.requests.len() < 50, "{}", result.requests.len());
}

#[test]
fn a_full_list_ends_the_sending_but_not_the_run() {
    let mut objects = domains(3_000);
    objects.push(object(9_000, "MD5", "x"));
    let result = run(exception_list(), circumstances(), objects, |_, _| Some(over_maximum()));
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("failed", "list-full"), 3_000), (("skipped", "type-not-accepted"), 1)])
    );
    assert_eq!(result.result, Some(Ok(())));
    assert!(result.requests.len() < 60, "{}", result.requests.len());
    let warnings = result.messages.iter().filter(|message| message.level == Level::Warn).count();
    assert_eq!(warnings, 1);
}

#[test]
fn a_batch_without_a_usable_answer_fails_and_the_others_go_on() {
    let cases: Vec<(Arrival, &str)> = vec![
        (Arrival::Lost("the connection was closed".to_owned()), "transport"),
        (Arrival::Held, "throttled-past-deadline"),
        (error(429), "throttled"),
        (error(500), "service-error"),
        (page(400), "gateway-refused"),
        (page(503), "gateway-error"),
        (error(404), "unexpected-status"),
        (error(301), "unexpected-status"),
        (multi([ACCEPTED; 99]), "answer-mismatch"),
        (multi([ACCEPTED; 101]), "answer-mismatch"),
        (Arrival::Answer { status: 207, body: b"[{\"status\":201}".to_vec() }, "answer-unreadable"),
    ];
    for (arrival, code) in cases {
        let result = run(exception_list(), circumstances(), domains(300), |request, items| {
            Some(if request == 1 { arrival.clone() } else { multi(items.iter().map(|_| ACCEPTED)) })
        });
        assert_eq!(
            result.counts(),
            BTreeMap::from([(("accepted", ""), 200), (("failed", code), 100)]),
            "{code}"
        );
        assert_eq!(result.requests.len(), 3);
        assert_eq!(result.result, Some(Ok(())));
    }
}

#[test]
fn a_service_that_throttles_everything_does_not_make_the_run_hold_the_collection() {
    let mut answered = 0usize;
    let result = run(exception_list(), circumstances(), domains(50_000), |_, items| {
        answered += 1;
        Some(multi(items.iter().map(|_| if answered < 400 { 429 } else { ACCEPTED })))
    });
    assert_eq!(result.outcomes.len(), 50_000);
}

#[test]
fn a_proxy_that_refuses_the_size_of_every_request_rejects_nothing_and_is_not_asked_for_each_object() {
    let result = run(block_list(), circumstances(), domains(5_000), |_, _| Some(page(413)));
    assert_eq!(result.stop().problem.code, "gateway-refused");
    assert!(result.outcomes.keys().all(|key| result.verdict(*key) == ("failed", "gateway-refused")));
    assert!(result.requests.len() < 60, "{}", result.requests.len());
}

#[test]
fn a_proxy_that_lets_small_requests_pass_gets_small_requests() {
    let result = run(block_list(), circumstances(), domains(5_000), |_, items| {
        Some(if items.len() > 100 { page(413) } else { multi(items.iter().map(|_| ACCEPTED)) })
    });
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 5_000)]));
    assert!(result.requests.len() < 120, "{}", result.requests.len());
}

#[test]
fn a_refusal_on_the_way_says_nothing_about_the_role_of_the_key() {
    for status in [401, 403, 407] {
        let result = run(block_list(), circumstances(), domains(5), |_, _| Some(page(status)));
        let stop = result.stop();
        assert_eq!(stop.problem.code, "gateway-refused");
        assert!(stop.hint.contains("proxy") && !stop.hint.contains("role"), "{}", stop.hint);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the service does, every offered object has one verdict, and what is reported as accepted is what the
    /// service accepted.
    #[test]
    fn whatever_the_service_does_the_books_agree_with_it(
        behaviour in proptest::collection::vec(0u8..16, 1..40),
        count in 1u64..700,
        variety in 1u64..700,
        exceptions in any::<bool>(),
        both in any::<bool>(),
        page_objects in 1u32..400,
        concurrent_requests in 1usize..6,
    ) {
        let mut configuration = if exceptions { exception_list() } else { block_list() };
        if both {
            configuration.scheme_handling = SchemeHandling::Both;
        }
        let objects: Vec<Object> = (0..count)
            .map(|key| match key % 5 {
                0 => object(key, "URL", format!("n{}.example.com/x", key % variety)),
                1 => object(key, "MD5", "x"),
                2 => object(key, "IP Address", "nonsense"),
                _ => object(key, "FQDN", format!("n{}.example.com", key % variety)),
            })
            .collect();
        let circumstances = Circumstances { page_objects, concurrent_requests, ..circumstances() };
        let mut held = BTreeSet::new();
        let result = run(configuration, circumstances, objects, |request, items| {
            let mut answer = |statuses: Vec<u16>| {
                let taken = items.iter().zip(&statuses).filter(|(_, status)| **status == ACCEPTED);
                held.extend(taken.map(|(item, _)| value_of(item)));
                multi(statuses)
            };
            Some(match behaviour[request % behaviour.len()] {
                0 => error(400),
                1 => error(413),
                2 => error(500),
                3 => error(429),
                4 => over_maximum(),
                5 => Arrival::Lost("gone".to_owned()),
                6 if request > 20 => error(401),
                7 => answer(items.iter().enumerate().map(|(n, _)| if n % 3 == 0 { 429 } else { ACCEPTED }).collect()),
                8 => answer(items.iter().enumerate().map(|(n, _)| if n % 2 == 0 { 400 } else { ACCEPTED }).collect()),
                _ => answer(vec![ACCEPTED; items.len()]),
            })
        });
        for outcome in result.outcomes.values() {
            let all_held = !outcome.submissions.is_empty()
                && outcome.submissions.iter().all(|submission| held.contains(&*submission.value));
            prop_assert_eq!(outcome.verdict == Verdict::Accepted, all_held, "{:?}", outcome);
        }
    }
}
