//! Runs: overlapping, cancelled, stopped by the service, refused, retried; and what the tenant received of them.

use palisade_e2e::{Service, Tenant, domains};
use serde_json::{Value, json};
use vision_one_simulator::{Effect, Fault, KeyStatus, RetryAfter, Settings};

fn service(tenant: &Tenant, objects: usize) -> (Service, i64, i64) {
    let service = Service::start(tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(objects).as_bytes());
    (service, integration, collection)
}

#[test]
fn what_a_run_says_is_what_the_tenant_has() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 250);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let run = service.over(service.run(workflow));
    assert_eq!((&run["status"], &run["verdicts"]["accepted"]), (&json!("Completed"), &json!(250)));
    assert_eq!(tenant.blocked().len(), 250);
    let csv = service.get(&format!("/api/v1/runs/{}/objects.csv", run["id"])).text;
    assert_eq!(csv.lines().count(), 251);
    let har = service.get(&format!("/api/v1/runs/{}/recording.har", run["id"])).expect(200);
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), tenant.received().len());
}

#[test]
fn a_dry_run_says_how_many_it_would_add_refresh_and_leave() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 7);
    // What the comparison will find: four of the seven as they would be sent, one of them with another risk.
    let held = |name: &str, from: usize, to: usize, settings: &Value| {
        let lines: Vec<String> = domains(7).lines().skip(from).take(to - from).map(str::to_owned).collect();
        let some = service.collection(name, "list.txt", lines.join("\n").as_bytes());
        let workflow = service.workflow(name, integration, some, settings);
        assert_eq!(service.over(service.run(workflow))["status"], "Completed");
    };
    let risk = |level: &str| {
        let (connection, configuration) = (service.connection(), json!({ "risk_level": level }));
        json!({ "actions": [{ "integration": integration, "action": "add-to-blocklist", "connection": connection, "configuration": configuration }] })
    };
    held("Held", 0, 3, &risk("high"));
    held("Risky", 3, 4, &risk("low"));
    let pushed = tenant.posts().len();
    let workflow = service.workflow("Block", integration, collection, &risk("high"));
    let made =
        service.post(&format!("/api/v1/workflows/{workflow}/run"), &json!({ "dry_run": true })).expect(201);
    let run = service.over(made["id"].as_i64().unwrap());
    assert_eq!(tenant.posts().len(), pushed, "nothing was sent");
    let found = &run["steps"][0]["comparison"];
    // The tenant is asked, not the product: who is on the list is not added.
    let on_list = tenant.blocked().len() as u64;
    assert_eq!(found["added"].as_u64().unwrap(), 7 - on_list, "{run}");
    assert_eq!(found["refreshed"].as_u64().unwrap() + found["unchanged"].as_u64().unwrap(), on_list, "{run}");
    assert!(found["refreshed"].as_u64().unwrap() >= 1, "{run}");
    assert_eq!(found["also_on"], json!({}));

    let csv = service.get(&format!("/api/v1/runs/{}/objects.csv", run["id"])).text;
    let words = |word: &str| csv.lines().filter(|line| line.contains(&format!(",{word},"))).count() as u64;
    for word in ["added", "refreshed", "unchanged"] {
        assert_eq!(Some(words(word)), found[word].as_u64(), "{word}: {csv}");
    }
    let shown = service.command(&["runs", "show", &run["id"].to_string()]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains(&format!("compared: added {}", 7 - on_list)), "{shown}");
    // A push has not compared.
    let pushed = service.over(service.run(workflow));
    assert_eq!(pushed["steps"][0]["comparison"], Value::Null);
}

#[test]
fn two_runs_of_one_workflow_never_overlap() {
    let tenant = Tenant::with(Settings { latency_milliseconds: 100, ..Settings::default() });
    let (service, integration, collection) = service(&tenant, 1_500);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let (first, second) = (service.run(workflow), service.run(workflow));
    service.until(first, "it pushes", |run| run["steps"][0]["started_at"].is_string());
    let waiting = service.get(&format!("/api/v1/runs/{second}")).expect(200);
    assert_eq!(waiting["reason"], format!("waits for run {first} of the same workflow"), "{waiting}");
    let (first, second) = (service.over(first), service.over(second));
    let moment = |run: &Value, field: &str| run[field].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(moment(&first, "ended_at") <= moment(&second, "started_at"), "{first} {second}");
}

#[test]
fn a_run_that_is_cancelled_ends_and_says_so_of_each_object() {
    let tenant = Tenant::with(Settings { latency_milliseconds: 1_500, ..Settings::default() });
    let (service, integration, collection) = service(&tenant, 9_500);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let run = service.run(workflow);
    service.until(run, "it pushes", |run| run["steps"][0]["started_at"].is_string());
    let _ = service.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).expect(202);
    let report = service.over(run);
    assert_eq!(report["status"], "Incomplete", "{report}");
    assert!(report["issue"].as_bool().unwrap());
    let failed: Vec<Value> = service
        .objects(run, 1)
        .into_iter()
        .filter(|object| object["decided"]["verdict"] == "failed")
        .collect();
    assert!(!failed.is_empty());
    assert!(failed.iter().all(|object| object["decided"]["code"] == "cancelled"), "{:?}", failed.first());
    // Once more is once too often.
    assert_eq!(
        service.post(&format!("/api/v1/runs/{run}/cancel"), &json!({})).expect(409)["code"],
        "run-over"
    );
}

