//! Sessions, cookies, log-ins, and requests that others make a browser send.

use palisade_server::Role;

use crate::harness::{PASSWORD, Service};

#[tokio::test]
async fn a_log_in_makes_a_new_session_and_ends_the_old_one() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    let before = client.cookies.clone();
    // Somebody has put a session of their own into the browser: it is not the one that is logged in.
    let mut fixed = service.client();
    fixed.cookies.insert("palisade".to_owned(), "chosen-by-somebody-else".to_owned());
    assert_eq!(fixed.log_in("ada", PASSWORD).await.status, 303);
    assert_ne!(fixed.cookies["palisade"], "chosen-by-somebody-else");

    assert_eq!(client.log_in("ada", PASSWORD).await.status, 303);
    assert_ne!(client.cookies, before);
    let mut old = service.client();
    old.cookies = before;
    assert_eq!(old.get("/account").send().await.status, 303);
}

#[tokio::test]
async fn a_new_password_makes_a_new_session_and_ends_all_others() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    let mut elsewhere = service.client();
    assert_eq!(elsewhere.log_in("ada", PASSWORD).await.status, 303);
    let before = client.cookies.clone();
    let form = [("current-password", PASSWORD), ("new-password", "seven tins of red paint")];
    assert_eq!(client.post("/account/password").form(&form).send().await.status, 303);
    assert_ne!(client.cookies, before);
    client.learn_csrf().await;
    assert_eq!(elsewhere.get("/account").send().await.status, 303);
    assert_eq!(service.client().log_in("ada", PASSWORD).await.status, 422);
    assert_eq!(service.client().log_in("ada", "seven tins of red paint").await.status, 303);
}

#[tokio::test]
async fn a_new_role_ends_the_sessions() {
    let service = Service::start().await;
    let mut administrator = service.administrator().await;
    let mut viewer = service.person(&mut administrator, "linus", Role::Viewer).await;
    let id = viewer.get("/api/v1/me").send().await.json()["id"].clone();
    let change = [("role", "operator"), ("enabled", "on")];
    assert_eq!(administrator.post(&format!("/users/{id}")).form(&change).send().await.status, 303);
    assert_eq!(viewer.get("/account").send().await.status, 303);
}

#[tokio::test]
async fn the_cookie_is_for_nobody_but_the_service() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    let answer = client.log_in("ada", PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("palisade="), "{cookie}");
    for flag in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    // What is in the state is not what is in the cookie.
    let held = std::fs::read(service.directory.path().join("palisade.db-wal")).unwrap();
    let value = client.cookies["palisade"].as_bytes();
    assert!(!held.windows(value.len()).any(|window| window == value));
}

#[tokio::test]
async fn a_session_ends_after_its_time_and_after_an_hour_without_a_request() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    for _ in 0..11 {
        service.pass(59 * 60);
        assert_eq!(client.get("/account").send().await.status, 200);
    }
    // 10 hours and 49 minutes old: idle for one.
    service.pass(3_600);
    assert_eq!(client.get("/account").send().await.status, 303);
    assert_eq!(client.log_in("ada", PASSWORD).await.status, 303);
    for _ in 0..24 {
        service.pass(30 * 60);
        client.get("/account").send().await;
    }
    assert_eq!(client.get("/account").send().await.status, 303, "12 hours, never idle");
}

#[tokio::test]
async fn a_token_ends_after_its_days() {
    let service = Service::start().await;
    let token = service.administrator().await.token(Role::Viewer, 2).await;
    let mut client = service.client();
    service.pass(2 * 24 * 3_600 - 1);
    assert_eq!(client.get("/api/v1/me").bearer(&token).send().await.status, 200);
    service.pass(1);
    assert_eq!(client.get("/api/v1/me").bearer(&token).send().await.status, 401);
}

