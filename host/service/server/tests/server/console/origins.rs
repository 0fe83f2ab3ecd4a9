//! A secret serves the origins it was entered for and no others, whichever way a configuration comes about.

use std::time::Duration;

use jiff::Timestamp;
use palisade_model::Verdict;
use palisade_orchestrator::Request;
use palisade_server::Role;
use palisade_store::{
    CollectionId, ConnectionContent, ConnectionId, ConnectionWrite, NewWorkflow, RunId, StoredValue, Takes,
    Wait as _, WorkflowId, WorkflowStep,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::console::support::{Console, leads, post_files, post_form};
use crate::harness::{Answer, Client};

/// A bundle whose operator says where its requests go, and another in its next version that says so itself.
fn manifest(version: &str, origin: &str) -> String {
    let parameters = if origin == "{target}" { "target, api_key" } else { "api_key" };
    format!(
        r#"schema: 2
contract: palisade:action@0.2.0
id: anywhere
name: Anywhere
version: {version}
publisher: Nobody
description: Sends to wherever it is told to.
license: Apache-2.0
component: component.wasm
connections:
  - id: service
    label: Service
    parameters: [{parameters}]
    origin: "{origin}"
    credential: {{headers: [{{name: Authorization, format: "Bearer {{api_key}}"}}]}}
parameters:
  - {{name: target, label: Target, help: Where to., type: origin, required: true}}
  - {{name: other, label: Other, help: Where else to., type: origin, required: true}}
  - {{name: note, label: Note, help: What it is for., type: text, default: none}}
  - {{name: api_key, label: Key, help: A key., type: secret, required: true}}
actions:
  - id: go
    title: Go
    description: Sends something.
    effect: blocks
    changes: reversible
    accepts:
      - kind: Indicator
        subtypes: [FQDN]
    sections:
      - {{title: All, parameters: [target, other, note, api_key]}}
    egress:
      - connection: service
        methods: [POST]
        changes: true
        paths: [/x/*]
        idempotent: true
        reason: To send something.
      - origin: "{{other}}"
        methods: [POST]
        changes: true
        paths: [/y]
        idempotent: true
        reason: To send something without the key.
"#
    )
}

const GOOD: &str = "https://good.example";
const EVIL: &str = "https://evil.example";

/// A service whose administrator has saved where to send, and the key for there.
async fn configured() -> (Console, Client, Client) {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let zip = console.bundle(|_| manifest("0.1.0", "{target}"), Some(&console.key));
    let answer = ada.post("/api/v1/integrations").body("application/zip", &zip).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let answer =
        put(&mut ada, ACTION, &json!({"configuration": values(json!({"api_key": "ADMIN-KEY"}))})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let grace = console.person(&mut ada, "grace", Role::Operator).await;
    (console, ada, grace)
}

const ACTION: &str = "/api/v1/integrations/1/actions/go";

fn values(more: Value) -> Value {
    let mut values = json!({"target": GOOD, "other": GOOD});
    values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    values
}

fn workflow(name: &str, configuration: Value) -> Value {
    json!({"name": name, "actions": [{"integration": 1, "action": "go", "was": 1, "configuration": configuration}]})
}

async fn post(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.post(path).json(&body.to_string()).send().await
}

async fn put(client: &mut Client, path: &str, body: &Value) -> Answer {
    client.call("PUT", path).json(&body.to_string()).send().await
}

fn asks_again(answer: &Answer) {
    assert_eq!(answer.status, 422, "{}", answer.body);
    let problem = answer.json();
    assert!(problem["errors"][0]["field"].as_str().unwrap().ends_with("api_key"), "{problem}");
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("enter this secret again: it was entered for `https://"), "{message}");
}

#[tokio::test]
async fn an_operator_gets_no_administrators_secret_by_changing_the_origin_it_goes_to() {
    let (_console, mut ada, mut grace) = configured().await;
    let create = "/api/v1/workflows";
    // A workflow refers to the connection: where that leads is not the workflow's to say.
    for values in [json!({"target": EVIL}), json!({"target": EVIL, "api_key": "[secret]"})] {
        let answer = post(&mut grace, create, &workflow("override", values)).await;
        let problem = answer.json();
        let field = json!("actions[0].configuration.target");
        assert_eq!((answer.status, &problem["errors"][0]["field"]), (422, &field), "{problem}");
    }
    // As it was entered, and where the key does not go.
    let answer = post(&mut grace, create, &workflow("as entered", json!({"other": EVIL, "note": "x"}))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);

    // A change of the connection asks for its key again, also with the mask, and so does a test.
    let (one, read) = ("/api/v1/connections/1", grace.get("/api/v1/connections/1").send().await.json());
    for values in [json!({"target": EVIL}), json!({"target": EVIL, "api_key": "[secret]"})] {
        let body = json!({"name": read["name"], "kind": "anywhere", "configuration": values});
        asks_again(&put(&mut grace, one, &body).await);
        let body = json!({"configuration": values});
        asks_again(&post(&mut grace, &format!("{one}/test"), &body).await);
        let body = json!({"connection": 1, "configuration": values});
        asks_again(&post(&mut ada, &format!("{ACTION}/test"), &body).await);
    }
    let answer = put(&mut grace, one, &json!({"name": "renamed", "kind": "anywhere"})).await;
    assert_eq!(answer.status, 204, "the key serves where it was entered for: {}", answer.body);
    // A connection of her own, with her own key, back to the first origin.
    let own = json!({"name": "own", "kind": "anywhere", "configuration": {"target": EVIL, "api_key": "GRACES-OWN"}});
    assert_eq!(post(&mut grace, "/api/v1/connections", &own).await.status, 201);
    let back = json!({"name": "own", "kind": "anywhere", "configuration": {"target": GOOD}});
    asks_again(&put(&mut grace, "/api/v1/connections/2", &back).await);
    // A connection is for one kind of service.
    let answer = put(&mut grace, one, &json!({"name": "renamed", "kind": "other"})).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    // An import brings no place to send a key to.
    let file = grace.get("/api/v1/workflows/1/export").send().await.body;
    assert!(!file.contains("target") && file.contains("connection: renamed"), "{file}");
    let line = file.lines().find(|line| line.trim() == "note: x").unwrap();
    let beside = format!("{line}\n{}", line.replace("note: x", &format!("target: {EVIL}")));
    let file = file.replace(line, &beside).replace("as entered", "imported");
    let answer =
        grace.post("/api/v1/workflows/import").body("application/yaml", file.as_bytes()).send().await;
    let field = json!("actions[0].configuration.target");
    assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &field), "{}", answer.body);
}

#[tokio::test]
async fn an_administrator_who_changes_the_origin_of_defaults_enters_the_secret_again() {
    let (_console, mut ada, mut grace) = configured().await;
    asks_again(&put(&mut ada, ACTION, &json!({"configuration": {"target": EVIL}})).await);
    let answer = post(&mut ada, &format!("{ACTION}/test"), &json!({"configuration": {"target": EVIL}})).await;
    asks_again(&answer);
    // The form of the page, whose secret is empty and whose mask is no secret.
    for secret in ["", "[secret]"] {
        let form = [("setting-target", EVIL), ("setting-other", GOOD), ("setting-api_key", secret)];
        let answer = post_form(&mut ada, "/integrations/1/actions/go", &form).await;
        assert!(answer.status == 422 && answer.body.contains("nter this secret again"), "{}", answer.body);
    }
    let form = [("setting-target", GOOD), ("setting-other", EVIL), ("setting-api_key", "[secret]")];
    leads(&post_form(&mut ada, "/integrations/1/actions/go", &form).await);
    let answer = post(&mut grace, "/api/v1/workflows", &workflow("kept", json!({}))).await;
    assert_eq!(answer.status, 201, "the mask kept the secret: {}", answer.body);
}

#[tokio::test]
async fn a_secret_is_not_saved_while_its_origin_is_open() {
    let (console, mut ada, mut grace) = configured().await;
    let sealed = |console: &Console| console.held("anywhere", "go");
    let before = sealed(&console);
    // Said at once and at the field, over the API and on the page: it would have to be entered again.
    let defaults = json!({"target": null, "api_key": "OPEN-KEY"});
    let answer = put(&mut ada, ACTION, &json!({"configuration": defaults})).await;
    let problem = answer.json();
    assert_eq!((answer.status, &problem["errors"][0]["field"]), (422, &json!("api_key")), "{problem}");
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("set “Target” (`target`) first"), "{message}");
    let form = [("setting-target", ""), ("setting-other", GOOD), ("setting-api_key", "OPEN-KEY")];
    let answer = post_form(&mut ada, "/integrations/1/actions/go", &form).await;
    assert!(answer.status == 422 && answer.body.contains(r#"id="setting-api_key-fault""#), "{}", answer.body);
    assert!(answer.body.contains("Set “Target”"), "{}", answer.body);
    assert_eq!(sealed(&console), before, "nothing was saved");
    // An open origin that the secret does not go to is no reason.
    let defaults = json!({"other": null, "api_key": "KEY"});
    assert_eq!(put(&mut ada, ACTION, &json!({"configuration": defaults})).await.status, 200);
    // Together with the origin it is saved, and serves a workflow.
    let both = json!({"target": GOOD, "other": GOOD, "api_key": "KEY"});
    assert_eq!(put(&mut ada, ACTION, &json!({"configuration": both})).await.status, 200);
    assert_eq!(post(&mut grace, "/api/v1/workflows", &workflow("served", json!({}))).await.status, 201);
}

#[tokio::test]
async fn a_secret_does_not_follow_a_later_version_of_its_bundle_to_another_origin() {
    let (console, mut ada, mut grace) = configured().await;
    // A later version of the bundle that sends the key elsewhere by itself.
    let zip = console.bundle(|_| manifest("0.2.0", EVIL), Some(&console.key));
    assert_eq!(
        put(&mut ada, ACTION, &json!({"configuration": values(json!({"api_key": "K"}))})).await.status,
        200
    );
    let answer = ada.post("/api/v1/integrations?replace=true").body("application/zip", &zip).send().await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let mut later = workflow("later", json!({"target": GOOD}));
    later["actions"][0]["integration"] = json!(2);
    let answer = post(&mut grace, "/api/v1/workflows", &later).await;
    let problem = answer.json();
    assert_eq!(
        (answer.status, &problem["errors"][0]["field"]),
        (422, &json!("actions[0].connection")),
        "{problem}"
    );
    let message = problem["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("enter this secret again: it was entered for `https://good.example`"),
        "{message}"
    );
}

#[tokio::test]
async fn a_run_opens_no_secret_for_another_origin_whoever_wrote_its_configuration() {
    let (console, _ada, mut grace) = configured().await;
    let files = [("files", "a.txt", &b"evil-domain.example\n"[..])];
    let made = post_files(&mut grace, "/api/v1/collections/upload", &[("name", "a")], &files).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(post(&mut grace, "/api/v1/workflows", &workflow("good", json!({}))).await.status, 201);
    // As if there were a way to write it.
    let configuration = console.store.workflow(WorkflowId(1)).wait().unwrap().steps[0].configuration.clone();
    let mut held = console.store.connection(ConnectionId(1)).wait().unwrap().configuration;
    held.insert("target".to_owned(), StoredValue::Value(json!(EVIL)));
    let content =
        ConnectionContent { name: "forged".to_owned(), kind: "anywhere".to_owned(), configuration: held };
    let now = Timestamp::now();
    let write = ConnectionWrite {
        id: None,
        content,
        expected: None,
        others: Vec::new(),
        who: "nobody".to_owned(),
        now,
    };
    let connection = Some(console.store.write_connection(&write).wait().unwrap());
    let forged = NewWorkflow {
        name: "forged".to_owned(),
        description: String::new(),
        collection: Some(CollectionId(1)),
        schedule: json!({"kind": "none"}),
        takes: Takes::All,
        evictions: Some(0),
        enabled: false,
        anchor: now,
        next_tick: None,
        steps: vec![WorkflowStep {
            bundle: palisade_store::BundleId(1),
            action: "go".to_owned(),
            connection,
            configuration,
        }],
    };
    let id = console.store.add_workflow(&forged, "nobody", now).wait().unwrap();
    let orchestrator = console.orchestrator.clone();
    assert!(orchestrator.request_run(id, Request::Now, false, "grace").is_err());
    let run: RunId = orchestrator.request_run(id, Request::Tick(now), false, "schedule").unwrap().unwrap();
    let (drain, draining) = watch::channel(false);
    let worker = std::sync::Arc::new(orchestrator.clone());
    let serving = tokio::spawn(async move { orchestrator.executor().serve(worker, draining).await });
    let ended = async {
        while console.store.run(run).wait().unwrap().ended_at.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap();
    drain.send_replace(true);
    serving.await.unwrap();
    let failed = console.store.failed_objects(run).wait().unwrap();
    assert_eq!(failed[0].verdicts, [(1, Verdict::Failed)]);
    let steps = console.store.run_steps(run).wait().unwrap();
    let end = steps[0].end.as_ref().unwrap();
    assert_eq!(end.how, palisade_model::StepEnding::NotBegun);
    assert!(end.message.as_ref().unwrap().contains("enter this secret again"), "{end:?}");
}

#[tokio::test]
async fn what_was_read_can_be_sent_back_for_every_resource() {
    let (console, mut ada, mut grace) = configured().await;
    let files = [("files", "a.txt", &b"evil-domain.example\n"[..])];
    post_files(&mut grace, "/api/v1/collections/upload", &[("name", "files"), ("description", "d")], &files)
        .await;
    let connection = json!({
        "origin": "https://threatq.example", "collection": "5d41402abc4b2a76", "grant": "password", "email": "a@example.com",
        "client_id": "client", "secret": "THREATQ-SECRET",
    });
    let live = json!({"name": "live", "description": "from there", "connection": connection});
    assert_eq!(post(&mut grace, "/api/v1/collections", &live).await.status, 201);
    let mut wanted = workflow("sent back", json!({"note": "mine"}));
    wanted["collection"] = json!(1);
    wanted["schedule"] = json!({"kind": "daily", "at": "02:30", "zone": "Europe/Berlin"});
    wanted["max_evictions"] = json!(null);
    assert_eq!(post(&mut grace, "/api/v1/workflows", &wanted).await.status, 201);
    let secrets = |console: &Console| {
        let configuration =
            console.store.workflow(WorkflowId(1)).wait().unwrap().steps[0].configuration.clone();
        let defaults = console.store.action_defaults("anywhere", "go").wait().unwrap();
        let source = console.store.collection(CollectionId(2)).wait().unwrap().source;
        ((configuration, console.held("anywhere", "go")), defaults, source)
    };
    let before = secrets(&console);
    for (method, path) in [
        ("PUT", "/api/v1/workflows/1"),
        ("PUT", "/api/v1/collections/1"),
        ("PUT", "/api/v1/collections/2"),
        ("PUT", ACTION),
        ("PUT", "/api/v1/connections/1"),
        ("PATCH", "/api/v1/users/2"),
    ] {
        let read = ada.get(path).send().await;
        assert_eq!(read.status, 200, "{path}: {}", read.body);
        let sent = ada.call(method, path).json(&read.body).send().await;
        assert!(matches!(sent.status, 200 | 204), "{path}: {} {}", sent.status, sent.body);
        let (mut was, mut is) = (read.json(), ada.get(path).send().await.json());
        for volatile in ["modified_at", "upcoming", "version"] {
            for value in [&mut was, &mut is] {
                value.as_object_mut().unwrap().remove(volatile);
            }
        }
        assert_eq!(was, is, "{path}");
        // What nobody knows is refused all the same.
        let mut unknown = read.json();
        unknown["colour"] = json!("red");
        let sent = ada.call(method, path).json(&unknown.to_string()).send().await;
        assert_eq!(sent.status, 422, "{path}: {}", sent.body);
    }
    assert_eq!(secrets(&console), before, "no mask became a secret");
    // A live collection that is edited with the mask keeps its secret, and a new one cannot be made with it.
    let mut edited = ada.get("/api/v1/collections/2").send().await.json();
    edited["connection"]["email"] = json!("b@example.com");
    assert_eq!(put(&mut ada, "/api/v1/collections/2", &edited).await.status, 204);
    let secret = |source: &Value| source["log_in"]["secret"].clone();
    assert_eq!(secret(&secrets(&console).2), secret(&before.2));
    edited["connection"]["origin"] = json!(EVIL);
    let answer = put(&mut ada, "/api/v1/collections/2", &edited).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &json!("secret")));
    let mut masked = live.clone();
    masked["name"] = json!("masked");
    masked["connection"]["secret"] = json!("[secret]");
    assert_eq!(post(&mut ada, "/api/v1/collections", &masked).await.status, 422);
}

#[tokio::test]
async fn selected_objects_without_a_type_are_read_as_the_console_reads_them() {
    let (console, _ada, mut grace) = configured().await;
    assert_eq!(post(&mut grace, "/api/v1/workflows", &workflow("selected", json!({}))).await.status, 201);
    let objects = json!([
        {"value": "evil-domain.example"}, {"value": "192.31.196.7"}, {"type": "URL", "value": "https://a.example/x"},
        {"value": "hxxps://bad[.]example/y"},
    ]);
    let answer = post(&mut grace, "/api/v1/workflows/1/run", &json!({"objects": objects})).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.header("location").starts_with("/api/v1/runs/"));
    let objects = console.store.objects_at(RunId(1), &[1, 2, 3, 4]).wait().unwrap();
    let told: Vec<(&str, &str, &str)> =
        objects.iter().map(|(_, object)| (&*object.subtype, &*object.value, &*object.location)).collect();
    assert_eq!(told[0], ("FQDN", "evil-domain.example", "line 1"));
    assert_eq!((told[1].0, told[1].2), ("IP Address", "line 2"));
    assert_eq!((told[2].0, told[3].0), ("URL", "URL"));
    for wrong in [
        json!({"value": ""}),
        json!({"value": "a.example\nb.example"}),
        json!({"type": "", "value": "a.example"}),
    ] {
        let answer = post(&mut grace, "/api/v1/workflows/1/run", &json!({"objects": [wrong]})).await;
        assert_eq!(answer.status, 422, "{wrong}: {}", answer.body);
    }
}
