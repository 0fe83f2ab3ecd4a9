//! Lists of the console and the API that are filtered, sorted and counted: runs, their objects, the overview's numbers, the audit log;
//! and parameters of an address that nobody knows.

use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_orchestrator::{Clock, Confirmed, Request};
use palisade_server::{Role, table};
use palisade_store::{Cause, NewVerdict, RunEnd, RunId, RunStatus, StoredObject, Wait as _, WorkflowId};
use serde_json::{Value, json};

use crate::console::support::{Console, leads, post_form, read};
use crate::harness::{Answer, Client, between};

/// A clock that a test moves.
#[derive(Clone)]
struct Moved(Arc<Mutex<Timestamp>>);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A service whose runs are requested at chosen times, with nobody who works on them.
struct Lists {
    console: Console,
    clock: Moved,
    ada: Client,
}

impl Lists {
    async fn start() -> Self {
        let clock = Moved(Arc::new(Mutex::new(Timestamp::now())));
        let moved = clock.clone();
        let console = Console::start_with(move |options, _| options.clock = Arc::new(moved)).await;
        let ada = console.administrator().await;
        console.orchestrator.install(&console.signed(), "bundle.zip", Confirmed::default(), "ada").unwrap();
        for name in ["Zoo", "apple", "Émile"] {
            console.workflow(name, 1, None);
        }
        Self { console, clock, ada }
    }

    fn request(&self, workflow: i64, who: &str, hours_ago: i64, values: &[&str]) -> RunId {
        *self.clock.0.lock().unwrap() = Timestamp::now() - SignedDuration::from_hours(hours_ago);
        let object = |value: &&str| StoredObject {
            subtype: if value.contains("://") { "URL" } else { "FQDN" }.to_owned(),
            value: (*value).to_owned(),
            platform_id: None,
            file: "list.txt".to_owned(),
            location: "line 1".to_owned(),
            record: json!({ "kind": "Indicator" }),
        };
        let objects = Request::Selected(values.iter().map(object).collect());
        self.console.orchestrator.request_run(WorkflowId(workflow), objects, false, who).unwrap().unwrap()
    }

    /// Ends the run that is next.
    fn end(&self, status: RunStatus, cause: Option<Cause>, verdicts: &[Verdict]) {
        let (store, now) = (&self.console.store, Timestamp::now());
        let activation = store.claim_task(now).wait().unwrap().unwrap().activation();
        store.begin_run(activation, now).wait().unwrap();
        let verdict = |(verdict, place): (&Verdict, u64)| NewVerdict {
            place,
            verdict: *verdict,
            code: Some(format!("code-{verdict}")),
            message: Some(format!("because it was {verdict}")),
            submissions: json!([]),
        };
        let verdicts: Vec<NewVerdict> = verdicts.iter().zip(1..).map(verdict).collect();
        store.record_verdicts(activation, 1, &verdicts, now).wait().unwrap();
        let reason = status.is_issue().then_some("there is an issue");
        store
            .end_run(
                activation,
                &RunEnd { cause, reason: reason.map(str::to_owned), ..RunEnd::of(status) },
                now,
            )
            .wait()
            .unwrap();
    }

    async fn page(&mut self, path: &str) -> Answer {
        let page = self.ada.get(path).send().await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        page
    }

