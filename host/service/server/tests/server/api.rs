//! Problem details, paging, idempotency keys, and the document.

use palisade_server::table;
use palisade_store::Wait as _;

use crate::harness::Service;

#[tokio::test]
async fn a_problem_has_its_shape_whatever_goes_wrong() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let long = format!("/api/v1/users?page=1&per_page={}", "9".repeat(40));
    let cases = [
        ("GET", "/api/v1/nothing", "", 404, "not-found"),
        ("GET", "/api/v1/users/999", "", 404, "not-found"),
        ("GET", "/api/v1/users/x", "", 400, "malformed"),
        ("GET", &long, "", 400, "malformed"),
        ("GET", "/api/v1/users?per_page=0", "", 422, "invalid"),
        ("PUT", "/api/v1/users", "{}", 405, "method-not-allowed"),
        ("POST", "/api/v1/users", "{", 400, "not-json"),
        ("POST", "/api/v1/users", r#"{"name": "x"}"#, 422, "invalid"),
        ("POST", "/api/v1/users", r#"{"name": "x", "role": "root"}"#, 422, "invalid"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = ada.call(method, path).json(body).send().await;
        let problem = answer.json();
        assert_eq!((answer.status, &problem["code"]), (status, &code.into()), "{method} {path}: {problem}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["instance"], path.split('?').next().unwrap());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        assert_eq!(problem["request_id"], answer.header("x-request-id"));
    }
    let answer = ada.post("/api/v1/users").body("text/plain", b"{}").send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (415, &"wrong-media-type".into()));
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(1_100_000));
    let answer = ada.post("/api/v1/users").json(&large).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (413, &"too-large".into()));
}

#[tokio::test]
async fn a_fault_names_its_field() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for (body, field) in [
        (r#"{"role": "viewer", "days": 1}"#, "name"),
        (r#"{"name": "", "role": "viewer", "days": 1}"#, "name"),
        (r#"{"name": "x", "role": "root", "days": 1}"#, "role"),
        (r#"{"name": "x", "role": "viewer", "days": 400}"#, "days"),
        (r#"{"name": "x", "role": "viewer", "days": 1, "colour": "red"}"#, "colour"),
    ] {
        let problem = ada.post("/api/v1/tokens").json(body).send().await.json();
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
}

#[tokio::test]
async fn lists_have_pages_and_a_total() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for number in 0..5 {
        ada.invite(&format!("person-{number}"), palisade_server::Role::Viewer).await;
    }
    let page = ada.get("/api/v1/users?page=2&per_page=4").send().await.json();
    assert_eq!((&page["total"], &page["page"], &page["per_page"]), (&6.into(), &2.into(), &4.into()));
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let found = ada.get("/api/v1/audit?search=PERSON-3").send().await.json();
    assert_eq!((&found["total"], &found["items"][0]["subject"]), (&1.into(), &"person-3".into()));
}

#[tokio::test]
async fn a_call_with_a_key_is_done_once() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let body = r#"{"name": "grace", "role": "viewer"}"#;
    let first = ada.post("/api/v1/users").header("Idempotency-Key", "one").json(body).send().await;
    let again = ada.post("/api/v1/users").header("Idempotency-Key", "one").json(body).send().await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(first.json()["user"], again.json()["user"]);
    assert!(first.json()["link"].is_string() && again.json()["link"].is_null(), "a link is shown once");
    assert_eq!(service.store.users().wait().unwrap().len(), 2);

    let other = r#"{"name": "mary", "role": "viewer"}"#;
    let answer = ada.post("/api/v1/users").header("Idempotency-Key", "one").json(other).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &"idempotency-key-reused".into()));
    let answer = ada.post("/api/v1/users").header("Idempotency-Key", "two").json(body).send().await;
    assert_eq!(answer.status, 409, "another key is another call");
    // What was not done may be tried again.
    let answer = ada.post("/api/v1/users").header("Idempotency-Key", "two").json(other).send().await;
    assert_eq!(answer.status, 201);
    service.pass(24 * 3_600 + 1);
    ada.log_in("ada", crate::harness::PASSWORD).await;
    ada.learn_csrf().await;
    let answer = ada.post("/api/v1/users").header("Idempotency-Key", "one").json(body).send().await;
    assert_eq!(answer.status, 409, "after a day the key is free, and the name is taken");
}

#[tokio::test]
async fn calls_with_one_key_at_once_are_done_once() {
    let service = Service::start().await;
    let ada = service.administrator().await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let mut ada = ada.clone();
        tasks.push(tokio::spawn(async move {
            let body = r#"{"name": "test", "role": "viewer", "days": 1}"#;
            ada.post("/api/v1/tokens").header("Idempotency-Key", "same").json(body).send().await
        }));
    }
    let mut secrets = 0;
    for task in tasks {
        let answer = task.await.unwrap();
        assert!(matches!(answer.status, 201 | 409), "{answer:?}");
        secrets += usize::from(answer.json()["secret"].is_string());
    }
    assert_eq!((secrets, service.store.tokens().wait().unwrap().len()), (1, 1));
    let held = std::fs::read(service.directory.path().join("palisade.db-wal")).unwrap();
    assert!(!held.windows(9).any(|window| window == b"palisade_"), "the state holds no token");
}

#[tokio::test]
async fn somebody_elses_key_is_not_mine() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut grace = service.person(&mut ada, "grace", palisade_server::Role::Viewer).await;
    let body = r#"{"name": "test", "role": "viewer", "days": 1}"#;
    for client in [&mut ada, &mut grace] {
        let answer = client.post("/api/v1/tokens").header("Idempotency-Key", "k").json(body).send().await;
        assert!(answer.json()["secret"].is_string(), "{answer:?}");
    }
}

#[tokio::test]
async fn the_document_has_every_call_and_nothing_else() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let document = ada.get("/api/v1/openapi.json").send().await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut documented = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            documented.push(format!("{} {path}", method.to_uppercase()));
            assert!(operation["operationId"].is_string(), "{method} {path}");
            let problem = &operation["responses"]["4XX"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
        }
    }
    let mut routes: Vec<String> = table(&service.app)
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/") && route.path != "/api/v1/openapi.json")
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    documented.sort();
    routes.sort();
    assert_eq!(documented, routes);
    for scheme in ["token", "session"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object(), "{scheme}");
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is referred to and not there");
    }
}

#[test]
fn no_two_schemas_of_the_document_have_one_name() {
    let mut names: Vec<(String, String)> = Vec::new();
    let mut directories = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for derived in text.split("#[derive(").skip(1) {
                let Some((traits, rest)) = derived.split_once(")]") else { continue };
                if !traits.split(", ").any(|name| name == "ToSchema") {
                    continue;
                }
                let head = rest.split(['{', ';']).next().unwrap();
                let own = head.split_whitespace().last().unwrap().split('<').next().unwrap();
                let called =
                    head.split_once("#[schema(as = ").map(|(_, rest)| rest.split([')', ',']).next().unwrap());
                names.push((called.unwrap_or(own).to_owned(), path.display().to_string()));
            }
            for written in text.split("impl ToSchema for ").skip(1) {
                names.push((written.split(' ').next().unwrap().to_owned(), path.display().to_string()));
            }
        }
    }
    assert!(names.len() > 40, "{names:?}");
    names.sort();
    for pair in names.windows(2) {
        assert_ne!(pair[0].0, pair[1].0, "the later one would take the place of the other: {pair:?}");
    }
}
