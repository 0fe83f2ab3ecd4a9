//! What passes is waited for and repeated, and what does not pass comes to an end.

use std::time::{Duration, Instant};

use palisade_threatq::ThreatQError;
use serde_json::json;
use threatq_simulator::{Effect, Endpoint, Fault, RetryAfter};

use crate::support::{Appliance, connection};

#[tokio::test]
async fn a_wait_that_the_appliance_asks_for_is_waited() {
    let appliance = Appliance::start().await;
    let throttled = Effect::TooManyRequests { retry_after: RetryAfter::Seconds(1) };
    appliance.simulator.inject(Fault::new(throttled).on(Endpoint::Page).after(1).times(1));
    let begun = Instant::now();
    let outcome = appliance.fetch(appliance.by_password()).await;
    let traffic = outcome.fetched().traffic;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((outcome.ids().len(), traffic.throttled, traffic.repeats), (7, 1, 1));
    assert_eq!(traffic.requests, appliance.simulator.received().len() as u64);
}

#[tokio::test]
async fn a_wait_that_is_longer_than_there_is_time_is_not_begun() {
    for endpoint in [Endpoint::Token, Endpoint::Page] {
        let appliance = Appliance::start().await;
        let throttled = Effect::TooManyRequests { retry_after: RetryAfter::Seconds(600) };
        appliance.simulator.inject(Fault::new(throttled).on(endpoint));
        let begun = Instant::now();
        let outcome = appliance.fetch(appliance.by_password()).await;
        assert!(begun.elapsed() < Duration::from_secs(10));
        let ThreatQError::Throttled { wait, .. } = outcome.error() else { panic!("{:?}", outcome.error()) };
        assert_eq!(*wait, Some(Duration::from_secs(600)));
        assert!(outcome.error().to_string().contains("600 s"), "{}", outcome.error());
    }
}

#[tokio::test]
async fn an_error_that_passes_is_repeated() {
    for effect in [Effect::Status { status: 500, body: None }, Effect::Truncated] {
        for endpoint in [Endpoint::Token, Endpoint::Page] {
            let appliance = Appliance::start().await;
            appliance.simulator.inject(Fault::new(effect.clone()).on(endpoint).times(1));
            let outcome = appliance.fetch(appliance.by_password()).await;
            assert_eq!((outcome.ids().len(), outcome.fetched().traffic.repeats), (7, 1), "{effect:?}");
            assert_eq!(outcome.fetched().traffic.requests, appliance.simulator.received().len() as u64);
        }
    }
}

#[tokio::test]
async fn an_error_that_stays_is_told() {
    let body = Some(json!({"errors": ["The search engine is not reachable."]}));
    for (effect, code, message) in [
        (
            Effect::Status { status: 500, body },
            "threatq-refused",
            "status 500: The search engine is not reachable.",
        ),
        (
            Effect::Status { status: 503, body: None },
            "threatq-refused",
            "status 503: an HTML page with the title `Service Unavailable`",
        ),
        (Effect::Truncated, "connection-lost", "`threatq.example` was lost"),
    ] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(effect).on(Endpoint::Page).after(1));
        let outcome = appliance.fetch(appliance.by_password()).await;
        let error = outcome.error();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(message), "{error}");
        // One page, and four times the next.
        assert_eq!((outcome.ids(), appliance.pages().len()), (vec![1, 2], 5));
    }
}

#[tokio::test]
async fn at_the_deadline_it_is_over_and_what_was_read_is_told() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::Slow { milliseconds: 60_000 }).on(Endpoint::Page).after(2));
    let begun = Instant::now();
    let time = Duration::from_millis(1500);
    let outcome = appliance.fetch_within(&connection(appliance.by_password()), time).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    let error = outcome.error();
    assert!(matches!(error, ThreatQError::Deadline { pages: 2, objects: 4 }), "{error:?}");
    assert_eq!((error.code(), outcome.ids()), ("threatq-deadline-passed", vec![1, 2, 3, 4]));
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let appliance = Appliance::start().await;
    let outcome = appliance.fetch_within(&connection(appliance.by_password()), Duration::ZERO).await;
    assert!(matches!(outcome.error(), ThreatQError::Deadline { pages: 0, objects: 0 }));
    assert!(appliance.simulator.received().is_empty());
}

#[tokio::test]
async fn marks_that_never_repeat_come_to_an_end() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::EndlessMarks).on(Endpoint::Page));
    let outcome = appliance.fetch(appliance.by_password()).await;
    let error = outcome.error();
    assert_eq!(error.code(), "threatq-collection-too-large", "{error}");
    assert_eq!((outcome.ids(), appliance.pages().len()), (vec![1, 2], 2_000));
}
