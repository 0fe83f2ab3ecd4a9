//! What a session does by itself: it repeats what may be repeated after a pause, tells what left, and a replay of its recording
//! gives the same answers without a network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use palisade_egress::{Client, Gate, Grant, Origin, PathRule, Session, SessionLimits, Wire};
use palisade_limits as limits;
use palisade_recording::{Provenance, Recorder, Recording, Replayer};
use palisade_redaction::Redactor;
use tokio::time::Instant;

use crate::support::{HOST, Server};

const BODY: &str = r#"[{"domain":"a.example","note":"b.example"},{"domain":"a.example"}]"#;

fn post() -> Request<Bytes> {
    Request::post(format!("https://{HOST}/list")).body(Bytes::from(BODY)).unwrap()
}

fn session(wire: Wire, recorder: Option<Recorder>) -> Session {
    let grant = Grant {
        origin: Origin::parse(&format!("https://{HOST}")).unwrap(),
        methods: vec![Method::POST],
        paths: vec![PathRule::parse("/list")],
        headers: Vec::new(),
        credential: None,
        changes: true,
        idempotent: true,
        reason: String::new(),
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    Session::new(wire, vec![grant], Gate::default(), SessionLimits::default(), deadline, recorder)
}

/// A server that fails once and takes everything after that.
async fn fails_once() -> Server {
    let asked = Arc::new(AtomicUsize::new(0));
    Server::start(&["http/1.1"], move |_| {
        let first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let status = if first { 503 } else { 201 };
            Response::builder().status(status).header("x-kept", "yes").body(Full::from("done")).unwrap()
        }
    })
    .await
}

#[tokio::test]
async fn a_repeat_waits_and_the_wait_is_counted() {
    let server = fails_once().await;
    let session = session(Wire::Network(Client::new(&server.options()).unwrap()), None);
    let begun = Instant::now();
    assert_eq!(session.send(post()).await.unwrap().status(), 201);
    let least = Duration::from_millis(limits::BACKOFF_FIRST_MILLISECONDS / 2);
    let traffic = session.traffic();
    assert!(begun.elapsed() >= least && traffic.waited >= least, "{traffic:?}");
    assert_eq!((traffic.requests, traffic.repeats, traffic.lost, traffic.throttled), (2, 1, 0, 0));
    assert_eq!((traffic.bytes_sent, traffic.bytes_received), (2 * BODY.len() as u64, 8));
}

#[tokio::test]
async fn what_left_is_told_by_its_field_with_its_repeats() {
    let server = fails_once().await;
    let session = session(Wire::Network(Client::new(&server.options()).unwrap()), None);
    assert!(!session.has_sent() && session.sent_as("a.example").is_empty());
    session.send(post()).await.unwrap();
    assert_eq!(session.sent_as("a.example"), [("domain".to_owned(), 4)]);
    assert_eq!(session.sent_as("b.example"), [("note".to_owned(), 2)]);
    assert_eq!(
        (session.times_sent("domain", "a.example"), session.times_sent("domain", "c")),
        (Some(4), Some(0))
    );
    assert!(session.has_sent());
}

#[tokio::test]
async fn a_replay_answers_as_it_was_answered_without_a_network_and_without_waiting() {
    let server = fails_once().await;
    let recorder = Recorder::new(Provenance::default(), Redactor::new(&[]));
    let recorded = session(Wire::Network(Client::new(&server.options()).unwrap()), Some(recorder.clone()));
    recorded.send(post()).await.unwrap();
    let mut file = Vec::new();
    recorder.write(&mut file).unwrap();
    let requests = server.requests().len();

    let replayer = Replayer::new(Recording::read(&file, "run.har").unwrap());
    let replayed = session(Wire::Recording(replayer.clone()), None);
    let answer = replayed.send(post()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (201, b"done".as_slice()));
    assert_eq!(answer.headers()["x-kept"], "yes");
    assert_eq!((replayed.traffic().requests, replayed.traffic().waited), (2, Duration::ZERO));
    assert!(replayer.unused().is_empty());
    let error = replayed.send(post()).await.unwrap_err();
    assert!(error.ends_run(), "{error}");
    assert_eq!(server.requests().len(), requests);
}

#[tokio::test]
async fn a_compressed_answer_is_handed_on_where_no_credential_could_hide_in_it() {
    let server = Server::start(&["http/1.1"], |_| async {
        Response::builder().header("content-encoding", "gzip").body(Full::from("compressed")).unwrap()
    })
    .await;
    let session = session(Wire::Network(Client::new(&server.options()).unwrap()), None);
    assert_eq!(session.send(post()).await.unwrap().body().as_ref(), b"compressed");
}
