//! Collections: files of every format, a saved filter, and names that climb.

use palisade_e2e::{Service, Tenant, domains, root};
use serde_json::json;

#[test]
fn every_format_can_be_uploaded_and_previewed() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    for file in
        ["campaign.stix.json", "indicators.threatq.json", "known-good.csv", "notes.txt", "report.misp.json"]
    {
        let content = std::fs::read(root().join("examples/collections").join(file)).unwrap();
        let collection = service.collection(file, file, &content);
        let preview = service.get(&format!("/api/v1/collections/{collection}/preview")).expect(200);
        assert!(preview["objects"].as_u64().unwrap() > 0, "{file}: {preview}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_its_place_and_leaves_nothing() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let (kind, body) = palisade_e2e::form("Broken", &[("../../broken.json", b"{\"data\": [")]);
    let refused = service.send("POST", "/api/v1/collections/upload", &kind, &body).expect(422);
    assert!(refused["detail"].as_str().unwrap().contains("`broken.json`"), "{refused}");
    assert_eq!(service.get("/api/v1/collections").expect(200)["total"], 0);
}

#[test]
fn a_saved_filter_says_what_a_run_takes() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let content = std::fs::read(root().join("examples/collections/indicators.threatq.json")).unwrap();
    let collection = service.collection("All", "indicators.json", &content);
    let changed = json!({ "name": "All", "filter": { "types": ["FQDN"], "score_from": 5 } }).to_string();
    let path = format!("/api/v1/collections/{collection}");
    assert_eq!(service.send("PUT", &path, "application/json", changed.as_bytes()).status, 204);
    let preview = service.get(&format!("{path}/preview")).expect(200);
    let types: Vec<&String> = preview["by_type"].as_object().unwrap().keys().collect();
    assert_eq!(types, ["FQDN"]);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let run = service.over(service.run(workflow));
    assert_eq!(run["objects"], preview["objects"]);
    assert_eq!(run["selection"]["filtered"], preview["filtered"]);
    let wrong = json!({ "name": "All", "filter": { "score_from": 9, "score_to": 1 } }).to_string();
    let wrong = service.send("PUT", &path, "application/json", wrong.as_bytes()).expect(422);
    assert_eq!(wrong["errors"][0]["field"], "score_to");
}

#[test]
fn a_collection_that_workflows_use_is_not_removed() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let _ = service.workflow("Block", integration, collection, &json!({}));
    let refused = service.delete(&format!("/api/v1/collections/{collection}")).expect(409);
    assert!(refused["detail"].as_str().unwrap().contains("`Block`"), "{refused}");
}
