//! What the console's pages say of runs, roles and refusals is so, and is said in words: each test is named after what a page once
//! said wrongly.

use jiff::{SignedDuration, Timestamp};
use palisade_orchestrator::{Confirmed, Request};
use palisade_server::Role;
use palisade_store::{Lists, NewHolding, RunEnd, RunId, RunStatus, StoredObject, Wait as _, WorkflowId};
use serde_json::json;

use crate::console::support::{Console, leads, post_files, post_form, read};
use crate::harness::{Client, between};

const ACTION: &str = "/integrations/1/actions/add-to-blocklist";

/// A service with a workflow that takes a collection, and nobody who works on its runs.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let mut ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    let list: (&str, &str, &[u8]) = ("files", "list.txt", b"one.example\ntwo.example\n");
    let made = post_files(&mut ada, "/collections/new", &[("name", "All"), ("format", "")], &[list]).await;
    assert_eq!(leads(&made), "/collections/1", "{}", made.body);
    console.workflow("Nightly", 1, Some(1));
    (console, ada)
}

fn object() -> StoredObject {
    StoredObject {
        subtype: "FQDN".to_owned(),
        value: "one.example".to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({ "kind": "Indicator", "updated_at": "2026-01-01T08:00:00Z", "score": 9.0 }),
    }
}

#[tokio::test]
async fn a_page_that_says_that_objects_are_not_chosen_shows_them_once_they_are() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await);
    let page = ada.get("/runs/1").send().await;
    assert!(page.body.contains(r#"hx-get="/runs/1?seen=queued-open""#), "{}", page.body);
    assert!(read(&page).contains("Its objects are not chosen yet"));
    let mut poll = async |path: &str| ada.get(path).header("HX-Request", "true").send().await.body;
    assert!(!poll("/runs/1?seen=queued-open").await.contains("one.example"));
    let now = Timestamp::now();
    let activation = console.store.claim_task(now).wait().unwrap().unwrap().activation();
    console.store.begin_run(activation, now).wait().unwrap();
    console.store.offer_objects(activation, &[object()], 0, &json!({})).wait().unwrap();
    let news = poll("/runs/1?seen=queued-open").await;
    assert!(news.contains("one.example") && news.contains("1 object taken."), "{news}");
    let page = ada.get("/runs/1").send().await;
    assert!(
        page.body.contains(r#"hx-get="/runs/1?seen=running-chosen""#)
            && read(&page).contains("1 object taken."),
        "{}",
        read(&page)
    );
    assert!(read(&page).contains("1–1 of 1 object "), "{}", read(&page));
}

#[tokio::test]
async fn a_run_that_was_cancelled_before_it_began_does_not_speak_of_its_collection() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await);
    assert!(read(&ada.get("/runs/1").send().await).contains("Deadline"));
    leads(&post_form(&mut ada, "/runs/1/cancel", &[]).await);
    let now = Timestamp::now();
    let activation = console.store.claim_task(now).wait().unwrap().unwrap().activation();
    let end = RunEnd { reason: Some("it was cancelled".to_owned()), ..RunEnd::of(RunStatus::Incomplete) };
    console.store.end_run(activation, &end, now).wait().unwrap();
    let text = read(&ada.get("/runs/1").send().await);
    assert!(
        text.contains("cancelled before it began")
            && text.contains("It ended before its objects were chosen."),
        "{text}"
    );
    for wrong in ["not chosen yet", "had none for it", "as soon as its worker", "Deadline"] {
        assert!(!text.contains(wrong), "{wrong}: {text}");
    }
}

