//! What a component may ask for: paths with one reading, headers that are its own, bodies within the limits. What is refused
//! never reaches the server.

use bytes::Bytes;
use http::{HeaderValue, Request};
use palisade_egress::SessionLimits;
use palisade_limits as limits;
use tokio::io::AsyncWriteExt as _;

use crate::support::{HOST, KEY, Server, get, list, ok};

#[tokio::test]
async fn a_path_with_two_readings_never_reaches_the_server() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session = server.session();
    for path in [
        "/tasks/../list",
        "/tasks/./x",
        "/tasks/..",
        "/tasks/%2e%2e/admin",
        "/tasks/%2E%2E/admin",
        "/tasks/.%2e/admin",
        "/tasks/%252e%252e/admin",
        "/tasks/..;/admin",
        "/tasks//admin",
        "//tasks/x",
        "//evil.example/tasks/x",
        "/tasks/a%2f..%2fadmin",
        "/tasks/a%5c..%5cadmin",
        "/tasks/%00",
        "/tasks/%0d%0aX-Injected:1",
        "/tasks/https://evil.example/",
        "/https://evil.example/",
    ] {
        let error = session.send(get(&format!("https://{HOST}{path}"))).await.unwrap_err();
        assert_eq!(error.code(), "request-not-granted", "{path}");
        assert!(error.ends_run(), "{path}");
    }
    assert_eq!((server.connections(), session.traffic().requests), (0, 0));
    // An absolute URI that takes the place of a path is part of the authority, and no such authority exists.
    let authority = format!("https://{HOST}https://evil.example/");
    assert!(authority.parse::<http::Uri>().is_err() || session.send(get(&authority)).await.is_err());
}

#[tokio::test]
async fn user_information_other_ports_and_trailing_dots_are_not_the_granted_origin() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session = server.session();
    for authority in [
        "user@api.example.com",
        "user:word@api.example.com",
        "api.example.com@evil.example",
        "api.example.com.",
        "api.example.com.:443",
        "api.example.com:8443",
        "api.example.com:80",
        "evil-api.example.com",
        "api.example.com.evil.example",
    ] {
        let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
        assert_eq!(error.code(), "request-not-granted", "{authority}");
        assert!(!error.to_string().contains("word"), "{error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn headers_of_the_host_are_refused_in_any_case() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session = server.session();
    for name in [
        "Authorization",
        "aUTHORIZATION",
        "Host",
        "HOST",
        "Connection",
        "Cookie",
        "Expect",
        "Forwarded",
        "HTTP2-Settings",
        "Keep-Alive",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Via",
        "X-Forwarded-Host",
        "X-HTTP-Method-Override",
        "X-Original-URL",
    ] {
        let mut request = list();
        request
            .headers_mut()
            .insert(name.parse::<http::HeaderName>().unwrap(), HeaderValue::from_static("x"));
        assert_eq!(session.send(request).await.unwrap_err().code(), "header-of-host", "{name}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_header_value_cannot_hold_the_end_of_a_line() {
    for value in ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b"] {
        assert!(HeaderValue::from_str(value).is_err(), "{value:?}");
        assert!(Request::get("https://a.example/").header("x", value).body(()).is_err(), "{value:?}");
    }
    for name in ["a b", "a:b", "a\r\nb", ""] {
        assert!(name.parse::<http::HeaderName>().is_err(), "{name:?}");
    }
}

#[tokio::test]
async fn the_length_is_that_of_the_body_whatever_the_component_says() {
    let server = Server::speaking(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        stream.shutdown().await
    })
    .await;
    let session = server.session();
    let lengths: [&[&str]; 4] = [&[], &["0"], &["5", "500"], &["4", "4"]];
    for given in lengths {
        let mut request = Request::post(format!("https://{HOST}/list")).body(Bytes::from("four")).unwrap();
        for length in given {
            request.headers_mut().append("Content-Length", length.parse().unwrap());
        }
        assert_eq!(session.send(request).await.unwrap().status(), 200);
        let head = server.heads().pop().unwrap().to_ascii_lowercase();
        assert_eq!(head.matches("content-length").count(), 1, "{head}");
        assert!(head.contains("\r\ncontent-length: 4\r\n") && !head.contains("transfer-encoding"), "{head}");
    }
}

#[tokio::test]
async fn what_is_sent_is_what_was_granted_with_the_key_in_its_header_and_nothing_else() {
    let server = Server::speaking(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await
    })
    .await;
    server.session().send(get(&format!("https://{HOST}/tasks/7?top=50"))).await.unwrap();
    let head = server.heads().pop().unwrap();
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    lines[1..].sort_unstable();
    let key = format!("authorization: Bearer {KEY}");
    assert_eq!(lines, ["GET /tasks/7?top=50 HTTP/1.1", key.as_str(), "host: api.example.com"]);
}

#[tokio::test]
async fn a_request_past_the_limits_is_not_sent() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session =
        server.session_within(SessionLimits { request_body_bytes: 1000, ..SessionLimits::default() });
    let post = |bytes: usize| {
        Request::post(format!("https://{HOST}/list")).body(Bytes::from(vec![b'x'; bytes])).unwrap()
    };
    assert_eq!(session.send(post(1001)).await.unwrap_err().code(), "request-too-large");

    let mut many = list();
    for field in 0..=limits::HEADER_FIELDS {
        many.headers_mut()
            .insert(format!("x-{field}").parse::<http::HeaderName>().unwrap(), HeaderValue::from_static("1"));
    }
    assert_eq!(session.send(many).await.unwrap_err().code(), "request-headers-too-large");

    let mut long = list();
    let value = "x".repeat(limits::HEADER_BYTES as usize);
    long.headers_mut().insert("x", value.parse().unwrap());
    assert_eq!(session.send(long).await.unwrap_err().code(), "request-headers-too-large");

    assert_eq!(server.connections(), 0);
    assert_eq!(session.send(post(1000)).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_get_with_a_body_is_not_sent() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session = server.session();
    for method in ["GET", "HEAD"] {
        let mut request = list();
        *request.method_mut() = method.parse().unwrap();
        *request.body_mut() = Bytes::from_static(b"GET /other HTTP/1.1\r\n\r\n");
        let error = session.send(request).await.unwrap_err();
        // HEAD is not granted here, which is found first.
        let code = if method == "GET" { "request-body-not-allowed" } else { "request-not-granted" };
        assert!(error.code() == code && error.ends_run(), "{method}: {error}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_header_that_the_grant_does_not_name_is_not_sent() {
    let server = Server::start(&["http/1.1"], ok).await;
    let session = server.session();
    for name in ["x-original-uri", "x-override-url", "x-http-destinationurl"] {
        let mut request = list();
        request.headers_mut().insert(name, HeaderValue::from_static("/admin"));
        let error = session.send(request).await.unwrap_err();
        assert!(error.code() == "header-of-host" && error.ends_run(), "{name}: {error}");
    }
    let mut request = list();
    request.headers_mut().insert("x-anything", HeaderValue::from_static("/admin"));
    let error = session.send(request).await.unwrap_err();
    assert!(error.code() == "header-not-allowed" && error.ends_run() && error.hint().is_some(), "{error}");
    assert_eq!(server.connections(), 0);
    for name in palisade_egress::FOR_COMPONENTS {
        let mut request = list();
        request.headers_mut().insert(name, HeaderValue::from_static("1"));
        assert_eq!(session.send(request).await.unwrap().status(), 200, "{name}");
    }
}
