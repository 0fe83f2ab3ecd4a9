//! What a server may do to us: redirects are handed back, sizes and times are bounded, and what is not a whole answer is
//! none.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use palisade_egress::{SecretString, SessionLimits};
use palisade_limits as limits;
use palisade_redaction::Redactor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::support::{Forbidden, HOST, Server, get, list};

#[tokio::test]
async fn a_redirect_is_handed_back_and_never_followed() {
    let victim = Forbidden::listen(std::net::Ipv4Addr::LOCALHOST);
    let port = victim.port();
    let answer = move |request: Request<Bytes>| async move {
        let status: u16 = request.uri().query().unwrap().parse().unwrap();
        let location = format!("https://127.0.0.1:{port}/list");
        Response::builder().status(status).header("location", location).body(Full::from("go")).unwrap()
    };
    let server = Server::start(&["h2", "http/1.1"], answer).await;
    let session = server.session();
    for status in [301, 302, 303, 307, 308] {
        let answer = session.send(get(&format!("https://{HOST}/list?{status}"))).await.unwrap();
        assert_eq!(answer.status(), status);
        assert!(answer.headers()["location"].to_str().unwrap().starts_with("https://127.0.0.1"));
    }
    assert_eq!((server.requests().len(), session.traffic().requests), (5, 5));
    victim.assert_untouched();
}

