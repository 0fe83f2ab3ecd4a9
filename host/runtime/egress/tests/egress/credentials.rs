//! Each kind of credential over TLS: it reaches the service where the manifest says, and neither a response, a recording nor a
//! message has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use palisade_egress::{
    Client, Credential, Gate, Grant, Origin, PathRule, SecretString, Session, SessionLimits, TokenSource,
    Wire,
};
use palisade_recording::{Provenance, Recorder};
use palisade_redaction::Redactor;
use tokio::time::Instant;

use crate::support::{HOST, KEY, Server, get};

/// Answers with everything that it was sent.
async fn echo(request: Request<Bytes>) -> Response<Full<Bytes>> {
    let mut lines = vec![request.uri().to_string()];
    lines
        .extend(request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
    Response::builder().header("x-seen", lines.len()).body(Full::from(lines.join("\n"))).unwrap()
}

/// What the service received, what the component got, and the recording.
async fn exchanged(credential: Credential, path: &str, query: &str) -> (Vec<String>, String, String) {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let server = Server::start(&["http/1.1"], move |request: Request<Bytes>| {
        let mut lines = vec![request.uri().to_string()];
        lines.extend(
            request.headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())),
        );
        kept.lock().unwrap().extend(lines);
        echo(request)
    })
    .await;
    let grant = Grant {
        origin: Origin::parse(&format!("https://{HOST}")).unwrap(),
        methods: vec![Method::GET],
        paths: vec![PathRule::parse(path)],
        headers: Vec::new(),
        credential: Some(credential.clone()),
        changes: false,
        idempotent: true,
        reason: String::new(),
    };
    let redactor = Arc::new(Redactor::new(credential.secrets()));
    let provenance = Provenance {
        bundle_digest: String::new(),
        action: "act".to_owned(),
        run_id: "1".to_owned(),
        dry_run: false,
    };
    let recorder = Recorder::new(provenance, Arc::clone(&redactor));
    let client = Client::new(&server.options()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let limits = SessionLimits::default();
    let session = Session::new(
        Wire::Network(client),
        vec![grant],
        Gate::default(),
        limits,
        deadline,
        Some(recorder.clone()),
    );
    let answer = session.send(get(&format!("https://{HOST}{path}{query}"))).await.unwrap();
    let answer = String::from_utf8(answer.into_body().to_vec()).unwrap();
    let mut recording = Vec::new();
    recorder.write(&mut recording).unwrap();
    let seen = seen.lock().unwrap().clone();
    (seen, answer, String::from_utf8(recording).unwrap())
}

#[tokio::test]
async fn each_credential_arrives_where_it_belongs_and_is_shown_nowhere() {
    let secret = SecretString::from(KEY);
    let second = SecretString::from("second.secret.of.it");
    let user = SecretString::from("palisade");
    let headers = Credential::new("authorization", "Bearer ", &secret, "").unwrap();
    let headers = headers.and_header("x-second", "", &second, "").unwrap();
    let basic = "cGFsaXNhZGU6Y29ycmVjdC5ob3JzZS5iYXR0ZXJ5";
    for (credential, path, query, expected) in [
        (
            headers,
            "/list",
            "?top=1",
            vec![
                format!("authorization: Bearer {KEY}"),
                "x-second: second.secret.of.it".to_owned(),
                "/list?top=1".to_owned(),
            ],
        ),
        (
            Credential::basic(&user, &secret).unwrap(),
            "/list",
            "",
            vec![format!("authorization: Basic {basic}")],
        ),
        (
            Credential::query("key", &secret).unwrap(),
            "/list",
            "?top=1",
            vec![format!("/list?top=1&key={KEY}")],
        ),
        (Credential::query("key", &secret).unwrap(), "/list", "", vec![format!("/list?key={KEY}")]),
        (
            Credential::path_segment("bot", &secret, "").unwrap(),
            "/:credential/send",
            "",
            vec![format!("/bot{KEY}/send")],
        ),
    ] {
        let (seen, answer, recording) = exchanged(credential, path, query).await;
        for line in expected {
            assert!(seen.contains(&line), "`{line}` is missing in {seen:?}");
        }
        for text in [&answer, &recording] {
            for secret in [KEY, "second.secret.of.it", basic] {
                assert!(!text.contains(secret), "{text}");
            }
        }
        assert!(answer.contains("[redacted]"), "{answer}");
        assert!(recording.contains(path), "{recording}");
    }
}

