//! The operator interrupts: nothing more is sent, what is in flight is awaited and recorded, and the report says of every object
//! what the tenant has of it. `cargo xtask cancel-test` interrupts at more moments.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use palisade_e2e::{Object, Outcome, Palisade, Running, Tenant, domains};
use serde_json::Value;
use vision_one_simulator::{Effect, Fault, RetryAfter, Settings};

/// Time for what has been seen from outside to be done with inside.
const A_MOMENT: Duration = Duration::from_millis(500);
/// Less than the wait for answers that do not come.
const SOON: Duration = Duration::from_secs(20);

/// Waits for the end of a run that was told to stop.
fn stopped(running: Running) -> Outcome {
    let begun = Instant::now();
    let outcome = running.finish();
    assert!(begun.elapsed() < SOON, "it went on for {:?}", begun.elapsed());
    assert_eq!((outcome.status, outcome.ended_with()), (4, "cancelled".into()), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("[cancelled]"), "{}", outcome.stderr);
    outcome
}

fn interrupt(running: Running) -> Outcome {
    std::thread::sleep(A_MOMENT);
    running.interrupt();
    stopped(running)
}

/// A tenant that takes its time before it takes a request.
fn slow(milliseconds: u64) -> Tenant {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds }).applied(false)).expect("a fault");
    tenant
}

/// The recording that the call left.
fn recording(outcome: &Outcome) -> Vec<Value> {
    let text = std::fs::read(outcome.directory().join("run.har")).expect("a recording");
    let har: Value = serde_json::from_slice(&text).expect("JSON");
    har["log"]["entries"].as_array().expect("entries").clone()
}

/// Compares what the report says of each object with what the tenant has received, and holds.
fn assert_true(outcome: &Outcome, tenant: &Tenant, context: &str) {
    let received: BTreeSet<String> =
        tenant.items().iter().filter_map(|item| Some(item["domain"].as_str()?.to_owned())).collect();
    let held: BTreeSet<String> =
        tenant.blocked().into_iter().chain(tenant.exempted()).map(|(_, value)| value).collect();
    for Object { value, verdict, code, entry, .. } in outcome.objects() {
        let sent = entry["submissions"][0]["attempts"].as_u64().unwrap_or_default() > 0;
        assert_eq!(sent, received.contains(&value), "{context}: sent, {entry}");
        match (verdict.as_str(), code.as_str()) {
            ("accepted", _) => assert!(held.contains(&value), "{context}: {entry}"),
            ("failed", "outcome-unknown") => assert!(sent, "{context}: {entry}"),
            ("failed", "cancelled") => {
                assert!(!held.contains(&value), "{context}: {entry}");
                assert_eq!(entry["submissions"].as_array().map(Vec::len), Some(0), "{context}: {entry}");
            }
            _ => panic!("{context}: {entry}"),
        }
    }
}

#[test]
fn with_eight_posts_in_flight_their_answers_are_awaited_and_recorded() {
    let tenant = slow(2_000);
    let running = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(9_500))
        .argument("--record")
        .argument("run.har")
        .start();
    running.wait_until("eight requests", || tenant.posts().len() == 8);
    running.interrupt();
    let outcome = stopped(running);
    assert!(outcome.stderr.contains("interrupt again to end at once"), "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 8_000);
    assert_eq!(outcome.count("failed", "cancelled"), 1_500);
    assert_eq!(tenant.posts().len(), 8);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    assert_true(&outcome, &tenant, "");
    let entries = recording(&outcome);
    assert_eq!(entries.len(), 8);
    assert!(entries.iter().all(|entry| entry["response"]["status"] == 207));
}

#[test]
fn a_run_whose_last_answers_were_in_flight_is_complete_all_the_same() {
    let tenant = slow(1_500);
    let running = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(500))
        .start();
    running.wait_until("a request", || tenant.posts().len() == 1);
    running.interrupt();
    let outcome = running.finish();
    assert_eq!((outcome.status, outcome.ended_with()), (0, String::new()), "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 500);
}

