//! 429: the whole request is sent again after the time that the service asks for, in whatever form it does.

use std::time::{Duration, Instant};

use palisade_e2e::Tenant;
use vision_one_simulator::settings::Rate;
use vision_one_simulator::{Effect, Fault, RetryAfter, Settings};

use super::{assert_every, assert_recovered, block, statuses, tenant_with, tenant_with_fault};

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
    assert!(outcome.traffic("waited_seconds") >= 1.0);
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
}
