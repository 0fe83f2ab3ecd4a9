//! Where requests come from, what the audit log has of refused ones, and what becomes of tokens.

use palisade_server::{Options, Role, TrustedProxies};
use palisade_store::{AuditEntry, Page, Wait as _};

use crate::harness::{PASSWORD, Service, Start};

fn behind_a_proxy(options: &mut Options) {
    options.proxies =
        TrustedProxies { networks: vec!["127.0.0.1".parse().unwrap()], ..TrustedProxies::default() };
}

/// The lines of the audit log about this, the earliest first.
async fn lines(service: &Service, what: &str) -> Vec<AuditEntry> {
    let (lines, _) =
        service.store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap();
    lines.into_iter().rev().filter(|line| line.what == what).collect()
}

#[tokio::test]
async fn refused_log_ins_and_tokens_are_in_the_audit_log_with_the_clients_address() {
    let service = Service::start_with(Start { change: Some(behind_a_proxy), ..Start::default() }).await;
    let mut ada = service.administrator().await;
    let form = [("name", "ada"), ("password", "wrong")];
    let mut client = service.client();
    for _ in 0..4 {
        let call = client.post("/log-in").header("X-Forwarded-For", "203.0.113.9, 198.51.100.7");
        assert_eq!(call.form(&form).send().await.status, 422);
    }
    let unknown = [("name", "my-password-in-the-wrong-field"), ("password", "x")];
    client.post("/log-in").header("X-Forwarded-For", "198.51.100.8").form(&unknown).send().await;
    let revoked = ada.token(Role::Viewer, 1).await;
    service.pass(2 * 24 * 3_600);
    for token in ["palisade_unknown", &revoked] {
        let call = client.get("/api/v1/me").header("X-Forwarded-For", "198.51.100.9").bearer(token);
        assert_eq!(call.send().await.status, 401);
    }
    let call = client.post("/log-in").header("X-Forwarded-For", "198.51.100.10");
    assert_eq!(call.form(&[("name", "ada"), ("password", PASSWORD)]).send().await.status, 303);
    // Whoever reads the log sees what was counted so far.
    let page = client.get("/audit").send().await;
    assert!(page.status == 200, "{}", page.body);

    let failed = lines(&service, "log-in.failed").await;
    let told: Vec<(&str, &str, Option<u64>)> = failed
        .iter()
        .map(|line| {
            let count = line.after.as_ref().and_then(|after| after["count"].as_u64());
            (&*line.subject, line.address.as_deref().unwrap(), count)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ada", "198.51.100.7", None),
            ("an unknown name", "198.51.100.8", None),
            ("ada", "198.51.100.7", Some(3)),
        ]
    );
    let refused = lines(&service, "token.refused").await;
    let told: Vec<(&str, &str)> =
        refused.iter().map(|line| (&*line.subject, line.address.as_deref().unwrap())).collect();
    assert_eq!(told, [("an unknown token", "198.51.100.9"), ("ada (token test)", "198.51.100.9")]);
    let entered = lines(&service, "user.logged-in").await;
    assert_eq!(entered[0].address.as_deref(), Some("198.51.100.10"));
    let (all, _) =
        service.store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap();
    assert!(all.iter().all(|line| line.address.is_some()), "{all:?}");
    assert!(!format!("{all:?}").contains("wrong-field"));
}

