//! The console's workflows, with a real listener and forms as a browser posts them: built, shown, run, switched, copied, deleted,
//! and taken from a file.

use palisade_orchestrator::{Confirmed, ConnectionChoice};
use palisade_server::Role;
use palisade_store::{
    BundleId, CollectionId, ConnectionId, Page, Phase, RunFilter, Takes, Wait as _, WorkflowId,
};

use crate::console::support::{Console, leads, post_files, post_form, read, value};
use crate::harness::{Answer, Client, between};

const KEY: &str = "KEY-THAT-NOBODY-SEES";
/// The connection of the service.
const CONNECTION: &str = "1";
const EXEMPT: &str = "1/add-to-exception-list";

/// A service with a bundle and a collection.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let ada = console.administrator().await;
    assert_eq!(install(&console, &console.signed()), BundleId(1));
    let mut content = palisade_store::FileWriter::default();
    content.push(b"evil.example\nworse.example\n");
    let upload =
        palisade_orchestrator::Upload { name: "list.txt".to_owned(), digest: "d".to_owned(), content };
    let made = console
        .orchestrator
        .add_file_collection("Feed", "", palisade_collection::Reading::default(), vec![upload], "ada")
        .unwrap();
    assert_eq!(made, CollectionId(1));
    assert_eq!(console.connection("Vision One", KEY), ConnectionId(1));
    (console, ada)
}

fn install(console: &Console, zip: &[u8]) -> BundleId {
    let confirmed = Confirmed { replace: true, overwrite: true };
    console.orchestrator.install(zip, "bundle.zip", confirmed, "ada").unwrap()
}

/// The fields that every form of the builder sends, with some of them as this test wants them.
fn form<'a>(change: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("name", "Block what the feed says"),
        ("description", "It says much"),
        ("collection", "1"),
        ("kind", "daily"),
        ("day", "monday"),
        ("at", "02:30"),
        ("zone", "Europe/Berlin"),
        ("expression", ""),
        ("takes", "changed"),
        ("evictions", "0"),
        ("enabled", "on"),
        ("do", "save"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| change.iter().all(|(changed, _)| changed != name));
    kept.chain(change.iter().copied()).collect()
}

/// The fields of the first action.
fn first(connection: &str) -> Vec<(&str, &str)> {
    vec![
        ("step.1.bundle", "1"),
        ("step.1.action", "add-to-blocklist"),
        ("step.1.was", ""),
        ("steps.1.connection", connection),
        ("steps.1.url_scheme", "https"),
        ("steps.1.scan_action", "log"),
        ("steps.1.risk_level", "high"),
        ("steps.1.ioc_expiration", "7"),
        ("steps.1.objects_per_run", "500"),
    ]
}

fn with_first<'a>(change: &[(&'a str, &'a str)], connection: &'a str) -> Vec<(&'a str, &'a str)> {
    form(change).into_iter().chain(first(connection)).collect()
}

/// A saved workflow.
async fn built(ada: &mut Client) -> String {
    leads(&post_form(ada, "/workflows/new", &with_first(&[], CONNECTION)).await)
}

