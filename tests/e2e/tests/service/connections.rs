//! Connections on the wire: one key, entered once, serves both actions and two workflows, which share its budget; it is rotated in
//! one step, also while a run is in flight; and of an edit, a save and a deletion at the same moment none undoes another.

use std::collections::BTreeSet;

use palisade_e2e::{Service, Tenant, domains};
use serde_json::{Value, json};
use vision_one_simulator::{ApiKey, Effect, Fault, KeyStatus, RetryAfter, Settings};

const NEXT: &str = "the-next-key-of-this-tenant";

fn put(service: &Service, path: &str, body: &Value) -> u16 {
    service.send("PUT", path, "application/json", body.to_string().as_bytes()).status
}

/// The keys of the changing requests after the first `seen`.
fn keys(tenant: &Tenant, seen: usize) -> BTreeSet<String> {
    let key = |request: &vision_one_simulator::Received| {
        request.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap().to_owned()
    };
    tenant.posts().iter().skip(seen).map(key).collect()
}

/// Rotates the key of a connection: one call.
fn rotate(service: &Service, connection: i64) {
    let body =
        json!({ "name": "Vision One", "kind": "trend-vision-one", "configuration": { "api_key": NEXT } });
    assert_eq!(put(service, &format!("/api/v1/connections/{connection}"), &body), 204);
}

fn workflow(service: &Service, name: &str, collection: i64, actions: &[&str]) -> i64 {
    let action = |action: &&str| json!({ "integration": 1, "action": action });
    let actions: Vec<Value> = actions.iter().map(action).collect();
    let body = json!({ "name": name, "collection": collection, "max_evictions": null, "actions": actions });
    service.post("/api/v1/workflows", &body).expect(201)["id"].as_i64().unwrap()
}

/// A service whose key was entered once, on the page of one action; its connection, and a collection.
fn configured(tenant: &Tenant, objects: usize) -> (Service, i64, i64) {
    let service = Service::start(tenant);
    let integration = service.install();
    let defaults = json!({ "configuration": { "api_key": service.key() } });
    assert_eq!(
        put(&service, &format!("/api/v1/integrations/{integration}/actions/add-to-blocklist"), &defaults),
        200
    );
    let collection = service.collection("All", "list.txt", domains(objects).as_bytes());
    let connection = service.connection();
    (service, connection, collection)
}

#[test]
fn one_key_serves_both_actions_and_two_workflows_and_is_rotated_in_one_step() {
    let tenant = Tenant::start();
    let (service, connection, collection) = configured(&tenant, 3);
    let first = workflow(&service, "Block", collection, &["add-to-blocklist"]);
    let second = workflow(&service, "Exempt", collection, &["add-to-exception-list"]);
    let run_both = || {
        for workflow in [first, second] {
            let run = service.over(service.run(workflow));
            assert_eq!(run["status"], "Completed", "{run}");
        }
    };
    run_both();
    assert_eq!((tenant.blocked().len(), tenant.exempted().len()), (3, 3));
    assert_eq!(keys(&tenant, 0), BTreeSet::from([service.key().to_owned()]));
    tenant.change_settings(|settings| {
        settings.keys[0].status = KeyStatus::Disabled;
        settings.keys.push(ApiKey::new(NEXT));
    });
    let seen = tenant.posts().len();
    rotate(&service, connection);
    run_both();
    assert_eq!(keys(&tenant, seen), BTreeSet::from([NEXT.to_owned()]));
    let users = service.get(&format!("/api/v1/connections/{connection}")).expect(200)["used_by"].clone();
    assert_eq!(users["workflows"].as_array().unwrap().len(), 2);
    let actions = users["actions"].as_array().unwrap();
    assert!(actions.len() >= 2, "the connection serves every action of its bundle: {actions:?}");
}