#[tokio::test]
async fn a_client_that_is_no_trusted_proxy_chooses_no_address() {
    let service = Service::start().await;
    service.administrator().await;
    let mut client = service.client();
    for number in 0..3 {
        let call = client.post("/log-in").header("X-Forwarded-For", &format!("198.51.100.{number}"));
        call.header("Forwarded", "for=198.51.100.99")
            .form(&[("name", "ada"), ("password", "x")])
            .send()
            .await;
    }
    let failed = lines(&service, "log-in.failed").await;
    assert_eq!(failed.len(), 1, "one client");
    assert_eq!(failed[0].address.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn failures_behind_a_proxy_delay_nobody_else_behind_it() {
    let service = Service::start_with(Start { change: Some(behind_a_proxy), ..Start::default() }).await;
    service.administrator().await;
    let now = service.app.now();
    for number in 0..100 {
        for subject in [format!("name stranger-{number}"), "address 198.51.100.7".to_owned()] {
            service.store.add_log_in_failure(&subject, now, now).wait().unwrap();
        }
    }
    let enter = async |address: &str| {
        let begun = std::time::Instant::now();
        let mut client = service.client();
        let call = client.post("/log-in").header("X-Forwarded-For", address);
        let answer = call.form(&[("name", "ada"), ("password", PASSWORD)]).send().await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        begun.elapsed().as_secs()
    };
    assert!(enter("198.51.100.8").await < palisade_limits::LOG_IN_SHARED_DELAY_SECONDS);
    assert!(
        enter("198.51.100.7").await >= palisade_limits::LOG_IN_SHARED_DELAY_SECONDS,
        "delayed, and not locked out"
    );
}

#[tokio::test]
async fn a_token_that_a_token_created_ends_with_it_and_goes_with_it() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let first = ada.token(Role::Operator, 2).await;
    let mut client = service.client();
    let create = async |client: &mut crate::harness::Client, token: &str, days: u32| {
        let body = format!(r#"{{"name": "child", "role": "viewer", "days": {days}}}"#);
        let answer = client.post("/api/v1/tokens").bearer(token).json(&body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    };
    let child = create(&mut client, &first, 366).await;
    let secret = child["secret"].as_str().unwrap().to_owned();
    let grandchild = create(&mut client, &secret, 1).await;
    let own = ada.get("/api/v1/tokens/1").send().await.json();
    assert_eq!(child["token"]["expires_at"], own["expires_at"], "not 366 days");
    assert_eq!((&child["token"]["parent"], &grandchild["token"]["parent"]), (&1.into(), &2.into()));
    let other = ada.token(Role::Viewer, 1).await;
    assert_eq!(ada.call("DELETE", "/api/v1/tokens/1").send().await.status, 204);
    for gone in [&first, &secret, &grandchild["secret"].as_str().unwrap().to_owned()] {
        assert_eq!(client.get("/api/v1/me").bearer(gone).send().await.status, 401);
    }
    assert_eq!(client.get("/api/v1/me").bearer(&other).send().await.status, 200);
    let revoked = lines(&service, "token.revoked").await;
    assert_eq!(revoked.len(), 3);
    assert_eq!(revoked[1].after.as_ref().unwrap()["created_with"], "test");
}

#[tokio::test]
async fn a_new_password_revokes_tokens_unless_they_are_kept() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut client = service.client();
    let mut works = async |token: &str| client.get("/api/v1/me").bearer(token).send().await.status == 200;
    let passwords = [PASSWORD, "seven tins of red paint", "eight jars of blue ink", "nine sacks of dry sand"];
    let change =
        |place: usize| format!(r#"{{"current": "{}", "new": "{}""#, passwords[place], passwords[place + 1]);

    let token = ada.token(Role::Viewer, 1).await;
    let body = format!("{}, \"keep_tokens\": true}}", change(0));
    assert_eq!(ada.call("PUT", "/api/v1/me/password").json(&body).send().await.status, 204);
    assert!(works(&token).await);
    // Without a word about them, they go: over the API with the very token.
    let body = format!("{}}}", change(1));
    let answer = service.client().call("PUT", "/api/v1/me/password").bearer(&token).json(&body).send().await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert!(!works(&token).await);

    assert_eq!(ada.log_in("ada", passwords[2]).await.status, 303);
    ada.learn_csrf().await;
    let token = ada.token(Role::Viewer, 1).await;
    let form = [("current-password", passwords[2]), ("new-password", passwords[3])];
    assert_eq!(ada.post("/account/password").form(&form).send().await.status, 303);
    assert!(!works(&token).await);
    let page = ada.get("/account").send().await.body;
    assert!(page.contains("One token was revoked."), "{page}");
    ada.learn_csrf().await;

    // So does a link, which somebody follows who forgot theirs.
    let token = ada.token(Role::Viewer, 1).await;
    let link =
        ada.post("/api/v1/users/1/link").json("{}").send().await.json()["link"].as_str().unwrap().to_owned();
    assert_eq!(service.client().post(&link).form(&[("new-password", passwords[0])]).send().await.status, 303);
    assert!(!works(&token).await);
    let changed = lines(&service, "user.password-changed").await;
    assert!(changed[0].after.is_none(), "{changed:?}");
    for line in &changed[1..] {
        assert_eq!(line.after.as_ref().unwrap()["tokens_revoked"], 1, "{changed:?}");
    }
}

#[tokio::test]
async fn the_audit_log_is_exported_line_by_line_and_goes_on_where_it_ended() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for name in ["grace", "linus"] {
        ada.invite(name, Role::Viewer).await;
    }
    let answer = ada.get("/api/v1/audit.jsonl").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
    let read: Vec<serde_json::Value> =
        answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<i64> = read.iter().map(|line| line["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert!(read.iter().all(|line| line["address"] == "127.0.0.1"), "{read:?}");
    assert_eq!((&read[2]["what"], &read[2]["subject"]), (&"user.invited".into(), &"linus".into()));
    let rest = ada.get("/api/v1/audit.jsonl?after=2").send().await;
    assert_eq!(rest.body.lines().count(), 1);
    let mut viewer = service.client();
    let token = ada.token(Role::Operator, 1).await;
    assert_eq!(viewer.get("/api/v1/audit.jsonl").bearer(&token).send().await.status, 403);
}

#[tokio::test]
async fn names_and_passwords_that_are_easily_taken_for_others_are_refused() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for name in ["ad\u{200b}a", "gr\u{ad}ace", "li\u{202e}nus", "gra  ce"] {
        let body = serde_json::json!({ "name": name, "role": "viewer" }).to_string();
        let answer = ada.post("/api/v1/users").json(&body).send().await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &"name".into()), "{name:?}");
        let body = serde_json::json!({ "name": name, "role": "viewer", "days": 1 }).to_string();
        assert_eq!(ada.post("/api/v1/tokens").json(&body).send().await.status, 422, "{name:?}");
    }
    // Full width: the same name in another spelling.
    let answer = ada.post("/api/v1/users").json(r#"{"name": "ａｄａ", "role": "viewer"}"#).send().await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(service.client().log_in("ａｄａ", PASSWORD).await.status, 303, "whoever types it so is meant");
    let link = ada.invite("grace", Role::Viewer).await;
    let answer = service.client().post(&link).form(&[("new-password", "passwordpassword")]).send().await;
    assert!(answer.status == 422 && answer.body.contains("too easy to guess"), "{}", answer.body);
}
