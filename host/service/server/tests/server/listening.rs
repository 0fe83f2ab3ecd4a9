//! The listener: TLS, both versions of HTTP, clients that drip, and the end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use palisade_server::{Access, Certificate, ListenError, Listener, Routes};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::harness::{Answer, PASSWORD, Service, Start};

fn certificate(directory: &Path) -> (Certificate, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["palisade.example".to_owned()]).unwrap();
    let files = Certificate { chain: directory.join("chain.pem"), key: directory.join("key.pem") };
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

async fn secured(
    address: SocketAddr,
    trusted: CertificateDer<'static>,
    protocol: &[u8],
) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut configuration = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    configuration.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("palisade.example").unwrap();
    TlsConnector::from(Arc::new(configuration)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn any_other_address_needs_a_certificate() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "[::ffff:192.0.2.1]:80"] {
        let error = Listener::bind(address.parse().unwrap(), None).await.unwrap_err();
        assert!(matches!(error, ListenError::PlainText(_)), "{address}");
        assert_eq!(error.code(), "listen-without-tls");
        assert!(error.hint().contains("certificate"));
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_said_so() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = certificate(directory.path());
    let address = ([127, 0, 0, 1], 0).into();
    let missing = Certificate { key: directory.path().join("none.pem"), ..files.clone() };
    assert_eq!(Listener::bind(address, Some(&missing)).await.unwrap_err().code(), "listen-certificate-file");
    let swapped = Certificate { chain: files.key.clone(), key: files.chain.clone() };
    assert_eq!(Listener::bind(address, Some(&swapped)).await.unwrap_err().code(), "listen-certificate-file");
    let other = tempfile::tempdir().unwrap();
    let (others, _) = certificate(other.path());
    let mixed = Certificate { key: others.key, ..files };
    assert_eq!(Listener::bind(address, Some(&mixed)).await.unwrap_err().code(), "listen-certificate");
    let taken = Listener::bind(address, None).await.unwrap();
    assert_eq!(Listener::bind(taken.address(), None).await.unwrap_err().code(), "listen-address");
}

#[tokio::test]
async fn under_tls_cookies_and_headers_say_so_in_both_versions() {
    let directory = tempfile::tempdir().unwrap();
    let (files, trusted) = certificate(directory.path());
    let names = vec!["palisade.example".to_owned()];
    let service = Service::start_with(Start { tls: Some(files), names, ..Start::default() }).await;
    let link = service.app.first_link().await.unwrap().unwrap();
    let mut client = service.client();
    let stream = secured(service.address, trusted.clone(), b"http/1.1").await;
    let call = client
        .post(&link)
        .header("Host", "palisade.example")
        .form(&[("name", "ada"), ("new-password", PASSWORD)]);
    let answer = call.send_over(stream).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-palisade=") && cookie.contains("; Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").starts_with("max-age="));

    let stream = secured(service.address, trusted, b"h2").await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let served = tokio::spawn(connection);
    for (host, status) in [("palisade.example", 200), ("attacker.example", 421)] {
        let request = hyper::Request::builder()
            .uri(format!("https://{host}/account"))
            .header("Cookie", format!("__Host-palisade={}", client.cookies["__Host-palisade"]))
            .body(Empty::<Bytes>::new())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), status, "{host}");
        assert_eq!(answer.version(), hyper::Version::HTTP_2);
        assert!(!answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
    served.abort();
}

#[tokio::test]
async fn plain_text_to_a_port_of_tls_gets_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (files, _) = certificate(directory.path());
    let service = Service::start_with(Start { tls: Some(files), ..Start::default() }).await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut read = Vec::new();
    let _ = timeout(Duration::from_secs(10), stream.read_to_end(&mut read)).await.unwrap();
    assert!(!String::from_utf8_lossy(&read).contains("HTTP/1.1"), "{read:?}");
}

/// What is sent bit by bit, until the other side has had enough.
async fn drip(service: &Service, start: &[u8], every: Duration) -> (Duration, Answer) {
    let stream = TcpStream::connect(service.address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    write.write_all(start).await.unwrap();
    let begun = Instant::now();
    let dripping = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            sleep(every).await;
        }
    });
    let mut said = Vec::new();
    let _ =
        timeout(Duration::from_secs(60), read.read_to_end(&mut said)).await.expect("the service gives up");
    dripping.abort();
    (begun.elapsed(), Answer::read(&said))
}

#[tokio::test]
async fn a_client_that_drips_is_cut_off() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let csrf = ada.csrf.clone();
    let call = ada.post("/users/invite").header("X-CSRF-Token", &csrf);
    let body = String::from_utf8(call.form(&[]).written()).unwrap();
    let body = body.replace("Content-Length: 0", "Content-Length: 100000").into_bytes();
    let second = Duration::from_secs(1);
    let ((head, _), (body, answer), (silent, _)) = tokio::join!(
        drip(&service, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ", second),
        drip(&service, &body, second),
        async {
            let mut stream = TcpStream::connect(service.address).await.unwrap();
            let begun = Instant::now();
            let mut said = Vec::new();
            let _ = timeout(Duration::from_secs(60), stream.read_to_end(&mut said))
                .await
                .expect("the service gives up");
            (begun.elapsed(), ())
        },
    );
    for (what, took) in [("head", head), ("body", body), ("silence", silent)] {
        assert!(took >= Duration::from_secs(15) && took < Duration::from_secs(40), "{what}: {took:?}");
    }
    assert!((400..500).contains(&answer.status), "{answer:?}");
}

const LARGE: usize = 64 << 20;

fn large(routes: Routes) -> Routes {
    let pieces = async || {
        Body::from_stream(async_stream::stream! {
            for _ in 0..LARGE >> 16 {
                yield Ok::<_, std::convert::Infallible>(vec![b'x'; 1 << 16]);
            }
        })
    };
    routes.get("/test/whole", Access::Anybody, async || vec![b'x'; LARGE]).get(
        "/test/pieces",
        Access::Anybody,
        pieces,
    )
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let service = Service::start_with(Start { routes: Some(large), ..Start::default() }).await;
    let untaken = async |path: &str| {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let asked = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        sleep(Duration::from_secs(26)).await;
        let mut read = Vec::new();
        let rest = timeout(Duration::from_secs(10), stream.read_to_end(&mut read)).await;
        let _ = rest.expect("what was sent, then the end");
        assert!(read.len() < LARGE, "{path}: the rest was not kept for it");
    };
    tokio::join!(untaken("/test/whole"), untaken("/test/pieces"));
}

fn slow(routes: Routes) -> Routes {
    routes.get("/test/slow", Access::Anybody, async || {
        sleep(Duration::from_secs(1)).await;
        "done"
    })
}

#[tokio::test]
async fn the_end_lets_open_requests_end_and_idle_connections_do_not_hold_it() {
    let mut service = Service::start_with(Start { routes: Some(slow), ..Start::default() }).await;
    let mut idle = TcpStream::connect(service.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut client = service.client();
    let open = tokio::spawn(async move { client.get("/test/slow").send().await });
    sleep(Duration::from_millis(300)).await;
    let took = service.stop().await;
    assert_eq!(open.await.unwrap().body, "done");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(TcpStream::connect(service.address).await.is_err());
}