#[test]
fn a_service_that_is_asked_to_end_puts_down_its_runs_and_takes_them_up_again() {
    let tenant = Tenant::with(Settings { latency_milliseconds: 1_000, ..Settings::default() });
    let (mut service, integration, collection) = service(&tenant, 12_000);
    let limited = json!({ "actions": [{
        "integration": integration,
        "action": "add-to-blocklist",
        "connection": service.connection(),
        "configuration": { "objects_per_run": 10_000 },
    }] });
    let workflow = service.workflow("Block", integration, collection, &limited);
    let run = service.run(workflow);
    service.until(run, "eight requests are in flight", |_| tenant.posts().len() >= 8);
    service.stop();
    // What was in flight was awaited, and is not sent again.
    assert!(tenant.posts().len() < 10);
    service.restart();
    let report = service.over(run);
    assert_eq!((&report["status"], &report["verdicts"]["accepted"]), (&json!("Completed"), &json!(10_000)));
    assert_eq!(tenant.blocked().len(), 10_000);
    assert_eq!(tenant.posts().len(), 10, "nothing is sent twice");
}

#[test]
fn a_key_that_is_refused_is_an_error_during_the_run_and_a_retry_takes_exactly_what_failed() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 30);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Disabled);
    let run = service.over(service.run(workflow));
    assert_eq!(run["status"], "Error during run", "{run}");
    assert!(run["hint"].as_str().unwrap().contains("key"), "{run}");
    assert_eq!(run["verdicts"]["failed"], 30);
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Enabled);
    let retried = service.post(&format!("/api/v1/runs/{}/retry", run["id"]), &json!({})).expect(201);
    let retried = service.over(retried["id"].as_i64().unwrap());
    assert_eq!((&retried["retry_of"], &retried["objects"]), (&run["id"], &json!(30)));
    assert_eq!((&retried["status"], tenant.blocked().len()), (&json!("Completed"), 30));
    let again = service.post(&format!("/api/v1/runs/{}/retry", retried["id"]), &json!({})).expect(409);
    assert_eq!(again["code"], "no-objects");
}

#[test]
fn a_run_that_cannot_begin_fails_to_complete_and_says_why() {
    let tenant = Tenant::start();
    let service = Service::start_with(&tenant, &[]);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", b"evil.example\n");
    let europe = json!({
        "name": "Europe",
        "kind": "trend-vision-one",
        "configuration": { "api_key": service.key(), "api_region": "api.eu.xdr.trendmicro.com" },
    });
    let connection = service.post("/api/v1/connections", &europe).expect(201);
    let settings = json!({ "actions": [{
        "integration": integration, "action": "add-to-blocklist", "connection": connection["id"],
    }]});
    // Nobody has said where that region is, and this machine reaches nobody.
    let workflow = service.workflow("Elsewhere", integration, collection, &settings);
    let run = service.over(service.run(workflow));
    assert_ne!(run["status"], "Completed", "{run}");
    assert_eq!(run["verdicts"]["failed"], 1);
    assert!(tenant.received().is_empty());
}

#[test]
fn a_wait_that_the_service_imposes_is_spent_without_a_worker_and_told() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 5);
    let first = service.workflow("First", integration, collection, &json!({}));
    let second = service.workflow("Second", integration, collection, &json!({}));
    tenant
        .inject(Fault::new(Effect::TooManyRequests { retry_after: RetryAfter::Seconds(20) }).times(1))
        .unwrap();
    let first = service.run(first);
    service.until(first, "it waits", |run| run["steps"][0]["started_at"].is_string());
    service.until(first, "it says why it stands still", |run| {
        run["phase"] == "running"
            && run["reason"].as_str().is_some_and(|reason| reason.contains("the service asked to wait"))
    });
    let second = service.run(second);
    // It waits for the first run's turn at the list, which comes before the service's wait.
    service.until(second, "it says why it waits", |run| {
        run["phase"] == "waiting"
            && run["reason"].as_str().is_some_and(|reason| reason.contains("is pushing to the same list"))
    });
    let requests = tenant.received().len();
    assert_eq!(requests, 1, "one credential, one budget");
    let (first, second) = (service.over(first), service.over(second));
    assert_eq!((&first["status"], &second["status"]), (&json!("Completed"), &json!("Completed")));
    assert_eq!(first["reason"], Value::Null, "{first}");
}

#[test]
fn a_manual_run_takes_the_selected_objects_in_place_of_the_collection() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 5);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let body = json!({ "objects": [{ "type": "FQDN", "value": "chosen.example" }] });
    let made = service.post(&format!("/api/v1/workflows/{workflow}/run"), &body).expect(201);
    let run = service.over(made["id"].as_i64().unwrap());
    assert_eq!((&run["origin"], &run["objects"]), (&json!("manual"), &json!(1)));
    assert_eq!(
        tenant.blocked().into_iter().collect::<Vec<_>>(),
        [("domain".into(), "chosen.example".into())]
    );
}

#[test]
fn a_dry_run_changes_nothing_and_plans_everything() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 5);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let made =
        service.post(&format!("/api/v1/workflows/{workflow}/run"), &json!({ "dry_run": true })).expect(201);
    let run = service.over(made["id"].as_i64().unwrap());
    assert_eq!(run["verdicts"]["planned"], 5, "{run}");
    assert!(tenant.posts().is_empty() && tenant.blocked().is_empty());
}

#[test]
fn an_idempotency_key_makes_one_run() {
    let tenant = Tenant::start();
    let (service, integration, collection) = service(&tenant, 5);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let url = format!("{}/api/v1/workflows/{workflow}/run", service.address());
    let ask = || {
        let mut answer = ureq::post(&url)
            .header("authorization", format!("Bearer {}", service.token()))
            .header("content-type", "application/json")
            .header("idempotency-key", "nightly-1")
            .send("{}")
            .unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    assert_eq!(ask(), ask());
    assert_eq!(service.get("/api/v1/runs").expect(200)["total"], 1);
}
