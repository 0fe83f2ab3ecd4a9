//! Runs that push to the same list at the same time evict nothing that is not theirs, and report what the list holds.

use std::collections::BTreeSet;

use palisade_e2e::{Palisade, Service, Tenant};
use serde_json::{Value, json};

/// Entries of others on the block list of a tenant at its limit.
const HELD: usize = 9_000;
/// What one run adds.
const NEW: usize = 900;

fn named(name: &str, count: usize) -> String {
    (0..count).map(|number| format!("{name}{number}.example\n")).collect()
}

/// A tenant whose block list holds entries of others.
fn crowded(entries: usize) -> Tenant {
    let tenant = Tenant::start();
    let seeded = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("held.txt", named("held", entries))
        .go();
    assert_eq!(seeded.total("accepted"), entries as u64, "{}", seeded.stderr);
    assert_eq!(left(&tenant, "held"), entries);
    tenant
}

fn left(tenant: &Tenant, name: &str) -> usize {
    tenant.blocked().iter().filter(|(_, value)| value.starts_with(name)).count()
}

/// The values that a run of the service reports as accepted.
fn accepted(service: &Service, run: i64) -> BTreeSet<String> {
    let objects = service.objects(run, 1).into_iter();
    let accepted = objects.filter(|object| object["decided"]["verdict"] == "accepted");
    accepted.map(|object| object["value"].as_str().unwrap().to_owned()).collect()
}

/// The values with this beginning that the list holds.
fn held(tenant: &Tenant, name: &str) -> BTreeSet<String> {
    tenant.blocked().into_iter().map(|(_, value)| value).filter(|value| value.starts_with(name)).collect()
}

fn code(run: &Value) -> &str {
    run["steps"][0]["code"].as_str().unwrap_or_default()
}

#[test]
fn twenty_pairs_of_pushes_at_the_limit_evict_nothing() {
    let tenant = crowded(HELD);
    let service = Service::start(&tenant);
    let integration = service.install();
    let careful = json!({ "max_evictions": 0 });
    // Ten pairs of 50 new ones each find room; then the list is full.
    let runs: Vec<(String, i64)> = (0..40)
        .map(|number| {
            let name = format!("run{number}x");
            let collection = service.collection(&name, "list.txt", named(&name, 50).as_bytes());
            (name.clone(), service.workflow(&name, integration, collection, &careful))
        })
        .collect();
    let runs: Vec<(String, i64)> =
        runs.into_iter().map(|(name, workflow)| (name, service.run(workflow))).collect();
    let mut completed = 0;
    for (name, run) in &runs {
        let over = service.over(*run);
        assert_eq!(accepted(&service, *run), held(&tenant, name), "{over}");
        match code(&over) {
            "" => completed += 1,
            other => assert_eq!(other, "would-evict", "{over}"),
        }
    }
    assert_eq!(completed, 20, "as many as there was room for");
    assert_eq!(left(&tenant, "held"), HELD);
    assert_eq!(tenant.blocked().len(), 10_000);
}

#[test]
fn two_runs_that_need_the_same_room_are_told_apart() {
    let tenant = crowded(HELD);
    let service = Service::start(&tenant);
    let integration = service.install();
    let careful = json!({ "max_evictions": 0 });
    let workflows = ["one", "two"].map(|name| {
        let collection = service.collection(name, "list.txt", named(name, NEW).as_bytes());
        service.workflow(name, integration, collection, &careful)
    });
    let [one, two] = workflows.map(|workflow| service.run(workflow)).map(|run| (run, service.over(run)));
    let codes = BTreeSet::from([code(&one.1), code(&two.1)]);
    assert_eq!(codes, BTreeSet::from(["", "would-evict"]), "{} {}", one.1, two.1);
    for (name, (run, _)) in [("one", &one), ("two", &two)] {
        assert_eq!(accepted(&service, *run), held(&tenant, name));
    }
    assert_eq!(left(&tenant, "held"), HELD);
    assert_eq!(tenant.blocked().len(), HELD + NEW);
}

#[test]
fn a_run_waits_without_a_worker_and_is_cancelled_while_it_waits() {
    let tenant = crowded(100);
    let service = Service::start(&tenant);
    let integration = service.install();
    let slow = vision_one_simulator::Effect::Slow { milliseconds: 5_000 };
    tenant
        .inject(vision_one_simulator::Fault::new(slow).on("POST", "/v3.0/threatintel/suspiciousObjects"))
        .unwrap();
    let careful = json!({ "max_evictions": 0 });
    let runs: Vec<i64> = (0..3)
        .map(|number| {
            let name = format!("run{number}x");
            let collection = service.collection(&name, "list.txt", named(&name, 10).as_bytes());
            service.run(service.workflow(&name, integration, collection, &careful))
        })
        .collect();
    let waits = |run: &Value| {
        run["reason"].as_str().is_some_and(|reason| reason.contains("pushing to the same list"))
    };
    for run in &runs[1..] {
        service.until(*run, "it waits for the first", |run| run["phase"] == "waiting" && waits(run));
    }
    let cancelled = service.post(&format!("/api/v1/runs/{}/cancel", runs[1]), &json!({}));
    assert!((200..300).contains(&cancelled.status), "{}", cancelled.text);
    assert_eq!(service.over(runs[1])["status"], "Incomplete");
    assert_eq!(service.over(runs[0])["status"], "Completed");
    assert_eq!(service.over(runs[2])["status"], "Completed");
    assert_eq!((left(&tenant, "run0x"), left(&tenant, "run1x"), left(&tenant, "run2x")), (10, 0, 10));
}

#[test]
fn a_run_of_the_command_line_beside_the_service_evicts_nothing() {
    let tenant = crowded(HELD);
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("served", "list.txt", named("served", NEW).as_bytes());
    let workflow = service.workflow("Served", integration, collection, &json!({ "max_evictions": 0 }));
    let beside = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("beside.txt", named("beside", NEW))
        .start();
    let run = service.run(workflow);
    let (beside, over) = (beside.finish(), service.over(run));
    assert_eq!(left(&tenant, "held"), HELD, "{over}\n{}", beside.stderr);
    assert_eq!(accepted(&service, run), held(&tenant, "served"));
    assert_eq!(beside.total("accepted") as usize, left(&tenant, "beside"), "{}", beside.stderr);
    assert!(tenant.blocked().len() <= 10_000);
    let served = code(&over);
    assert!(["", "would-evict"].contains(&served), "{over}");
    assert!(
        served == "would-evict" || beside.ended_with() == "would-evict",
        "both had no room: {}",
        beside.stderr
    );
}
