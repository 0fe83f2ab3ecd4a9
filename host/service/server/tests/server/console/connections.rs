//! Connections as people meet them: created once, used by actions and workflows, rotated in one place, deleted when nobody needs them.

use palisade_orchestrator::Confirmed;
use palisade_server::Role;
use palisade_store::{ConnectionId, StoredValue, Wait as _, WorkflowId};
use serde_json::{Value, json};

use crate::console::support::{Console, leads, post_form, read, value};
use crate::harness::{Answer, Client};

const KEY: &str = "KEY-THAT-NOBODY-SEES";
const EUROPE: &str = "api.eu.xdr.trendmicro.com";
const BLOCK: &str = "/integrations/1/actions/add-to-blocklist";
const EXEMPT: &str = "/integrations/1/actions/add-to-exception-list";

async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    (console, ada)
}

fn secret(console: &Console, id: i64) -> i64 {
    match console.store.connection(ConnectionId(id)).wait().unwrap().configuration.get("api_key") {
        Some(StoredValue::Secret { secret }) => secret.0,
        other => panic!("no key: {other:?}"),
    }
}

fn default_of(console: &Console, action: &str) -> Option<ConnectionId> {
    console.store.action_defaults("trend-vision-one", action).wait().unwrap().connection
}

fn workflow(name: &str, action: &str, connection: Value) -> Value {
    json!({"name": name, "actions": [{"integration": 1, "action": action, "connection": connection}]})
}

async fn create(client: &mut Client, body: &Value) -> Answer {
    client.post("/api/v1/workflows").json(&body.to_string()).send().await
}