#[test]
fn workflows_of_one_connection_share_its_budget_and_those_of_another_do_not() {
    let tenant = Tenant::with(Settings { keys: Vec::new(), ..Settings::default() });
    let (service, _, collection) = configured(&tenant, 2);
    let first = workflow(&service, "First", collection, &["add-to-blocklist"]);
    let second = workflow(&service, "Second", collection, &["add-to-exception-list"]);
    tenant.change_settings(|settings| settings.keys.push(ApiKey::new(NEXT)));
    let other = json!({ "name": "Other", "kind": "trend-vision-one", "configuration": { "api_key": NEXT } });
    let other = service.post("/api/v1/connections", &other).expect(201);
    let action = json!({ "integration": 1, "action": "add-to-exception-list", "connection": other["id"] });
    let third =
        json!({ "name": "Third", "collection": collection, "max_evictions": null, "actions": [action] });
    let third = service.post("/api/v1/workflows", &third).expect(201)["id"].as_i64().unwrap();
    tenant
        .inject(Fault::new(Effect::TooManyRequests { retry_after: RetryAfter::Seconds(8) }).times(1))
        .unwrap();
    let first = service.run(first);
    service.until(first, "it was told to wait", |_| !tenant.received().is_empty());
    let seen = tenant.received().len();
    let second = service.run(second);
    let third = service.over(service.run(third));
    assert_eq!(third["status"], "Completed", "{third}");
    let key = format!("Bearer {}", service.key());
    let of_first =
        |request: &vision_one_simulator::Received| request.headers["authorization"] == key.as_str();
    let meanwhile = tenant.received().into_iter().skip(seen).filter(of_first).count();
    assert_eq!(meanwhile, 0, "the second workflow waits as the first one does");
    for run in [first, second] {
        assert_eq!(service.over(run)["status"], "Completed");
    }
}

#[test]
fn a_key_that_is_rotated_while_a_run_is_in_flight_serves_its_next_step() {
    let tenant = Tenant::with(Settings { latency_milliseconds: 1_000, ..Settings::default() });
    let (service, connection, collection) = configured(&tenant, 3);
    tenant.change_settings(|settings| settings.keys.push(ApiKey::new(NEXT)));
    let both = workflow(&service, "Both", collection, &["add-to-blocklist", "add-to-exception-list"]);
    let run = service.run(both);
    service.until(run, "its first step pushes", |_| !tenant.posts().is_empty());
    rotate(&service, connection);
    let run = service.over(run);
    assert_eq!(run["status"], "Completed", "{run}");
    let posts = tenant.posts();
    let key = |path: &str| {
        let post = posts.iter().find(|post| post.path == path).unwrap();
        post.headers["authorization"].to_str().unwrap().to_owned()
    };
    assert_eq!(key("/v3.0/threatintel/suspiciousObjects"), format!("Bearer {}", service.key()));
    assert_eq!(key("/v3.0/threatintel/suspiciousObjectExceptions"), format!("Bearer {NEXT}"));
    assert_eq!(
        (tenant.blocked().len(), tenant.exempted().len(), posts.len()),
        (3, 3, 2),
        "nothing is sent twice"
    );
}

#[test]
fn of_two_edits_of_one_version_one_is_refused_and_a_connection_in_use_is_not_deleted() {
    let tenant = Tenant::start();
    let (service, connection, collection) = configured(&tenant, 1);
    workflow(&service, "Block", collection, &["add-to-blocklist"]);
    let refused = service.delete(&format!("/api/v1/connections/{connection}")).expect(409);
    assert_eq!(refused["code"], "in-use");
    assert!(refused["detail"].as_str().unwrap().contains("`Block`"), "{refused}");
    // A region of its own needs the key again: it would be sent to another host.
    let moved = json!({
        "name": "Vision One", "kind": "trend-vision-one", "configuration": { "api_region": "Australia" },
    });
    let moved = service.send(
        "PUT",
        &format!("/api/v1/connections/{connection}"),
        "application/json",
        moved.to_string().as_bytes(),
    );
    assert_eq!(moved.expect(422)["errors"][0]["field"], "api_key");
}

#[test]
fn a_connection_that_is_deleted_while_a_workflow_is_saved_leaves_no_workflow_without_one() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    for round in 0..20 {
        let name = format!("Connection {round}");
        let body = json!({ "name": name, "kind": "trend-vision-one", "configuration": { "api_key": service.key() } });
        let connection = service.post("/api/v1/connections", &body).expect(201)["id"].as_i64().unwrap();
        let path = format!("/api/v1/connections/{connection}");
        let action =
            json!({ "integration": integration, "action": "add-to-blocklist", "connection": connection });
        let wanted = json!({ "name": format!("Workflow {round}"), "actions": [action] });
        let (saved, deleted) = std::thread::scope(|scope| {
            let saving = scope.spawn(|| service.post("/api/v1/workflows", &wanted).status);
            let deleting = scope.spawn(|| service.delete(&path).status);
            (saving.join().unwrap(), deleting.join().unwrap())
        });
        assert!(matches!((saved, deleted), (201, 409) | (409 | 422, 204)), "{saved} {deleted}");
        assert_eq!(service.get(&path).status, if saved == 201 { 200 } else { 404 });
    }
}
