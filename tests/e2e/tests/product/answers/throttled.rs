//! 429: the whole request is sent again after the time that the service asks for, in whatever form it does.

use std::time::{Duration, Instant};

use palisade_e2e::Tenant;
use vision_one_simulator::settings::Rate;
use vision_one_simulator::{Effect, Fault, RetryAfter, Settings};

use super::{assert_every, assert_recovered, block, statuses, tenant_with, tenant_with_fault};

/// Requests that a run has in flight at most.
const IN_FLIGHT: usize = 8;

fn throttling(retry_after: RetryAfter) -> Fault {
    Fault::new(Effect::TooManyRequests { retry_after })
}

/// Between the first request and the second one.
fn pause(tenant: &Tenant) -> Duration {
    let posts = tenant.posts();
    (posts[1].at - posts[0].at).try_into().expect("time goes forward")
}

#[test]
fn the_seconds_asked_for_are_waited() {
    let tenant = tenant_with_fault(throttling(RetryAfter::Seconds(1)).times(1));
    let outcome = block(&tenant).go();
    assert_recovered(&tenant, &outcome);
    assert_eq!(statuses(&tenant), [Some(429), Some(207)]);
    assert!(pause(&tenant) >= Duration::from_secs(1), "{:?}", pause(&tenant));
    assert_eq!(outcome.traffic("throttled"), 1.0);
    let waited = outcome.traffic("waited_seconds");
    assert!((1.0..10.0).contains(&waited), "{waited} s");
}

#[test]
fn the_date_asked_for_is_waited() {
    // A date has whole seconds: the one that is three ahead is more than two away.
    let tenant = tenant_with_fault(throttling(RetryAfter::Date(3)).times(1));
    let outcome = block(&tenant).go();
    assert_recovered(&tenant, &outcome);
    assert!(pause(&tenant) >= Duration::from_millis(1_900), "{:?}", pause(&tenant));
    assert_eq!(outcome.traffic("throttled"), 1.0);
}

#[test]
fn without_a_time_it_backs_off() {
    let tenant = tenant_with_fault(throttling(RetryAfter::Absent).times(1));
    let outcome = block(&tenant).go();
    assert_recovered(&tenant, &outcome);
    assert!(pause(&tenant) >= Duration::from_millis(125), "{:?}", pause(&tenant));
}

#[test]
fn no_time_at_all_is_not_taken_at_its_word() {
    let tenant = tenant_with_fault(throttling(RetryAfter::Seconds(0)).times(1));
    let outcome = block(&tenant).go();
    assert_recovered(&tenant, &outcome);
    assert!(pause(&tenant) >= Duration::from_millis(125), "{:?}", pause(&tenant));
    assert!(outcome.traffic("waited_seconds") >= 0.125);
}

#[test]
fn a_long_wait_is_shown_while_it_lasts_with_the_time_it_ends() {
    for effect in [
        Effect::TooManyRequests { retry_after: RetryAfter::Seconds(9) },
        Effect::Status {
            status: 503,
            headers: [("retry-after".to_owned(), "9".to_owned())].into(),
            body: None,
        },
    ] {
        let tenant = tenant_with_fault(Fault::new(effect).times(1));
        let running = block(&tenant).start();
        running.wait_for("waiting for the service, next request at ");
        assert_eq!(tenant.posts().len(), 1, "it was told while it waits");
        let outcome = running.finish();
        assert_recovered(&tenant, &outcome);
        assert!(pause(&tenant) >= Duration::from_secs(9), "{:?}", pause(&tenant));
    }
}

#[test]
fn a_time_beyond_the_deadline_is_not_waited_for() {
    for retry_after in [RetryAfter::Seconds(3_600), RetryAfter::Date(3_600)] {
        let tenant = tenant_with(Effect::TooManyRequests { retry_after });
        let begun = Instant::now();
        let outcome = block(&tenant).argument("--deadline").argument("60").go();
        assert!(begun.elapsed() < Duration::from_secs(30), "it waited: {:?}", begun.elapsed());
        assert_eq!(outcome.status, 3);
        assert_every(&outcome, "failed", "throttled");
        assert_eq!(statuses(&tenant), [Some(429)]);
        assert!(tenant.blocked().is_empty());
    }
}

/// The wish is for all that are still to come: what was in flight when it was made is all that is sent.
#[test]
fn a_time_beyond_the_deadline_is_shared_with_every_batch() {
    let tenant = tenant_with(Effect::TooManyRequests { retry_after: RetryAfter::Seconds(7_200) });
    let begun = Instant::now();
    // Fifty batches.
    let outcome = palisade_e2e::Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", palisade_e2e::domains(5_000))
        .go();
    assert!(begun.elapsed() < Duration::from_secs(60), "it waited: {:?}", begun.elapsed());
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let sent = tenant.posts().len();
    assert!((1..=IN_FLIGHT).contains(&sent), "{sent} requests");
    assert_eq!((outcome.traffic("requests"), outcome.traffic("throttled")), (sent as f64, sent as f64));
    // Who was told to wait learns it from the service, the others from the host.
    assert_eq!(outcome.count("failed", "throttled"), sent * 100);
    assert_eq!(outcome.count("failed", "throttled-past-deadline"), 5_000 - sent * 100);
    assert_eq!(outcome.total("failed"), 5_000);
    let was_sent =
        |object: &palisade_e2e::Object| object.entry["submissions"][0]["attempts"].as_u64() == Some(1);
    assert_eq!(outcome.objects().iter().filter(|object| was_sent(object)).count(), sent * 100);
    let warnings = outcome.report()["warnings"].as_array().expect("warnings");
    let warning = warnings
        .iter()
        .find(|warning| warning["fields"]["code"] == "throttled-past-deadline")
        .unwrap_or_else(|| panic!("no such warning: {warnings:?}"));
    let message = warning["message"].as_str().expect("a message");
    assert!(message.contains(palisade_e2e::REGION) && message.contains("7200 s"), "{message}");
    assert!(warning["fields"]["hint"].is_string(), "{warning}");
    assert!(tenant.exempted().is_empty());
}

#[test]
fn throttling_without_end_ends_before_the_deadline() {
    let tenant = tenant_with(Effect::TooManyRequests { retry_after: RetryAfter::Absent });
    let outcome = block(&tenant).argument("--deadline").argument("3").go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "throttled");
    assert!(tenant.blocked().is_empty());
    assert_eq!(outcome.traffic("requests"), tenant.posts().len() as f64);
    assert_eq!(outcome.traffic("throttled"), tenant.posts().len() as f64);
    assert!(tenant.posts().len() > 1);
}

/// The wait holds for the credential: requests that were not throttled themselves wait too.
#[test]
fn a_rate_budget_slows_the_run_down_and_costs_nothing() {
    let rate = Rate { requests: 3, window_seconds: 1, retry_after: true };
    let tenant = Tenant::with(Settings { rate: Some(rate), ..Settings::default() });
    let outcome = palisade_e2e::Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", palisade_e2e::domains(900))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 900);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
    assert!(outcome.traffic("throttled") >= 1.0);
    assert_eq!(outcome.traffic("requests"), tenant.posts().len() as f64);
    // All that waited are counted, not those alone that were told to: of nine requests three go in each second.
    let waited = outcome.traffic("waited_seconds");
    assert!(waited >= 3.0, "{waited} s");
}
