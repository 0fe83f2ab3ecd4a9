//! The console's runs, with a real listener and forms as a browser posts them: the list, one run with its views, an object's story,
//! and what may be done with a run.

use std::io::Write as _;

use jiff::Timestamp;
use palisade_model::{StepEnding, Verdict};
use palisade_orchestrator::{Confirmed, Request};
use palisade_server::Role;
use palisade_store::{
    Event, Lists, NewHolding, NewVerdict, Origin, RunEnd, RunId, RunStatus, StepEnd, StoredObject, Wait as _,
    WorkflowId,
};
use serde_json::{Value, json};

use crate::console::support::{Console, leads, post_form, read};
use crate::harness::{Client, between};

/// A service with two workflows, and nobody who works on their runs.
async fn furnished() -> (Console, Client) {
    let console = Console::start().await;
    let ada = console.administrator().await;
    console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
    console.workflow("First", 1, None);
    console.workflow("Second", 1, None);
    (console, ada)
}

fn object(number: usize) -> StoredObject {
    StoredObject {
        subtype: if number.is_multiple_of(2) { "URL" } else { "FQDN" }.to_owned(),
        value: format!("object-{number}.example"),
        platform_id: Some(format!("{}", 70_000 + number)),
        file: "page.json".to_owned(),
        location: format!("$.data[{number}]"),
        record: json!({ "kind": "Indicator", "score": 9.0, "tags": ["loader"], "attributes": [["Protocol", "https"]] }),
    }
}

fn request(console: &Console, workflow: i64, objects: usize) -> RunId {
    let objects = (1..=objects).map(object).collect();
    let made =
        console.orchestrator.request_run(WorkflowId(workflow), Request::Selected(objects), false, "ada");
    made.unwrap().unwrap()
}

fn verdict(place: u64, verdict: Verdict, code: Option<&str>, submissions: Value) -> NewVerdict {
    let message = code.map(|code| format!("because of {code} in object {place}"));
    NewVerdict { place, verdict, code: code.map(str::to_owned), message, submissions }
}

const HAR: &str = r#"{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-11-22T16:34:02.937Z","time":11.6,"_attempt":2,
    "request":{"method":"POST","url":"https://api.example/v3.0/list?top=200","postData":{"text":"the body that was sent"}},
    "response":{"status":429,"content":{"text":"slow down"}}}]}}"#;

/// Works on the run that is next, as an action would, and ends it.
fn work(console: &Console, verdicts: &[NewVerdict], status: RunStatus) -> RunId {
    let store = &console.store;
    let now = Timestamp::now();
    let task = store.claim_task(now).wait().unwrap().unwrap();
    let activation = task.activation();
    store.begin_run(activation, now).wait().unwrap();
    store.begin_step(activation, 1, now).wait().unwrap();
    store.add_event(task.run, &Event::new(now, "step-begun", "with its objects").of_step(1)).wait().unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(HAR.as_bytes()).unwrap();
    store.add_recording(activation, 1, &packed.finish().unwrap()).wait().unwrap();
    let end = StepEnd {
        how: StepEnding::Completed,
        code: None,
        message: None,
        hint: None,
        cause: None,
        traffic: json!({ "requests": 7, "bytes_sent": 29_407 }),
        warnings: json!({
            "listed": [{ "source": "action", "message": "the list is nearly full", "fields": {} }],
            "evictions": { "count": 1, "entries": [{ "field": "domain", "value": "old.example", "expires": null }] },
        }),
    };
    store.end_step(activation, 1, &end, verdicts, now).wait().unwrap();
    let reason = status.is_issue().then_some("3 objects were rejected or failed");
    let hint = reason.map(|_| "open Reasons for details");
    store
        .end_run(
            activation,
            &RunEnd {
                reason: reason.map(str::to_owned),
                hint: hint.map(str::to_owned),
                ..RunEnd::of(status)
            },
            now,
        )
        .wait()
        .unwrap();
    task.run
}