#[tokio::test]
async fn a_wrong_token_is_not_helped_by_a_session() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    for wrong in ["Bearer palisade_x", "Bearer", "Basic YWRhOng=", "Bearer not-ours"] {
        let answer = client.get("/api/v1/me").header("Authorization", wrong).send().await;
        assert_eq!(answer.status, 401, "{wrong}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test]
async fn failures_delay_a_log_in_and_lock_nobody_out_and_say_nothing_about_names() {
    let service = Service::start().await;
    service.administrator().await;
    let mut client = service.client();
    let known = client.log_in("ada", "wrong").await;
    let unknown = client.log_in("nobody", "wrong").await;
    assert_eq!((known.status, unknown.status), (422, 422));
    assert_eq!(known.body.replace("ada", "nobody"), unknown.body);
    for _ in 1..palisade_limits::LOG_IN_FREE_FAILURES + 1 {
        assert_eq!(client.log_in("ada", "wrong").await.status, 422);
    }
    // Of two at once one is delayed, and the other is told to come back.
    let mut other = service.client();
    let begun = std::time::Instant::now();
    let (one, two) = tokio::join!(client.log_in("ada", PASSWORD), other.log_in("ada", PASSWORD));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 429]);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
    let refused = if one.status == 429 { &one } else { &two };
    assert!(refused.header("retry-after").parse::<u64>().unwrap() <= 2, "{refused:?}");
    service.pass(901);
    let begun = std::time::Instant::now();
    assert_eq!(client.log_in("ada", PASSWORD).await.status, 303);
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn logging_out_ends_the_session_where_it_is_held() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    let mut copy = client.clone();
    assert_eq!(client.post("/log-out").form(&[]).send().await.status, 303);
    assert!(!client.cookies.contains_key("palisade"));
    assert_eq!(copy.get("/account").send().await.status, 303);
}

#[tokio::test]
async fn a_form_needs_the_sessions_text_and_a_log_in_needs_our_page() {
    let service = Service::start().await;
    let mut client = service.administrator().await;
    let csrf = client.csrf.clone();
    client.csrf.clear();
    for wrong in [None, Some(""), Some("wrong"), Some(&*csrf.to_uppercase())] {
        let mut form = vec![("name", "x"), ("role", "viewer")];
        form.extend(wrong.map(|wrong| ("csrf", wrong)));
        let answer = client.post("/users/invite").form(&form).send().await;
        assert_eq!(answer.status, 403, "{wrong:?}");
    }
    let form = [("csrf", &*csrf), ("name", "x"), ("role", "viewer")];
    assert_eq!(client.post("/users/invite").form(&form).send().await.status, 303);

    let form = [("name", "ada"), ("password", PASSWORD)];
    for (name, value) in [("Sec-Fetch-Site", "cross-site"), ("Origin", "http://attacker.example")] {
        let call = client.post("/log-in").without("Sec-Fetch-Site").header(name, value).form(&form);
        assert_eq!(call.send().await.status, 403, "{name}");
    }
    let call = client.post("/log-in").without("Sec-Fetch-Site").form(&form);
    assert_eq!(call.send().await.status, 403, "no word of where it comes from");
    let origin = format!("http://{}", service.address);
    let call = client.post("/log-in").without("Sec-Fetch-Site").header("Origin", &origin).form(&form);
    assert_eq!(call.send().await.status, 303);
}

#[tokio::test]
async fn after_a_log_in_somebody_is_where_they_wanted_to_go_and_nowhere_else() {
    let service = Service::start().await;
    service.administrator().await;
    let mut client = service.client();
    let answer = client.get("/audit?search=a%26b&page=2").send().await;
    assert_eq!(answer.header("location"), "/log-in?next=%2Faudit%3Fsearch%3Da%2526b%26page%3D2");
    let form = |next| [("name", "ada"), ("password", PASSWORD), ("next", next)];
    let answer = client.post("/log-in").form(&form("/audit?page=2")).send().await;
    assert_eq!(answer.header("location"), "/audit?page=2");
    let answer = service.client().post("/log-in").form(&form("//attacker.example")).send().await;
    assert_eq!(answer.header("location"), "/");
}
