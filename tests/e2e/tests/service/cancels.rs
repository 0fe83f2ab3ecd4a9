//! *Cancel* at any moment of a run: what is in flight is awaited and recorded, and run, story, recording and CSV say of every
//! object what the tenant has of it. `cargo xtask cancel-test` cancels at more moments.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use palisade_e2e::{Service, Tenant, domains, moments};
use serde_json::{Value, json};
use vision_one_simulator::{Effect, Fault, Settings};

/// A service with a workflow for this many objects.
fn service(tenant: &Tenant, objects: usize) -> (Service, i64) {
    let service = Service::start(tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(objects).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    (service, workflow)
}

fn cancel(service: &Service, run: i64) -> Value {
    let _ = service.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).expect(202);
    service.over(run)
}

/// Compares what the run says of each object with what the tenant has received, and holds.
fn assert_true(service: &Service, tenant: &Tenant, run: i64, context: &str) {
    let received: BTreeSet<String> =
        tenant.items().iter().filter_map(|item| Some(item["domain"].as_str()?.to_owned())).collect();
    let held: BTreeSet<String> = tenant.blocked().into_iter().map(|(_, value)| value).collect();
    for object in service.objects(run, 1) {
        let value = object["value"].as_str().expect("a value");
        let decided = &object["decided"];
        let sent = decided["submissions"][0]["attempts"].as_u64().unwrap_or_default() > 0;
        assert_eq!(sent, received.contains(value), "{context}: sent, {object}");
        match (decided["verdict"].as_str(), decided["code"].as_str()) {
            (Some("accepted"), _) => assert!(held.contains(value), "{context}: {object}"),
            (Some("failed"), Some("outcome-unknown")) => assert!(sent, "{context}: {object}"),
            (Some("failed"), Some("cancelled")) => assert!(!held.contains(value), "{context}: {object}"),
            other => assert_eq!(other, (Some("failed"), Some("cancelled")), "{context}: {object}"),
        }
    }
}

#[test]
fn with_eight_posts_in_flight_their_answers_are_awaited_and_recorded() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 3_000 }).applied(false)).expect("a fault");
    let (service, workflow) = service(&tenant, 8_500);
    let run = service.run(workflow);
    service.until(run, "eight requests are in flight", |_| tenant.posts().len() == 8);
    let report = cancel(&service, run);
    assert_eq!(report["status"], "Incomplete", "{report}");
    assert_eq!(report["verdicts"]["accepted"], 8_000, "{report}");
    assert_eq!(tenant.blocked().len(), 8_000);
    assert_true(&service, &tenant, run, "");
    let har = service.get(&format!("/api/v1/runs/{run}/recording.har")).expect(200);
    let posts = har["log"]["entries"].as_array().unwrap().iter();
    assert_eq!(posts.filter(|entry| entry["request"]["method"] == "POST").count(), 8);
}

#[test]
fn a_request_without_an_answer_is_told_in_story_recording_and_csv() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 100_000 }).applied(false)).expect("a fault");
    let (service, workflow) = service(&tenant, 20);
    let run = service.run(workflow);
    service.until(run, "a request is in flight", |_| tenant.posts().len() == 1);
    let report = cancel(&service, run);
    assert_eq!(report["status"], "Incomplete", "{report}");
    let object = service.objects(run, 1).swap_remove(0);
    assert_eq!(object["decided"]["code"], "outcome-unknown", "{object}");
    assert_eq!(object["decided"]["submissions"][0]["attempts"], 1, "{object}");
    let csv = service.get(&format!("/api/v1/runs/{run}/objects.csv")).text;
    assert_eq!(csv.lines().filter(|line| line.contains("outcome-unknown")).count(), 20, "{csv}");
    let har = service.get(&format!("/api/v1/runs/{run}/recording.har")).expect(200);
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.last().unwrap()["response"]["status"], 0, "{har}");
    let story = service.get_with(&format!("/runs/{run}/objects/1"), &[("cookie", service.session())]).text;
    assert!(story.contains("outcome-unknown"), "{story}");
    assert!(!story.contains("Nothing was submitted"), "{story}");
}

#[test]
fn a_run_that_is_cancelled_after_a_kill_does_not_say_that_nothing_was_sent() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 2_000 }).applied(false)).expect("a fault");
    let (mut service, workflow) = service(&tenant, 3_000);
    let run = service.run(workflow);
    service.until(run, "three requests are in flight", |_| tenant.posts().len() == 3);
    let _ = service.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).expect(202);
    service.kill();
    service.restart();
    let _ = service.over(run);
    let unknown = |object: &Value| object["decided"]["code"] == "outcome-unknown";
    let objects = service.objects(run, 1);
    assert!(objects.iter().all(unknown), "{:?}", objects.iter().find(|object| !unknown(object)));
}

#[test]
fn cancelled_at_any_moment_the_run_says_what_the_tenant_has() {
    let (moments, seed) = moments("PALISADE_CANCELS", 2);
    let mut random = fastrand::Rng::with_seed(seed);
    let tenant = Tenant::with(Settings { latency_milliseconds: 600, ..Settings::default() });
    let (service, workflow) = service(&tenant, 10_000);
    for moment in 0..moments {
        let context = format!("moment {moment} with the seed {seed}");
        tenant.reset();
        tenant.change_settings(|settings| settings.latency_milliseconds = 600);
        let run = service.run(workflow);
        service.until(run, "it has sent", |run| run["phase"] == "ended" || !tenant.posts().is_empty());
        thread::sleep(Duration::from_millis(random.u64(0..1_200)));
        let cancelled = service.post(&format!("/api/v1/runs/{run}/cancel"), &json!({}));
        assert!([202, 409].contains(&cancelled.status), "{context}: {}", cancelled.text);
        let report = service.over(run);
        let accepted = report["verdicts"]["accepted"].as_u64().expect("a count");
        assert_eq!(tenant.blocked().len() as u64, accepted, "{context}: {report}");
        assert_true(&service, &tenant, run, &context);
    }
}
