//! Every fault, as a client meets it, and what the lists hold afterwards.

use std::time::{Duration, Instant};

use serde_json::json;
use vision_one_simulator::{Effect, Fault, RetryAfter};

use crate::client::*;

fn one() -> serde_json::Value {
    json!([{"ip": "192.0.2.1"}])
}

#[tokio::test]
async fn statuses_have_the_services_shapes_and_change_nothing() {
    let service = service(|_| {}).await;
    for status in [401, 403, 413, 429, 500, 502, 504] {
        service.simulator.inject(Fault::status(status).on("POST", OBJECTS).times(1)).unwrap();
        let answer = service.post(OBJECTS, &one()).await;
        assert_eq!(answer.status, status);
        let html = status == 502 || status == 504;
        assert_eq!(answer.headers["content-type"], if html { "text/html" } else { "application/json" });
        assert!(html || answer.json()["error"]["code"].is_string());
        assert_eq!(answer.headers.contains_key("ratelimit-limit"), status == 429, "{status}");
        assert!(service.simulator.suspicious_objects().is_empty());
    }
    service.simulator.inject(Fault::status(500).applied(true).times(1)).unwrap();
    assert_eq!(service.post(OBJECTS, &one()).await.status, 500);
    assert_eq!(service.simulator.suspicious_objects().len(), 1);
    let effect = Effect::Status {
        status: 503,
        headers: [("x-reason".to_owned(), "maintenance".to_owned())].into(),
        body: Some(json!("closed")),
    };
    service.simulator.inject(Fault::new(effect).times(1)).unwrap();
    let answer = service.post(OBJECTS, &one()).await;
    assert_eq!(
        (answer.headers["x-reason"].as_bytes(), &answer.body[..]),
        (&b"maintenance"[..], &b"closed"[..])
    );
    assert_eq!(service.post(OBJECTS, &one()).await.status, 207);
    let statuses: Vec<_> =
        service.simulator.received().iter().map(|request| request.status.unwrap()).collect();
    assert_eq!(statuses, [401, 403, 413, 429, 500, 502, 504, 500, 503, 207]);
}

#[tokio::test]
async fn statuses_have_the_words_of_the_path_that_they_are_for() {
    let service = service(|_| {}).await;
    for (path, status, error) in [
        (
            CONNECTIVITY,
            400,
            json!({"code": "BadRequest", "message": "Bad request",
            "innererror": {"code": "BadRequest", "service": "svp"}}),
        ),
        (
            CONNECTIVITY,
            403,
            json!({"code": "AccessDenied", "message": "Access denied",
            "innererror": {"code": "AccessDenied", "service": "svp"}}),
        ),
        (OBJECTS, 408, json!({"code": "RequestTimeout", "message": "Request timeout"})),
        (OBJECTS, 412, json!({"code": "ConditionNotMet", "message": "Condition not met"})),
        (
            "/v3.0/response/tasks/1",
            500,
            json!({"code": "InternalServerError", "message": "Internal server error."}),
        ),
    ] {
        service.simulator.inject(Fault::status(status).times(1)).unwrap();
        let answer = service.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, json!({"error": error})), "{path}");
    }
}

#[tokio::test]
async fn a_corrupted_answer_differs_in_one_byte() {
    let service = service(|_| {}).await;
    service.simulator.inject(Fault::new(Effect::Corrupted).times(1)).unwrap();
    let wrong = service.get(CONNECTIVITY).await;
    let right = service.get(CONNECTIVITY).await;
    assert_eq!((wrong.status, wrong.body.len()), (right.status, right.body.len()));
    assert_eq!(wrong.body.iter().zip(&right.body).filter(|(wrong, right)| wrong != right).count(), 1);
}

#[tokio::test]
async fn too_many_requests_says_when_in_three_ways() {
    let service = service(|_| {}).await;
    for retry_after in [RetryAfter::Seconds(7), RetryAfter::Date(60), RetryAfter::Absent] {
        service.simulator.inject(Fault::new(Effect::TooManyRequests { retry_after }).times(1)).unwrap();
        let answer = service.get(OBJECTS).await;
        assert_eq!((answer.status.as_u16(), answer.headers["ratelimit-limit"].as_bytes()), (429, &b"60"[..]));
        let header = answer.headers.get("retry-after").map(|value| value.to_str().unwrap());
        match retry_after {
            RetryAfter::Seconds(_) => assert_eq!(header, Some("7")),
            RetryAfter::Date(_) => assert!(header.unwrap().ends_with(" GMT")),
            RetryAfter::Absent => assert_eq!(header, None),
        }
    }
}

