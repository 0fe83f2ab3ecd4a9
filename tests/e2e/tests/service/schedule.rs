//! A schedule that comes due while the service is stopped makes one run, and not more.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use palisade_e2e::{Service, Tenant, domains};
use palisade_store::{Store, Wait as _, WorkflowId};
use palisade_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use vision_one_simulator::Settings;

/// Gives a workflow this schedule, with its next time in the past.
fn due_since(service: &Service, workflow: i64, schedule: Value, ago: SignedDuration) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&service.data().join("palisade.db")).unwrap());
    let row = store.workflow(WorkflowId(workflow)).wait().unwrap();
    let past = Timestamp::now() - ago;
    let new = palisade_store::NewWorkflow {
        name: row.name.clone(),
        description: row.description.clone(),
        collection: row.collection,
        schedule,
        takes: row.takes,
        evictions: row.evictions,
        enabled: true,
        anchor: past,
        next_tick: Some(past),
        steps: row.steps.clone(),
    };
    store.change_workflow(row.id, &new, None, past).wait().unwrap();
}

#[test]
fn times_that_come_behind_a_long_run_make_one_run() {
    let tenant = Tenant::with(Settings { latency_milliseconds: 6_000, ..Settings::default() });
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(2).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let runs = || service.get("/api/v1/runs").expect(200)["total"].as_u64().unwrap();
    let until = |what: &str, so: &dyn Fn() -> bool| {
        let begun = std::time::Instant::now();
        while !so() {
            assert!(begun.elapsed().as_secs() < 30, "waited in vain until {what}: {}", service.said());
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    // Within the last year lies a time of each, and none is that of another.
    let tick = |month: u8| {
        let yearly = json!({ "kind": "cron", "expression": format!("0 0 1 {month} *"), "zone": "UTC" });
        due_since(&service, workflow, yearly, SignedDuration::from_hours(366 * 24));
    };
    let is_moved = || {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&service.data().join("palisade.db")).unwrap());
        store.workflow(WorkflowId(workflow)).wait().unwrap().next_tick.unwrap() > Timestamp::now()
    };
    tick(1);
    until("the first runs", &|| runs() == 1);
    service.until(1, "it pushes", |run| run["steps"][0]["started_at"].is_string());
    for (month, made, what) in [(2, 2, "one waits behind it"), (3, 2, "no other does")] {
        tick(month);
        until(what, &is_moved);
        assert_eq!(runs(), made, "{what}");
    }
    assert_eq!(service.over(2)["status"], "Completed");
}

#[test]
fn times_that_were_missed_while_stopped_make_one_run() {
    let tenant = Tenant::start();
    let mut service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(2).as_bytes());
    let minutely = json!({ "kind": "cron", "expression": "* * * * *", "zone": "UTC" });
    let settings = json!({ "enabled": true, "schedule": minutely.clone() });
    let workflow = service.workflow("Block", integration, collection, &settings);
    service.stop();
    // As if it had been stopped ten minutes ago.
    due_since(&service, workflow, minutely, SignedDuration::from_mins(10));
    service.restart();
    let begun = std::time::Instant::now();
    while service.get("/api/v1/runs").expect(200)["total"] == 0 {
        assert!(begun.elapsed().as_secs() < 30, "{}", service.said());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let run = service.over(1);
    assert_eq!((&run["origin"], &run["status"]), (&json!("schedule"), &json!("Completed")));
    // At the turn of a minute there may be the next one; never one for each of the ten.
    assert!(service.get("/api/v1/runs").expect(200)["total"].as_u64().unwrap() <= 2);
}
