//! Two people, or two tabs, on one thing; the builder's buttons; imports of a name that exists; what asks before it is done.

use palisade_orchestrator::Confirmed;
use palisade_server::Role;
use palisade_store::{BundleId, ConnectionId, Page, RunFilter, StoredValue, Wait as _, WorkflowId};

use crate::console::support::{Console, leads, post_files, post_form, read, value};
use crate::harness::{Answer, Client};

const KEY: &str = "KEY-THAT-NOBODY-SEES";

/// A service with a bundle and a collection.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    let files: [(&str, &str, &[u8]); 1] = [("files", "list.txt", b"evil.example\nworse.example\n")];
    leads(&post_files(&mut ada, "/collections/new", &[("name", "Feed"), ("format", "")], &files).await);
    assert_eq!(console.connection("Vision One", KEY), ConnectionId(1));
    (console, ada)
}

/// The builder's form with one action.
fn form<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("name", "Nightly"),
        ("collection", "1"),
        ("kind", "none"),
        ("takes", "all"),
        ("evictions", "0"),
        ("enabled", "on"),
        ("do", "save"),
        ("step.1.bundle", "1"),
        ("step.1.action", "add-to-blocklist"),
        ("step.1.was", ""),
        ("steps.1.connection", "1"),
        ("steps.1.url_scheme", "https"),
        ("steps.1.scan_action", "log"),
        ("steps.1.risk_level", "high"),
        ("steps.1.ioc_expiration", "7"),
        ("steps.1.objects_per_run", "500"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| change.iter().all(|(changed, _)| changed != name));
    kept.chain(change.iter().copied()).collect()
}

/// The form of the saved workflow.
fn edited<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = form(&[("step.1.was", "0")]);
    fields.retain(|(name, _)| change.iter().all(|(changed, _)| changed != name));
    fields.extend_from_slice(change);
    fields
}

fn runs(console: &Console) -> u64 {
    console.store.runs(&RunFilter::default(), Page::ALL).wait().unwrap().1
}

#[tokio::test]
async fn two_tabs_on_one_workflow_and_the_later_save_sees_both() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/new", &form(&[])).await);
    let page = ada.get("/workflows/1/edit").send().await;
    assert_eq!(value(&page, "version"), "1");
    let one = edited(&[("version", "1"), ("name", "From one tab"), ("steps.1.objects_per_run", "20")]);
    leads(&post_form(&mut ada, "/workflows/1/edit", &one).await);
    let other = edited(&[("version", "1"), ("name", "From the other"), ("description", "mine")]);
    let page = post_form(&mut ada, "/workflows/1/edit", &other).await;
    let text = read(&page);
    assert_eq!(page.status, 412, "{text}");
    for told in [
        "Not saved. This workflow was changed at",
        "Name From one tab From the other",
        "Action 1, Objects Per Run 20 500",
        "Description mine",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("Action 1, Scan Action"), "what is the same is not a difference: {text}");
    assert_eq!(value(&page, "name"), "From the other", "what was entered stays");
    assert_eq!(value(&page, "version"), "2", "saving again is on purpose");
    let row = console.store.workflow(WorkflowId(1)).wait().unwrap();
    assert_eq!(
        (row.name.as_str(), row.description.as_str()),
        ("From one tab", ""),
        "nothing was overwritten"
    );
    let again = edited(&[("version", "2"), ("name", "From the other"), ("description", "mine")]);
    leads(&post_form(&mut ada, "/workflows/1/edit", &again).await);
    let row = console.store.workflow(WorkflowId(1)).wait().unwrap();
    assert_eq!((row.name.as_str(), row.version.0), ("From the other", 3));
    assert_eq!(row.steps[0].connection, Some(ConnectionId(1)), "it kept its connection");
    // Enabling elsewhere is a change as well.
    leads(&post_form(&mut ada, "/workflows/1/switch", &[("to", "off")]).await);
    assert_eq!(post_form(&mut ada, "/workflows/1/edit", &edited(&[("version", "3")])).await.status, 412);
}

/// Calls a resource twice with the version that it had first: the second call is refused and changes nothing.
async fn refused_the_second_time(client: &mut Client, method: &'static str, path: &str, bodies: [&str; 2]) {
    let etag = |answer: &Answer| answer.header("etag").to_owned();
    let first = etag(&client.get(path).send().await);
    assert!(first.starts_with('"') && first.ends_with('"'), "{path}: {first}");
    let done = client.call(method, path).header("If-Match", &first).json(bodies[0]).send().await;
    assert!(matches!(done.status, 200 | 204), "{path}: {}", done.body);
    let now = etag(&client.get(path).send().await);
    assert!(now != first && etag(&done) == now, "{path}: {now}");
    let late = client.call(method, path).header("If-Match", &first).json(bodies[1]).send().await;
    assert_eq!((late.status, late.json()["code"].as_str().unwrap()), (412, "version-mismatch"), "{path}");
    assert_eq!(etag(&client.get(path).send().await), now, "{path}");
    let any = client.call(method, path).header("If-Match", "*").json(bodies[1]).send().await;
    assert!(matches!(any.status, 200 | 204), "{path}: {}", any.body);
}