#[tokio::test]
async fn items_fail_by_value_and_place() {
    let service = service(|_| {}).await;
    service.simulator.inject(Fault::items(429, ["192.0.2.1"]).times(1)).unwrap();
    let effect = Effect::Items {
        values: Vec::new(),
        indices: vec![2],
        status: 403,
        code: Some("AccessDenied".to_owned()),
        message: Some("Not yours".to_owned()),
    };
    service.simulator.inject(Fault::new(effect)).unwrap();
    let items = json!([{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}, {"ip": "192.0.2.3"}]);
    let answer = service.post(OBJECTS, &items).await;
    assert_eq!(answer.statuses(), [429, 201, 403]);
    assert_eq!(answer.json()[2]["body"]["error"]["message"], "Not yours");
    assert_eq!(service.simulator.suspicious_objects().len(), 1);
    assert_eq!(service.post(OBJECTS, &items).await.statuses(), [201, 201, 403]);
    assert_eq!(service.post(OBJECTS_DELETE, &items).await.statuses(), [204, 204, 403]);
}

#[tokio::test]
async fn answers_are_malformed_short_or_long() {
    let service = service(|_| {}).await;
    let items = addresses(0, 3).into();
    for (applied, held) in [(false, 0), (true, 3)] {
        service.simulator.inject(Fault::new(Effect::MalformedJson).times(1).applied(applied)).unwrap();
        let answer = service.post(OBJECTS, &items).await;
        assert!(answer.status == 207 && serde_json::from_slice::<serde_json::Value>(&answer.body).is_err());
        assert_eq!(service.simulator.suspicious_objects().len(), held);
    }
    service.simulator.inject(Fault::new(Effect::MissingItems { count: 1 }).times(1)).unwrap();
    assert_eq!(service.post(OBJECTS, &items).await.statuses().len(), 2);
    service.simulator.inject(Fault::new(Effect::ExtraItems { count: 2 }).times(1)).unwrap();
    assert_eq!(service.post(OBJECTS, &items).await.statuses().len(), 5);
}

#[tokio::test]
async fn connections_close_before_and_in_the_middle_of_an_answer() {
    let mut service = service(|_| {}).await;
    for http2 in [false, true] {
        service.http2 = http2;
        service.simulator.reset();
        service.simulator.inject(Fault::new(Effect::Close).times(1)).unwrap();
        assert!(service.try_post(OBJECTS, &one()).await.is_err());
        assert!(service.simulator.suspicious_objects().is_empty());
        assert_eq!(service.simulator.received().last().unwrap().status, None);
        service.simulator.inject(Fault::new(Effect::Truncated { bytes: None }).times(1)).unwrap();
        assert!(service.try_post(OBJECTS, &one()).await.is_err());
        assert_eq!(service.simulator.suspicious_objects().len(), 1);
        assert_eq!(service.simulator.received().last().unwrap().status, Some(207));
    }
}

#[tokio::test]
async fn a_truncated_answer_brings_its_head_and_some_of_its_body() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let service = service(|settings| settings.plain_listen = Some("127.0.0.1:0".parse().unwrap())).await;
    service.simulator.inject(Fault::new(Effect::Truncated { bytes: Some(5) })).unwrap();
    let mut stream =
        tokio::net::TcpStream::connect(service.simulator.plain_address().unwrap()).await.unwrap();
    let head =
        format!("GET {CONNECTIVITY} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains(&format!("Content-Length: {}\r\n", r#"{"status":"available"}"#.len())),
        "{answer}"
    );
    assert!(answer.ends_with("\r\n\r\n{\"sta"), "{answer}");
}

#[tokio::test]
async fn answers_are_slow_to_begin_and_to_end() {
    let service = service(|_| {}).await;
    let timed = async |expected: u64| {
        let begin = Instant::now();
        assert_eq!(service.post(OBJECTS, &one()).await.statuses(), [201]);
        assert!(begin.elapsed() >= Duration::from_millis(expected), "{:?}", begin.elapsed());
    };
    service.simulator.inject(Fault::new(Effect::Slow { milliseconds: 200 }).times(1)).unwrap();
    timed(200).await;
    // `[{"status":201}]` has 16 bytes: four pieces.
    service.simulator.inject(Fault::new(Effect::Drip { bytes: 4, milliseconds: 50 }).times(1)).unwrap();
    timed(200).await;
    service.simulator.change_settings(|settings| settings.latency_milliseconds = 100);
    timed(100).await;
}

#[tokio::test]
async fn what_takes_too_long_is_a_gateway_timeout() {
    let service = service(|settings| settings.limits.time_limit_seconds = 1).await;
    service.simulator.inject(Fault::new(Effect::Slow { milliseconds: 5_000 })).unwrap();
    let answer = service.post(OBJECTS, &one()).await;
    assert_eq!((answer.status.as_u16(), answer.headers["content-type"].as_bytes()), (504, &b"text/html"[..]));
    assert_eq!(service.simulator.received()[0].status, Some(504));
    assert_eq!(service.simulator.suspicious_objects().len(), 1);
}
