//! Tokens: how they are come by, where they go, and what happens when they expire in the middle.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use palisade_egress::SecretString;
use palisade_threatq::LogIn;
use serde_json::json;
use threatq_simulator::{Effect, Endpoint, Fault};

use crate::support::{Appliance, connection, fields};

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn a_password_goes_into_the_form_and_nowhere_else() {
    let appliance = Appliance::start().await;
    appliance.fetch(appliance.by_password()).await.fetched();
    let account = appliance.simulator.account();
    let log_in = &appliance.log_ins()[0];
    assert_eq!((log_in.method.as_str(), log_in.query.as_str()), ("POST", ""));
    assert_eq!(log_in.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(log_in.header("authorization"), None);
    let form = fields(&log_in.body);
    assert_eq!(form["grant_type"], "password");
    assert_eq!(
        (&form["email"], &form["password"], &form["client_id"]),
        (&account.email, &account.password, &account.client_id)
    );
    assert_eq!(form.len(), 4);
}

#[tokio::test]
async fn a_client_secret_goes_into_its_header_and_nowhere_else() {
    let appliance = Appliance::start().await;
    appliance.fetch(appliance.by_client_credentials()).await.fetched();
    let client = appliance.simulator.client();
    let log_in = &appliance.log_ins()[0];
    let pair = STANDARD.encode(format!("{}:{}", client.id, client.secret));
    assert_eq!(log_in.header("authorization"), Some(format!("Basic {pair}").as_str()));
    assert_eq!(&log_in.body[..], b"grant_type=client_credentials");
}

#[tokio::test]
async fn each_request_is_logged_with_its_purpose_and_without_a_secret() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(1).times(1));
    let log = palisade_threatq::RequestLog::default();
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    let connection = connection(appliance.by_password());
    palisade_threatq::fetch_logged(&connection, appliance.client(), deadline, &log, &mut |_| {})
        .await
        .unwrap();
    let requests = log.take();
    let page = |number: u64| format!("Read the data collection from ThreatQ, page {number}");
    let log_in = || "Log in to ThreatQ".to_owned();
    let purposes: Vec<String> = requests.iter().map(|request| request.purpose.clone()).collect();
    assert_eq!(purposes, [log_in(), page(1), page(2), log_in(), page(2), page(3), page(4), page(5)]);
    let outcomes: Vec<_> = requests.iter().map(|request| request.outcome.clone()).collect();
    assert_eq!(outcomes[..4], [Ok(200), Ok(200), Ok(401), Ok(200)]);
    assert_eq!(requests.len(), appliance.simulator.received().len());
    for (logged, received) in requests.iter().zip(appliance.simulator.received()) {
        assert_eq!((logged.method.as_str(), logged.attempts), (received.method.as_str(), 1));
        assert!(logged.url.contains(&received.path), "{logged:?}");
    }
    let secret = appliance.simulator.account().password;
    assert!(!format!("{requests:?}").contains(&secret) && !format!("{requests:?}").contains("earer"));
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn a_token_needs_no_log_in() {
    let appliance = Appliance::start().await;
    let outcome = appliance.fetch(appliance.by_token()).await;
    assert_eq!((outcome.fetched().log_ins, appliance.log_ins().len(), outcome.ids().len()), (0, 0, 7));
}

#[tokio::test]
async fn a_token_that_expires_in_the_middle_is_renewed_and_the_same_page_asked_for_again() {
    for by_password in [true, false] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(1).times(1));
        let log_in = if by_password { appliance.by_password() } else { appliance.by_client_credentials() };
        let outcome = appliance.fetch(log_in).await;
        let fetched = outcome.fetched();
        assert_eq!(outcome.ids(), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!((fetched.log_ins, fetched.pages, fetched.repeated), (2, 5, 0));
        assert_eq!((appliance.log_ins().len(), appliance.pages().len()), (2, 6));
        assert_eq!(fetched.traffic.requests, appliance.simulator.received().len() as u64);
        let marks = appliance.marks();
        assert_eq!(marks[1], marks[2]);
        let tokens: Vec<_> =
            appliance.pages().iter().map(|page| page.header("authorization").unwrap().to_owned()).collect();
        assert!(tokens[1] != tokens[2] && tokens[2] == tokens[5], "the new token is used from then on");
    }
}

