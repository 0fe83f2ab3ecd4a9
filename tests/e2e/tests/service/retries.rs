//! *Retry failed*: exactly what failed, where it failed, and once.

use palisade_e2e::{Service, Tenant, domains};
use serde_json::{Value, json};
use vision_one_simulator::Fault;

const BLOCK: &str = "/v3.0/threatintel/suspiciousObjects";
const EXEMPT: &str = "/v3.0/threatintel/suspiciousObjectExceptions";

/// A service with a workflow of both actions, in this order.
fn both(tenant: &Tenant, objects: usize, order: [&str; 2]) -> (Service, i64, Value) {
    let service = Service::start(tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(objects).as_bytes());
    let action =
        |id: &str| json!({ "integration": integration, "action": id, "connection": service.connection() });
    let settings = json!({ "actions": order.map(action) });
    let workflow = service.workflow("Both", integration, collection, &settings);
    (service, workflow, settings)
}

fn retry(service: &Service, run: &Value) -> Value {
    let made = service.post(&format!("/api/v1/runs/{}/retry", run["id"]), &json!({})).expect(201);
    service.over(made["id"].as_i64().unwrap())
}

#[test]
fn an_action_that_gives_up_leaves_nothing_open_behind_it_and_a_retry_makes_up_for_all() {
    let tenant = Tenant::start();
    let (service, workflow, _) = both(&tenant, 2_500, ["add-to-blocklist", "add-to-exception-list"]);
    tenant.inject(Fault::status(403).on("POST", BLOCK).after(1)).unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!(run["status"], "Error during run", "{run}");
    let (first, second) = (&run["steps"][0]["verdicts"], &run["steps"][1]);
    assert!(first["accepted"].as_u64().unwrap() > 0 && first["failed"].as_u64().unwrap() > 0, "{run}");
    assert_eq!(
        (&second["verdicts"]["failed"], &second["code"]),
        (&json!(2_500), &json!("earlier-step-failed"))
    );
    tenant.clear_faults();
    let retried = retry(&service, &run);
    assert_eq!((&retried["status"], &retried["objects"]), (&json!("Completed"), &json!(2_500)), "{retried}");
    assert_eq!((tenant.blocked().len(), tenant.exempted().len()), (2_500, 2_500));
    assert_eq!(
        retried["steps"][0]["verdicts"]["skipped"], first["accepted"],
        "what was done is not done again"
    );
}

#[test]
fn what_failed_in_an_action_is_retried_in_that_action_wherever_it_stands_now() {
    let tenant = Tenant::start();
    let (service, workflow, mut settings) = both(&tenant, 3, ["add-to-exception-list", "add-to-blocklist"]);
    tenant.inject(Fault::status(403).on("POST", BLOCK)).unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!((tenant.exempted().len(), tenant.blocked().len()), (3, 0), "{run}");
    tenant.clear_faults();
    // Only the one that failed is left, so that it is the first.
    settings["name"] = json!("Both");
    settings["actions"].as_array_mut().unwrap().remove(0);
    let collection = service.get(&format!("/api/v1/workflows/{workflow}")).expect(200)["collection"].clone();
    settings["collection"] = collection;
    let body = settings.to_string();
    let changed =
        service.send("PUT", &format!("/api/v1/workflows/{workflow}"), "application/json", body.as_bytes());
    assert_eq!(changed.status, 204, "{}", changed.text);
    let retried = retry(&service, &run);
    assert_eq!((&retried["status"], tenant.blocked().len()), (&json!("Completed"), 3), "{retried}");
    assert_eq!(tenant.posts().iter().filter(|post| post.path == EXEMPT).count(), 1);
}

#[test]
fn a_run_is_retried_once_and_its_retry_by_a_retry_of_its_own() {
    let tenant = Tenant::start();
    let (service, workflow, _) = both(&tenant, 3, ["add-to-blocklist", "add-to-exception-list"]);
    tenant.inject(Fault::status(403).on("POST", BLOCK)).unwrap();
    let run = service.over(service.run(workflow));
    let retried = retry(&service, &run);
    assert_eq!(retried["status"], "Error during run", "{retried}");
    tenant.clear_faults();
    let refused = service.post(&format!("/api/v1/runs/{}/retry", run["id"]), &json!({})).expect(409);
    assert_eq!(refused["code"], "retried-already");
    assert!(refused["detail"].as_str().unwrap().contains(&format!("run {}", retried["id"])), "{refused}");
    assert_eq!(retry(&service, &retried)["status"], "Completed");
    assert_eq!((tenant.blocked().len(), tenant.exempted().len()), (3, 3));
}

#[test]
fn what_a_retry_brought_to_its_end_is_not_taken_again_as_changed() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({ "takes": "changed" }));
    tenant.inject(Fault::status(403).on("POST", BLOCK)).unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!(run["verdicts"]["failed"], 3, "{run}");
    tenant.clear_faults();
    assert_eq!(retry(&service, &run)["status"], "Completed");
    let posts = tenant.posts().len();
    let next = service.over(service.run(workflow));
    assert_eq!((&next["objects"], tenant.posts().len()), (&json!(0), posts), "{next}");
}
