//! What clients that ask for much, hold much or send much get: a defined answer, and never the share of others.

use std::time::Duration;

use palisade_limits as limits;
use palisade_server::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::harness::{PASSWORD, Service};

/// A request whose body ends before it is whole.
async fn unfinished(service: &Service, path: &str, sent: usize, said: usize) -> TcpStream {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {said}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; sent]).await.unwrap();
    stream
}

#[tokio::test]
async fn unfinished_bodies_of_one_stranger_are_bounded_and_others_get_through() {
    let service = Service::start().await;
    service.administrator().await;
    let most = limits::LOG_IN_FORM_BYTES as usize;
    let mut held = Vec::new();
    for _ in 0..limits::BODIES_OF_STRANGER_BYTES / limits::LOG_IN_FORM_BYTES {
        held.push(unfinished(&service, "/log-in", most - 1, most).await);
    }
    // Each of them is read; the next one is told to come back.
    let answer = timeout(Duration::from_secs(10), async {
        loop {
            let mut stream = unfinished(&service, "/log-in", most - 1, most).await;
            let mut read = vec![0; 512];
            if let Ok(Ok(bytes)) = timeout(Duration::from_millis(300), stream.read(&mut read)).await {
                break String::from_utf8_lossy(&read[..bytes]).into_owned();
            }
            held.push(stream);
        }
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 5"), "{answer}");
    drop(held);
    let answer = timeout(Duration::from_secs(10), async {
        loop {
            let answer = service.client().log_in("ada", PASSWORD).await;
            if answer.status != 503 {
                break answer;
            }
        }
    });
    assert_eq!(answer.await.unwrap().status, 303);
}

#[tokio::test]
async fn a_log_in_has_a_small_form() {
    let service = Service::start().await;
    service.administrator().await;
    let long = "x".repeat(limits::LOG_IN_FORM_BYTES as usize);
    let answer = service.client().log_in("ada", &long).await;
    assert_eq!(answer.status, 413, "{}", answer.body);
}

#[tokio::test]
async fn idle_connections_of_one_address_leave_places_for_others() {
    let service = Service::start().await;
    let mut idle = Vec::new();
    for _ in 0..limits::HTTP_CONNECTIONS_OF_ADDRESS {
        idle.push(TcpStream::connect(service.address).await.unwrap());
    }
    let mut more = TcpStream::connect(service.address).await.unwrap();
    let mut read = Vec::new();
    let ended =
        timeout(Duration::from_secs(10), more.read_to_end(&mut read)).await.expect("it is closed at once");
    assert!(ended.is_err() || read.is_empty());
    let other = TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let stream = other.connect(service.address).await.unwrap();
    let answer = service.client().get("/healthz").send_over(stream).await;
    assert_eq!((answer.status, &*answer.body), (200, "ok\n"));
    drop(idle);
    let again = timeout(Duration::from_secs(10), async {
        loop {
            let stream = TcpStream::connect(service.address).await.unwrap();
            let mut stream = stream;
            stream
                .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .await
                .ok();
            let mut read = Vec::new();
            if stream.read_to_end(&mut read).await.is_ok() && read.starts_with(b"HTTP/1.1 200") {
                break;
            }
        }
    });
    again.await.expect("the share is given back");
}

#[tokio::test]
async fn a_token_that_asks_too_often_is_told_when_to_come_back() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let (busy, other) = (ada.token(Role::Viewer, 1).await, ada.token(Role::Viewer, 1).await);
    let mut client = service.client();
    let mut refused = None;
    for _ in 0..limits::TOKEN_REQUEST_BURST * 3 {
        let answer = client.get("/api/v1/me").bearer(&busy).send().await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a bound");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"too-many-requests".into()));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(client.get("/api/v1/me").bearer(&other).send().await.status, 200);
    assert_eq!(ada.get("/api/v1/me").send().await.status, 200);
}

#[tokio::test]
async fn a_session_has_a_request_rate_as_a_token_has() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let mut other = service.client();
    assert_eq!(other.log_in("ada", crate::harness::PASSWORD).await.status, 303);
    let mut refused = None;
    for _ in 0..limits::SESSION_REQUEST_BURST * 3 {
        let answer = ada.get("/api/v1/me").send().await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a bound");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &"too-many-requests".into()));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    let mut page = ada.get("/account").send().await;
    while page.status == 200 {
        page = ada.get("/account").send().await;
    }
    assert!(
        page.status == 429 && page.body.contains("This session has sent too many requests"),
        "{}",
        page.body
    );
    assert_eq!(other.get("/api/v1/me").send().await.status, 200, "another session of the same person");
}

#[tokio::test]
async fn answers_of_the_api_are_compressed_and_pages_are_not() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let plain = ada.get("/api/v1/openapi.json").send().await;
    assert_eq!(plain.header("content-encoding"), "");
    let packed = ada.get("/api/v1/openapi.json").header("Accept-Encoding", "gzip, br").send().await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
    assert!(packed.body.len() * 4 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
    assert!(packed.header("vary").contains("accept-encoding"));
    let page = ada.get("/account").header("Accept-Encoding", "gzip").send().await;
    assert_eq!(
        (page.status, page.header("content-encoding")),
        (200, ""),
        "its length would give the form's text away"
    );
}

#[tokio::test]
async fn whatever_is_created_says_where_it_is_and_once_more_with_the_same_key() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    for (path, body) in [
        ("/api/v1/users", r#"{"name": "grace", "role": "viewer"}"#),
        ("/api/v1/users/1/link", "{}"),
        ("/api/v1/tokens", r#"{"name": "test", "role": "viewer", "days": 1}"#),
    ] {
        let first = ada.post(path).header("Idempotency-Key", path).json(body).send().await;
        assert_eq!(first.status, 201, "{path}: {}", first.body);
        let place = first.header("location").to_owned();
        assert!(place.starts_with("/api/v1/"), "{path}: {place}");
        assert_eq!(ada.get(&place).send().await.status, 200, "{place}");
        let again = ada.post(path).header("Idempotency-Key", path).json(body).send().await;
        assert_eq!(
            (again.header("idempotency-replayed"), again.header("location")),
            ("true", &*place),
            "{path}"
        );
    }
}

#[tokio::test]
async fn uploads_to_collections_are_received_a_few_at_a_time() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let csrf = ada.csrf.clone();
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"files\"; filename=\"a.txt\"\r\n\r\nevil.example\r\n--x--\r\n"
    );
    let kind = "multipart/form-data; boundary=x";
    let mut held = Vec::new();
    for _ in 0..limits::UPLOADS_AT_ONCE {
        let bytes = ada.post("/api/v1/collections/upload").body(kind, form.as_bytes()).written();
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.write_all(&bytes[..bytes.len() - 9]).await.unwrap();
        held.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let answer = ada.post("/api/v1/collections/upload").body(kind, form.as_bytes()).send().await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.body);
    drop(held);
    let answer = ada.post("/api/v1/collections/upload").body(kind, form.as_bytes()).send().await;
    assert_eq!(answer.status, 422, "there is room again, and the name is missing: {}", answer.body);
}