fn three_verdicts() -> Vec<NewVerdict> {
    let comparison = json!({
        "held": { "risk_level": "low" },
        "changes": [{ "name": "risk_level", "before": "low", "after": "high" }],
        "also_on": ["the exception list"],
    });
    let sent = json!([{ "field": "domain", "value": "object-1.example", "status": 201, "attempts": 2, "duplicate_of": null,
        "comparison": comparison }]);
    vec![
        verdict(1, Verdict::Accepted, None, sent),
        verdict(2, Verdict::Failed, Some("timeout"), json!([])),
        verdict(3, Verdict::Rejected, Some("invalid-domain"), json!([])),
        verdict(4, Verdict::Failed, Some("timeout"), json!([])),
    ]
}

#[tokio::test]
async fn the_list_is_filtered_by_workflow_phase_and_status() {
    let (console, mut ada) = furnished().await;
    assert!(read(&ada.get("/runs").send().await).contains("Nothing has run yet"));
    request(&console, 1, 4);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    request(&console, 2, 1);
    let text = read(&ada.get("/runs").send().await);
    for told in [
        "Run 1",
        "Run 2",
        "Error Occurred",
        "Issue Encountered",
        "Queued",
        "Selected objects",
        "3 objects were rejected or failed.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for (query, first, second) in [
        ("workflow=1&phase=&status=", true, false),
        ("workflow=2", false, true),
        ("phase=queued", false, true),
        ("status=Error+Occurred", true, false),
        ("status=Completed", false, false),
        ("phase=nonsense", true, true),
    ] {
        let page = ada.get(&format!("/runs?{query}")).send().await;
        let found = (page.body.contains(r#"href="/runs/1""#), page.body.contains(r#"href="/runs/2""#));
        assert_eq!(found, (first, second), "{query}");
    }
    let none = read(&ada.get("/runs?status=Completed").send().await);
    assert!(none.contains("No matching runs"), "{none}");
}

#[tokio::test]
async fn a_dry_run_shows_what_its_comparison_found() {
    let (console, mut ada) = furnished().await;
    let comparison = |held: bool, changes: usize, also: &[&str]| {
        let held = held.then(|| json!({ "riskLevel": "low" }));
        let changes = vec![json!({ "name": "riskLevel", "before": "low", "after": "high" }); changes];
        json!([{ "field": "domain", "value": "a", "comparison": { "held": held, "changes": changes, "also_on": also } }])
    };
    let verdicts = [
        verdict(1, Verdict::Planned, None, comparison(false, 0, &["exception list"])),
        verdict(2, Verdict::Planned, None, comparison(true, 1, &[])),
        verdict(3, Verdict::Planned, None, comparison(true, 0, &["exception list"])),
        verdict(4, Verdict::Planned, None, comparison(true, 0, &[])),
        verdict(5, Verdict::Skipped, Some("protected"), json!([])),
    ];
    for dry_run in [true, false] {
        let objects = Request::Selected((1..=5).map(object).collect());
        console.orchestrator.request_run(WorkflowId(1), objects, dry_run, "ada").unwrap().unwrap();
        let run = work(&console, &verdicts, RunStatus::Completed).0;
        let text = read(&ada.get(&format!("/runs/{run}")).send().await);
        let found = ["Comparison", "Added 1", "Refreshed 1", "Unchanged 2", "Also on: exception list 2"];
        assert!(found.iter().all(|told| text.contains(told) == dry_run), "{dry_run}: {text}");
    }
    let compared = console.store.compared(RunId(1), 1).wait().unwrap().unwrap();
    assert_eq!((compared.added, compared.refreshed, compared.unchanged), (1, 1, 2));
    assert_eq!(compared.also_on.into_iter().collect::<Vec<_>>(), [("exception list".to_owned(), 2)]);
    assert_eq!(console.store.compared(RunId(1), 2).wait().unwrap(), None);
}

#[tokio::test]
async fn an_open_run_is_watched_and_one_that_is_over_is_not() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    let page = ada.get("/runs/1").send().await;
    assert!(
        page.body.contains(r#"hx-get="/runs/1?seen=queued-chosen""#) && page.body.contains("every 2s"),
        "{}",
        page.body
    );
    let text = read(&page);
    assert!(
        text.contains("Waits for a worker.") && text.contains("0 of 4") && text.contains("Cancel"),
        "{text}"
    );
    assert!(!text.contains("Retry failed"), "{text}");
    let part = ada.get("/runs/1").header("HX-Request", "true").send().await;
    assert!(part.body.starts_with(r#"<section id="live""#) && !part.body.contains("<main"), "{}", part.body);
    assert!(ada.get("/runs").send().await.body.contains("every 3s"));
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    let part = ada.get("/runs/1?seen=queued-chosen").header("HX-Request", "true").send().await;
    assert_eq!(part.header("hx-refresh"), "", "a page never reloads itself");
    assert!(!part.body.contains("hx-get"), "an ended run is watched: {}", part.body);
    for replaced in ["run-actions", "run-tabs", "objects-table"] {
        assert!(part.body.contains(&format!(r#"id="{replaced}""#)), "{replaced}: {}", part.body);
    }
    assert!(part.body.contains("Retry failed") && part.body.contains("hx-preserve"), "{}", part.body);
    assert!(part.body.contains(r#"data-announce="Run 1: Error Occurred. "#), "{}", part.body);
    // A view without a live list is replaced if the run's state has changed since, and only then.
    for (seen, replaced) in [("queued-chosen", true), ("ended-chosen", false)] {
        let path = format!("/runs/1?tab=timeline&seen={seen}");
        let part = ada.get(&path).header("HX-Request", "true").send().await;
        assert_eq!(part.body.contains(r#"id="run-view""#), replaced, "{seen}: {}", part.body);
    }
    assert!(!ada.get("/runs/1").send().await.body.contains("hx-get"));
    assert!(!ada.get("/runs").send().await.body.contains("every 3s"));
}

#[tokio::test]
async fn a_poll_does_not_take_what_the_last_action_says() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    leads(&post_form(&mut ada, "/runs/1/cancel", &[]).await);
    for path in ["/runs", "/runs/1"] {
        let part = ada.get(path).header("HX-Request", "true").send().await;
        assert!(!read(&part).contains("is cancelled"), "{path}");
    }
    let text = read(&ada.get("/runs/1").send().await);
    assert!(text.contains("Run 1 is cancelled before it began: it sends nothing."), "{text}");
}

#[tokio::test]
async fn objects_are_filtered_searched_sorted_and_paged() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 120);
    let mut verdicts = three_verdicts();
    verdicts.extend((5..=119).map(|place| verdict(place, Verdict::Accepted, None, json!([]))));
    work(&console, &verdicts, RunStatus::ErrorOccurred);
    let mut places = async |query: &str| {
        let page = ada.get(&format!("/runs/1?{query}")).send().await;
        assert_eq!(page.status, 200, "{query}");
        let links = page.body.split(r#"href="/runs/1/objects/"#).skip(1);
        let places: Vec<u64> =
            links.map(|link| link.split(['"', '?']).next().unwrap().parse().unwrap()).collect();
        (places, between(&page.body, r#"<div class="pager">"#, "</p>").replace("<p>", "").trim().to_owned())
    };
    let (all, pager) = places("").await;
    assert_eq!((all.len(), all[0], pager.as_str()), (50, 1, "1–50 of 120 objects"));
    assert_eq!(places("page=3").await.0.len(), 20);
    assert_eq!(places("verdict=failed").await.0, [2, 4]);
    assert_eq!(places("verdict=open").await.0, [120]);
    assert_eq!(places("verdict=failed&type=FQDN").await.0, [] as [u64; 0]);
    assert_eq!(places("code=invalid-domain").await.0, [3]);
    assert_eq!(places("search=object-11.example").await.0, [11]);
    assert_eq!(places("search=because+of+timeout").await.0, [2, 4]);
    assert_eq!(places("search=%25").await.0, [] as [u64; 0], "a percent sign is itself");
    assert_eq!(places("sort=-place").await.0[..2], [120, 119]);
    assert_eq!(places("sort=-value").await.0[0], 120, "numbers by their value");
    let page = ada.get("/runs/1?sort=value&verdict=accepted&page=1").send().await;
    assert!(page.body.contains(r#"aria-sort="ascending""#));
    assert!(page.body.contains("verdict=accepted&#38;sort=value&#38;page=2"), "the next page keeps both");
}

#[tokio::test]
async fn an_object_tells_its_story() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    let text = read(&ada.get("/runs/1/objects/1").send().await);
    for told in [
        "object-1.example",
        "Object 1 of 4",
        "70001",
        "page.json, $.data[1]",
        "Score 9 ",
        "Protocol https",
        "Tags loader",
        "Accepted",
        "domain",
        "201",
        "It is there already. This would change:",
        "before: low",
        "after: high",
        "It is also on: the exception list.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let text = read(&ada.get("/runs/1/objects/2").send().await);
    assert!(
        text.contains("Because of timeout in object 2.") && text.contains("Nothing was submitted"),
        "{text}"
    );
    assert_eq!(ada.get("/runs/1/objects/5").send().await.status, 404);
}

#[tokio::test]
async fn each_view_says_what_it_is_for() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    let views: [(&str, &[&str]); 4] = [
        ("reasons", &["timeout", "invalid-domain", "Because of timeout in object 2."]),
        (
            "timeline",
            &[
                "Requested by ada.",
                "Step started (1)",
                "POST /v3.0/list?top=200",
                "429",
                "11 ms",
                "the body that was sent",
                "slow down",
            ],
        ),
        (
            "steps",
            &[
                "Connection For First",
                "API Region European Union (EU)",
                "Requests 7",
                "Bytes sent 29,407",
                "The list is nearly full.",
                "old.example",
                "Finished",
            ],
        ),
        ("nonsense", &["object-1.example"]),
    ];
    for (tab, told) in views {
        let text = read(&ada.get(&format!("/runs/1?tab={tab}")).send().await);
        for told in told {
            assert!(text.contains(told), "{tab}: {told}: {text}");
        }
        assert!(text.contains("3 objects were rejected or failed. Open Reasons for details."), "{text}");
    }
    let page = ada.get("/runs/1").send().await;
    for file in ["report.json", "objects.csv", "recording.har"] {
        let path = format!("/api/v1/runs/1/{file}");
        assert!(page.body.contains(&path), "{file}");
        assert_eq!(ada.get(&path).send().await.status, 200, "{file}");
    }
}

#[tokio::test]
async fn retry_takes_exactly_what_failed() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    assert!(read(&ada.get("/runs/1").send().await).contains("Retry failed (2)"));
    assert_eq!(leads(&post_form(&mut ada, "/runs/1/retry", &[]).await), "/runs/2");
    let run = console.store.run(RunId(2)).wait().unwrap();
    assert_eq!((run.origin, run.retry_of, run.objects), (Origin::Retry, Some(RunId(1)), Some(2)));
    let page = ada.get("/runs/2").send().await;
    assert!(page.body.contains("object-2.example") && page.body.contains("object-4.example"));
    assert!(!page.body.contains("object-1.example") && !page.body.contains("object-3.example"));
    assert!(read(&page).contains("Retry of run 1"), "{}", read(&page));
    let whole: Vec<NewVerdict> =
        (1..=2).map(|place| verdict(place, Verdict::Accepted, None, json!([]))).collect();
    work(&console, &whole, RunStatus::Completed);
    assert!(!read(&ada.get("/runs/2").send().await).contains("Retry failed"), "nothing failed there");
}

#[tokio::test]
async fn cancel_is_for_runs_that_are_open() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    assert_eq!(leads(&post_form(&mut ada, "/runs/1/cancel", &[]).await), "/runs/1");
    assert!(console.store.task(RunId(1)).wait().unwrap().unwrap().cancelled);
    work(&console, &[], RunStatus::Incomplete);
    assert!(!ada.get("/runs/1").send().await.body.contains("/runs/1/cancel"));
    assert_eq!(post_form(&mut ada, "/runs/1/cancel", &[]).await.status, 409);
}

#[tokio::test]
async fn a_viewer_neither_cancels_nor_retries() {
    let (console, mut ada) = furnished().await;
    request(&console, 1, 4);
    let mut linus = console.person(&mut ada, "linus", Role::Viewer).await;
    assert!(!linus.get("/runs/1").send().await.body.contains("/runs/1/cancel"));
    assert_eq!(post_form(&mut linus, "/runs/1/cancel", &[]).await.status, 403);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    let page = linus.get("/runs/1").send().await;
    assert!(!page.body.contains("/runs/1/retry") && page.body.contains("report.json"));
    assert_eq!(post_form(&mut linus, "/runs/1/retry", &[]).await.status, 403);
    for path in ["/runs/1/objects/2", "/runs/1?tab=timeline", "/runs/1?tab=steps", "/runs/1?tab=reasons"] {
        assert_eq!(linus.get(path).send().await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_overview_and_the_api_show_what_lists_hold_and_which_run_has_read_it() {
    let (console, mut ada) = furnished().await;
    assert!(!ada.get("/").send().await.body.contains("Entries on the services"), "nobody has read any");
    let run = request(&console, 1, 1);
    let now = Timestamp::now();
    let activation = console.store.claim_task(now).wait().unwrap().unwrap().activation();
    let lists = Lists {
        tenant: "0123".to_owned(),
        bundle: "trend-vision-one".to_owned(),
        service: "https://api.example".to_owned(),
    };
    let holding = |list: &str, field: Option<&str>, entries, limit| NewHolding {
        list: list.to_owned(),
        field: field.map(str::to_owned),
        entries,
        limit,
    };
    let holdings = [
        holding("block list", Some("domain"), 9_500, Some(10_000)),
        holding("block list", Some("ip"), 12, Some(10_000)),
        holding("exception list", None, 7, None),
    ];
    console.store.record_holdings(activation, 1, &lists, &holdings, now).wait().unwrap();
    let page = ada.get("/").send().await;
    let shown = between(&page.body, "Entries on the services", "</section>");
    for told in ["9,500 of 10,000", "12 of 10,000", "Block list", "Exception list", "api.example", "“First”"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(shown.contains(&format!(r#"href="/runs/{run}""#)) && shown.contains("<time"), "{shown}");
    assert!(shown.contains(r#"<rect class="warning""#), "it is getting full: {shown}");
    let listed = ada.get("/api/v1/holdings").send().await.json();
    assert_eq!(listed["total"], 3);
    let first = &listed["items"][0];
    assert_eq!((&first["field"], &first["entries"]), (&json!("domain"), &json!(9_500)), "{listed}");
    assert_eq!((&first["limit"], &first["run"]), (&json!(10_000), &json!(run.0)));
    assert_eq!((&listed["items"][2]["field"], &listed["items"][2]["limit"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_overview_says_what_ran_and_what_needs_attention() {
    let (console, mut ada) = furnished().await;
    let text = read(&ada.get("/").send().await);
    assert!(
        text.contains("No runs in the last 24 hours")
            && text.contains("Nothing: the last run of every workflow went well"),
        "{text}"
    );
    request(&console, 1, 4);
    work(&console, &three_verdicts(), RunStatus::ErrorOccurred);
    request(&console, 2, 1);
    let page = ada.get("/").send().await;
    let text = read(&page);
    let attention = between(&page.body, "Needs attention", "</section>");
    assert!(
        attention.contains(r#"href="/runs/1""#) && attention.contains("3 objects were rejected or failed."),
        "{attention}"
    );
    assert!(!attention.contains(r#"href="/runs/2""#), "it has not waited for long");
    for told in
        ["Error Occurred 1", "In progress 1", "accepted 1", "failed 2", "No enabled workflow has a schedule."]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
}