#[tokio::test]
async fn the_api_refuses_a_change_of_another_version_for_every_resource_that_is_edited() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/new", &form(&[])).await);
    console.person(&mut ada, "grace", Role::Viewer).await;
    let workflow = |name: &str| {
        let action = r#"{"integration": 1, "action": "add-to-blocklist", "was": 1}"#;
        format!(
            r#"{{"name": "{name}", "collection": 1, "schedule": {{"kind": "none"}}, "actions": [{action}]}}"#
        )
    };
    let (one, two) = (workflow("One"), workflow("Two"));
    refused_the_second_time(&mut ada, "PUT", "/api/v1/workflows/1", [&one, &two]).await;
    let collections =
        [r#"{"name": "One", "filter": {"types": ["FQDN"]}}"#, r#"{"name": "Two", "filter": {}}"#];
    refused_the_second_time(&mut ada, "PUT", "/api/v1/collections/1", collections).await;
    let action = "/api/v1/integrations/1/actions/add-to-blocklist";
    let values =
        ["10", "20"].map(|number| format!(r#"{{"configuration": {{"objects_per_run": {number}}}}}"#));
    refused_the_second_time(&mut ada, "PUT", action, [&values[0], &values[1]]).await;
    let connection = |name: &str| format!(r#"{{"name": "{name}", "kind": "trend-vision-one"}}"#);
    let (one, two) = (connection("One"), connection("Two"));
    refused_the_second_time(&mut ada, "PUT", "/api/v1/connections/1", [&one, &two]).await;
    let people = [r#"{"role": "operator"}"#, r#"{"enabled": false}"#];
    refused_the_second_time(&mut ada, "PATCH", "/api/v1/users/2", people).await;
}

#[tokio::test]
async fn two_tabs_on_a_collection_on_defaults_and_on_a_user() {
    let (console, mut ada) = furnished().await;
    console.person(&mut ada, "grace", Role::Viewer).await;
    // The filter of one tab, the name of another, the files of a third.
    leads(&post_form(&mut ada, "/collections/1/filter", &[("version", "2"), ("types", "URL")]).await);
    let late = post_form(&mut ada, "/collections/1/filter", &[("version", "2"), ("types", "FQDN")]).await;
    let text = read(&late);
    assert!(late.status == 412 && text.contains("Filter URL FQDN"), "{text}");
    assert_eq!(
        console.store.collection(palisade_store::CollectionId(1)).wait().unwrap().filter["types"][0],
        "URL"
    );
    let late = post_form(&mut ada, "/collections/1/settings", &[("version", "2"), ("name", "Mine")]).await;
    assert!(late.status == 412 && read(&late).contains("Name Feed Mine"), "{}", read(&late));
    assert_eq!(value(&late, "name"), "Mine");
    let files: [(&str, &str, &[u8]); 1] = [("files", "new.txt", b"new.example\n")];
    let late = post_files(&mut ada, "/collections/1/files", &[("version", "2")], &files).await;
    assert!(late.status == 412 && read(&late).contains("choose them again"), "{}", read(&late));
    assert_eq!(console.store.files(palisade_store::CollectionId(1)).wait().unwrap()[0].name, "list.txt");
    let action = "/integrations/1/actions/add-to-blocklist";
    let version = value(&ada.get(action).send().await, "version");
    leads(&post_form(&mut ada, action, &[("version", &version), ("setting-objects_per_run", "10")]).await);
    let late = post_form(&mut ada, action, &[("version", &version), ("setting-objects_per_run", "20")]).await;
    assert!(late.status == 412 && read(&late).contains("Objects Per Run 10 20"), "{}", read(&late));
    let held = console.store.action_defaults("trend-vision-one", "add-to-blocklist").wait().unwrap();
    assert_eq!(held.configuration["objects_per_run"], StoredValue::Value(10.into()));
    // A role.
    let page = ada.get("/users/2").send().await;
    let version = value(&page, "version");
    leads(&post_form(&mut ada, "/users/2", &[("version", &version), ("role", "operator")]).await);
    let late = post_form(&mut ada, "/users/2", &[("version", &version), ("role", "administrator")]).await;
    assert_eq!(late.status, 412, "{}", read(&late));
    assert!(read(&late).contains("has changed since you opened the page"), "{}", read(&late));
    assert_eq!(console.store.users().wait().unwrap()[1].role, "operator");
}

#[tokio::test]
async fn a_button_of_the_builder_keeps_the_place_and_the_focus() {
    let (_console, mut ada) = furnished().await;
    let new = ada.get("/workflows/new").send().await;
    assert!(new.body.contains(r#"formaction="/workflows/new#step-1""#), "{}", new.body);
    let (first, actions) = (new.body.find(r#"name="name""#), new.body.find(r#"id="steps""#));
    let schedule = new.body.find(r#"id="when""#);
    assert!(first < actions && actions < schedule, "the actions come before the other parts");
    assert!(!new.body.contains("<details open"), "what has sensible defaults is closed");
    let added = post_form(
        &mut ada,
        "/workflows/new",
        &form(&[("do", "add"), ("new_action", "1/add-to-exception-list")]),
    )
    .await;
    assert!(added.body.contains(r#"id="step-2" tabindex="-1" autofocus"#), "{}", added.body);
    assert_eq!(added.body.matches("autofocus").count(), 1);
    assert!(added.body.contains("Risk Level: High"), "a closed part says what it holds: {}", read(&added));
    for button in ["add", "test:1", "up:2", "down:1", "remove:2", "times"] {
        let pressed = format!(r#"name="do" value="{button}" formnovalidate formaction="/workflows/new#"#);
        assert!(added.body.contains(&pressed), "{button}: {}", added.body);
    }
    let times = post_form(&mut ada, "/workflows/new", &form(&[("do", "times"), ("kind", "daily")])).await;
    assert!(times.body.contains(r#"id="when" tabindex="-1" open autofocus"#), "{}", times.body);
    let fault = post_form(&mut ada, "/workflows/new", &form(&[("steps.1.objects_per_run", "0")])).await;
    let part =
        fault.body.split("<details").find(|part| part.contains(r#"name="steps.1.objects_per_run""#)).unwrap();
    assert!(part.split('>').next().unwrap().ends_with(" open"), "a part with a fault is open: {part}");
}

#[tokio::test]
async fn the_builder_tests_a_connection_and_saves_for_a_dry_run() {
    let (console, mut ada) = furnished().await;
    let without = form(&[("do", "test:1"), ("steps.1.connection", "")]);
    let page = post_form(&mut ada, "/workflows/new", &without).await;
    assert!(page.status == 200 && page.body.contains(r#"id="steps.1.connection-fault""#), "{}", read(&page));
    assert!(read(&page).contains("Not tested. Fix this first:"), "{}", read(&page));
    let page = post_form(&mut ada, "/workflows/new", &form(&[("do", "test:1")])).await;
    assert!(
        read(&page).contains("The connection does not work") && !page.body.contains(KEY),
        "{}",
        read(&page)
    );
    assert!(console.store.workflows().wait().unwrap().is_empty());
    let saved = post_form(&mut ada, "/workflows/new", &form(&[("do", "dry-run")])).await;
    assert_eq!(leads(&saved), "/runs/1");
    let (rows, total) = console.store.runs(&RunFilter::default(), Page::ALL).wait().unwrap();
    assert!(total == 1 && rows[0].dry_run, "{rows:?}");
    let text = read(&ada.get("/runs/1").send().await);
    assert!(text.contains("Nightly created. Dry run requested: nothing will be changed."), "{text}");
}

#[tokio::test]
async fn entries_that_nobody_renews_are_warned_of() {
    let (_console, mut ada) = furnished().await;
    let page = ada.get("/workflows/new").send().await;
    assert!(read(&page).contains("Entries are not renewed."), "{}", read(&page));
    leads(&post_form(&mut ada, "/workflows/new", &form(&[("takes", "changed")])).await);
    let text = read(&ada.get("/workflows/1").send().await);
    assert!(text.contains("Entries are not renewed."), "{text}");
    leads(&post_form(&mut ada, "/workflows/1/edit", &edited(&[("takes", "all")])).await);
    let text = read(&ada.get("/workflows/1").send().await);
    assert!(!text.contains("Entries are not renewed."), "{text}");
}

#[tokio::test]
async fn run_now_asks_once_and_a_dry_run_does_not() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/new", &form(&[])).await);
    for page in [ada.get("/workflows/1/run").send().await, post_form(&mut ada, "/workflows/1/run", &[]).await]
    {
        let text = read(&page);
        for told in ["Run Nightly now?", "all objects of Feed (2 objects when last read)", "Add to Blocklist"]
        {
            assert!(page.status == 200 && text.contains(told), "{told}: {text}");
        }
        assert_eq!(value(&page, "confirmed"), "on");
    }
    assert_eq!(runs(&console), 0, "nothing ran yet");
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await), "/runs/1");
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/run", &[("dry_run", "on")]).await), "/runs/2");
}

#[tokio::test]
async fn an_import_of_a_name_that_exists_offers_to_rename_or_to_replace() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/new", &form(&[])).await);
    let export = ada.get("/api/v1/workflows/1/export").send().await.body;
    let file = export.replace("objects_per_run: 500", "objects_per_run: 40");
    assert_ne!(file, export);
    let fields = |choice: &'static str| [("text", file.clone()), ("on_conflict", choice.to_owned())];
    let send = async |ada: &mut Client, choice: &'static str| {
        let fields = fields(choice);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post_files(ada, "/workflows/import", &fields, &[("file", "", b"")]).await
    };
    let page = send(&mut ada, "").await;
    assert_eq!(page.status, 409, "{}", read(&page));
    assert!(page.body.contains(r#"value="rename""#) && page.body.contains(r#"value="replace""#));
    assert!(page.body.contains("objects_per_run: 40"), "what was pasted stays: {}", page.body);
    assert_eq!(console.store.workflows().wait().unwrap().len(), 1);

    assert_eq!(leads(&send(&mut ada, "rename").await), "/workflows/2");
    assert_eq!(console.store.workflow(WorkflowId(2)).wait().unwrap().name, "Nightly (imported)");
    let connection =
        |console: &Console| console.store.workflow(WorkflowId(1)).wait().unwrap().steps[0].connection;
    let before = connection(&console);
    assert_eq!(leads(&send(&mut ada, "replace").await), "/workflows/1");
    let row = console.store.workflow(WorkflowId(1)).wait().unwrap();
    assert_eq!(row.steps[0].configuration["objects_per_run"], StoredValue::Value(40.into()));
    assert_eq!((connection(&console), row.enabled), (before, true), "its connection and its state stay");
    // The same over the API.
    let call = async |ada: &mut Client, path: &str| {
        ada.call("POST", path).body("application/yaml", file.as_bytes()).send().await
    };
    let refused = call(&mut ada, "/api/v1/workflows/import").await;
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap()), (409, "name-taken"));
    assert!(refused.json()["hint"].as_str().unwrap().contains("on_conflict=rename"), "{}", refused.body);
    let made = call(&mut ada, "/api/v1/workflows/import?on_conflict=rename").await;
    assert_eq!((made.status, made.json()["id"].as_i64()), (201, Some(3)), "{}", made.body);
    assert_eq!(console.store.workflow(WorkflowId(3)).wait().unwrap().name, "Nightly (imported 2)");
    let made = call(&mut ada, "/api/v1/workflows/import?on_conflict=replace").await;
    assert_eq!(made.json()["id"].as_i64(), Some(1), "{}", made.body);
}

#[tokio::test]
async fn an_older_version_is_called_a_downgrade_with_what_it_changes() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let newer = console.later();
    console.orchestrator.install(&newer, "bundle.zip", Confirmed::default(), "ada").unwrap();
    let save = [("setting-objects_per_run", "77")];
    leads(&post_form(&mut ada, "/integrations/1/actions/add-to-blocklist", &save).await);
    let older = console.signed();
    let review =
        leads(&post_files(&mut ada, "/integrations/new", &[], &[("bundle", "old.zip", &older)]).await);
    let text = read(&ada.get(&review).send().await);
    for told in [
        "This is a downgrade.",
        "The zip has version 0.1.0, which is older than version 0.2.0.",
        "Downgrade from version 0.2.0 to version 0.1.0",
        "Version 0.1.0 changes the configuration.",
        "Objects Per Run: saved: 77 → becomes: 10000",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("new version"), "{text}");
    let unconfirmed = [("answer", "install"), ("overwrite", "on")];
    let page = post_form(&mut ada, &review, &unconfirmed).await;
    assert!(page.status == 422 && read(&page).contains("Confirm the downgrade"), "{}", read(&page));
    assert_eq!(console.store.bundles().wait().unwrap().len(), 1);
    let both = [("answer", "install"), ("replace", "on"), ("overwrite", "on")];
    assert_eq!(leads(&post_form(&mut ada, &review, &both).await), "/integrations/2");
    assert!(console.store.bundle(BundleId(2)).wait().unwrap().current);
}