#[tokio::test]
async fn a_secret_that_is_split_over_headers_chunks_and_texts_is_redacted() {
    const KEY: &str = "eyJhbGciOiJIUzI1NiJ9.eyJjaWQiOiI5YzQyN2Ix.Q3v9Zk2LrT0xW8sYbN5hGf7JdP1mVcRe4UoAqXi6";
    let server = Server::speaking(|mut stream| async move {
        let (first, second) = KEY.split_at(50);
        let head =
            format!("HTTP/1.1 200 OK\r\nx-a: {first}\r\nx-b: {second}\r\ntransfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let whole = format!("whole {KEY} {{\"a\":\"{first}\",\"b\":\"{second}\"}}");
        for chunk in whole.as_bytes().chunks(11) {
            stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
            stream.write_all(chunk).await?;
            stream.write_all(b"\r\n").await?;
            stream.flush().await?;
        }
        stream.write_all(b"0\r\n\r\n").await
    })
    .await;
    let redactor = Redactor::new(&[SecretString::from(KEY)]);
    let answer = server.session().redacting(redactor.into()).send(list()).await.unwrap();
    // The header of a token is the same in all of them.
    assert_eq!(answer.headers()["x-a"], "eyJhbGciOiJIUzI1NiJ9.[redacted]");
    assert_eq!(answer.headers()["x-b"], "[redacted]");
    let expected = r#"whole [redacted] {"a":"eyJhbGciOiJIUzI1NiJ9.[redacted]","b":"[redacted]"}"#;
    assert_eq!(answer.body(), expected);
}

#[tokio::test]
async fn an_answer_larger_than_allowed_is_none() {
    let allowed = SessionLimits { response_body_bytes: 1000, ..SessionLimits::default() };
    let answer = |request: Request<Bytes>| async move {
        Response::new(Full::from(vec![b'x'; request.uri().query().unwrap().parse().unwrap()]))
    };
    for protocol in ["http/1.1", "h2"] {
        let session = Server::start(&[protocol], answer).await.session_within(allowed);
        let whole = session.send(get(&format!("https://{HOST}/list?1000"))).await.unwrap();
        assert_eq!(whole.body().len(), 1000);
        let error = session.send(get(&format!("https://{HOST}/list?1001"))).await.unwrap_err();
        assert_eq!(error.code(), "response-too-large", "{protocol}");
    }
    // Without a declared length, and without an end.
    let server = Server::speaking(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await?;
        loop {
            stream.write_all(b"64\r\n").await?;
            stream.write_all(&[b'x'; 100]).await?;
            stream.write_all(b"\r\n").await?;
        }
    })
    .await;
    let error = server.session_within(allowed).send(list()).await.unwrap_err();
    assert_eq!(error.code(), "response-too-large");
}

#[tokio::test]
async fn headers_of_an_answer_past_the_limits_are_an_error() {
    let answer = |request: Request<Bytes>| async move {
        let mut response = Response::new(Full::default());
        if request.uri().query() == Some("fields") {
            for field in 0..=limits::HEADER_FIELDS {
                let name: http::HeaderName = format!("x-{field}").parse().unwrap();
                response.headers_mut().insert(name, "1".parse().unwrap());
            }
        } else {
            let times = if request.uri().query() == Some("bytes") { 1 } else { 5 };
            let value = "x".repeat(times * limits::HEADER_BYTES as usize);
            response.headers_mut().insert("x", value.parse().unwrap());
        }
        response
    };
    for protocol in ["http/1.1", "h2"] {
        let server = Server::start(&[protocol], answer).await;
        for what in ["fields", "bytes"] {
            let session = server.session();
            let error = session.send(get(&format!("https://{HOST}/list?{what}"))).await.unwrap_err();
            assert_eq!(error.code(), "response-headers-too-large", "{protocol} {what}: {error}");
        }
        let error = server.session().send(get(&format!("https://{HOST}/list?far"))).await.unwrap_err();
        let far_past = if protocol == "h2" { "connection-lost" } else { "response-headers-too-large" };
        assert_eq!(error.code(), far_past, "{protocol}: {error}");
    }
}

/// What a server does next, in small steps.
async fn drip(stream: &mut (impl tokio::io::AsyncWrite + Unpin), text: &[u8]) -> std::io::Result<()> {
    for byte in text.iter().cycle() {
        stream.write_all(&[*byte]).await?;
        stream.flush().await?;
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_drips_is_bounded_by_the_whole_exchange() {
    let short = SessionLimits { exchange: Duration::from_millis(400), ..SessionLimits::default() };
    let heads = Server::speaking(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        drip(&mut stream, b"x: y\r\n").await
    })
    .await;
    let bodies = Server::speaking(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?;
        drip(&mut stream, b"z").await
    })
    .await;
    for server in [heads, bodies] {
        let begun = Instant::now();
        let error = server.session_within(short).send(list()).await.unwrap_err();
        assert_eq!(error.code(), "timed-out");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_flood_of_interim_answers_is_bounded_and_its_connection_closed() {
    let (closed, mut is_closed) = mpsc::channel(1);
    let server = Server::speaking(move |mut stream| {
        let closed = closed.clone();
        async move {
            while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await.is_ok() {}
            let _ = closed.send(()).await;
            Ok(())
        }
    })
    .await;
    let short = SessionLimits { exchange: Duration::from_millis(300), ..SessionLimits::default() };
    let session = server.session_within(short);
    assert_eq!(session.send(list()).await.unwrap_err().code(), "timed-out");
    timeout(Duration::from_secs(5), is_closed.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_that_ends_early_is_lost_and_not_taken_for_whole() {
    for answer in [
        "",
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n12345",
        "no http at all\r\n\r\n",
    ] {
        let server = Server::speaking(move |mut stream| async move {
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await
        })
        .await;
        let error = server.session().send(list()).await.unwrap_err();
        assert_eq!(error.code(), "connection-lost", "{answer:?}: {error}");
    }
}

#[tokio::test]
async fn bytes_behind_an_answer_are_not_the_answer_to_the_next_request() {
    let server = Server::speaking(|mut stream| async move {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nrealHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged")
            .await?;
        // Stays open: it is for the client not to use this connection again.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.map(|_| ())
    })
    .await;
    let session = server.session();
    for _ in 0..3 {
        assert_eq!(session.send(list()).await.unwrap().body(), "real");
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_compressed_answer_in_which_the_credential_could_hide_is_refused() {
    // A gzip stream that stands for far more than its size; no part of it may grow here.
    let bomb: Bytes = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3].iter().copied().chain([0xed; 500]).collect();
    let answer = move |_| {
        let body = bomb.clone();
        async move { Response::builder().header("content-encoding", "gzip").body(Full::new(body)).unwrap() }
    };
    let server = Server::start(&["http/1.1"], answer).await;
    let session = server.session();
    let mut request = list();
    request.headers_mut().insert("accept-encoding", "gzip".parse().unwrap());
    assert_eq!(session.send(request).await.unwrap_err().code(), "response-compressed");
    assert!(!server.requests()[0].headers().contains_key("accept-encoding"), "nothing is asked for either");
}
