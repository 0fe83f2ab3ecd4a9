//! The operator interrupts: the run ends at once, and its report is as complete as any other.

use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Palisade, Running, Tenant, domains};
use vision_one_simulator::{Effect, Fault};

/// Time for what has been seen from outside to be done with inside.
const A_MOMENT: Duration = Duration::from_millis(500);

fn interrupt(running: Running) -> Outcome {
    std::thread::sleep(A_MOMENT);
    let begun = Instant::now();
    running.interrupt();
    let outcome = running.finish();
    assert!(begun.elapsed() < Duration::from_secs(10), "it went on for {:?}", begun.elapsed());
    assert_eq!((outcome.status, outcome.ended_with()), (4, "cancelled".into()), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("[cancelled]"), "{}", outcome.stderr);
    outcome
}

#[test]
fn while_the_service_is_slow() {
    let tenant = Tenant::start();
    // The first request is answered, the two others never.
    tenant
        .inject(Fault::new(Effect::Slow { milliseconds: 60_000 }).applied(false).after(1))
        .expect("a fault");
    let running = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(250))
        .start();
    running.wait_until("three requests and one answer", || {
        let posts = tenant.posts();
        posts.len() == 3 && posts.iter().any(|post| post.status.is_some())
    });
    let outcome = interrupt(running);
    let accepted = outcome.total("accepted") as usize;
    assert!([50, 100].contains(&accepted), "{accepted}");
    assert_eq!(outcome.count("failed", "cancelled"), 250 - accepted);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
}

#[test]
fn by_a_supervisor() {
    let tenant = Tenant::start();
    let running = Palisade::run_guest(&tenant, "waits-for-ever")
        .configured("")
        .collection_of("domains.txt", domains(25))
        .argument("-v")
        .start();
    running.wait_for("run started");
    std::thread::sleep(A_MOMENT);
    running.terminate();
    let outcome = running.finish();
    assert_eq!((outcome.status, outcome.ended_with()), (4, "cancelled".into()), "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "cancelled"), 25);
}

#[test]
fn while_a_component_computes() {
    let tenant = Tenant::start();
    let running = Palisade::run_guest(&tenant, "loops-for-ever")
        .configured("")
        .collection_of("domains.txt", domains(25))
        .argument("-v")
        .start();
    running.wait_for("run started");
    let outcome = interrupt(running);
    assert_eq!(outcome.count("failed", "cancelled"), 25);
}

#[test]
fn while_it_waits_for_the_end_of_a_throttling() {
    let tenant = Tenant::start();
    tenant
        .inject(Fault::new(Effect::TooManyRequests {
            retry_after: vision_one_simulator::RetryAfter::Seconds(120),
        }))
        .expect("a fault");
    let running = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(12))
        .start();
    running.wait_until("a 429", || tenant.posts().iter().any(|post| post.status == Some(429)));
    let outcome = interrupt(running);
    assert_eq!(outcome.count("failed", "cancelled"), 12);
    assert_eq!(tenant.posts().len(), 1);
}
