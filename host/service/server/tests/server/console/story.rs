//! The story of an object, the timeline of a run with the purposes of its requests, and the search, as pages and as the API has
//! them.

use std::io::Write as _;

use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::{StepEnding, Verdict};
use palisade_orchestrator::{Confirmed, Request};
use palisade_server::Role;
use palisade_store::{
    Event, NewVerdict, RunEnd, RunId, RunStatus, StepEnd, StoredObject, Wait as _, WorkflowId,
};
use serde_json::{Value, json};

use crate::console::support::{Console, post_files, read};
use crate::harness::{Client, between};

async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    console.workflow("First", 1, None);
    console.workflow("Second", 1, None);
    (console, ada)
}

fn request(console: &Console, workflow: i64, values: &[&str], dry_run: bool) -> RunId {
    let object = |value: &&str| StoredObject {
        subtype: if value.contains("//") { "URL" } else { "FQDN" }.to_owned(),
        value: (*value).to_owned(),
        platform_id: None,
        file: "page.json".to_owned(),
        location: "$.data[0]".to_owned(),
        record: json!({ "kind": "Indicator" }),
    };
    let objects = Request::Selected(values.iter().map(object).collect());
    console.orchestrator.request_run(WorkflowId(workflow), objects, dry_run, "ada").unwrap().unwrap()
}

fn entry(comment: Option<&str>, method: &str, url: &str, sent: &Value, status: u16) -> Value {
    json!({
        "startedDateTime": "2026-11-22T16:34:02.937Z", "time": 11.6, "comment": comment,
        "request": { "method": method, "url": url, "postData": { "text": sent.to_string() } },
        "response": { "status": status, "content": { "text": "" } },
    })
}

/// Works on the run that is next, as an action would, and ends it. Each recording is one of an activation and a step.
fn work(console: &Console, verdicts: &[NewVerdict], entries: &[Value], end: StepEnd) -> RunId {
    let store = &console.store;
    let now = Timestamp::now();
    let activation = store.claim_task(now).wait().unwrap().unwrap().activation();
    store.begin_run(activation, now).wait().unwrap();
    store.begin_step(activation, 1, now).wait().unwrap();
    record(console, activation, 1, entries);
    store.end_step(activation, 1, &end, verdicts, now).wait().unwrap();
    store.end_run(activation, &RunEnd::of(RunStatus::Completed), now).wait().unwrap();
    activation.run
}

fn record(console: &Console, activation: palisade_store::Activation, step: u32, entries: &[Value]) {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(json!({ "log": { "entries": entries } }).to_string().as_bytes()).unwrap();
    console.store.add_recording(activation, step, &packed.finish().unwrap()).wait().unwrap();
}

fn completed() -> StepEnd {
    StepEnd {
        how: StepEnding::Completed,
        code: None,
        message: None,
        hint: None,
        cause: None,
        traffic: Value::Null,
        warnings: Value::Null,
    }
}

fn verdict(place: u64, verdict: Verdict, code: Option<&str>, value: Option<&str>) -> NewVerdict {
    let submission = |value| json!({ "field": "domain", "value": value, "status": 201, "attempts": 1 });
    NewVerdict {
        place,
        verdict,
        code: code.map(str::to_owned),
        message: code.map(|code| format!("because of {code}")),
        submissions: value.into_iter().map(submission).collect(),
    }
}

