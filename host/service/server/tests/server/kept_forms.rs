//! A form that was sent with a session that had ended is done after its sender has logged in again, and for nobody else.

use palisade_server::Role;
use palisade_store::Wait as _;

use crate::harness::{Answer, Client, PASSWORD, Service};

/// Posts a form as its page has it, once the session has ended; where the answer leads.
async fn late(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> String {
    let csrf = client.csrf.clone();
    let mut form = vec![("csrf", &*csrf)];
    form.extend_from_slice(fields);
    let answer = client.post(path).without("X-CSRF-Token").form(&form).send().await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

fn kept(location: &str) -> &str {
    location.strip_prefix("/log-in?kept=").unwrap_or_else(|| panic!("{location}"))
}

const INVITE: [(&str, &str); 2] = [("name", "grace"), ("role", "operator")];

#[tokio::test]
async fn a_form_of_an_expired_session_is_saved_after_logging_in_again() {
    let service = Service::start().await;
    for idle in [true, false] {
        let mut ada = if idle { service.administrator().await } else { service.client() };
        if !idle {
            ada.log_in("ada", PASSWORD).await;
            ada.learn_csrf().await;
            for _ in 0..24 {
                service.pass(30 * 60);
                ada.get("/account").send().await;
            }
        } else {
            service.pass(3_600);
        }
        let name = if idle { "grace" } else { "linus" };
        let place = late(&mut ada, "/users/invite", &[("name", name), ("role", "operator")]).await;
        let page = ada.get(&place).send().await.body;
        assert!(page.contains("Your session has expired"), "{page}");
        assert!(!page.contains(name), "what was entered is kept by the service");
        let form = [("name", "ada"), ("password", PASSWORD), ("kept", kept(&place))];
        let answer = ada.post("/log-in").form(&form).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/users"), "{}", answer.body);
        assert!(ada.get("/users").send().await.body.contains(name));
        let again = ada.post("/log-in").form(&form).send().await;
        assert_eq!(again.header("location"), "/", "it is done once");
    }
    assert_eq!(service.store.users().wait().unwrap().len(), 3);
}

#[tokio::test]
async fn a_form_with_a_fault_is_shown_with_what_was_entered() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    service.pass(3_600);
    let place = late(&mut ada, "/users/invite", &[("name", "ada"), ("role", "viewer")]).await;
    let form = [("name", "ada"), ("password", PASSWORD), ("kept", kept(&place))];
    let answer = ada.post("/log-in").form(&form).send().await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.body.contains(r#"id="name-fault""#) && answer.body.contains("/users/invite"),
        "{}",
        answer.body
    );
    // The session that began is the page's own.
    ada.learn_csrf().await;
    assert_eq!(ada.post("/users/invite").form(&INVITE).send().await.status, 303);
}

#[tokio::test]
async fn a_kept_form_is_done_for_its_sender_alone() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    service.person(&mut ada, "mary", Role::Administrator).await;
    service.pass(3_600);
    let place = late(&mut ada, "/users/invite", &INVITE).await;
    let mut mary = service.client();
    let form = |name| [("name", name), ("password", PASSWORD), ("kept", kept(&place))];
    let answer = mary.post("/log-in").form(&form("mary")).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert_eq!(service.store.users().wait().unwrap().len(), 2, "nothing was done");
    assert_eq!(ada.post("/log-in").form(&form("ada")).send().await.header("location"), "/users");
}

#[tokio::test]
async fn what_another_site_sends_with_an_expired_session_is_not_kept() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let csrf = ada.csrf.clone();
    service.pass(3_600);
    let body = [("csrf", &*csrf), INVITE[0], INVITE[1]];
    let wrong = [("csrf", "guessed"), INVITE[0], INVITE[1]];
    for (site, form) in [("cross-site", body), ("same-origin", wrong)] {
        let call = ada.post("/users/invite").without("X-CSRF-Token").header("Sec-Fetch-Site", site);
        let answer = call.form(&form).send().await;
        assert_eq!((answer.status, answer.header("location")), (303, "/log-in"), "{site}");
    }
    // Nor what was sent after logging out, or with a session that a new password ended.
    ada.log_in("ada", PASSWORD).await;
    ada.learn_csrf().await;
    let mut copy = ada.clone();
    ada.post("/log-out").form(&[]).send().await;
    assert_eq!(late(&mut copy, "/users/invite", &INVITE).await, "/log-in");
    let answer = service.client().post("/users/invite").form(&body).send().await;
    assert_eq!(answer.header("location"), "/log-in");
}

