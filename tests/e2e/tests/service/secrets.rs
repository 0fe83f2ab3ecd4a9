//! The key of the tenant, the vault's key and the token: searched for in everything that the service writes and says.

use std::io::{BufRead as _, BufReader};

use std::path::Path;

use palisade_e2e::{Service, Tenant, domains};
use serde_json::json;
use vision_one_simulator::KeyStatus;

fn files(directory: &Path, found: &mut Vec<(std::path::PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path, bytes));
        }
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[test]
fn the_key_is_in_no_file_no_answer_and_no_log() {
    let tenant = Tenant::start();
    let mut service = Service::start_with(&tenant, &["-vvv"]);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let key = service.key().to_owned();
    let path = format!("/api/v1/integrations/{integration}/actions/add-to-blocklist");
    let defaults = json!({ "configuration": { "api_key": key } }).to_string();
    let _ = service.send("PUT", &path, "application/json", defaults.as_bytes()).expect(200);
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let first = service.over(service.run(workflow));
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Disabled);
    let second = service.over(service.run(workflow));
    let id = |run: &serde_json::Value| run["id"].as_i64().unwrap();
    let pages = [
        path,
        format!("/api/v1/workflows/{workflow}"),
        format!("/api/v1/workflows/{workflow}/export"),
        format!("/api/v1/runs/{}", id(&first)),
        format!("/api/v1/runs/{}/report.json", id(&second)),
        format!("/api/v1/runs/{}/objects.csv", id(&second)),
        format!("/api/v1/runs/{}/recording.har", id(&first)),
        format!("/api/v1/runs/{}/recording.har", id(&second)),
        "/api/v1/audit".to_owned(),
        "/metrics".to_owned(),
    ];
    for page in &pages {
        let answer = service.get(page);
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.text.contains(&key), "{page} has the key");
        assert!(!answer.text.contains(service.token()), "{page} has the token");
    }
    service.stop();
    let vault_key = std::fs::read_to_string(service.data().join("palisade.key")).unwrap();
    let mut all = Vec::new();
    files(&service.data(), &mut all);
    for (path, bytes) in all {
        assert!(!holds(&bytes, &key), "{} has the key", path.display());
        assert!(!holds(&bytes, service.token()), "{} has the token", path.display());
        let is_key_file = path.ends_with("palisade.key");
        assert!(is_key_file || !holds(&bytes, vault_key.trim()), "{} has the vault's key", path.display());
    }
    let said = service.said();
    assert!(!said.contains(&key) && !said.contains(service.token()) && !said.contains(vault_key.trim()));
}

#[test]
fn a_rotated_key_opens_what_the_old_one_sealed_and_the_old_one_opens_nothing() {
    let tenant = Tenant::start();
    let mut service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    service.stop();
    let data = service.data();
    let palisade = |arguments: &[&str]| {
        std::process::Command::new(palisade_e2e::binary()).args(arguments).output().unwrap()
    };
    let (old, new) = (data.join("palisade.key"), data.join("new.key"));
    assert!(palisade(&["secrets", "keygen", "--out", new.to_str().unwrap()]).status.success());
    let rotated = palisade(&[
        "secrets",
        "rotate",
        "--data",
        data.to_str().unwrap(),
        "--vault-key",
        new.to_str().unwrap(),
        "--vault-previous-key",
        old.to_str().unwrap(),
    ]);
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()];
    let refused = palisade(&serve);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("vault-key-unknown"),
        "the old key opens nothing: {said}"
    );
    let mut lost = std::process::Command::new(palisade_e2e::binary())
        .args(serve)
        .arg("--vault-key-lost")
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(lost.stderr.take().unwrap()).lines();
    assert!(
        lines.map_while(Result::ok).any(|line| line.starts_with("palisade is at")),
        "whoever has lost it goes on"
    );
    lost.kill().unwrap();
    lost.wait().unwrap();
    std::fs::rename(&new, &old).unwrap();
    service.restart();
    assert_eq!(service.over(service.run(workflow))["status"], "Completed");
}