#[tokio::test]
async fn a_key_that_is_entered_once_serves_both_actions_and_their_workflows_and_is_rotated_in_one_place() {
    let (console, mut ada) = furnished().await;
    let save = [("setting-api_region", EUROPE), ("setting-api_key", KEY), ("setting-risk_level", "high")];
    leads(&post_form(&mut ada, BLOCK, &save).await);
    let id = Some(ConnectionId(1));
    assert_eq!(
        (default_of(&console, "add-to-blocklist"), default_of(&console, "add-to-exception-list")),
        (id, id)
    );
    let page = ada.get(EXEMPT).send().await;
    assert!(page.body.contains(&format!(r#"<option value="{EUROPE}" selected>"#)), "{}", read(&page));
    assert!(read(&page).contains("A value is set. Leave empty to keep it."), "{}", read(&page));
    for (name, action) in [("One", "add-to-blocklist"), ("Two", "add-to-exception-list")] {
        let mut body = workflow(name, action, Value::Null);
        body["actions"][0].as_object_mut().unwrap().remove("connection");
        assert_eq!(create(&mut ada, &body).await.status, 201);
    }
    for workflow in [1, 2] {
        assert_eq!(console.store.workflow(WorkflowId(workflow)).wait().unwrap().steps[0].connection, id);
    }
    let before = secret(&console, 1);
    let text = read(&ada.get("/connections/1").send().await);
    for told in ["Trend Micro Vision One", "One", "Two", "2 workflows", "Not tested"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let version = value(&ada.get("/connections/1").send().await, "version");
    let form = [("version", version.as_str()), ("name", "Vision One"), ("setting-api_key", "THE-NEXT-KEY")];
    assert_eq!(leads(&post_form(&mut ada, "/connections/1", &form).await), "/connections/1");
    assert!(secret(&console, 1) > before);
    let shown = ada.get("/api/v1/connections/1").send().await;
    assert_eq!(shown.json()["configuration"], json!({"api_region": EUROPE, "api_key": "[secret]"}));
    assert_eq!(shown.json()["used_by"]["workflows"].as_array().unwrap().len(), 2);
    for path in
        ["/connections", "/connections/1", BLOCK, EXEMPT, "/workflows/1", "/workflows/1/edit", "/audit"]
    {
        let page = ada.get(path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(KEY) && !page.body.contains("THE-NEXT-KEY"), "{path}");
    }
    // Who had a page of an action open before the change saves over nothing.
    let stale = [("version", "1"), ("setting-api_key", "A-THIRD-KEY")];
    assert_eq!(post_form(&mut ada, EXEMPT, &stale).await.status, 412);
}

#[tokio::test]
async fn a_connection_is_created_tested_and_deleted_on_its_pages() {
    let (console, mut ada) = furnished().await;
    assert!(read(&ada.get("/connections").send().await).contains("No connection yet"));
    let page = ada.get("/connections/new").send().await;
    assert_eq!(
        (value(&page, "kind").as_str(), value(&page, "name").as_str()),
        ("trend-vision-one", "Trend Micro Vision One")
    );
    let form = |change: &[(&'static str, &'static str)]| {
        let usual = [("kind", "trend-vision-one"), ("name", "Europe"), ("setting-api_region", EUROPE)];
        usual.into_iter().chain(change.iter().copied()).collect::<Vec<_>>()
    };
    let page = post_form(&mut ada, "/connections/new", &form(&[])).await;
    assert!(page.status == 422 && page.body.contains(r#"id="setting-api_key-fault""#), "{}", read(&page));
    let test = [("setting-api_key", KEY), ("do", "test")];
    let page = post_form(&mut ada, "/connections/new", &form(&test)).await;
    assert!(
        read(&page).contains("The connection does not work") && !page.body.contains(KEY),
        "{}",
        read(&page)
    );
    assert!(
        console.store.connections().wait().unwrap().is_empty()
            && !console.store.has_secrets().wait().unwrap()
    );
    let made = post_form(&mut ada, "/connections/new", &form(&[("setting-api_key", KEY)])).await;
    assert_eq!(leads(&made), "/connections/1");
    let page = post_form(&mut ada, "/connections/new", &form(&[("setting-api_key", KEY)])).await;
    assert!(page.status == 422 && page.body.contains(r#"id="name-fault""#), "{}", read(&page));
    // A test of what is saved is remembered until something changes.
    let test = [("name", "Europe"), ("setting-api_region", EUROPE), ("do", "test")];
    assert_eq!(post_form(&mut ada, "/connections/1", &test).await.status, 200);
    let text = read(&ada.get("/connections").send().await);
    assert!(text.contains("Europe Trend Micro Vision One European Union (EU) Failed: "), "{text}");
    // Two people on one connection.
    let one = [("version", "1"), ("name", "Mine"), ("setting-api_region", EUROPE)];
    leads(&post_form(&mut ada, "/connections/1", &one).await);
    let other = [("version", "1"), ("name", "Yours"), ("setting-api_region", EUROPE)];
    let page = post_form(&mut ada, "/connections/1", &other).await;
    assert!(page.status == 412 && read(&page).contains("Name Mine Yours"), "{}", read(&page));
    assert_eq!(value(&page, "version"), "2", "saving again is on purpose");
    assert!(read(&ada.get("/connections").send().await).contains("Not tested"));

    assert_eq!(create(&mut ada, &workflow("Nightly", "add-to-blocklist", json!(1))).await.status, 201);
    for answer in [
        ada.get("/connections/1/delete").send().await,
        post_form(&mut ada, "/connections/1/delete", &[]).await,
    ] {
        assert!(answer.body.contains(r#"href="/workflows/1""#), "{}", read(&answer));
        assert!(!answer.body.contains(r#"action="/connections/1/delete""#));
    }
    let refused = ada.call("DELETE", "/api/v1/connections/1").send().await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "in-use"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("Nightly"), "{}", refused.body);
    console.orchestrator.remove_workflow(WorkflowId(1), "ada").unwrap();
    assert_eq!(leads(&post_form(&mut ada, "/connections/1/delete", &[]).await), "/connections");
    assert_eq!(ada.get("/connections/1").send().await.status, 404);
    let gone = create(&mut ada, &workflow("Late", "add-to-blocklist", json!(1))).await;
    let problem = gone.json();
    assert_eq!(
        (gone.status, &problem["errors"][0]["field"]),
        (422, &json!("actions[0].connection")),
        "{problem}"
    );
}

#[tokio::test]
async fn an_action_chooses_among_connections_and_changes_only_the_one_that_it_shows() {
    let (console, mut ada) = furnished().await;
    let (first, second) = (console.connection("First", KEY), console.connection("Second", KEY));
    let choose =
        |id: &'static str| [("setting-connection", id), ("setting-api_region", "api.xdr.trendmicro.com")];
    leads(&post_form(&mut ada, BLOCK, &choose("1")).await);
    assert_eq!(default_of(&console, "add-to-blocklist"), Some(first));
    assert_eq!(
        default_of(&console, "add-to-exception-list"),
        None,
        "only a new connection is offered to others"
    );
    let region = |id| console.store.connection(id).wait().unwrap().configuration["api_region"].clone();
    assert_eq!(region(first), StoredValue::Value(EUROPE.into()), "the form showed no connection");
    leads(&post_form(&mut ada, BLOCK, &choose("2")).await);
    assert_eq!((default_of(&console, "add-to-blocklist"), region(second)), (Some(second), region(first)));
    // Another region of the shown connection needs its key.
    let page = post_form(&mut ada, BLOCK, &choose("2")).await;
    assert!(page.status == 422 && page.body.contains(r#"id="setting-api_key-fault""#), "{}", read(&page));
    // A key beside the choice of another connection belongs to neither.
    let both = [("setting-connection", "1"), ("setting-api_key", "ANOTHER-KEY")];
    let page = post_form(&mut ada, BLOCK, &both).await;
    assert!(page.status == 422 && page.body.contains(r#"id="setting-api_key-fault""#), "{}", read(&page));
    let new =
        [("setting-connection", "new"), ("setting-api_region", EUROPE), ("setting-api_key", "ANOTHER-KEY")];
    leads(&post_form(&mut ada, BLOCK, &new).await);
    assert_eq!(default_of(&console, "add-to-blocklist"), Some(ConnectionId(3)));
    leads(&post_form(&mut ada, BLOCK, &[("setting-connection", "")]).await);
    assert_eq!(default_of(&console, "add-to-blocklist"), None);
    assert_eq!(console.store.connections().wait().unwrap().len(), 3);
}

#[tokio::test]
async fn operators_manage_connections_and_viewers_only_see_them() {
    let (console, mut ada) = furnished().await;
    console.connection("Europe", KEY);
    let mut grace = console.person(&mut ada, "grace", Role::Operator).await;
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    for path in ["/connections", "/connections/1", "/api/v1/connections", "/api/v1/connections/1"] {
        assert_eq!(linus.get(path).send().await.status, 200, "{path}");
    }
    assert!(linus.get("/connections/1").send().await.body.contains("<fieldset disabled>"));
    for path in ["/connections/new", "/connections/1/delete"] {
        assert_eq!(linus.get(path).send().await.status, 403, "{path}");
        assert_eq!(grace.get(path).send().await.status, 200, "{path}");
    }
    for path in ["/connections/new", "/connections/1", "/connections/1/delete"] {
        assert_eq!(post_form(&mut linus, path, &[]).await.status, 403, "{path}");
    }
    let rotate = json!({"name": "Europe", "kind": "trend-vision-one", "configuration": {"api_key": "NEXT"}});
    let rotated = grace.call("PUT", "/api/v1/connections/1").json(&rotate.to_string()).send().await;
    assert_eq!(rotated.status, 204, "{}", rotated.body);
    let wrong =
        json!({"name": "Europe", "kind": "trend-vision-one", "configuration": {"objects_per_run": 5}});
    let refused = grace.call("PUT", "/api/v1/connections/1").json(&wrong.to_string()).send().await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}