#[test]
fn a_second_time_ends_at_once_and_the_report_says_so() {
    let tenant = slow(60_000);
    let running = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(1_000))
        .argument("--record")
        .argument("run.har")
        .start();
    running.wait_until("eight requests", || tenant.posts().len() == 8);
    running.interrupt();
    running.wait_for("interrupt again");
    running.interrupt();
    let outcome = stopped(running);
    let message = outcome.of_run("message");
    assert!(message.contains("second interruption") && message.contains("8 requests"), "{message}");
    assert_eq!(outcome.count("failed", "outcome-unknown"), 800);
    assert_eq!(outcome.count("failed", "cancelled"), 200);
    let unknown = outcome.objects().into_iter().find(|object| object.code == "outcome-unknown").unwrap();
    assert_eq!(unknown.entry["submissions"][0]["attempts"], 1, "{}", unknown.entry);
    assert_eq!(unknown.entry["submissions"][0]["status"], Value::Null);
    let entries = recording(&outcome);
    assert_eq!(entries.len(), 8);
    assert!(entries.iter().all(|entry| entry["response"]["status"] == 0 && entry["_error"].is_object()));
    assert!(outcome.stderr.contains("attempt-abandoned"), "{}", outcome.stderr);
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
    std::thread::sleep(A_MOMENT);
    running.interrupt();
    running.wait_for("interrupt again");
    running.interrupt();
    let outcome = stopped(running);
    let accepted = outcome.total("accepted") as usize;
    assert!([50, 100].contains(&accepted), "{accepted}");
    assert_eq!(outcome.count("failed", "outcome-unknown"), 250 - accepted);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
}

#[test]
fn a_lost_terminal_counts_as_a_supervisor_does() {
    let tenant = slow(1_500);
    let running = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(1_000))
        .start();
    running.wait_until("eight requests", || tenant.posts().len() == 8);
    running.hang_up();
    let outcome = stopped(running);
    assert_eq!(outcome.total("accepted"), 800);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
    assert_true(&outcome, &tenant, "");
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
    let outcome = stopped(running);
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
        .inject(Fault::new(Effect::TooManyRequests { retry_after: RetryAfter::Seconds(120) }))
        .expect("a fault");
    let running = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(12))
        .start();
    running.wait_until("a 429", || tenant.posts().iter().any(|post| post.status == Some(429)));
    running.wait_for("next request at");
    let outcome = interrupt(running);
    // It was sent once, and refused.
    assert_eq!(outcome.count("failed", "throttled"), 12);
    assert_eq!(outcome.objects()[0].entry["submissions"][0]["attempts"], 1);
    assert_eq!(tenant.posts().len(), 1);
}

#[test]
fn interrupted_at_any_moment_the_report_is_what_the_tenant_has() {
    let (moments, seed) = palisade_e2e::moments("PALISADE_CANCELS", 3);
    let mut random = fastrand::Rng::with_seed(seed);
    for moment in 0..moments {
        let context = format!("moment {moment} with the seed {seed}");
        let tenant = Tenant::with(Settings { latency_milliseconds: 600, ..Settings::default() });
        let running = Palisade::run(&tenant, "add-to-blocklist")
            .configured("")
            .collection_of("domains.txt", domains(10_000))
            .start();
        running.wait_until("a request", || !tenant.posts().is_empty());
        std::thread::sleep(Duration::from_millis(random.u64(0..1_100)));
        running.interrupt();
        let outcome = running.finish();
        let ends = if outcome.total("accepted") == 10_000 { "" } else { "cancelled" };
        assert_eq!(outcome.ended_with(), ends, "{context}: {}", outcome.stderr);
        assert_eq!(tenant.blocked(), outcome.accepted_submissions(), "{context}");
        assert_true(&outcome, &tenant, &context);
        let posts = tenant.posts().len() as f64;
        assert_eq!(outcome.traffic("requests"), posts, "{context}");
    }
}
