//! Answers that do not come, come in part, or come too slowly: sent again, then failed, because nobody knows whether the service
//! has taken the objects.

use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Tenant};
use vision_one_simulator::{Effect, Fault};

use super::{OBJECTS, assert_every, assert_recovered, block, tenant_with, tenant_with_fault};

/// Longer than a test waits for one answer.
const SLOW: Effect = Effect::Slow { milliseconds: 60_000 };
/// An answer of some 200 bytes takes 20 s.
const DRIP: Effect = Effect::Drip { bytes: 1, milliseconds: 100 };

/// Runs and gives up on each request after a second.
fn block_impatiently(tenant: &Tenant) -> Outcome {
    block(tenant).argument("--request-timeout").argument("1").go()
}

#[test]
fn one_that_is_lost_once_is_recovered_from() {
    let middle = Effect::Truncated { bytes: Some(20) };
    for effect in [Effect::Close, middle, Effect::Truncated { bytes: None }] {
        let tenant = tenant_with_fault(Fault::new(effect).times(1));
        let outcome = block(&tenant).go();
        assert_recovered(&tenant, &outcome);
        assert_eq!(outcome.traffic("lost"), 1.0);
    }
}

#[test]
fn one_that_is_too_slow_once_is_recovered_from() {
    for effect in [SLOW, DRIP] {
        let tenant = tenant_with_fault(Fault::new(effect).times(1));
        let outcome = block_impatiently(&tenant);
        assert_recovered(&tenant, &outcome);
        assert_eq!(outcome.traffic("lost"), 1.0);
    }
}

#[test]
fn a_connection_that_is_closed_before_every_answer_fails_the_objects() {
    let tenant = tenant_with(Effect::Close);
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "transport");
    assert_eq!((outcome.traffic("requests"), outcome.traffic("lost")), (4.0, 4.0));
    assert!(tenant.blocked().is_empty());
    assert_eq!(tenant.posts().len(), 4);
}

/// The service has the objects, and the product cannot know: it does not say that it was accepted.
#[test]
fn a_connection_that_is_closed_in_the_middle_of_every_answer_fails_the_objects() {
    let tenant = tenant_with(Effect::Truncated { bytes: None });
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "transport");
    assert_eq!((outcome.traffic("requests"), outcome.traffic("lost")), (4.0, 4.0));
    assert_eq!(tenant.blocked().len() as u64, OBJECTS);
    assert!(outcome.accepted_submissions().is_empty());
}

#[test]
fn answers_that_are_always_too_slow_fail_the_objects_in_bounded_time() {
    for effect in [SLOW, DRIP] {
        let tenant = tenant_with(effect);
        let begun = Instant::now();
        let outcome = block_impatiently(&tenant);
        // Four attempts of one second, and pauses of less than two seconds together.
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(outcome.status, 3);
        assert_every(&outcome, "failed", "transport");
        assert_eq!((outcome.traffic("requests"), outcome.traffic("lost")), (4.0, 4.0));
        assert!(outcome.objects()[0].message.contains("in time"), "{}", outcome.objects()[0].message);
        assert_eq!(tenant.posts().len(), 4);
    }
}

/// Slow and slower is not the same: an answer within the time is waited for.
#[test]
fn an_answer_that_is_slow_but_in_time_is_accepted() {
    let tenant = tenant_with(Effect::Drip { bytes: 40, milliseconds: 100 });
    let outcome = block(&tenant).argument("--request-timeout").argument("10").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.traffic("requests"), 1.0);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
}
