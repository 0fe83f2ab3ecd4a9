//! Installing, configuring and removing bundles, with the confirmations that the guide speaks of.

use palisade_e2e::{Service, Tenant, bundle, bundle_of, compile_bomb, domains};
use serde_json::json;

#[test]
fn a_bundle_that_is_there_wants_a_confirmation() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let first = service.install();
    let zip = std::fs::read(bundle()).unwrap();
    let again = service.send("POST", "/api/v1/integrations", "application/zip", &zip).expect(409);
    assert_eq!(again["code"], "already-installed");
    let confirmed =
        service.send("POST", "/api/v1/integrations?replace=true", "application/zip", &zip).expect(201);
    assert_eq!(confirmed["id"], first, "the same zip is the same version");
    let review = service.send("POST", "/api/v1/integrations/review", "application/zip", &zip).expect(200);
    assert_eq!(review["installed"]["same"], true);
    assert_eq!(review["authenticity"]["status"], "signed");
}

#[test]
fn a_zip_that_nobody_trusted_has_signed_is_refused() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let mut zip = std::fs::read(bundle()).unwrap();
    let half = zip.len() / 2;
    zip[half] ^= 1;
    assert_eq!(service.send("POST", "/api/v1/integrations", "application/zip", &zip).status, 422);
    assert_eq!(service.send("POST", "/api/v1/integrations", "application/zip", b"no zip").status, 422);
    assert_eq!(service.get("/api/v1/integrations").expect(200)["total"], 0);
}

#[test]
fn defaults_are_for_future_workflows_only_and_a_secret_is_never_shown() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let workflow = service.workflow("Before", integration, collection, &json!({}));
    let path = format!("/api/v1/integrations/{integration}/actions/add-to-blocklist");
    let defaults = json!({ "configuration": { "api_key": service.key(), "risk_level": "High" } }).to_string();
    let saved = service.send("PUT", &path, "application/json", defaults.as_bytes());
    assert!(!saved.text.contains(service.key()));
    let _ = saved.expect(200);
    let before = service.get(&format!("/api/v1/workflows/{workflow}")).expect(200);
    assert_eq!(before["actions"][0]["configuration"]["risk_level"], "threatq-score", "it kept its copy");
    let wanted =
        json!({ "name": "After", "actions": [{ "integration": integration, "action": "add-to-blocklist" }] });
    let after = service.post("/api/v1/workflows", &wanted).expect(201);
    let after = service.get(&format!("/api/v1/workflows/{}", after["id"])).expect(200);
    assert_eq!(after["actions"][0]["configuration"]["risk_level"], "high");
    let connection = format!("/api/v1/connections/{}", after["actions"][0]["connection"]);
    let connection = service.get(&connection).expect(200);
    assert_eq!(connection["configuration"]["api_key"], "[secret]");
    let wrong = json!({ "configuration": { "risk_level": "enormous" } }).to_string();
    let wrong = service.send("PUT", &path, "application/json", wrong.as_bytes()).expect(422);
    assert_eq!(wrong["errors"][0]["field"], "risk_level");
}

#[test]
fn a_mask_that_is_sent_back_keeps_the_secret_and_a_new_secret_is_in_the_audit_log() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(2).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let path = format!("/api/v1/connections/{}", service.connection());
    let put = |key: &str| {
        let mut body = service.get(&path).expect(200);
        body["configuration"]["api_key"] = json!(key);
        service.send("PUT", &path, "application/json", body.to_string().as_bytes())
    };
    assert_eq!(put("[secret]").status, 204);
    assert_eq!(service.over(service.run(workflow))["status"], "Completed");
    assert_eq!(put("another key").status, 204);
    let line = service.get("/api/v1/audit").expect(200)["items"][0].clone();
    let key = |side: &str| line[side]["configuration"]["api_key"].clone();
    assert_eq!((key("before"), key("after")), (json!("[secret]"), json!("[new secret]")), "{line}");
}

#[test]
fn a_version_that_an_open_run_uses_is_not_uninstalled() {
    let tenant =
        Tenant::with(vision_one_simulator::Settings { latency_milliseconds: 1_000, ..Default::default() });
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let workflow = service.workflow("Nightly block", integration, collection, &json!({}));
    let run = service.run(workflow);
    service.until(run, "it pushes", |run| run["steps"][0]["started_at"].is_string());
    let refused = service.delete(&format!("/api/v1/integrations/{integration}")).expect(409);
    assert!(
        refused["detail"].as_str().unwrap().contains(&format!("run {run} of Nightly block")),
        "{refused}"
    );
    assert_eq!(service.over(run)["status"], "Completed");
}

#[test]
fn uninstall_is_refused_while_workflows_use_it_and_names_them() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let workflow = service.workflow("Nightly block", integration, collection, &json!({}));
    let path = format!("/api/v1/integrations/{integration}");
    let refused = service.delete(&path).expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("Nightly block"), "{refused}");
    assert_eq!(service.delete(&format!("/api/v1/workflows/{workflow}")).status, 204);
    assert_eq!(service.delete(&path).status, 204);
    let log = service.get("/api/v1/audit").expect(200);
    let whats: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
    assert_eq!(whats[..2], ["integration.removed", "workflow.removed"]);
}

#[test]
fn a_key_that_is_no_longer_trusted_stops_what_it_signed() {
    let tenant = Tenant::start();
    let own = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(palisade_e2e::policy(), own.path()).unwrap();
    let service = Service::start_with(&tenant, &["--policy", own.path().to_str().unwrap()]);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    std::fs::write(own.path(), "").unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!(run["status"], "Failed to Complete", "{run}");
    assert!(run["reason"].as_str().unwrap().contains("not trusted"), "{run}");
    assert!(tenant.received().is_empty());
}

#[test]
fn a_component_that_takes_too_much_to_compile_is_not_installed() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let directory = tempfile::TempDir::new().unwrap();
    let zip = std::fs::read(bundle_of(directory.path(), "bomb", &compile_bomb(2_000, 9_000))).unwrap();
    let refused = service.send("POST", "/api/v1/integrations", "application/zip", &zip).expect(422);
    assert_eq!(refused["code"], "component-too-complex");
    assert_eq!(service.get("/api/v1/integrations").expect(200)["total"], 0);
}
