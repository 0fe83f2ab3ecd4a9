//! Links, invitations, the last administrator, and what the audit log has of it all.

use palisade_server::Role;
use palisade_store::Page;

use crate::harness::{PASSWORD, Service, between};

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
    assert_eq!(service.store.users().unwrap().len(), 1);
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

    let (lines, _) = service.store.audit_log(None, Page::ALL).unwrap();
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
