//! Each role against each route, as the table of routes lists them: what a route says is what happens.

use palisade_server::{Access, OPERATOR, Role, Routes, table};

use crate::harness::{Client, Service, Start};

/// What is open to whoever reaches the service. A route that is not here has a role.
const OPEN: &[(&str, &str)] = &[
    ("GET", "/assets/{digest}/{name}"),
    ("GET", "/healthz"),
    ("GET", "/log-in"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
    ("GET", "/welcome/{token}"),
    ("POST", "/log-in"),
    ("POST", "/theme"),
    ("POST", "/welcome/{token}"),
];

fn addressed(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "999999" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn nothing_is_open_but_what_is_listed() {
    let service = Service::start().await;
    let mut open: Vec<(String, String)> = table(&service.app)
        .into_iter()
        .filter(|route| route.access == Access::Anybody)
        .map(|route| (route.method.to_string(), route.path))
        .collect();
    open.sort();
    let listed: Vec<(String, String)> =
        OPEN.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(open, listed);
}

#[tokio::test]
async fn each_role_may_what_the_table_says_and_no_more() {
    let service = Service::start().await;
    let mut administrator = service.administrator().await;
    let operator = service.person(&mut administrator, "grace", Role::Operator).await;
    let viewer = service.person(&mut administrator, "linus", Role::Viewer).await;
    let mut callers: Vec<(Option<Role>, Client)> = vec![
        (None, service.client()),
        (Some(Role::Viewer), viewer),
        (Some(Role::Operator), operator),
        (Some(Role::Administrator), administrator),
    ];
    let mut checked = 0;
    for route in table(&service.app) {
        // It ends the session; its own test is elsewhere.
        if route.path == "/log-out" {
            continue;
        }
        let Access::AtLeast(least) = route.access else { continue };
        for (role, client) in &mut callers {
            let path = addressed(&route.path);
            let answer = client.call(route.method.as_str(), &path).send().await;
            let what = format!("{role:?} {} {path}: {} {}", route.method, answer.status, answer.body);
            let api = path.starts_with("/api/");
            match role {
                Some(role) if *role >= least => {
                    assert!(answer.status != 401 && answer.status != 403, "{what}");
                    assert!(!answer.header("location").starts_with("/log-in"), "{what}");
                }
                Some(_) => {
                    assert_eq!(answer.status, 403, "{what}");
                    assert!(answer.body.contains("role-too-low"), "{what}");
                }
                None if api => assert_eq!(answer.status, 401, "{what}"),
                None => {
                    assert_eq!(answer.status, 303, "{what}");
                    assert!(answer.header("location").starts_with("/log-in"), "{what}");
                }
            }
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");
}

#[tokio::test]
async fn the_table_holds_also_where_a_handler_does_not_ask_who_it_is() {
    let routes = |routes: Routes| routes.get("/test/unasked", OPERATOR, async || "done");
    let service = Service::start_with(Start { routes: Some(routes), ..Start::default() }).await;
    let mut administrator = service.administrator().await;
    let mut viewer = service.person(&mut administrator, "linus", Role::Viewer).await;
    assert_eq!(service.client().get("/test/unasked").send().await.status, 303);
    assert_eq!(viewer.get("/test/unasked").send().await.status, 403);
    assert_eq!(administrator.get("/test/unasked").send().await.body, "done");
}

#[tokio::test]
async fn every_change_without_the_sessions_text_is_refused() {
    let service = Service::start().await;
    let mut administrator = service.administrator().await;
    for route in table(&service.app).into_iter().filter(|route| !route.method.is_safe()) {
        let Access::AtLeast(_) = route.access else { continue };
        let path = addressed(&route.path);
        let answer = administrator.call(route.method.as_str(), &path).without("X-CSRF-Token").send().await;
        assert_eq!(answer.status, 403, "{} {path}: {}", route.method, answer.body);
        assert!(answer.body.contains("forgery-suspected"), "{path}: {}", answer.body);
        let other = administrator.call(route.method.as_str(), &path).header("Sec-Fetch-Site", "cross-site");
        let answer = other.send().await;
        assert_eq!(answer.status, 403, "{} {path}: {}", route.method, answer.body);
    }
}

#[tokio::test]
async fn a_token_may_no_more_than_its_owner_and_than_itself() {
    let service = Service::start().await;
    let mut administrator = service.administrator().await;
    let mut operator = service.person(&mut administrator, "grace", Role::Operator).await;
    let below = administrator.token(Role::Viewer, 1).await;
    let own = operator.token(Role::Operator, 1).await;
    let mut client = service.client();
    let me = client.get("/api/v1/me").bearer(&below).send().await.json();
    assert_eq!((&me["name"], &me["role"], &me["token"]), (&"ada".into(), &"viewer".into(), &"test".into()));
    assert_eq!(client.get("/api/v1/users").bearer(&below).send().await.status, 403);

    let wanted = r#"{"name": "more", "role": "administrator", "days": 1}"#;
    let answer = operator.post("/api/v1/tokens").json(wanted).send().await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &"role".into()));

    // What its owner loses, it loses.
    let id = operator.get("/api/v1/me").send().await.json()["id"].clone();
    let path = format!("/api/v1/users/{id}");
    assert_eq!(administrator.call("PATCH", &path).json(r#"{"role": "viewer"}"#).send().await.status, 200);
    assert_eq!(client.get("/api/v1/me").bearer(&own).send().await.json()["role"], "viewer");
    assert_eq!(administrator.call("PATCH", &path).json(r#"{"enabled": false}"#).send().await.status, 200);
    assert_eq!(client.get("/api/v1/me").bearer(&own).send().await.status, 401);
}
