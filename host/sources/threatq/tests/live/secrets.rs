//! No secret is in what an error says, also where an appliance repeats it.

use palisade_egress::SecretString;
use palisade_threatq::{LogIn, ThreatQError};
use serde_json::json;
use threatq_simulator::{Effect, Endpoint, Fault};

use crate::support::Appliance;

/// With characters that forms, JSON and headers write in other ways.
const SECRET: &str = "hunter2+\"quoted\"/5ecret%20%&=";

fn assert_silent(error: &ThreatQError, token: Option<&str>) {
    let shown = format!("{error}\n{error:?}\n{:?}\n{}", error.hint(), error.code());
    for part in ["hunter2", "5ecret", "quoted"] {
        assert!(!shown.contains(part), "{shown}");
    }
    if let Some(token) = token {
        assert!(!shown.contains(&token[..8]), "{shown}");
    }
}

fn log_ins() -> [LogIn; 3] {
    let secret = || SecretString::from(SECRET);
    [
        LogIn::Password {
            email: "analyst@threatq.example".to_owned(),
            password: secret(),
            client_id: "threatq-web".to_owned(),
        },
        LogIn::ClientCredentials { client_id: "palisade".to_owned(), client_secret: secret() },
        LogIn::Token(secret()),
    ]
}

/// Answers that repeat what they are given, in every place that becomes part of a message.
fn echoes(secret: &str) -> Vec<Effect> {
    // Long enough that the text is cut in the middle of the secret.
    let padding = "x".repeat(90);
    let status = |status, body| Effect::Status { status, body: Some(body) };
    vec![
        status(401, json!({"errors": [format!("wrong: {secret}")]})),
        status(403, json!({"errors": [format!("{padding}{secret}")]})),
        status(400, json!({"data": {"errors": {"password": [secret, [secret]]}}})),
        status(418, json!({"errors": [secret]})),
        status(422, json!(format!("<html><title>{secret}</title>"))),
        status(200, json!(format!("<html><title>{padding}{secret}</title>"))),
        status(200, json!({secret: secret, "token": secret})),
        status(200, json!(secret)),
        Effect::Redirect {
            location: format!("https://sso.example/?{padding}{}", secret.replace(['"', ' '], "")),
        },
    ]
}

#[tokio::test]
async fn a_secret_that_the_appliance_repeats_is_not_shown() {
    let appliance = Appliance::start().await;
    appliance.simulator.change_settings(|settings| {
        settings.account.password = SECRET.to_owned();
        settings.client.secret = SECRET.to_owned();
    });
    for log_in in log_ins() {
        let endpoints: &[Endpoint] = if matches!(log_in, LogIn::Token(_)) {
            &[Endpoint::Page]
        } else {
            &[Endpoint::Token, Endpoint::Page]
        };
        for endpoint in endpoints {
            for effect in echoes(SECRET) {
                appliance.simulator.clear_faults();
                appliance.simulator.inject(Fault::new(effect.clone()).on(*endpoint));
                let outcome = appliance.fetch(log_in.clone()).await;
                assert_silent(outcome.error(), None);
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_the_appliance_repeats_is_not_shown() {
    let appliance = Appliance::start().await;
    let token = appliance.simulator.token().unwrap();
    for effect in echoes(&token) {
        appliance.simulator.clear_faults();
        appliance.simulator.inject(Fault::new(effect).on(Endpoint::Page));
        let outcome = appliance.fetch(LogIn::Token(SecretString::from(token.as_str()))).await;
        assert_silent(outcome.error(), Some(&token));
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_sent_is_not_shown() {
    let appliance = Appliance::start().await;
    let secret = format!("{SECRET}\n");
    let outcome = appliance.fetch(LogIn::Token(SecretString::from(secret))).await;
    assert_silent(outcome.error(), None);
}