#[tokio::test]
async fn a_story_shows_what_was_sent_with_the_value() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, &["a.example", "b.example"], false);
    let body = |value: &str, risk: &str| json!([{ "domain": value, "riskLevel": risk, "scanAction": "block", "daysToExpiration": 30, "description": "" }]);
    let url = "https://api.example/list";
    let entries = [
        entry(None, "POST", url, &body("a.example", "low"), 429),
        entry(None, "POST", url, &body("a.example", "high"), 207),
        entry(None, "POST", url, &body("b.example", "medium"), 207),
    ];
    let verdicts = [
        verdict(1, Verdict::Accepted, None, Some("a.example")),
        verdict(2, Verdict::Rejected, Some("refused"), None),
    ];
    work(&console, &verdicts, &entries, completed());
    let text = read(&ada.get("/runs/1/objects/1").send().await);
    assert!(text.contains("Sent with it Days to expiration 30 Risk level high Scan action block"), "{text}");
    let text = read(&ada.get("/runs/1/objects/2").send().await);
    assert!(!text.contains("Risk level") && text.contains("Nothing was submitted"), "{text}");
    let story = ada.get("/api/v1/runs/1/objects/1").send().await.json();
    let properties = json!({ "riskLevel": "high", "scanAction": "block", "daysToExpiration": 30 });
    assert_eq!(
        story["steps"][0]["sent"],
        json!([{ "field": "domain", "value": "a.example", "properties": properties }])
    );
    let story = ada.get("/api/v1/runs/1/objects/2").send().await.json();
    assert_eq!(story["steps"][0]["sent"], json!([]));
}

