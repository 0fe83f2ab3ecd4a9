//! A schedule that comes due while the service is stopped makes one run, and not more.

use jiff::{SignedDuration, Timestamp};
use palisade_e2e::{Service, Tenant, domains};
use palisade_store::{Store, WorkflowId};
use serde_json::json;

#[test]
fn times_that_were_missed_while_stopped_make_one_run() {
    let tenant = Tenant::start();
    let mut service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(2).as_bytes());
    let settings =
        json!({ "enabled": true, "schedule": { "kind": "cron", "expression": "* * * * *", "zone": "UTC" } });
    let workflow = service.workflow("Block", integration, collection, &settings);
    service.stop();
    {
        // As if it had been stopped ten minutes ago.
        let store = Store::open(&service.data().join("palisade.db")).unwrap();
        let row = store.workflow(WorkflowId(workflow)).unwrap();
        let past = Timestamp::now() - SignedDuration::from_mins(10);
        let new = palisade_store::NewWorkflow {
            name: row.name.clone(),
            description: row.description.clone(),
            collection: row.collection,
            schedule: row.schedule.clone(),
            takes: row.takes,
            evictions: row.evictions,
            enabled: true,
            anchor: past,
            next_tick: Some(past),
            steps: row.steps.clone(),
        };
        store.change_workflow(row.id, &new, past).unwrap();
    }
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