/// The option of a select that is chosen.
fn chosen(page: &Answer, name: &str) -> String {
    let select = page.body.split("<select").find(|select| select.contains(&format!(r#"name="{name}""#)));
    let select = select.unwrap_or_default().split("</select>").next().unwrap_or_default();
    let option = select.split("<option").find(|option| option.contains(" selected")).unwrap_or_default();
    between(option, "value=\"", "\"").to_owned()
}

#[tokio::test]
async fn an_empty_list_leads_to_the_first_workflow() {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    let text = read(&ada.get("/workflows").send().await);
    assert!(text.contains("No workflow yet") && text.contains("Install an integration first"), "{text}");
    let text = read(&ada.get("/").send().await);
    assert!(text.contains("Three steps to the first run") && text.contains("Go to integrations"), "{text}");
    install(&console, &console.signed());
    let text = read(&ada.get("/").send().await);
    assert!(text.contains("done Install an integration") || text.contains("Go to collections"), "{text}");
    assert!(read(&ada.get("/workflows").send().await).contains("Build a workflow"));
}

#[tokio::test]
async fn a_workflow_is_built_action_by_action_and_nothing_is_saved_before() {
    let (console, mut ada) = furnished().await;
    let page = ada.get("/workflows/new").send().await;
    assert!(page.body.contains(r#"<optgroup label="Trend Micro Vision One">"#), "{}", page.body);
    assert!(read(&page).contains("Add to Exception List"));
    // Two actions, one after the other; the first one's values stay.
    let page = post_form(&mut ada, "/workflows/new", &form(&[("do", "add"), ("new_action", EXEMPT)])).await;
    assert_eq!((page.status, value(&page, "step.1.action").as_str()), (200, "add-to-exception-list"));
    assert_eq!(value(&page, "steps.1.objects_per_run"), "10000", "its form begins with the defaults");
    let mut fields = with_first(&[("do", "add"), ("new_action", EXEMPT)], CONNECTION);
    let page = post_form(&mut ada, "/workflows/new", &fields).await;
    assert_eq!(value(&page, "name"), "Block what the feed says");
    assert_eq!(value(&page, "step.2.action"), "add-to-exception-list");
    assert_eq!(
        (value(&page, "steps.1.objects_per_run"), chosen(&page, "steps.1.scan_action")),
        ("500".to_owned(), "log".to_owned())
    );
    assert_eq!(chosen(&page, "steps.1.connection"), CONNECTION);
    // The second one goes to the front.
    fields.retain(|(name, _)| *name != "do" && *name != "new_action");
    fields.extend([
        ("do", "up:2"),
        ("step.2.bundle", "1"),
        ("step.2.action", "add-to-exception-list"),
        ("step.2.was", ""),
        ("steps.2.objects_per_run", "20"),
    ]);
    let page = post_form(&mut ada, "/workflows/new", &fields).await;
    assert_eq!(value(&page, "step.1.action"), "add-to-exception-list");
    assert_eq!(
        (value(&page, "steps.1.objects_per_run"), value(&page, "steps.2.objects_per_run")),
        ("20".to_owned(), "500".to_owned())
    );
    assert!(console.store.workflows().wait().unwrap().is_empty(), "only Save saves");
    let saved = built(&mut ada).await;
    assert_eq!(saved, "/workflows/1");
    let row = console.store.workflow(WorkflowId(1)).wait().unwrap();
    assert_eq!(
        (row.name.as_str(), row.takes, row.evictions, row.enabled),
        ("Block what the feed says", Takes::Changed, Some(0), true)
    );
    assert!(row.next_tick.is_some());
    let page = ada.get("/workflows/1").send().await;
    let text = read(&page);
    for told in [
        "Block what the feed says created.",
        "Feed",
        "Daily at 02:30 (Europe/Berlin)",
        "Changed since the last success",
        "Connection Vision One",
        "IOC Expiration After 7 Days",
        "No runs yet.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let schedule = between(&page.body, r#"id="when-title">"#, "</section>");
    assert_eq!(schedule.matches("<time").count(), 3, "the next three times: {schedule}");
}

#[tokio::test]
async fn times_are_shown_before_anything_is_saved() {
    let (console, mut ada) = furnished().await;
    let page = post_form(&mut ada, "/workflows/new", &form(&[("do", "times")])).await;
    let times = between(&page.body, "Daily at 02:30 (Europe/Berlin): ", "</p>");
    assert_eq!(times.matches("<time").count(), 3, "{times}");
    let page =
        post_form(&mut ada, "/workflows/new", &form(&[("do", "times"), ("zone", "Mars/Olympus")])).await;
    assert!(between(&page.body, r#"id="zone-fault">"#, "</p>").contains("Mars/Olympus"), "{}", read(&page));
    assert!(console.store.workflows().wait().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let (console, mut ada) = furnished().await;
    let fault =
        |page: &Answer, name: &str| between(&page.body, &format!(r#"id="{name}-fault">"#), "</p>").to_owned();
    let wrong = with_first(&[("name", "")], "");
    let page = post_form(&mut ada, "/workflows/new", &wrong).await;
    assert_eq!(page.status, 422);
    assert!(!fault(&page, "name").is_empty(), "{}", read(&page));
    let page = post_form(&mut ada, "/workflows/new", &with_first(&[], "")).await;
    assert_eq!(page.status, 422);
    assert!(!fault(&page, "steps.1.connection").is_empty(), "{}", read(&page));
    assert!(page.body.contains(r##"href="#steps.1.connection""##));
    assert_eq!(value(&page, "steps.1.objects_per_run"), "500", "what was entered stays");
    let mut fields = with_first(&[], CONNECTION);
    fields.retain(|(name, _)| *name != "steps.1.objects_per_run");
    fields.push(("steps.1.objects_per_run", "0"));
    let page = post_form(&mut ada, "/workflows/new", &fields).await;
    assert!(!fault(&page, "steps.1.objects_per_run").is_empty() && !page.body.contains(KEY));
    for (name, given, at) in [
        ("evictions", "many", "evictions"),
        ("kind", "sometimes", "kind"),
        ("at", "25:00", "at"),
        ("collection", "", "collection"),
    ] {
        let page = post_form(&mut ada, "/workflows/new", &with_first(&[(name, given)], CONNECTION)).await;
        assert_eq!(page.status, 422, "{name}");
        assert!(!fault(&page, at).is_empty(), "{name}: {}", read(&page));
    }
    let page = post_form(&mut ada, "/workflows/new", &form(&[])).await;
    assert!(read(&page).contains("A workflow needs at least one action."), "{}", read(&page));
    built(&mut ada).await;
    let page = post_form(&mut ada, "/workflows/new", &with_first(&[], CONNECTION)).await;
    assert!(!fault(&page, "name").is_empty(), "the name is taken: {}", read(&page));
    assert_eq!(console.store.workflows().wait().unwrap().len(), 1);
}

#[tokio::test]
async fn a_changed_workflow_keeps_the_connection_that_nobody_changed() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    let connection =
        |console: &Console| console.store.workflow(WorkflowId(1)).wait().unwrap().steps[0].connection;
    let before = connection(&console);
    assert_eq!(before, Some(ConnectionId(1)));
    let page = ada.get("/workflows/1/edit").send().await;
    assert_eq!(
        (value(&page, "step.1.was"), value(&page, "steps.1.objects_per_run")),
        ("0".to_owned(), "500".to_owned())
    );
    assert_eq!(chosen(&page, "steps.1.connection"), CONNECTION);
    assert!(!page.body.contains(KEY) && !page.body.contains("api_key"));
    let mut fields =
        with_first(&[("name", "Another name"), ("any_evictions", "on"), ("kind", "every:6-hours")], "");
    fields.retain(|(name, _)| !["step.1.was", "steps.1.connection"].contains(name));
    fields.push(("step.1.was", "0"));
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/edit", &fields).await), "/workflows/1");
    let row = console.store.workflow(WorkflowId(1)).wait().unwrap();
    assert_eq!((row.name.as_str(), row.evictions), ("Another name", None));
    assert_eq!(connection(&console), before);
    assert!(read(&ada.get("/workflows/1").send().await).contains("Every 6 Hours"));
}

#[tokio::test]
async fn a_workflow_keeps_its_version_until_somebody_updates_it() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    let later = install(&console, &console.later());
    let page = ada.get("/workflows/1/edit").send().await;
    assert!(read(&page).contains("Update to 0.2.0"), "{}", read(&page));
    assert_eq!(value(&page, "step.1.bundle"), "1");
    let newer = later.to_string();
    let mut fields = with_first(&[("do", "update:1"), ("step.1.newer", &newer)], "");
    fields.retain(|(name, _)| *name != "step.1.was");
    fields.push(("step.1.was", "0"));
    let page = post_form(&mut ada, "/workflows/1/edit", &fields).await;
    assert_eq!(value(&page, "step.1.bundle"), newer);
    assert_eq!(
        console.store.workflow(WorkflowId(1)).wait().unwrap().steps[0].bundle,
        BundleId(1),
        "not before it is saved"
    );
}

#[tokio::test]
async fn run_now_makes_a_run() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await), "/runs/1");
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/run", &[("dry_run", "on")]).await), "/runs/2");
    let (runs, _) = console.store.runs(&RunFilter::default(), Page::ALL).wait().unwrap();
    let made: Vec<_> =
        runs.iter().map(|run| (run.id.0, run.dry_run, run.phase, run.requested_by.as_str())).collect();
    assert_eq!(made, [(2, true, Phase::Queued, "ada"), (1, false, Phase::Queued, "ada")]);
    let text = read(&ada.get("/workflows").send().await);
    assert!(text.contains("Queued Run 1 ,"), "the open run and not the dry one behind it: {text}");
    // While one of them is open, it is not deleted.
    let refused = post_form(&mut ada, "/workflows/1/delete", &[]).await;
    assert_eq!(refused.status, 409);
}

#[tokio::test]
async fn selected_objects_take_the_place_of_the_collection() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    let objects = "a[.]example\n198.51.100.7\nhxxps://b.example/path";
    assert_eq!(
        leads(&post_form(&mut ada, "/workflows/1/selected", &[("objects", objects)]).await),
        "/runs/1"
    );
    assert_eq!(console.store.run(palisade_store::RunId(1)).wait().unwrap().objects, Some(3));
    let page = post_form(&mut ada, "/workflows/1/selected", &[("objects", "  ")]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains(r#"id="objects-fault""#), "{}", read(&page));
}

#[tokio::test]
async fn a_workflow_is_switched_copied_and_deleted() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    assert_eq!(
        leads(&post_form(&mut ada, "/workflows/1/switch", &[("to", "off"), ("list", "on")]).await),
        "/workflows"
    );
    assert!(!console.store.workflow(WorkflowId(1)).wait().unwrap().enabled);
    assert!(read(&ada.get("/workflows").send().await).contains("Disabled"));
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/switch", &[("to", "on")]).await), "/workflows/1");
    assert_eq!(leads(&post_form(&mut ada, "/workflows/1/duplicate", &[]).await), "/workflows/2");
    let copy = console.store.workflow(WorkflowId(2)).wait().unwrap();
    assert_eq!((copy.name.as_str(), copy.enabled), ("Block what the feed says (copy)", false));
    let page = ada.get("/workflows/2/delete").send().await;
    assert!(read(&page).contains("Delete Block what the feed says (copy)?"));
    assert!(console.store.workflow(WorkflowId(2)).wait().is_ok(), "asking deletes nothing");
    assert_eq!(leads(&post_form(&mut ada, "/workflows/2/delete", &[]).await), "/workflows");
    assert!(console.store.workflow(WorkflowId(2)).wait().is_err());
    assert_eq!(ada.get("/workflows/2").send().await.status, 404);
}

#[tokio::test]
async fn a_file_that_was_exported_names_its_connection_and_is_imported_without_one_that_is_not_there() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    let file = ada.get("/api/v1/workflows/1/export").send().await.body;
    assert!(file.contains("Block what the feed says") && !file.contains(KEY), "{file}");
    assert!(file.contains("connection: Vision One") && !file.contains("api_"), "{file}");
    let renamed = file.replace("Block what the feed says", "From a file");
    // Another connection of the kind, also a default one, is no substitute.
    let renamed = renamed.replace("connection: Vision One", "connection: Elsewhere");
    let choice = ConnectionChoice::Is(ConnectionId(1));
    let orchestrator = &console.orchestrator;
    orchestrator
        .save_defaults(BundleId(1), "add-to-blocklist", choice, Default::default(), None, "ada")
        .unwrap();
    let import = "/workflows/import";
    let page = post_files(&mut ada, import, &[("text", &renamed)], &[("file", "", b"")]).await;
    assert_eq!(leads(&page), "/workflows/2");
    let text = read(&ada.get("/workflows/2").send().await);
    assert!(text.contains("Imported, but a connection or a required value is missing"), "{text}");
    for (path, button) in [("/workflows/2/switch", ("to", "on")), ("/workflows/2/run", ("dry_run", "on"))] {
        let page = post_form(&mut ada, path, &[button]).await;
        assert_eq!(page.status, 422, "{path}");
        assert!(page.body.contains("Action 1, <code>connection</code>: "), "{path}: {}", page.body);
        assert!(!page.body.contains("<details open"), "its objects are not what is wrong");
    }
    let again = file.replace("Block what the feed says", "From a file again");
    let answer = post_files(&mut ada, import, &[("text", "")], &[("file", "w.yaml", again.as_bytes())]).await;
    assert_eq!(leads(&answer), "/workflows/3");
    let imported = console.store.workflow(WorkflowId(3)).wait().unwrap();
    assert!(!imported.enabled && imported.steps[0].connection == Some(ConnectionId(1)));
    assert!(
        read(&ada.get("/workflows/3").send().await).contains("Imported. It is disabled until you enable it.")
    );
    for nothing in ["", "- 1\n- 2"] {
        assert_eq!(post_files(&mut ada, import, &[("text", nothing)], &[]).await.status, 422, "{nothing}");
    }
}

#[tokio::test]
async fn a_viewer_sees_everything_and_may_change_nothing() {
    let (console, mut ada) = furnished().await;
    built(&mut ada).await;
    console
        .orchestrator
        .request_run(WorkflowId(1), palisade_orchestrator::Request::Now, false, "ada")
        .unwrap();
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    for path in ["/", "/workflows", "/workflows/1", "/runs", "/runs/1"] {
        let page = linus.get(path).send().await;
        assert_eq!(page.status, 200, "{path}");
        let content = between(&page.body, "<main", "</main>");
        assert!(!content.contains(r#"method="post""#), "{path}: {content}");
        assert!(!content.contains("/workflows/new") && !content.contains("/edit"), "{path}");
    }
    for path in ["/workflows/new", "/workflows/1/edit", "/workflows/import", "/workflows/1/delete"] {
        assert_eq!(linus.get(path).send().await.status, 403, "{path}");
    }
    for path in ["run", "selected", "switch", "duplicate", "delete", "edit"] {
        let refused =
            post_form(&mut linus, &format!("/workflows/1/{path}"), &[("objects", "a.example")]).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    assert_eq!(
        post_form(&mut linus, "/workflows/new", &with_first(&[("name", "Mine")], CONNECTION)).await.status,
        403
    );
    assert_eq!(console.store.workflows().wait().unwrap().len(), 1);
}

#[tokio::test]
async fn no_page_has_the_secret() {
    let (_console, mut ada) = furnished().await;
    built(&mut ada).await;
    post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await;
    let pages = [
        "/",
        "/workflows",
        "/workflows/1",
        "/workflows/1/edit",
        "/runs",
        "/runs/1",
        "/runs/1?tab=steps",
        "/runs/1?tab=timeline",
        "/runs/1?tab=reasons",
        "/audit",
    ];
    for path in pages {
        let page = ada.get(path).send().await;
        assert_eq!(page.status, 200, "{path}");
        assert!(!page.body.contains(KEY), "{path}");
    }
}