#[tokio::test]
async fn a_token_may_expire_on_every_page() {
    let appliance = Appliance::start().await;
    // Every second request for a page: the one that follows a renewal is good.
    for skip in [1, 3, 5] {
        appliance.simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(skip).times(1));
    }
    let outcome = appliance.fetch(appliance.by_password()).await;
    assert_eq!((outcome.ids().len(), outcome.fetched().log_ins), (7, 4));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_not_renewed_again() {
    for (skip, log_ins, pages) in [(0, 1, 1), (1, 2, 3)] {
        let appliance = Appliance::start().await;
        appliance.simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(skip));
        let outcome = appliance.fetch(appliance.by_password()).await;
        let error = outcome.error();
        assert_eq!(error.code(), "threatq-log-in-refused", "{error}");
        assert!(error.to_string().contains("just given out"), "{error}");
        assert_eq!((appliance.log_ins().len(), appliance.pages().len()), (log_ins, pages));
        assert_eq!(outcome.ids().len() as u64, 2 * skip);
    }
}

#[tokio::test]
async fn a_token_of_the_user_that_expires_is_told() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(2));
    let outcome = appliance.fetch(appliance.by_token()).await;
    let error = outcome.error();
    assert_eq!(
        error.to_string(),
        "`https://threatq.example` refuses the token: it answered `The access token has expired.`"
    );
    assert!(error.hint().unwrap().contains("expire"));
    assert_eq!((outcome.ids(), appliance.pages().len()), (vec![1, 2, 3, 4], 3));
}

#[tokio::test]
async fn what_is_refused_is_named() {
    let appliance = Appliance::start().await;
    let account = appliance.simulator.account();
    let client = appliance.simulator.client();
    let password = |password: &str, client_id: &str| LogIn::Password {
        email: account.email.clone(),
        password: secret(password),
        client_id: client_id.to_owned(),
    };
    let by_client = |id: &str, text: &str| LogIn::ClientCredentials {
        client_id: id.to_owned(),
        client_secret: secret(text),
    };
    for (log_in, named, said) in [
        (
            password("wrong-password", &account.client_id),
            "the password",
            "The user credentials were incorrect.",
        ),
        (password(&account.password, "wrong"), "the client id", "Client authentication failed."),
        (by_client(&client.id, "wrong-secret"), "the client secret", "Client authentication failed."),
        (by_client("wrong", &client.secret), "the client id", "Client authentication failed."),
        (LogIn::Token(secret("wrong-token")), "the token", "The access token is invalid."),
    ] {
        let outcome = appliance.fetch(log_in).await;
        let error = outcome.error();
        let message = error.to_string();
        assert_eq!(error.code(), "threatq-log-in-refused", "{message}");
        assert!(message.contains(named) && message.contains(said) && !message.contains("wrong"), "{message}");
        assert!(error.hint().is_some() && outcome.records.is_empty());
    }
    assert!(appliance.pages().iter().all(|page| page.status == Some(401)));
}

#[tokio::test]
async fn what_no_header_can_carry_is_told_before_anything_is_sent() {
    let appliance = Appliance::start().await;
    for (token, code) in [("a\nb", "secret-not-a-header-value"), ("  ", "secret-empty")] {
        let outcome = appliance.fetch(LogIn::Token(secret(token))).await;
        assert_eq!(outcome.error().code(), code);
        assert!(outcome.error().to_string().starts_with("the token cannot be used"));
    }
    assert!(appliance.simulator.received().is_empty());
}

#[tokio::test]
async fn an_answer_to_a_log_in_that_is_no_token_is_not_understood() {
    let appliance = Appliance::start().await;
    let answers = [
        Effect::Html { status: 200, title: "Single sign-on".to_owned() },
        Effect::Status { status: 200, body: Some(json!({"token": "abc"})) },
        Effect::Status { status: 200, body: Some(json!({"access_token": "a\nb"})) },
        Effect::MalformedJson,
    ];
    for (effect, found) in answers.into_iter().zip([
        "an HTML page with the title `Single sign-on`",
        "a JSON object with `token`",
        "one that it cannot",
        "JSON that ends in the middle",
    ]) {
        appliance.simulator.clear_faults();
        appliance.simulator.inject(Fault::new(effect).on(Endpoint::Token));
        let outcome = appliance.fetch(appliance.by_password()).await;
        let message = outcome.error().to_string();
        assert_eq!(outcome.error().code(), "threatq-not-understood", "{message}");
        assert!(message.contains("the log-in") && message.contains(found), "{message}");
    }
    assert!(appliance.pages().is_empty());
}

#[tokio::test]
async fn an_appliance_without_log_in_is_no_wrong_password() {
    let appliance = Appliance::start().await;
    appliance.simulator.inject(Fault::new(Effect::Html { status: 404, title: "Not found".to_owned() }));
    let outcome = appliance.fetch(appliance.by_password()).await;
    let error = outcome.error();
    assert_eq!(error.code(), "threatq-refused");
    assert!(error.to_string().contains("answered the log-in with status 404: an HTML page"), "{error}");
}
