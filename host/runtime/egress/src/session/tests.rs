//! What a session does with time: deadlines, the gate, places and pauses, against a server that never says a word.

use http::Method;

use super::*;
use crate::{Client, ClientOptions, ConnectTo, Origin, PathRule};

const SECOND: Duration = Duration::from_secs(1);

/// A session whose server never says a word, and that server.
fn silent(limits: SessionLimits, run: Duration) -> (Session, std::net::TcpListener) {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = silent.local_addr().unwrap();
    let connect_to = vec![ConnectTo { host: "api.example.com".to_owned(), port: 443, address }];
    let client = Client::new(&ClientOptions { connect_to, ..ClientOptions::default() }).unwrap();
    let grant = Grant {
        origin: Origin::parse("https://api.example.com").unwrap(),
        methods: vec![Method::POST],
        paths: vec![PathRule::parse("/list")],
        headers: Vec::new(),
        credential: None,
        changes: true,
        idempotent: false,
        reason: String::new(),
    };
    let deadline = Instant::now() + run;
    let session = Session::new(Wire::Network(client), vec![grant], Gate::default(), limits, deadline, None);
    (session, silent)
}

async fn send(session: &Session) -> SendError {
    let request = Request::post("https://api.example.com/list").body(Bytes::new()).unwrap();
    session.send(request).await.unwrap_err()
}

/// Lets everything that can go on without time go on.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_answer_that_the_deadline_cuts_off_is_not_the_services_fault() {
    let (short, long) = (Duration::from_millis(50), 60 * SECOND);
    for (exchange, run, code) in [(long, short, "deadline-passed"), (short, long, "timed-out")] {
        let (session, _server) = silent(SessionLimits { exchange, ..SessionLimits::default() }, run);
        assert_eq!(send(&session).await.code(), code);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_the_service_wishes_to_be_left_alone_past_the_deadline() {
    let (session, _server) = silent(SessionLimits::default(), 900 * SECOND);
    let begun = Instant::now();
    session.inner.gate.close_for(begun, 7_200 * SECOND);
    let error = send(&session).await;
    assert_eq!(error.code(), "throttled-past-deadline");
    let message = error.to_string();
    assert!(message.contains("`api.example.com`") && message.contains("7200 s"), "{message}");
    assert!(error.hint().is_some());
    assert_eq!((session.traffic(), begun.elapsed()), (Traffic::default(), Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn the_gate_is_checked_again_after_waiting_for_a_place() {
    let limits = SessionLimits { concurrent_requests: 1, ..SessionLimits::default() };
    let (session, _server) = silent(limits, 900 * SECOND);
    let place = session.inner.places.acquire().await.unwrap();
    let waiting = tokio::spawn({
        let session = session.clone();
        async move { send(&session).await }
    });
    settle().await;
    session.inner.gate.close_for(Instant::now(), 60 * SECOND);
    drop(place);
    settle().await;
    // It has had its place, has seen the gate closed, and has given the place back.
    assert_eq!((session.inner.places.available_permits(), session.traffic().requests), (1, 0));
    session.inner.gate.close_for(Instant::now(), 7_200 * SECOND);
    assert_eq!(waiting.await.unwrap().code(), "throttled-past-deadline");
    assert_eq!(session.traffic().requests, 0);
}

#[tokio::test(start_paused = true)]
async fn every_request_that_waits_at_the_gate_is_counted() {
    let (session, _server) = silent(SessionLimits::default(), 900 * SECOND);
    session.inner.gate.close_for(Instant::now(), 5 * SECOND);
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let session = session.clone();
            tokio::spawn(async move { send(&session).await })
        })
        .collect();
    settle().await;
    // The run ends in the middle of it.
    tokio::time::advance(2 * SECOND).await;
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    settle().await;
    let waited = session.traffic().waited;
    assert!((6 * SECOND..7 * SECOND).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn no_time_is_waited_where_the_gate_is_open() {
    let limits = SessionLimits { exchange: SECOND, ..SessionLimits::default() };
    let (session, _server) = silent(limits, 900 * SECOND);
    session.inner.gate.close_for(Instant::now(), Duration::ZERO);
    assert_eq!(send(&session).await.code(), "timed-out");
    assert_eq!(session.traffic().waited, Duration::ZERO);
}

#[tokio::test]
async fn answers_that_nobody_reads_are_an_error_and_no_wait() {
    let (session, _server) = silent(SessionLimits::default(), 900 * SECOND);
    let half = Bytes::from(vec![0; (limits::ANSWERS_HELD_BYTES / 2) as usize]);
    let first = session.inner.held.hold(half.clone());
    let second = session.inner.held.hold(half);
    let error = send(&session).await;
    assert_eq!(error.code(), "answers-not-read");
    assert_eq!(session.traffic().requests, 0);
    drop((first, second));
    assert_eq!(session.inner.held.bytes(), 0);
}

/// A request with this body in flight, or waiting to be sent.
fn sending(session: &Session, body: &'static str) -> tokio::task::JoinHandle<SendError> {
    let session = session.clone();
    tokio::spawn(async move {
        let request = Request::post("https://api.example.com/list").body(Bytes::from(body)).unwrap();
        session.send(request).await.unwrap_err()
    })
}

#[tokio::test]
async fn a_closed_session_sends_nothing_and_lets_requests_in_flight_go_on() {
    let (session, _server) = silent(SessionLimits::default(), 900 * SECOND);
    let in_flight = sending(&session, r#"[{"domain":"a.example"}]"#);
    while session.in_flight() == 0 {
        tokio::task::yield_now().await;
    }
    session.close();
    assert_eq!(sending(&session, r#"[{"domain":"b.example"}]"#).await.unwrap().code(), "run-ending");
    assert_eq!((session.in_flight(), session.traffic().requests), (1, 1));
    assert!(tokio::time::timeout(Duration::from_millis(50), session.drained()).await.is_err());
    assert_eq!(session.abandon(), 1);
    assert_eq!(in_flight.await.unwrap().code(), crate::ABANDONED);
    session.drained().await;
    assert_eq!(session.times_sent("domain", "a.example"), Some(1));
    assert_eq!(session.times_sent("domain", "b.example"), Some(0));
    assert_eq!((session.traffic().lost, session.is_cut_short()), (1, true));
    // Of what was sent the operator is told, of what was not there is nothing to tell.
    let told: Vec<&str> = session.notices().iter().map(|notice| notice.code).collect();
    assert_eq!(told, [crate::ABANDONED]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_gate_comes_back_when_the_session_is_closed() {
    let (session, _server) = silent(SessionLimits::default(), 900 * SECOND);
    let begun = Instant::now();
    session.inner.gate.close_for(begun, 60 * SECOND);
    let waiting = sending(&session, "[]");
    settle().await;
    assert_eq!(session.waits_until(), Some(begun + 60 * SECOND));
    session.close();
    assert_eq!(waiting.await.unwrap().code(), "run-ending");
    assert_eq!((session.waits_until(), begun.elapsed()), (None, Duration::ZERO));
    assert!(!session.has_sent());
}
