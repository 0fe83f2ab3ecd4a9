//! What every answer tells the browser, the pages for failures, and that pages need no script.

use palisade_server::{Access, table};

use crate::harness::{Service, between};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_has_the_headers_whatever_becomes_of_it() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut nobody = service.client();
    let mut answers = Vec::new();
    for path in
        ["/", "/account", "/users", "/users/invite", "/users/1", "/users/x", "/audit", "/nothing", "/log-in"]
    {
        answers.push((path, ada.get(path).send().await));
    }
    for path in ["/", "/log-in", "/welcome/x", "/nothing", "/api/v1/me", "/healthz", "/assets/x/app.css"] {
        answers.push((path, nobody.get(path).send().await));
    }
    answers.push(("other host", nobody.get("/").header("Host", "attacker.example").send().await));
    answers.push(("forged", ada.post("/users/invite").without("X-CSRF-Token").send().await));
    for (path, answer) in answers {
        for (name, value) in [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
        for forbidden in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
            assert!(!answer.body.contains(forbidden), "{path}: {forbidden}");
        }
        for script in answer.body.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/"), "{path}");
        }
    }
}

#[tokio::test]
async fn files_are_kept_and_named_by_what_they_hold() {
    let service = Service::start().await;
    let mut client = service.client();
    let page = client.get("/log-in").send().await.body;
    for name in ["app.css", "app.js", "htmx.min.js", "logo.svg"] {
        let path = page
            .split('"')
            .find(|part| part.starts_with("/assets/") && part.ends_with(name))
            .unwrap()
            .to_owned();
        let answer = client.get(&path).send().await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("cache-control").contains("immutable"), "{path}");
        let other = path.replacen("/assets/", "/assets/x", 1);
        assert_eq!(client.get(&other).send().await.status, 404, "{other}");
    }
    for path in ["/assets/x/../../../etc/passwd", "/assets/%2e%2e/%2e%2e", "/assets/x/..%2f..%2fCargo.toml"] {
        assert_eq!(client.get(path).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_failure_is_a_page_for_people() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let answer = ada.get("/nothing").send().await;
    assert_eq!(answer.status, 404);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.body.contains("<h1>Page not found</h1>") && answer.body.contains(r#"href="/audit""#));
    assert!(answer.body.contains(answer.header("x-request-id")));
    let answer = service.client().get("/nothing").send().await;
    assert_eq!(answer.status, 404);
    assert!(!answer.body.contains(r#"href="/audit""#), "whoever is not logged in is shown no way in");
}

#[tokio::test]
async fn the_navigation_shows_what_somebody_may_see() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut linus = service.person(&mut ada, "linus", palisade_server::Role::Viewer).await;
    let page = linus.get("/").send().await.body;
    assert!(
        page.contains(r#"href="/runs""#)
            && !page.contains(r#"href="/users""#)
            && !page.contains(r#"href="/audit""#)
    );
}

#[tokio::test]
async fn a_choice_of_colours_is_kept_without_a_script() {
    let service = Service::start().await;
    let mut client = service.client();
    let answer =
        client.post("/theme").form(&[("theme", "dark"), ("back", "/log-in?next=%2Fruns")]).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"), "back to a log-in would be a loop");
    assert!(client.get("/log-in").send().await.body.contains(r#"data-theme="dark""#));
    client.post("/theme").form(&[("theme", "\"><b>"), ("back", "/")]).send().await;
    assert!(!client.get("/log-in").send().await.body.contains("data-theme"));
}

#[tokio::test]
async fn what_people_type_is_never_markup() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let answer = ada.get("/audit?search=%3Cb%3E%22%27%26").send().await;
    assert!(!answer.body.contains("<b>"), "{}", answer.body);
    let answer =
        ada.post("/users/invite").form(&[("name", "\"><img src=x>"), ("role", "viewer")]).send().await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains("<img src=x"), "{}", answer.body);
}

#[tokio::test]
async fn htmx_is_told_where_to_log_in() {
    let service = Service::start().await;
    let answer = service.client().get("/audit").header("HX-Request", "true").send().await;
    assert_eq!((answer.status, answer.header("hx-redirect")), (401, "/log-in"));
}

#[tokio::test]
async fn every_page_has_one_title_one_main_and_a_way_past_the_navigation() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for route in table(&service.app) {
        let plain = !route.path.contains('{') && !route.path.starts_with("/api/");
        if route.method != "GET" || !plain || route.access == Access::Anybody {
            continue;
        }
        let answer = ada.get(&route.path).send().await;
        if !answer.header("content-type").starts_with("text/html") {
            continue;
        }
        let count = |tag: &str| answer.body.matches(tag).count();
        assert_eq!((count("<h1"), count("<main "), count("<title>")), (1, 1, 1), "{}", route.path);
        assert!(answer.body.contains(r##"<a class="skip" href="#content">"##), "{}", route.path);
        assert!(!between(&answer.body, "<h1>", "</h1>").trim().is_empty(), "{}", route.path);
        assert_eq!(
            count("<form"),
            count(r#"name="csrf""#) + count(r#"class="theme""#) + count(r#"method="get""#),
            "{}: every form carries the session's text",
            route.path
        );
    }
}