#[tokio::test]
async fn a_run_on_selected_objects_does_not_name_the_collection() {
    let (console, mut ada) = furnished().await;
    leads(&post_form(&mut ada, "/workflows/1/run", &[("confirmed", "on")]).await);
    let selected = Request::Selected(vec![object()]);
    console.orchestrator.request_run(WorkflowId(1), selected, false, "ada").unwrap();
    let whole = read(&ada.get("/runs/1").send().await);
    assert!(whole.contains("Run now by ada") && whole.contains("collection All"), "{whole}");
    let some = read(&ada.get("/runs/2").send().await);
    assert!(some.contains("Selected objects by ada") && !some.contains("collection All"), "{some}");
    let story = ada.get("/runs/2/objects/1").send().await;
    assert!(story.body.contains(r#"<time datetime="2026-01-01T08:00:00Z""#), "{}", story.body);
    assert!(read(&story).contains("Score 9 ") && !read(&story).contains("T08:00"), "{}", read(&story));
}

#[tokio::test]
async fn who_may_not_change_an_action_is_told_so_and_not_how() {
    let (console, mut ada) = furnished().await;
    let entered = [("api_key".to_owned(), palisade_orchestrator::Entered::Secret("KEY".to_owned().into()))];
    console
        .orchestrator
        .save_defaults(
            palisade_store::BundleId(1),
            "add-to-blocklist",
            palisade_orchestrator::ConnectionChoice::Kept,
            entered.into(),
            None,
            "ada",
        )
        .unwrap();
    let own = read(&ada.get(ACTION).send().await);
    assert!(own.contains("Leave empty to keep it") && !own.contains("Only an administrator"), "{own}");
    for role in [Role::Operator, Role::Viewer] {
        let mut other = console.person(&mut ada, role.name(), role).await;
        let told = read(&other.get(ACTION).send().await);
        assert!(told.contains("Only an administrator can change these defaults"), "{told}");
        assert!(told.contains("A value is set.") && !told.contains("Leave empty"), "{told}");
        assert!(!told.contains("Remove the saved value"), "{told}");
        let refused = post_form(&mut other, ACTION, &[("do", "test")]).await;
        assert_eq!(refused.status, 403, "as the page says");
    }
}

#[tokio::test]
async fn a_role_is_described_by_what_its_guards_let_through() {
    let (console, mut ada) = furnished().await;
    let told = read(&ada.get("/users/invite").send().await);
    assert!(told.contains("Cannot change integrations or their defaults."), "{told}");
    let mut olga = console.person(&mut ada, "olga", Role::Operator).await;
    for (path, status) in [
        ("/integrations/new", 403),
        ("/integrations/1/uninstall", 403),
        ("/users", 403),
        ("/audit", 403),
        ("/collections/new", 200),
        ("/workflows/new", 200),
        ("/workflows/1/delete", 200),
    ] {
        assert_eq!(olga.get(path).send().await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_refused_collection_is_told_in_the_words_of_its_form() {
    let (_console, mut ada) = furnished().await;
    for (name, content) in
        [("empty.txt", &b" "[..]), ("words.txt", b"these are words\nand no values at all\n")]
    {
        let fields = [("name", name), ("format", "")];
        let refused = post_files(&mut ada, "/collections/new", &fields, &[("files", name, content)]).await;
        let text = read(&refused);
        assert_eq!(refused.status, 422, "{name}: {text}");
        assert!(text.contains("he format Text") && !text.contains("--format"), "{name}: {text}");
        assert!(refused.body.contains(&format!("<code>{name}</code>")), "{name}: {}", refused.body);
    }
}

#[tokio::test]
async fn a_preview_of_times_is_not_headed_as_a_change_that_was_not_made() {
    let (_console, mut ada) = furnished().await;
    let form = [("name", "New"), ("kind", "cron"), ("zone", "UTC"), ("takes", "all"), ("evictions", "0")];
    for (expression, told) in [
        ("", "Enter an expression of five fields"),
        (
            "61 * * * *",
            "The minute 61 of the cron expression cannot be read: a value from 0 to 59 is expected, and found is 61.",
        ),
    ] {
        let sent = [&form[..], &[("expression", expression), ("do", "times")]].concat();
        let page = post_form(&mut ada, "/workflows/new", &sent).await;
        let text = read(&page);
        assert!(page.status == 200 && text.contains(told) && text.contains("No times to show yet"), "{text}");
        assert!(!text.contains("Not saved") && !text.contains("..="), "{text}");
        let sent = [&form[..], &[("expression", expression), ("do", "save")]].concat();
        let saved = post_form(&mut ada, "/workflows/new", &sent).await;
        assert!(saved.status == 422 && read(&saved).contains("Not saved"), "{}", read(&saved));
    }
}

#[tokio::test]
async fn what_a_parser_of_yaml_draws_is_not_shown() {
    let (_console, mut ada) = furnished().await;
    let refused =
        post_files(&mut ada, "/workflows/import", &[("text", "name: [x")], &[("file", "", b"")]).await;
    let text = read(&refused);
    assert!(refused.status == 422 && text.contains("Line 1, column "), "{text}");
    assert!(!text.contains("-->") && !text.contains("&lt;input") && !text.contains("^"), "{text}");
}

#[tokio::test]
async fn the_log_in_says_where_the_first_link_is_until_somebody_has_used_it() {
    let console = Console::start().await;
    let mut nobody =
        Client { address: console.address, cookies: std::collections::BTreeMap::new(), csrf: String::new() };
    assert!(
        read(&nobody.get("/log-in").send().await)
            .contains("Open the link that the service printed at its start")
    );
    console.administrator().await;
    assert!(!read(&nobody.get("/log-in").send().await).contains("printed a link"));
}

#[tokio::test]
async fn a_list_that_two_runs_have_read_stands_there_once() {
    let (console, mut ada) = furnished().await;
    let lists = Lists {
        tenant: "0123".to_owned(),
        bundle: "trend-vision-one".to_owned(),
        service: "https://api.example".to_owned(),
    };
    for (field, entries, hours) in [("domain", 10, 2), ("url", 20, 1)] {
        let request = Request::Selected(vec![object()]);
        let run: RunId =
            console.orchestrator.request_run(WorkflowId(1), request, false, "ada").unwrap().unwrap();
        let now = Timestamp::now();
        let activation = console.store.claim_task(now).wait().unwrap().unwrap().activation();
        let holding = NewHolding {
            list: "block list".to_owned(),
            field: Some(field.to_owned()),
            entries,
            limit: Some(10_000),
        };
        let at = now - SignedDuration::from_hours(hours);
        console.store.record_holdings(activation, 1, &lists, &[holding], at).wait().unwrap();
        console.store.end_run(activation, &RunEnd::of(RunStatus::Completed), now).wait().unwrap();
        assert_eq!(run.0, 3 - hours);
    }
    let page = ada.get("/").send().await;
    let shown = between(&page.body, "Entries on the services", "</section>");
    assert_eq!(shown.matches("Block list").count(), 1, "{shown}");
    assert!(
        shown.contains("or later") && shown.contains("10 of 10,000") && shown.contains("20 of 10,000"),
        "{shown}"
    );
    assert!(shown.contains(", run 1\"") && shown.contains(", run 2\""), "each type says which run: {shown}");
}

#[tokio::test]
async fn every_page_says_the_zone_of_its_times() {
    let (_console, mut ada) = furnished().await;
    for path in
        ["/", "/integrations", "/collections/1", "/workflows/1", "/runs", "/audit", "/users", "/account"]
    {
        let text = read(&ada.get(path).send().await);
        assert!(text.contains("Times are in UTC."), "{path}: {text}");
    }
}
