//! Each kind of credential over TLS: it reaches the service where the manifest says, and neither a response, a recording nor a
//! message has it.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use palisade_egress::{
    Client, Credential, Gate, Grant, Origin, PathRule, SecretString, Session, SessionLimits, Wire,
};
use palisade_recording::{Provenance, Recorder};
use palisade_redaction::Redactor;
use std::sync::Arc;
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
