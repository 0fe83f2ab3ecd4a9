//! The command line on the API of a service.

use palisade_e2e::{Service, Tenant, bundle, root};
use serde_json::{Value, json};

fn text(output: &std::process::Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_bundle_is_installed_and_a_workflow_run_from_the_command_line() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let installed = service.command(&["install", bundle().to_str().unwrap()]);
    assert!(installed.status.success(), "{}", text(&installed));
    let notes = root().join("examples/collections/notes.txt");
    let uploaded = service.command(&["collections", "upload", "Notes", notes.to_str().unwrap()]);
    assert!(uploaded.status.success(), "{}", text(&uploaded));
    let workflow = service.workflow("Block", 1, 1, &json!({}));
    let listed = service.command(&["workflow", "list"]);
    assert!(text(&listed).contains("Block"), "{}", text(&listed));
    let ran = service.command(&["--output", "json", "workflow", "run", &workflow.to_string(), "--wait"]);
    let run: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(if run["status"] == "Completed" { 0 } else { 3 }), "{}", text(&ran));
    assert_eq!(run["verdicts"]["accepted"].as_u64().unwrap() as usize, accepted(&service, &run));
    let report = service.command(&["runs", "report", &run["id"].to_string()]);
    assert!(text(&report).contains("accepted"), "{}", text(&report));
}

#[test]
fn workflows_and_their_runs_are_found_by_name() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", b"evil.example.com\n");
    let first = service.workflow("Block all", integration, collection, &json!({}));
    let second = service.workflow("Others", integration, collection, &json!({}));
    let command = |words: &[&str]| {
        let output = service.command(words);
        assert!(output.status.success(), "{words:?}: {}", text(&output));
        text(&output)
    };
    let run: Value =
        serde_json::from_str(&command(&["--output", "json", "workflow", "run", "Block all", "--wait"]))
            .unwrap();
    assert_eq!(run["workflow"], first);
    let other = service.run(second);
    let _ = service.over(other);
    let listed = command(&["runs", "list", "--workflow", "Block all"]);
    assert!(listed.contains("Block all") && !listed.contains("Others"), "{listed}");
    for name in ["Block all", &run["id"].to_string()] {
        assert!(command(&["runs", "show", name]).contains(&format!("run {} of Block all", run["id"])));
    }
    assert!(command(&["workflow", "show", &second.to_string()]).contains("Others"));
    for (words, hint) in [
        (&["runs", "show", "Nobody"][..], "palisade runs list --workflow NAME"),
        (&["runs", "list", "--workflow", "Nobody"], "palisade workflow list"),
    ] {
        let output = service.command(words);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output).contains("error[not-found]") && text(&output).contains(hint),
            "{}",
            text(&output)
        );
    }
    // The option is there: what a hint names can be typed.
    let again = service.command(&["install", bundle().to_str().unwrap()]);
    assert!(text(&again).contains("`--replace`"), "{}", text(&again));
    let _ = command(&["install", bundle().to_str().unwrap(), "--replace"]);
}

fn accepted(service: &Service, run: &Value) -> usize {
    let objects = service.objects(run["id"].as_i64().unwrap(), 1);
    objects.iter().filter(|object| object["decided"]["verdict"] == "accepted").count()
}

#[test]
fn what_the_service_refuses_is_said_with_its_reason_and_its_hint() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let missing = service.command(&["runs", "show", "77"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing).contains("there is no run `77`"), "{}", text(&missing));
    let _ = service.install();
    let again = service.command(&["install", bundle().to_str().unwrap()]);
    assert!(text(&again).contains("installed already"), "{}", text(&again));
    assert!(!text(&again).contains(service.token()));
}

#[test]
fn a_token_does_not_go_over_a_network_in_plain_text() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let output = std::process::Command::new(palisade_e2e::binary())
        .args(["runs", "list", "--server", "http://192.0.2.1:8420"])
        .env("PALISADE_TOKEN", service.token())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("server-address"), "{}", text(&output));
}

#[test]
fn users_are_listed_and_deleted_and_their_sessions_ended_from_the_command_line() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let body = json!({ "name": "grace", "role": "viewer" });
    let made = service.post("/api/v1/users", &body).expect(201);
    let id = made["user"]["id"].as_i64().unwrap();
    let users = |words: &[&str]| {
        let output = service.command(&[&["users"], words].concat());
        (output.status.success(), text(&output))
    };
    let (listed, lines) = users(&["list"]);
    assert!(listed, "{lines}");
    let line = lines.lines().find(|line| line.contains("grace")).unwrap();
    assert!(line.contains("invited") && line.contains("never logged in"), "{line}");
    assert_eq!(users(&["sessions", "grace"]), (true, "no sessions\n".to_owned()));
    assert_eq!(users(&["end-sessions", "grace"]), (true, "ended all sessions of `grace`\n".to_owned()));
    let (ended, said) = users(&["end-sessions", "grace", "--session", "999"]);
    assert!(!ended && said.contains("there is no session `999`"), "{said}");
    assert!(users(&["delete", "nobody"]).1.contains("palisade users list"));
    assert_eq!(users(&["delete", "grace"]), (true, format!("deleted user {id} `grace`\n")));
    assert_eq!(service.get(&format!("/api/v1/users/{id}")).status, 404);
    let own = service.get("/api/v1/me").expect(200)["name"].as_str().unwrap().to_owned();
    let (deleted, said) = users(&["delete", &own]);
    assert!(!deleted && said.contains("only administrator"), "{said}");
}

#[test]
fn columns_are_named_for_an_upload_from_the_command_line() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c2.csv");
    let hash = "ab".repeat(32);
    std::fs::write(&file, format!("sha256,c2 address\n{hash},198.51.100.7\n{hash},198.51.100.8\n")).unwrap();
    let column = ["--column", "value=C2 address", "--format", "csv"];
    let uploaded =
        service.command(&[&["collections", "upload", "C2", file.to_str().unwrap()][..], &column].concat());
    assert!(uploaded.status.success(), "{}", text(&uploaded));
    let held = service.get("/api/v1/collections/1/preview").expect(200);
    assert_eq!((&held["objects"], &held["by_type"]["IP Address"]), (&json!(2), &json!(2)), "{held}");
    let wrong = service.command(&["collections", "upload", "C2", file.to_str().unwrap(), "--column", "C2"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
}