/// A session with an access token that the server itself issues at `/token`, and a recorder.
fn with_token(server: &Server) -> (Session, Recorder) {
    let url = format!("https://{HOST}/token").parse().unwrap();
    let (id, secret) = (SecretString::from("palisade"), SecretString::from(KEY));
    let source = TokenSource::new(url, id, secret, Some("read".to_owned()), false).unwrap();
    let credential = Credential::token(source);
    let redactor = Arc::new(Redactor::new(credential.secrets()));
    let grant = Grant {
        origin: Origin::parse(&format!("https://{HOST}")).unwrap(),
        methods: vec![Method::GET],
        paths: vec![PathRule::parse("/list")],
        headers: Vec::new(),
        credential: Some(credential),
        changes: false,
        idempotent: true,
        reason: String::new(),
    };
    let provenance = Provenance {
        bundle_digest: String::new(),
        action: "act".to_owned(),
        run_id: "1".to_owned(),
        dry_run: false,
    };
    let recorder = Recorder::new(provenance, Arc::clone(&redactor));
    let client = Client::new(&server.options()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let (limits, wire) = (SessionLimits::default(), Wire::Network(client));
    let session = Session::new(wire, vec![grant], Gate::default(), limits, deadline, Some(recorder.clone()));
    (session.redacting(redactor), recorder)
}

#[tokio::test]
async fn an_access_token_is_requested_once_and_redacted_everywhere() {
    const TOKEN: &str = "issued.access.token.of.the.test";
    let issued = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&issued);
    let server = Server::start(&["http/1.1"], move |request: Request<Bytes>| {
        let counted = Arc::clone(&counted);
        async move {
            if request.uri().path() != "/token" {
                return echo(request).await;
            }
            counted.fetch_add(1, Ordering::SeqCst);
            assert_eq!(request.headers()["authorization"], "Basic cGFsaXNhZGU6Y29ycmVjdC5ob3JzZS5iYXR0ZXJ5");
            assert_eq!(request.body().as_ref(), b"grant_type=client_credentials&scope=read");
            let body = format!(r#"{{"access_token":"{TOKEN}","token_type":"bearer","expires_in":3600}}"#);
            Response::new(Full::from(body))
        }
    })
    .await;
    let (session, recorder) = with_token(&server);
    let list = || get(&format!("https://{HOST}/list"));
    let (first, second) = tokio::join!(session.send(list()), session.send(list()));
    for answer in [first, second] {
        let answer = String::from_utf8(answer.unwrap().into_body().to_vec()).unwrap();
        assert!(answer.contains("authorization: Bearer [redacted]"), "{answer}");
    }
    assert_eq!(issued.load(Ordering::SeqCst), 1);
    let mut recording = Vec::new();
    recorder.write(&mut recording).unwrap();
    let recording = String::from_utf8(recording).unwrap();
    assert!(!recording.contains(TOKEN) && !recording.contains(KEY), "{recording}");
}

#[tokio::test]
async fn a_token_that_is_not_issued_is_an_error_without_the_answer() {
    for (status, body, code) in [
        (401, r#"{"error":"invalid_client"}"#, "token-refused"),
        (200, "<html>", "token-unreadable"),
        (200, r#"{"access_token":"a b"}"#, "token-unreadable"),
        (200, r#"{"access_token":"SECRET-TOKEN","token_type":"mac"}"#, "token-unreadable"),
    ] {
        let server = Server::start(&["http/1.1"], move |request: Request<Bytes>| async move {
            assert_eq!(request.uri().path(), "/token", "nothing is sent without a token");
            Response::builder().status(status).body(Full::from(body)).unwrap()
        })
        .await;
        let (session, _) = with_token(&server);
        let error = session.send(get(&format!("https://{HOST}/list"))).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains("SECRET-TOKEN"), "{error}");
    }
}

#[tokio::test]
async fn a_path_without_its_one_place_for_the_credential_is_not_granted() {
    let server = Server::start(&["http/1.1"], echo).await;
    let credential = Credential::path_segment("", &SecretString::from(KEY), "").unwrap();
    let grant = Grant {
        origin: Origin::parse(&format!("https://{HOST}")).unwrap(),
        methods: vec![Method::GET],
        paths: vec![PathRule::parse("/*")],
        headers: Vec::new(),
        credential: Some(credential),
        changes: false,
        idempotent: true,
        reason: String::new(),
    };
    let client = Client::new(&server.options()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let limits = SessionLimits::default();
    let session = Session::new(Wire::Network(client), vec![grant], Gate::default(), limits, deadline, None);
    for path in ["/x", "/:credential/:credential"] {
        let refused = session.send(get(&format!("https://{HOST}{path}"))).await.unwrap_err();
        assert_eq!(refused.code(), "request-not-granted", "{path}");
    }
}
