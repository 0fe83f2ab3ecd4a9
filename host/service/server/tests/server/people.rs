//! Links, invitations, the last administrator, and what the audit log has of it all.

use palisade_server::{Options, Role, TrustedProxies};
use palisade_store::{AuditEntry, Page, UserId, Wait as _};

use crate::harness::{Client, PASSWORD, Service, Start, between};

#[tokio::test]
async fn the_first_link_makes_one_administrator_once() {
    let service = Service::start().await;
    let earlier = service.app.first_link().await.unwrap().unwrap();
    let link = service.app.first_link().await.unwrap().unwrap();
    let mut client = service.client();
    assert_eq!(client.get(&earlier).send().await.status, 410, "an earlier one ends");
    assert_eq!(client.get(&link).send().await.status, 200);
    let form = [("name", "ada"), ("new-password", PASSWORD)];
    // Twice at once: one of them is the administrator.
    let mut other = service.client();
    let (one, two) =
        tokio::join!(client.post(&link).form(&form).send(), other.post(&link).form(&form).send());
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(service.client().get(&link).send().await.status, 410);
    assert_eq!(service.app.first_link().await.unwrap(), None);
    assert_eq!(service.store.users().wait().unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_that_was_not_used_ends() {
    let service = Service::start().await;
    let link = service.app.first_link().await.unwrap().unwrap();
    service.pass(72 * 3_600);
    assert_eq!(service.client().get(&link).send().await.status, 410);
}

#[tokio::test]
async fn faults_are_shown_beside_their_fields_and_the_link_stays_good() {
    let service = Service::start().await;
    let link = service.app.first_link().await.unwrap().unwrap();
    let mut client = service.client();
    let form = [("name", "<ada>"), ("new-password", "short")];
    let answer = client.post(&link).form(&form).send().await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains(r#"id="name-fault""#) && answer.body.contains(r#"id="new-password-fault""#));
    assert!(!answer.body.contains("<ada>") && !answer.body.contains(r#"value="short""#), "{}", answer.body);
    assert_eq!(client.get(&link).send().await.status, 200);
}

#[tokio::test]
async fn an_invitation_and_a_new_password_each_take_a_link() {
    let service = Service::start().await;
    let mut administrator = service.administrator().await;
    let form = [("name", "grace"), ("role", "operator")];
    assert_eq!(administrator.post("/users/invite").form(&form).send().await.status, 303);
    let page = administrator.get("/users").send().await.body;
    let link = between(&page, r#"<code id="shown-once">"#, "</code>").to_owned();
    assert!(link.starts_with(&format!("http://{}/welcome/", service.address)), "{link}");
    assert!(!administrator.get("/users").send().await.body.contains("shown-once"), "it is shown once");
    assert_eq!(service.client().log_in("grace", "").await.status, 422, "nobody logs in without a password");

    let path = link.split_once(&service.address.to_string()).unwrap().1;
    let mut grace = service.client();
    let answer = grace.post(path).form(&[("name", "ada"), ("new-password", PASSWORD)]).send().await;
    assert_eq!(answer.status, 303);
    assert_eq!(grace.get("/api/v1/me").send().await.json()["name"], "grace", "nobody chooses another's name");

    assert_eq!(administrator.post("/users/2/link").form(&[]).send().await.status, 303);
    let page = administrator.get("/users/2").send().await.body;
    let link = between(&page, r#"<code id="shown-once">"#, "</code>").to_owned();
    let path = link.split_once(&service.address.to_string()).unwrap().1;
    let mut again = service.client();
    assert_eq!(
        again.post(path).form(&[("new-password", "eight tins of blue paint")]).send().await.status,
        303
    );
    assert_eq!(grace.get("/account").send().await.status, 303, "the old sessions have ended");
    let form = [("new-password", "nine tins of black paint")];
    assert_eq!(again.post(path).form(&form).send().await.status, 410, "it is good once");
    assert_eq!(service.client().log_in("grace", "eight tins of blue paint").await.status, 303);
}

#[tokio::test]
async fn there_is_always_somebody_who_can_administer() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    ada.invite("grace", Role::Administrator).await;
    for change in [r#"{"role": "viewer"}"#, r#"{"enabled": false}"#] {
        let answer = ada.call("PATCH", "/api/v1/users/1").json(change).send().await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (409, &"last-administrator".into()),
            "an invitation is nobody yet"
        );
    }
    let answer = ada.post("/users/1").form(&[("role", "viewer"), ("enabled", "on")]).send().await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("only administrator"), "{}", answer.body);

    let mut mary = service.person(&mut ada, "mary", Role::Administrator).await;
    let (one, two) = tokio::join!(
        ada.call("PATCH", "/api/v1/users/3").json(r#"{"role": "viewer"}"#).send(),
        mary.call("PATCH", "/api/v1/users/1").json(r#"{"role": "viewer"}"#).send(),
    );
    let done = [one.status, two.status].iter().filter(|status| **status == 200).count();
    assert_eq!(done, 1, "{one:?} {two:?}");
}

#[tokio::test]
async fn two_people_do_not_share_a_name_however_it_is_spelled() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let answer = ada.post("/api/v1/users").json(r#"{"name": "ADA", "role": "viewer"}"#).send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &"name-taken".into()));
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_and_no_secret_is() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let link = ada.invite("grace", Role::Viewer).await;
    let token = ada.token(Role::Administrator, 7).await;
    let change = ada.call("PATCH", "/api/v1/users/2").bearer(&token).json(r#"{"role": "operator"}"#);
    assert_eq!(change.send().await.status, 200);
    assert_eq!(ada.call("DELETE", "/api/v1/tokens/1").send().await.status, 204);
    let form = [("current-password", PASSWORD), ("new-password", "seven tins of red paint")];
    assert_eq!(ada.post("/account/password").form(&form).send().await.status, 303);

    let (lines, _) =
        service.store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap();
    let told: Vec<(&str, &str, &str)> =
        lines.iter().rev().map(|line| (&*line.who, &*line.what, &*line.subject)).collect();
    assert_eq!(
        told,
        [
            ("ada", "user.made", "ada"),
            ("ada", "user.invited", "grace"),
            ("ada", "token.made", "test"),
            ("ada (token test)", "user.changed", "grace"),
            ("ada", "token.revoked", "test"),
            ("ada", "user.password-changed", "ada"),
        ]
    );
    let changed = &lines[2];
    assert_eq!(changed.before.as_ref().unwrap()["role"], "viewer");
    assert_eq!(changed.after.as_ref().unwrap()["role"], "operator");
    let everything = format!("{lines:?}");
    for secret in [PASSWORD, "seven tins", link.rsplit('/').next().unwrap(), token.as_str(), "argon2"] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_token_is_its_owners_and_administrators_to_revoke() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut grace = service.person(&mut ada, "grace", Role::Operator).await;
    ada.token(Role::Viewer, 1).await;
    grace.token(Role::Viewer, 1).await;
    assert_eq!(grace.call("DELETE", "/api/v1/tokens/1").send().await.status, 404);
    assert_eq!(grace.post("/account/tokens/1/revoke").form(&[]).send().await.status, 404);
    assert_eq!(grace.get("/api/v1/tokens").send().await.json()["total"], 1);
    assert_eq!(ada.get("/api/v1/tokens").send().await.json()["total"], 2);
    assert_eq!(ada.call("DELETE", "/api/v1/tokens/2").send().await.status, 204);
}

fn behind_a_proxy(options: &mut Options) {
    options.proxies =
        TrustedProxies { networks: vec!["127.0.0.1".parse().unwrap()], ..TrustedProxies::default() };
}

/// Logs in from this address with this browser.
async fn enter(service: &Service, name: &str, address: &str, browser: &str) -> Client {
    let mut client = service.client();
    let call = client.post("/log-in").header("X-Forwarded-For", address).header("User-Agent", browser);
    let answer = call.form(&[("name", name), ("password", PASSWORD)]).send().await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    client.learn_csrf().await;
    client
}

fn audited(service: &Service, what: &str) -> Vec<AuditEntry> {
    let (lines, _) =
        service.store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap();
    lines.into_iter().rev().filter(|line| line.what == what).collect()
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

#[tokio::test]
async fn the_last_log_in_and_the_sessions_of_a_user_are_shown_with_address_and_browser() {
    let service = Service::start_with(Start { change: Some(behind_a_proxy), ..Start::default() }).await;
    let mut ada = service.administrator().await;
    let link = ada.invite("grace", Role::Operator).await;
    let before = ada.get("/api/v1/users/2").send().await.json();
    assert_eq!(before["last_log_in"], serde_json::Value::Null);
    assert!(ada.get("/users/2").send().await.body.contains("Never logged in"));
    let form = [("new-password", PASSWORD)];
    assert_eq!(service.client().post(&link).form(&form).send().await.status, 303);
    service.pass(120);
    let mut grace = enter(&service, "grace", "198.51.100.7", FIREFOX).await;
    service.pass(300);
    grace.get("/account").header("X-Forwarded-For", "198.51.100.8").send().await;

    let user = ada.get("/api/v1/users/2").send().await.json();
    assert_eq!(user["last_log_in"]["at"], "2026-11-22T12:02:00Z");
    assert_eq!(user["last_log_in"]["address"], "198.51.100.7");
    let sessions = ada.get("/api/v1/users/2/sessions").send().await.json();
    assert_eq!(sessions["total"], 2, "{sessions}");
    let latest = &sessions["items"][0];
    assert_eq!(latest["client"], FIREFOX);
    assert_eq!(
        (&latest["created_at"], &latest["used_at"], &latest["address"], &latest["current"]),
        (
            &"2026-11-22T12:02:00Z".into(),
            &"2026-11-22T12:07:00Z".into(),
            &"198.51.100.8".into(),
            &false.into()
        )
    );
    let page = ada.get("/users/2").send().await.body;
    for shown in ["Firefox on Linux", "198.51.100.7", "198.51.100.8", "End session", "End all sessions"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(ada.get("/users").send().await.body.contains("198.51.100.7"));
    // The session that began with the link has been idle by then.
    service.pass(3_500);
    grace.get("/account").send().await;
    assert_eq!(ada.get("/api/v1/users/2/sessions").send().await.json()["total"], 1);
}

#[tokio::test]
async fn a_session_is_ended_by_its_holder_and_by_an_administrator_and_by_nobody_else() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut grace = service.person(&mut ada, "grace", Role::Viewer).await;
    let (mut second, mut third) = (service.client(), service.client());
    for client in [&mut second, &mut third] {
        assert_eq!(client.log_in("grace", PASSWORD).await.status, 303);
        client.learn_csrf().await;
    }
    let own = grace.get("/api/v1/me/sessions").send().await.json();
    let ids: Vec<i64> =
        own["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(own["items"][2]["current"], true);
    let of_ada = ada.get("/api/v1/me/sessions").send().await.json()["items"][0]["id"].as_i64().unwrap();
    assert_eq!(grace.post(&format!("/account/sessions/{of_ada}/end")).form(&[]).send().await.status, 404);
    assert_eq!(grace.call("DELETE", &format!("/api/v1/me/sessions/{of_ada}")).send().await.status, 404);
    assert_eq!(grace.call("DELETE", "/api/v1/users/1/sessions").send().await.status, 403);
    assert_eq!(grace.post("/users/1/sessions/end").form(&[]).send().await.status, 403);

    // The latest of the three, on the account's page.
    assert_eq!(grace.post(&format!("/account/sessions/{}/end", ids[0])).form(&[]).send().await.status, 303);
    assert_eq!(third.get("/account").send().await.status, 303);
    assert_eq!(second.get("/account").send().await.status, 200);
    assert_eq!(grace.post("/account/sessions/end").form(&[]).send().await.status, 303);
    assert_eq!(second.get("/account").send().await.status, 303);
    assert_eq!(grace.get("/account").send().await.status, 200, "the session that asks stays");

    assert_eq!(second.log_in("grace", PASSWORD).await.status, 303);
    let id = ada.get("/api/v1/users/2/sessions").send().await.json()["items"][0]["id"].as_i64().unwrap();
    assert_eq!(ada.post(&format!("/users/2/sessions/{id}/end")).form(&[]).send().await.status, 303);
    assert_eq!(second.get("/account").send().await.status, 303);
    assert_eq!(ada.call("DELETE", "/api/v1/users/2/sessions").send().await.status, 204);
    assert_eq!(grace.get("/account").send().await.status, 303);
    assert_eq!(ada.get("/api/v1/users/2/sessions").send().await.json()["total"], 0);

    let one = audited(&service, "user.session-ended");
    let told: Vec<(&str, &str)> = one.iter().map(|line| (&*line.who, &*line.subject)).collect();
    assert_eq!(told, [("grace", "grace"), ("ada", "grace")]);
    let all = audited(&service, "user.sessions-ended");
    let told: Vec<(&str, u64)> = all
        .iter()
        .map(|line| (&*line.who, line.before.as_ref().unwrap()["sessions"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("grace", 1), ("ada", 1)]);
}

#[tokio::test]
async fn an_ended_session_saves_no_form_after_a_new_log_in() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut other = service.client();
    other.log_in("ada", PASSWORD).await;
    other.learn_csrf().await;
    assert_eq!(ada.post("/account/sessions/end").form(&[]).send().await.status, 303);
    let csrf = other.csrf.clone();
    let form = [("csrf", &*csrf), ("name", "grace"), ("role", "viewer")];
    let answer = other.post("/users/invite").without("X-CSRF-Token").form(&form).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/log-in"));
}

#[tokio::test]
async fn a_deleted_user_is_gone_and_a_namesake_inherits_nothing() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut grace = service.person(&mut ada, "grace", Role::Administrator).await;
    let token = grace.token(Role::Administrator, 30).await;
    assert_eq!(
        grace.post("/api/v1/users").json(r#"{"name": "linus", "role": "viewer"}"#).send().await.status,
        201
    );
    let unused = ada.post("/api/v1/users/2/link").json("{}").send().await.json()["link"].clone();
    // Links end with a password only: the sessions go on.
    let page = ada.get("/users/2/delete").send().await.body;
    for said in [
        "1 session, 1 API token, unused links",
        "stay, and schedules keep running",
        "audit log with the number 2",
        "“test”",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let version = between(&page, r#"name="version" value=""#, "\"").to_owned();
    let answer = ada.post("/users/2/delete").form(&[("version", "viewer-enabled")]).send().await;
    assert_eq!(answer.status, 412, "they changed since the page was shown");
    let answer = ada.post("/users/2/delete").form(&[("version", &version)]).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/users"), "{}", answer.body);
    assert_eq!(grace.get("/account").send().await.status, 303);
    assert_eq!(service.client().get("/api/v1/me").bearer(&token).send().await.status, 401);
    assert_eq!(service.client().log_in("grace", PASSWORD).await.status, 422);
    assert_eq!(ada.get("/api/v1/users/2").send().await.status, 404);
    assert_eq!(ada.call("DELETE", "/api/v1/users/2").send().await.status, 404);

    // Somebody else of this name.
    let link = ada.invite("grace", Role::Viewer).await;
    assert_eq!(ada.get("/api/v1/users").send().await.json()["items"][1]["id"], 4);
    let old = unused.as_str().unwrap();
    let form = [("new-password", "nine tins of black paint")];
    assert_eq!(service.client().post(old).form(&form).send().await.status, 410, "the old link is not theirs");
    let mut namesake = service.client();
    assert_eq!(namesake.post(&link).form(&form).send().await.status, 303);
    namesake.learn_csrf().await;
    assert_eq!(service.client().log_in("grace", PASSWORD).await.status, 422, "the old password");
    assert_eq!(service.client().get("/api/v1/me").bearer(&token).send().await.status, 401);
    assert_eq!(namesake.get("/api/v1/tokens").send().await.json()["total"], 0);
    assert_eq!(namesake.get("/users").send().await.status, 403);
    assert_eq!(namesake.get("/api/v1/me/sessions").send().await.json()["total"], 1);
    namesake.token(Role::Viewer, 1).await;

    // What each of both did is told apart.
    let (lines, _) =
        service.store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap();
    let by = |name: &str, id: i64| {
        lines
            .iter()
            .filter(|line| line.who == name && line.user == Some(UserId(id)))
            .map(|line| &*line.what)
            .collect::<Vec<_>>()
    };
    assert_eq!(by("grace", 2), ["user.invited", "token.made", "user.joined"]);
    assert_eq!(by("grace", 4), ["token.made", "user.joined"]);
    assert!(lines.iter().all(|line| line.user.is_some() || line.who == "nobody"), "{lines:?}");
    let deleted = &audited(&service, "user.deleted")[0];
    assert_eq!((&*deleted.subject, deleted.subject_user), ("grace", Some(UserId(2))));
    let before = deleted.before.as_ref().unwrap();
    assert_eq!((&before["sessions"], &before["tokens"]), (&1.into(), &1.into()));
    let export = ada.get("/api/v1/audit.jsonl").send().await.body;
    assert!(export.contains(r#""subject_user_id":2"#) && export.contains(r#""user_id":4"#), "{export}");
    let page = ada.get("/audit").send().await.body;
    assert!(page.contains("#2") && page.contains("#4"), "{page}");
}

#[tokio::test]
async fn the_last_administrator_cannot_be_deleted() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    ada.invite("grace", Role::Administrator).await;
    let answer = ada.call("DELETE", "/api/v1/users/1").send().await;
    assert_eq!((answer.status, &answer.json()["code"]), (409, &"last-administrator".into()));
    let answer = ada.post("/users/1/delete").form(&[]).send().await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("only administrator"), "{}", answer.body);
    let mut mary = service.person(&mut ada, "mary", Role::Administrator).await;
    // Two who delete each other at once: one of them stays.
    let (one, two) = tokio::join!(
        ada.call("DELETE", "/api/v1/users/3").send(),
        mary.call("DELETE", "/api/v1/users/1").send()
    );
    let done = [one.status, two.status].iter().filter(|status| **status == 204).count();
    assert_eq!(done, 1, "{one:?} {two:?}");
    // One's own account, once there is another administrator.
    let mut left = if one.status == 204 { ada } else { mary };
    let mut eve = service.person(&mut left, "eve", Role::Administrator).await;
    let me = left.get("/api/v1/me").send().await.json()["id"].clone();
    let page = left.get(&format!("/users/{me}/delete")).send().await.body;
    assert!(page.contains("your own account"), "{page}");
    assert_eq!(left.post(&format!("/users/{me}/delete")).form(&[]).send().await.status, 303);
    assert_eq!(left.get("/account").send().await.status, 303);
    assert_eq!(eve.get("/users").send().await.status, 200);
}

#[tokio::test]
async fn tokens_and_links_of_a_deactivated_user_do_not_come_back() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut grace = service.person(&mut ada, "grace", Role::Viewer).await;
    let token = grace.token(Role::Viewer, 30).await;
    let link = ada.post("/api/v1/users/2/link").json("{}").send().await.json()["link"].clone();
    for enabled in [r#"{"enabled": false}"#, r#"{"enabled": true}"#] {
        assert_eq!(ada.call("PATCH", "/api/v1/users/2").json(enabled).send().await.status, 200);
        assert_eq!(service.client().get("/api/v1/me").bearer(&token).send().await.status, 401, "{enabled}");
        let form = [("new-password", "nine tins of black paint")];
        let answer = service.client().post(link.as_str().unwrap()).form(&form).send().await;
        assert_eq!(answer.status, 410, "{enabled}");
    }
    assert_eq!(service.client().log_in("grace", PASSWORD).await.status, 303);
}
