//! What whoever runs the service has to go by: its numbers, its log, and the way back in.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use palisade_e2e::{Service, Tenant, binary, domains, policy};
use serde_json::{Value, json};
use vision_one_simulator::KeyStatus;

#[test]
fn the_numbers_tell_of_runs_that_failed_and_of_lists_and_the_log_warns() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(7).as_bytes());
    let workflow = service.workflow("Nightly", integration, collection, &json!({}));
    let _ = service.over(service.run(workflow));
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Disabled);
    let failed = service.over(service.run(workflow));
    // A dry run is no sign of health.
    tenant.change_settings(|settings| settings.keys[0].status = KeyStatus::Enabled);
    let dry =
        service.post(&format!("/api/v1/workflows/{workflow}/run"), &json!({ "dry_run": true })).expect(201);
    let _ = service.over(dry["id"].as_i64().unwrap());
    let numbers = service.get("/metrics").text;
    for line in [
        "palisade_runs_ended_total{status=\"Completed\"} 2",
        "palisade_runs_ended_total{status=\"Error during run\"} 1",
        "palisade_runs_open{phase=\"queued\"} 0",
        "palisade_verdicts_total{verdict=\"accepted\"} 7",
        "palisade_verdicts_total{verdict=\"failed\"} 7",
        "palisade_workflows_with_issue 1",
        "entry_type=\"domain\"} 7",
        "# EOF",
    ] {
        assert!(numbers.contains(line), "no `{line}` in\n{numbers}");
    }
    let said = service.said();
    let warned = said.lines().find(|line| line.contains("WARN") && line.contains("run ended with an issue"));
    assert!(
        warned
            .is_some_and(|line| line.contains(&format!("run={}", failed["id"])) && line.contains("Nightly")),
        "{said}"
    );
}

#[test]
fn a_log_in_json_is_json_from_the_first_line_to_the_last() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(binary())
        .args(["--log-format", "json", "serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path())
        .arg("--policy")
        .arg(policy())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut messages = Vec::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok) {
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let message = line["message"].as_str().unwrap().to_owned();
        if message.starts_with("palisade is at") {
            assert!(
                Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success()
            );
        }
        messages.push(message);
    }
    assert!(child.wait().unwrap().success());
    for begins in ["made the key", "Create the administrator account: http", "palisade is at", "stopped"] {
        assert!(messages.iter().any(|message| message.starts_with(begins)), "{begins}: {messages:?}");
    }
}

#[test]
fn whoever_has_the_data_directory_lets_an_administrator_back_in() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let name = service.get("/api/v1/me").expect(200)["name"].as_str().unwrap().to_owned();
    let link = |name: &str| {
        Command::new(binary()).args(["users", "link", name, "--data"]).arg(service.data()).output().unwrap()
    };
    let made = link(&name);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let url = said.trim().strip_prefix("choose a new password: http://127.0.0.1:").unwrap();
    let path = url.split_once('/').unwrap().1.strip_suffix(" (the link works once)").unwrap();
    let page = service.get(&format!("/{path}"));
    assert!(page.status == 200 && page.text.contains("Set the password"), "{}", page.text);
    let log = service.get("/api/v1/audit").expect(200);
    assert_eq!(
        (&log["items"][0]["what"], &log["items"][0]["who"]),
        (&json!("user.link-made"), &json!("the command line"))
    );
    assert!(!link("nobody").status.success());
}

#[test]
fn a_password_is_changed_and_a_schedule_looked_at_over_the_api() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let wrong = json!({ "current": "not this one", "new": "seven tins of red paint" }).to_string();
    let refused =
        service.send("PUT", "/api/v1/me/password", "application/json", wrong.as_bytes()).expect(422);
    assert_eq!(refused["errors"][0]["field"], "current-password");
    let schedule = json!({ "schedule": { "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" } });
    let meant = service.post("/api/v1/schedules/preview", &schedule).expect(200);
    assert_eq!(meant["in_words"], "Daily at 02:30 (Europe/Berlin)");
    assert_eq!(meant["upcoming"].as_array().unwrap().len(), 3);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    for name in ["Block nightly", "Exempt"] {
        let _ = service.workflow(name, integration, collection, &json!({}));
    }
    let found = service.get("/api/v1/workflows?search=NIGHT").expect(200);
    assert_eq!((&found["total"], &found["items"][0]["name"]), (&json!(1), &json!("Block nightly")));
}