#[tokio::test]
async fn next_and_previous_follow_the_list_from_which_a_story_was_opened() {
    let (console, mut ada) = furnished().await;
    let values: Vec<String> = (1..=120).map(|number| format!("host-{number:03}.example")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    request(&console, 1, &values, false);
    let kind = |place: u64| if place.is_multiple_of(2) { Verdict::Failed } else { Verdict::Accepted };
    let verdicts: Vec<NewVerdict> = (1..=120).map(|place| verdict(place, kind(place), None, None)).collect();
    work(&console, &verdicts, &[], completed());
    let list = ada.get("/runs/1?verdict=failed&sort=-value&page=2").send().await;
    let opened = between(&list.body, r#"<a id="object-20" href=""#, "\"").replace("&#38;", "&");
    assert_eq!(opened, "/runs/1/objects/20?verdict=failed&sort=-value");
    let page = ada.get(&opened).send().await;
    let link = |rel: &str| between(&page.body, &format!(r#"rel="{rel}" href=""#), "\"").replace("&#38;", "&");
    assert_eq!(link("prev"), "/runs/1/objects/22?verdict=failed&sort=-value");
    assert_eq!(link("next"), "/runs/1/objects/18?verdict=failed&sort=-value");
    assert!(
        page.body.contains(r#"href="/runs/1?verdict=failed&#38;sort=-value&#38;page=2""#),
        "back to its page"
    );
    assert!(read(&page).contains("It is number 51 of 60 in the filtered list"), "{}", read(&page));
    // Without a filter, all objects follow each other.
    let page = ada.get("/runs/1/objects/20").send().await;
    assert!(page.body.contains(r#"rel="next" href="/runs/1/objects/21""#), "{}", page.body);
    // The first one has nothing before it, and an object that left the list has no neighbours.
    let page = ada.get("/runs/1/objects/1").send().await;
    assert!(!page.body.contains(r#"rel="prev""#) && page.body.contains(r#"rel="next""#));
    let page = ada.get("/runs/1/objects/21?verdict=failed").send().await;
    assert!(!page.body.contains(r#"rel="next""#) && !page.body.contains(r#"rel="prev""#), "{}", page.body);
    assert!(read(&page).contains("It is no longer in the filtered list"), "{}", read(&page));
    let story =
        ada.get("/api/v1/runs/1/objects/20?verdict=failed&sort=value&descending=true").send().await.json();
    assert_eq!(
        [&story["previous"], &story["next"], &story["position"], &story["listed"]],
        [&json!(22), &json!(18), &json!(51), &json!(60)]
    );
}

#[tokio::test]
async fn a_story_shows_the_runs_before_and_after_of_the_same_value() {
    let (console, mut ada) = furnished().await;
    for (workflow, code) in [(1, Some("timeout")), (2, None), (1, Some("too-large"))] {
        request(&console, workflow, &["other.example", "a.example"], false);
        let kind = if code.is_some() { Verdict::Failed } else { Verdict::Accepted };
        let first = verdict(1, Verdict::Accepted, None, None);
        work(&console, &[first, verdict(2, kind, code, None)], &[], completed());
    }
    request(&console, 1, &["b.example"], false);
    let page = ada.get("/runs/2/objects/2").send().await;
    let text = read(&page);
    let rows = between(&page.body, r#"id="same-value""#, "</section>");
    let places: Vec<usize> = ["/runs/3/objects/2", "Run 2 (this run)", "/runs/1/objects/2"]
        .map(|part| rows.find(part).unwrap())
        .into();
    assert!(places.is_sorted(), "the latest first: {rows}");
    assert!(!rows.contains("/runs/4"), "it had other values: {rows}");
    assert!(text.contains("Because of timeout.") && text.contains("Because of too-large."), "{text}");
    let story = ada.get("/api/v1/runs/2/objects/2").send().await.json();
    let seen = |side: &str| (story[side][0]["run"].clone(), story[side][0]["verdicts"][0]["code"].clone());
    assert_eq!(seen("earlier"), (json!(1), json!("timeout")));
    assert_eq!(seen("later"), (json!(3), json!("too-large")));
    let text = read(&ada.get("/runs/4/objects/1").send().await);
    assert!(!text.contains("Other runs with this value"), "{text}");
}

#[tokio::test]
async fn a_timeline_says_what_each_request_was_for_and_names_a_restart() {
    let (console, mut ada) = furnished().await;
    let run = request(&console, 1, &["a.example"], false);
    let store = &console.store;
    let now = Timestamp::now();
    let reads = Some("Compares with the list.");
    let first = store.claim_task(now).wait().unwrap().unwrap().activation();
    store.begin_run(first, now).wait().unwrap();
    record(
        &console,
        first,
        0,
        &[entry(Some("Log in to the source"), "POST", "https://source.example/token", &Value::Null, 200)],
    );
    store.begin_step(first, 1, now).wait().unwrap();
    record(&console, first, 1, &[entry(reads, "GET", "https://api.example/list?top=2", &Value::Null, 200)]);
    let killed = Event::new(now, "restarted", "the service ended; another activation continues the run");
    assert_eq!(store.take_back_tasks(Timestamp::MAX, &killed).wait().unwrap(), 1);
    let second = store.claim_task(now).wait().unwrap().unwrap().activation();
    let sent = json!([{ "domain": "a.example" }, { "domain": "b.example" }]);
    let entries = [
        entry(reads, "GET", "https://api.example/list?top=2", &Value::Null, 200),
        entry(reads, "GET", "https://api.example/list?top=2&skip=2", &Value::Null, 200),
        entry(Some("Adds objects."), "POST", "https://api.example/list", &sent, 207),
        entry(None, "GET", "https://api.example/else", &Value::Null, 404),
    ];
    record(&console, second, 1, &entries);
    store
        .end_step(second, 1, &completed(), &[verdict(1, Verdict::Accepted, None, None)], now)
        .wait()
        .unwrap();
    store.end_run(second, &RunEnd::of(RunStatus::Completed), now).wait().unwrap();
    let page = ada.get("/runs/1?tab=timeline").send().await;
    let text = read(&page);
    for told in [
        "Interrupted by a restart",
        "The service ended; another activation continues the run.",
        "Log in to the source",
        "Compares with the list, page 2",
        "Adds objects: 2 entries",
        "POST /list",
        "GET /else",
        "11 ms",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(text.matches("Continued by another activation after an interruption").count(), 1, "{text}");
    let listed = ada.get(&format!("/api/v1/runs/{run}/requests")).send().await.json();
    assert_eq!(listed["total"], 6);
    let purposes: Vec<&Value> =
        listed["items"].as_array().unwrap().iter().map(|item| &item["purpose"]).collect();
    assert_eq!(
        json!(purposes),
        json!([
            "Log in to the source",
            "Compares with the list",
            "Compares with the list",
            "Compares with the list, page 2",
            "Adds objects: 2 entries",
            null
        ])
    );
    let steps: Vec<(i64, i64)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["step"].as_i64().unwrap(), item["activation"].as_i64().unwrap()))
        .collect();
    assert_eq!(steps, [(0, 1), (1, 1), (1, 2), (1, 2), (1, 2), (1, 2)]);
    // What a replay answers are the requests of the steps.
    let har = ada.get(&format!("/api/v1/runs/{run}/recording.har")).send().await.json();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn what_a_run_would_displace_is_paged_and_not_said_to_be_removed() {
    let (console, mut ada) = furnished().await;
    let entry = |number: usize| {
        let expires = (number == 0).then_some("2026-12-24T08:00:00Z");
        json!({ "field": "domain", "value": format!("old-{number:04}.example"), "expires": expires })
    };
    let entries: Vec<Value> = (0..4_000).map(entry).collect();
    let end = |code: Option<&str>| StepEnd {
        how: if code.is_some() { StepEnding::Stopped } else { StepEnding::Completed },
        code: code.map(str::to_owned),
        warnings: json!({ "listed": [], "evictions": { "count": 4_100, "entries": entries.clone() } }),
        ..completed()
    };
    // A step that stopped before it sent anything, a dry run, and a run that displaced entries.
    for (run, code, dry_run, would) in
        [(1, Some("would-evict"), false, true), (2, None, true, true), (3, None, false, false)]
    {
        request(&console, 1, &["a.example"], dry_run);
        work(&console, &[], &[], end(code));
        let page = ada.get(&format!("/runs/{run}?tab=steps")).send().await;
        let text = read(&page);
        assert_eq!(text.contains("Entries the service would remove: 4,100"), would, "{text}");
        assert_eq!(text.contains("Nothing was sent: the service still has them."), would, "{text}");
        assert_eq!(text.contains("Entries removed to make room: 4,100"), !would, "{text}");
        assert!(
            text.contains("1–50 of 4,000 entries") && text.contains("100 more are counted and not listed."),
            "{text}"
        );
        assert!(text.contains("old-0049.example") && !text.contains("old-0050.example"), "{text}");
        assert!(page.body.len() < 100_000, "{} bytes", page.body.len());
        let last = ada.get(&format!("/runs/{run}?tab=steps&step=1&page=80")).send().await;
        assert!(read(&last).contains("old-3999.example"), "the last page shows the last entry");
        let listed =
            ada.get(&format!("/api/v1/runs/{run}/steps/1/displaced?page=8&per_page=500")).send().await.json();
        assert_eq!((&listed["total"], listed["items"].as_array().unwrap().len()), (&json!(4_000), 500));
        let last =
            json!({ "field": "domain", "value": "old-3999.example", "expires": null, "would_remove": would });
        assert_eq!(listed["items"][499], last);
        let shown = ada.get(&format!("/api/v1/runs/{run}")).send().await.json();
        assert_eq!(shown["steps"][0]["warnings"]["evictions"], json!({ "count": 4_100 }));
        let report = ada.get(&format!("/api/v1/runs/{run}/report.json")).send().await.json();
        let all = report["run"]["steps"][0]["warnings"]["evictions"]["entries"].as_array().unwrap().len();
        assert_eq!(all, 4_000, "the report has all of them");
    }
    assert_eq!(ada.get("/api/v1/runs/1/steps/2/displaced").send().await.status, 404);
}

#[tokio::test]
async fn a_search_finds_values_in_any_spelling_and_everything_that_has_a_name() {
    let (console, mut ada) = furnished().await;
    let list = b"hxxp://evil[.]example/Path\nfirst-seen.example\n";
    post_files(
        &mut ada,
        "/collections/new",
        &[("name", "First list"), ("format", "")],
        &[("files", "list.txt", list)],
    )
    .await;
    request(&console, 1, &["http://evil.example/Path", "first.example"], false);
    work(&console, &[verdict(1, Verdict::Failed, Some("timeout"), None)], &[], completed());
    for text in ["hxxp://evil[.]example/Path", "http://evil.example/Path", "EVIL.example"] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
        let page = ada.get(&format!("/search?{query}")).send().await;
        assert!(page.body.contains(r#"href="/runs/1/objects/1""#), "{text}: {}", page.body);
        assert!(page.body.contains("/collections/1?search=http"), "{text}: {}", page.body);
        assert!(
            read(&page).contains("Failed") && read(&page).contains("Objects in runs 1"),
            "{}",
            read(&page)
        );
        let found = ada.get(&format!("/api/v1/search?{query}")).send().await.json();
        let objects = &found["groups"][0];
        assert_eq!((&objects["kind"], &objects["total"]), (&json!("objects"), &json!(1)), "{found}");
        assert_eq!(objects["items"][0]["resource"], "/api/v1/runs/1/objects/1");
        assert_eq!(objects["items"][0]["verdict"], "failed");
        assert_eq!(
            (&found["groups"][1]["kind"], &found["groups"][1]["total"]),
            (&json!("file-objects"), &json!(1))
        );
    }
    let page = ada.get("/search?q=first").send().await;
    for path in ["/runs/1/objects/2", "/workflows/1", "/runs/1", "/collections/1"] {
        assert!(page.body.contains(&format!(r#"href="{path}""#)), "{path}: {}", page.body);
    }
    assert!(page.body.contains(r#"name="q" value="first""#), "the field keeps what was searched for");
    let page = ada.get("/search?q=Vision+One").send().await;
    assert!(page.body.contains(r#"href="/integrations/1""#), "{}", page.body);
    assert!(ada.get("/search?q=run+1").send().await.body.contains(r#"href="/runs/1""#));
}

#[tokio::test]
async fn a_search_is_bounded_and_pages_through_one_kind() {
    let (console, mut ada) = furnished().await;
    let values: Vec<String> = (0..120).map(|number| format!("host-{number:03}.example")).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    request(&console, 1, &values, false);
    let page = ada.get("/search?q=host-").send().await;
    let shown = usize::try_from(limits::SEARCH_SHOWN).unwrap();
    assert_eq!(page.body.matches("/runs/1/objects/").count(), shown, "{}", page.body);
    assert!(page.body.contains(r#"href="/search?q=host-&#38;kind=objects""#), "{}", page.body);
    let page = ada.get("/search?q=host-&kind=objects&page=3").send().await;
    assert_eq!(page.body.matches("/runs/1/objects/").count(), 20);
    assert!(read(&page).contains("101–120 of 120 matches"), "{}", read(&page));
    for (query, status, told) in [
        ("q=", 200, "Enter a value in any spelling"),
        ("", 200, "Enter a value in any spelling"),
        ("q=nothing-like-that", 200, "Nothing found for nothing-like-that"),
        ("q=%3Cscript%3E", 200, "Nothing found for"),
        ("q=host-&kind=nonsense", 200, "Objects in runs 120"),
        ("q=host-&kind=objects&page=99", 200, "of 120 matches"),
    ] {
        let page = ada.get(&format!("/search?{query}")).send().await;
        assert_eq!(page.status, status, "{query}");
        assert!(read(&page).contains(told), "{query}: {}", read(&page));
    }
    let long = "x".repeat(2_049);
    assert_eq!(ada.get(&format!("/search?q={long}")).send().await.status, 422);
    assert_eq!(ada.get(&format!("/api/v1/search?q={long}")).send().await.status, 422);
    assert_eq!(ada.get("/api/v1/search?q=a&kind=nonsense").send().await.status, 422);
    let found = ada.get("/api/v1/search?q=host-&kind=objects&page=2&per_page=100").send().await.json();
    assert_eq!(found["groups"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["groups"][0]["total"], found["groups"][0]["items"].as_array().unwrap().len()),
        (&json!(120), 20)
    );
}

#[tokio::test]
async fn everybody_who_is_logged_in_can_search_and_nobody_else() {
    let (console, mut ada) = furnished().await;
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    let page = linus.get("/search?q=first").send().await;
    assert!(page.status == 200 && page.body.contains(r#"href="/workflows/1""#), "{}", page.body);
    assert!(linus.get("/").send().await.body.contains(r#"action="/search""#), "every page has the field");
    let mut stranger = Client { address: console.address, cookies: Default::default(), csrf: String::new() };
    assert!(stranger.get("/search?q=first").send().await.header("location").starts_with("/log-in"));
    assert_eq!(stranger.get("/api/v1/search?q=first").send().await.status, 401);
    assert!(!stranger.get("/log-in").send().await.body.contains(r#"action="/search""#));
}