#[tokio::test]
async fn a_session_that_was_idle_stays_ended() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    service.pass(3_600);
    for _ in 0..3 {
        assert_eq!(ada.get("/account").send().await.status, 303);
    }
    assert_eq!(late(&mut ada, "/users/invite", &INVITE).await.split('=').next(), Some("/log-in?kept"));
    assert_eq!(ada.get("/account").send().await.status, 303);
    service.pass(24 * 3_600);
    assert_eq!(late(&mut ada, "/users/invite", &INVITE).await, "/log-in", "it is remembered for a day");
}

/// A form with a file as a browser sends it, without a script.
fn upload(csrf: &str, name: &str, file: &[u8]) -> Vec<u8> {
    let field = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body =
        field("csrf", csrf) + &field("name", name) + &field("description", "") + &field("format", "");
    body.push_str("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"list.txt\"\r\n\r\n");
    let mut body = body.into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--x--\r\n");
    body
}

async fn sent(client: &mut Client, body: &[u8]) -> Answer {
    let call = client.post("/collections/new").without("X-CSRF-Token");
    call.body("multipart/form-data; boundary=x", body).send().await
}

#[tokio::test]
async fn an_upload_of_an_expired_session_is_saved_after_logging_in_again() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    // Larger than any form that is held in memory, and with text that looks like the end of a part.
    let mut list: String = (0..60_000).map(|number| format!("host-{number}.bad.example\n")).collect();
    list.push_str("--y--\n");
    assert!(list.len() as u64 > palisade_limits::FORM_BYTES);
    service.pass(3_600);
    let csrf = ada.csrf.clone();
    let answer = sent(&mut ada, &upload(&csrf, "Kept", list.as_bytes())).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let place = answer.header("location").to_owned();
    assert!(ada.get(&place).send().await.body.contains("Your session has expired"));
    assert_eq!(service.store.collections().wait().unwrap().len(), 0, "nothing was done yet");
    let form = [("name", "ada"), ("password", PASSWORD), ("kept", kept(&place))];
    let answer = ada.post("/log-in").form(&form).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, "/collections/1"), "{}", answer.body);
    assert_eq!(service.store.collections().wait().unwrap()[0].name, "Kept");
    let files = service.store.files(palisade_store::CollectionId(1)).wait().unwrap();
    let mut read = String::new();
    std::io::Read::read_to_string(
        &mut palisade_store::FileReader::new(std::sync::Arc::clone(&service.store), files[0].id),
        &mut read,
    )
    .unwrap();
    assert_eq!(read, list, "every byte of it");
    assert_eq!(ada.post("/log-in").form(&form).send().await.header("location"), "/", "it is done once");
    assert_eq!(service.store.collections().wait().unwrap().len(), 1);
    assert_eq!(ada.get("/collections/1").send().await.status, 200, "with the session that began");
}

#[tokio::test]
async fn uploads_that_wait_for_a_log_in_are_few_and_no_strangers() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut people = Vec::new();
    for number in 0..=palisade_limits::KEPT_UPLOADS {
        people.push(service.person(&mut ada, &format!("person-{number}"), Role::Operator).await);
    }
    service.pass(3_600);
    let (last, first) = people.split_last_mut().unwrap();
    for client in first {
        let body = upload(&client.csrf, "Mine", b"a.example\n");
        // Twice: the second takes the place of the first.
        for _ in 0..2 {
            let answer = sent(client, &body).await;
            assert!(answer.header("location").starts_with("/log-in?kept="), "{answer:?}");
        }
    }
    let body = upload(&last.csrf, "Mine", b"a.example\n");
    assert_eq!(sent(last, &body).await.header("location"), "/log-in", "all places are taken");
    // They end after a while, and somebody else has room.
    service.pass(palisade_limits::KEPT_FORM_SECONDS as i64);
    let forged = upload("guessed", "Mine", b"a.example\n");
    assert_eq!(sent(last, &forged).await.header("location"), "/log-in", "not one of our forms");
    let late = upload("", "Mine", b"a.example\n");
    assert_eq!(sent(&mut service.client(), &late).await.header("location"), "/log-in");
    let cut = &body[..body.len() / 4];
    assert_eq!(sent(last, cut).await.header("location"), "/log-in", "a form without its proof");
    assert!(sent(last, &body).await.header("location").starts_with("/log-in?kept="));
    let held: Vec<_> = std::fs::read_dir(service.directory.path()).unwrap().collect();
    assert!(
        held.iter().all(|entry| {
            let name = entry.as_ref().unwrap().file_name().to_string_lossy().into_owned();
            name.starts_with("palisade.db")
        }),
        "files without a name: {held:?}"
    );
}