    /// The runs on a page of the list, in its order.
    async fn listed(&mut self, query: &str) -> Vec<i64> {
        let page = self.page(&format!("/runs?{query}")).await;
        let links = page.body.split(r#"<a id="run-"#).skip(1);
        links.filter_map(|link| link.split('"').next().unwrap().parse().ok()).collect()
    }

    /// The same for programs.
    async fn called(&mut self, query: &str) -> Vec<i64> {
        let list = self.page(&format!("/api/v1/runs?{query}")).await.json();
        list["items"].as_array().unwrap().iter().map(|run| run["id"].as_i64().unwrap()).collect()
    }
}

/// How many rows a list says that it has on all its pages.
fn total(page: &Answer) -> u64 {
    if !page.body.contains(r#"<div class="pager">"#) {
        return 0;
    }
    let pager = between(&page.body, r#"<div class="pager">"#, "</p>");
    let count = pager.rsplit(" of ").next().unwrap().split(' ').next().unwrap();
    count.replace(',', "").parse().unwrap_or_else(|_| panic!("{pager}"))
}

/// The links of a part of a page to the list of runs, each with the text of its label.
fn links(page: &str) -> Vec<(String, String)> {
    let links = page.split("<a href=\"/runs?").skip(1);
    let link = |link: &str| {
        let (path, rest) = link.split_once('"').unwrap();
        let label =
            rest.split_once("aria-label=\"").map_or("", |(_, label)| label.split('"').next().unwrap());
        (format!("/runs?{}", path.replace("&#38;", "&").replace("&amp;", "&")), label.to_owned())
    };
    links.map(link).collect()
}

#[tokio::test]
async fn runs_are_found_by_date_workflow_requester_and_number() {
    let mut lists = Lists::start().await;
    lists.request(1, "ada", 24 * 20, &["a.example"]);
    lists.request(2, "grace (token nightly)", 24 * 3, &["a.example", "b.example"]);
    lists.request(3, "ada", 2, &["a.example"]);
    let at = |hours: i64| (Timestamp::now() - SignedDuration::from_hours(hours)).to_string();
    for (query, runs) in [
        (String::new(), vec![3, 2, 1]),
        ("period=24h".to_owned(), vec![3]),
        ("period=7d".to_owned(), vec![3, 2]),
        ("period=30d".to_owned(), vec![3, 2, 1]),
        (format!("from={}", at(24 * 4)), vec![3, 2]),
        (format!("to={}", at(24)), vec![2, 1]),
        (format!("from={}&to={}", at(24 * 4), at(24)), vec![2]),
        (format!("period=30d&to={}&search=APP", at(24)), vec![2]),
        ("search=%C3%89MIL".to_owned(), vec![3]),
        ("search=Grace".to_owned(), vec![2]),
        ("search=run+1".to_owned(), vec![1]),
        ("search=3".to_owned(), vec![3]),
        ("search=nobody".to_owned(), vec![]),
        ("sort=requested".to_owned(), vec![1, 2, 3]),
        ("sort=workflow".to_owned(), vec![2, 3, 1]),
        ("sort=-workflow".to_owned(), vec![1, 3, 2]),
        ("sort=-objects&search=ada".to_owned(), vec![3, 1]),
        ("phase=open&workflow=2".to_owned(), vec![2]),
    ] {
        assert_eq!(lists.listed(&query).await, runs, "{query}");
        // The same for programs, in their words.
        if !query.contains("period") && !query.contains("phase") {
            let query = query
                .replace("sort=-", "descending=true&sort=")
                .replace("sort=req", "descending=false&sort=req");
            assert_eq!(lists.called(&query).await, runs, "{query}");
        }
    }
    let local = "from=2026-01-01T10%3A00&zone=America%2FNew_York&sort=workflow";
    let page = lists.page(&format!("/runs?{local}")).await;
    assert!(
        page.body.contains(r#"value="2026-01-01T10:00""#)
            && page.body.contains(r#"data-at="2026-01-01T15:00:00Z""#)
    );
    let wrong = lists.page("/runs?from=yesterday").await;
    assert!(read(&wrong).contains("Expected a date and a time such as"), "{}", wrong.body);
    assert_eq!(lists.ada.get("/api/v1/runs?from=yesterday").send().await.status, 400);
    let ignored = read(&lists.page("/runs?status=nonsense").await);
    assert!(ignored.contains("Ignored the filter status : it does not know nonsense"), "{ignored}");
}

#[tokio::test]
async fn pages_and_heads_of_a_list_of_runs_keep_its_filters() {
    let mut lists = Lists::start().await;
    for _ in 0..60 {
        lists.request(2, "ada", 2, &["a.example"]);
    }
    lists.request(1, "ada", 2, &["a.example"]);
    let page = lists.page("/runs?search=apple&period=7d&sort=-objects").await;
    assert_eq!(total(&page), 60);
    let next = page.body.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&#38;", "&");
    assert_eq!(next, "/runs?search=apple&period=7d&sort=-objects&page=2");
    assert_eq!(lists.listed(next.trim_start_matches("/runs?")).await.len(), 10);
    let head =
        page.body.split(r#"aria-sort="descending"><a href=""#).nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(head.replace("&#38;", "&"), "/runs?search=apple&period=7d&sort=objects");
}

#[tokio::test]
async fn every_number_of_the_overview_leads_to_the_runs_that_it_counts() {
    let mut lists = Lists::start().await;
    use Verdict::{Accepted, Failed, Rejected, Skipped};
    let objects = ["a.example", "b.example", "c.example"];
    let ends: [(i64, RunStatus, Option<Cause>, &[Verdict]); 7] = [
        (2, RunStatus::Completed, None, &[Accepted, Accepted, Skipped]),
        (3, RunStatus::ErrorOccurred, Some(Cause::Service), &[Accepted, Failed, Failed]),
        (3, RunStatus::ErrorOccurred, Some(Cause::Input), &[Rejected, Rejected, Rejected]),
        (5, RunStatus::FailedToComplete, Some(Cause::Input), &[]),
        (50, RunStatus::FailedToComplete, Some(Cause::Policy), &[]),
        (60, RunStatus::ErrorDuringRun, Some(Cause::Service), &[Failed, Failed, Failed]),
        (24 * 10, RunStatus::Completed, None, &[Accepted, Accepted, Accepted]),
    ];
    for (hours_ago, status, cause, verdicts) in ends {
        lists.request(2, "ada", hours_ago, &objects);
        lists.end(status, cause, verdicts);
    }
    lists.request(1, "ada", 1, &objects);
    for (period, runs, issues, accepted) in
        [("", 5, 3, 3), ("24h", 5, 3, 3), ("7d", 7, 5, 3), ("30d", 8, 5, 6)]
    {
        let page = lists.page(&format!("/?period={period}")).await;
        let text = read(&page);
        assert!(text.contains(&format!("Runs {runs} Runs")), "{period}: {text}");
        assert!(text.contains(&format!("With an issue {issues} With an issue")), "{period}: {text}");
        assert!(text.contains(&format!("Objects accepted {accepted} Objects accepted")), "{period}: {text}");
        let chart = between(&page.body, r#"<svg class="columns""#, "</svg>").to_owned();
        let mut counted = 0;
        for (path, label) in links(&chart) {
            // `14:00: 2 Completed`
            let count: u64 = label.rsplit(": ").next().unwrap().split(' ').next().unwrap().parse().unwrap();
            assert_eq!(total(&lists.page(&path).await), count, "{label}: {path}");
            counted += count;
        }
        assert_eq!(counted, runs, "{period}: the parts of the chart are all runs");
        let bar = page.body.split(r#"id="verdicts-title""#).nth(1).unwrap();
        let bar = between(bar, "<svg", "</svg>").to_owned();
        let verdicts = links(&bar);
        assert!(verdicts.len() >= 4, "{bar}");
        for (path, label) in verdicts {
            let listed = lists.page(&path).await;
            assert!(
                listed.body.contains(&format!(r#"aria-label="{label}""#)),
                "{path} counts {label}: {}",
                listed.body
            );
        }
        let tiles = between(&page.body, r#"<div class="tiles">"#, r#"<div class="grid"#).to_owned();
        for (path, tile) in links(&tiles).iter().zip([runs, issues, 1]) {
            assert_eq!(total(&lists.page(&path.0).await), tile, "{}", path.0);
        }
    }
    let day = lists.page("/?period=24h").await;
    assert!(day.body.contains("all about input") || read(&day).contains("2 about input, policy or settings"));
    assert!(read(&lists.page("/?period=1y").await).contains("it does not know 1y"));
}

#[tokio::test]
async fn bad_input_does_not_look_like_an_outage() {
    let mut lists = Lists::start().await;
    for cause in [Cause::Input, Cause::Policy] {
        lists.request(2, "ada", 1, &["a.example"]);
        lists.end(RunStatus::FailedToComplete, Some(cause), &[]);
    }
    for path in ["/", "/runs", "/runs/1", "/runs/2", "/workflows", "/workflows/2"] {
        let page = lists.page(path).await;
        let content = page.body.split("<main").nth(1).unwrap();
        assert!(!content.contains("Issue Encountered"), "{path}");
        for outage in ["badge bad", "rect class=\"bad", "notice bad", "swatch bad"] {
            assert!(!content.contains(outage), "{path}: {outage}");
        }
    }
    let text = read(&lists.page("/runs").await);
    assert!(text.contains("Bad input") && text.contains("Refused by policy or settings"), "{text}");
    // An outage still looks like one.
    lists.request(2, "ada", 1, &["a.example"]);
    lists.end(RunStatus::FailedToComplete, Some(Cause::Service), &[]);
    let page = lists.page("/runs").await;
    assert!(page.body.contains("badge bad") && read(&page).contains("Issue Encountered"));
    for (query, runs) in
        [("cause=input", vec![1]), ("cause=service&issue=true", vec![3]), ("issue=true", vec![3, 2, 1])]
    {
        assert_eq!(lists.called(query).await, runs, "{query}");
    }
    let run = lists.page("/api/v1/runs/1").await.json();
    assert_eq!((&run["cause"], &run["issue"]), (&json!("input"), &json!(true)));
}

#[tokio::test]
async fn all_objects_that_are_found_in_a_run_are_selected_at_once() {
    let mut lists = Lists::start().await;
    let values: Vec<String> = (0..120).map(|number| format!("object-{number}.example")).collect();
    let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
    values.push("https://u.example/");
    lists.request(2, "ada", 1, &values);
    let verdicts: Vec<Verdict> =
        (0..121).map(|place| if place % 2 == 0 { Verdict::Failed } else { Verdict::Accepted }).collect();
    lists.end(RunStatus::ErrorOccurred, Some(Cause::Service), &verdicts);
    let page = lists.page("/runs/1?verdict=failed&type=FQDN&sort=value").await;
    assert!(read(&page).contains("Run a workflow on all 60 found"), "{}", read(&page));
    let all =
        [("run", "1"), ("all", "on"), ("verdict", "failed"), ("type", "FQDN"), ("code", ""), ("search", "")];
    let chosen = post_form(&mut lists.ada, "/selection", &all).await;
    let text = read(&chosen);
    assert!(text.contains("60 objects of Run 1") && text.contains("and 10 more"), "{text}");
    let run = [&all[..], &[("workflow", "2")]].concat();
    assert_eq!(leads(&post_form(&mut lists.ada, "/selection/run", &run).await), "/runs/2");
    let made = lists.page("/api/v1/runs/2/objects?per_page=500").await.json();
    let items = made["items"].as_array().unwrap();
    assert_eq!(items.len(), 60);
    assert!(items.iter().all(|object| object["type"] == "FQDN"), "{items:?}");
    assert!(items.iter().any(|object| object["value"] == "object-118.example"));
    // A filter that is not understood selects nothing, and not everything.
    let wrong =
        post_form(&mut lists.ada, "/selection", &[("run", "1"), ("all", "on"), ("verdict", "faild")]).await;
    assert_eq!(wrong.status, 400, "{}", wrong.body);
    let none = [("run", "1"), ("all", "on"), ("search", "nowhere")];
    assert_eq!(leads(&post_form(&mut lists.ada, "/selection", &none).await), "/runs/1?search=nowhere");
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_by_the_api_and_told_by_a_page() {
    let mut lists = Lists::start().await;
    lists.request(2, "ada", 1, &["a.example"]);
    let wrong = lists.ada.get("/api/v1/runs?sreach=apple&page=1").send().await;
    let problem = wrong.json();
    assert_eq!((wrong.status, &problem["code"]), (400, &json!("unknown-parameter")), "{problem}");
    assert!(
        problem["detail"].as_str().unwrap().contains("`sreach`") && !wrong.body.contains("`page`, `page`")
    );
    assert!(problem["hint"].as_str().unwrap().contains("`search`"), "{problem}");
    // Every call that reads, by the table of routes: none ignores what it does not know.
    let document = lists.page("/api/v1/openapi.json").await.json();
    let mut calls = 0;
    for route in table(&lists.console.app) {
        let path =
            route.path.replace("{id}", "1").replace("{place}", "1").replace("{action}", "add-to-blocklist");
        if route.method != "GET" || path.contains('{') {
            continue;
        }
        let answer = lists.ada.get(&format!("{path}?nobody-knows-this=1")).send().await;
        if path.starts_with("/api/") {
            assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("unknown-parameter")), "{path}");
            calls += 1;
        } else if answer.body.contains("<main id=\"content\"") && answer.status == 200 {
            let told = read(&answer);
            assert!(
                told.contains("Ignored unknown parameter in the address: nobody-knows-this"),
                "{path}: {told}"
            );
            let plain = lists.ada.get(&path).send().await;
            assert!(!plain.body.contains("Ignored unknown"), "{path}");
            calls += 1;
        }
    }
    assert!(calls > 35, "{calls}");
    // What the document describes is what is known.
    for (path, item) in document["paths"].as_object().unwrap() {
        let call = path.replace("{id}", "1").replace("{place}", "1").replace("{action}", "add-to-blocklist");
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names: Vec<String> = parameters
            .iter()
            .filter(|one| one["in"] == "query")
            .map(|one| format!("{}=", one["name"].as_str().unwrap()))
            .collect();
        if names.is_empty() || call.contains('{') || item["get"].is_null() {
            continue;
        }
        let answer = lists.ada.get(&format!("{call}?{}", names.join("&"))).send().await;
        assert!(!answer.body.contains("unknown-parameter"), "{call}: {}", answer.body);
    }
    // A change is refused before anything is done.
    let body = r#"{"dry_run": true}"#;
    let refused = lists.ada.call("POST", "/api/v1/workflows/2/run?dryrun=true").json(body).send().await;
    assert_eq!((refused.status, &refused.json()["code"]), (400, &json!("unknown-parameter")));
    assert_eq!(lists.called("").await, [1]);
    // Whoever may not look is not told what a page knows.
    let mut vera = lists.console.person(&mut lists.ada, "vera", Role::Viewer).await;
    assert_eq!(vera.get("/api/v1/audit?nobody-knows-this=1").send().await.status, 403);
}

#[tokio::test]
async fn names_are_listed_in_the_order_of_a_language() {
    let mut lists = Lists::start().await;
    let workflows = lists.page("/api/v1/workflows").await.json();
    let names: Vec<&str> =
        workflows["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["apple", "Émile", "Zoo"]);
    for name in ["Zora", "bob", "Éva", "frank"] {
        lists.ada.invite(name, Role::Viewer).await;
        let token = lists.page("/users").await;
        assert!(token.body.contains(name));
    }
    let users = read(&lists.page("/users").await);
    let places: Vec<usize> =
        ["bob", "Éva", "frank", "Zora"].iter().map(|name| users.find(name).unwrap()).collect();
    assert!(places.is_sorted(), "{users}");
    lists.request(
        2,
        "ada",
        1,
        &["zoo.example", "Émile.example", "fig.example", "Apple.example", "eagle.example"],
    );
    for (sort, expected) in [
        ("value", ["Apple.example", "eagle.example", "Émile.example", "fig.example", "zoo.example"]),
        ("-value", ["zoo.example", "fig.example", "Émile.example", "eagle.example", "Apple.example"]),
    ] {
        let page = lists.page(&format!("/runs/1?sort={sort}")).await;
        let places: Vec<usize> = expected.iter().map(|value| page.body.find(value).unwrap()).collect();
        assert!(places.is_sorted(), "{sort}: {places:?}");
    }
}

#[tokio::test]
async fn the_audit_log_is_filtered_and_its_pages_and_its_export_keep_the_filter() {
    let mut lists = Lists::start().await;
    for number in 0..60 {
        lists.request(
            2,
            if number % 2 == 0 { "grace" } else { "grace (token nightly)" },
            24 * 9,
            &["a.example"],
        );
    }
    lists.request(2, "linus", 1, &["a.example"]);
    lists.ada.invite("frank", Role::Viewer).await;
    let page = lists.page("/audit?who=grace&what=run.").await;
    assert_eq!(total(&page), 60);
    let href = |mark: &str| {
        let link = page.body.split(mark).nth(1).unwrap_or_else(|| panic!("{mark}: {}", page.body));
        link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&")
    };
    let next = href("rel=\"next\"");
    assert_eq!(next, "/audit?who=grace&what=run.&page=2");
    let export = href(r#"<div class="actions"><a class="button""#);
    let exported = lists.page(&export).await;
    let lines: Vec<Value> = exported.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 60, "{export}");
    assert!(lines.iter().all(|line| line["who"].as_str().unwrap().starts_with("grace")));
    assert_eq!(total(&lists.page(&next).await), 60);
    for (query, count) in [
        ("what=user.invited", 1),
        ("what=user.invited&address=127.0.0.1", 1),
        ("what=user.invited&address=127.0.0.", 1),
        ("what=user.invited&address=192.0.2.1", 0),
        ("what=run.requested&period=7d", 1),
        ("what=run.requested&period=30d", 61),
        ("what=run.requested&search=LINUS", 1),
        ("who=graceless", 0),
    ] {
        assert_eq!(total(&lists.page(&format!("/audit?{query}")).await), count, "{query}");
        if !query.contains("period") {
            let found = lists.page(&format!("/api/v1/audit?{query}")).await.json();
            assert_eq!(found["total"], count, "{query}");
        }
    }
    let since = Timestamp::now() - SignedDuration::from_hours(24 * 7);
    let listed = lists.page(&format!("/api/v1/audit?what=run.requested&from={since}")).await.json();
    assert_eq!(listed["total"], 1);
    let rest = lists.page(&format!("/api/v1/audit.jsonl?what=run.requested&to={since}&after=0")).await;
    assert_eq!(rest.body.lines().count(), 60);
    assert!(
        page.body.contains(r#"<option value="grace" selected>"#)
            && page.body.contains(r#"<option value="run." selected>"#)
    );
}
