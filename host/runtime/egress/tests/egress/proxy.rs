//! Proxies that answer as tests want them to: what they are told, and what becomes of what they say.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Response;
use http_body_util::Full;
use palisade_egress::{Client, ClientOptions, ProxyChoice, SecretString, SendError, Session, SessionLimits};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::addresses::Answers;
use crate::support::{HOST, KEY, Server, acceptor, get, list, ok, options, read_head, session, session_to};

/// What a proxy does with a request to open a tunnel.
#[derive(Clone, Copy)]
enum Behaviour {
    /// Opens one to this address, whatever it is asked for.
    Connect(SocketAddr),
    /// Says this and nothing more.
    Say(&'static str),
    /// Hangs up.
    HangUp,
}

struct FakeProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl FakeProxy {
    async fn start(behaviour: Behaviour) -> Self {
        Self::start_with(behaviour, false).await
    }

    async fn start_with(behaviour: Behaviour, tls: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), heads: Arc::default() };
        let heads = Arc::clone(&proxy.heads);
        let acceptor = acceptor(&["http/1.1"]);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heads, acceptor) = (Arc::clone(&heads), acceptor.clone());
                tokio::spawn(async move {
                    if tls {
                        serve(acceptor.accept(stream).await?, behaviour, &heads).await
                    } else {
                        serve(stream, behaviour, &heads).await
                    }
                });
            }
        });
        proxy
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn choice(&self) -> ProxyChoice {
        given(&format!("http://{}", self.address), None)
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    behaviour: Behaviour,
    heads: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let head = read_head(&mut stream).await;
    heads.lock().unwrap().push(head);
    match behaviour {
        Behaviour::Connect(address) => {
            let mut server = TcpStream::connect(address).await?;
            stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            copy_bidirectional(&mut stream, &mut server).await.map(|_| ())
        }
        Behaviour::Say(text) => {
            stream.write_all(text.as_bytes()).await?;
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok(())
        }
        Behaviour::HangUp => Ok(()),
    }
}

pub(crate) fn given(url: &str, credentials: Option<&str>) -> ProxyChoice {
    ProxyChoice::Given {
        url: url.to_owned(),
        credentials: credentials.map(SecretString::from),
        no_proxy: Vec::new(),
    }
}

/// A session through a proxy, where names resolve to a public address.
fn through(choice: ProxyChoice) -> Session {
    let options = ClientOptions { proxy: choice, ..options() };
    session(Client::with_resolver(&options, Answers::new(&[&["8.8.8.8"]]) as _).unwrap())
}

async fn refusal(behaviour: Behaviour) -> SendError {
    let proxy = FakeProxy::start(behaviour).await;
    // One attempt is enough to see.
    let options = ClientOptions { proxy: proxy.choice(), ..options() };
    let client = Client::with_resolver(&options, Answers::new(&[&["8.8.8.8"]]) as _).unwrap();
    let error = session_to(client, HOST, SessionLimits { requests: 4, ..SessionLimits::default() })
        .send(list())
        .await
        .unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains(&proxy.address.to_string()) && error.hint().is_some(), "{shown}");
    error
}

#[tokio::test]
async fn a_proxy_learns_host_and_port_and_nothing_of_the_request() {
    for tls in [false, true] {
        let server = Server::start(&["h2", "http/1.1"], ok).await;
        let proxy = FakeProxy::start_with(Behaviour::Connect(server.address), tls).await;
        let scheme = if tls { "https" } else { "http" };
        let session = through(given(&format!("{scheme}://{}", proxy.address), Some("user:pass word")));
        for _ in 0..3 {
            assert_eq!(session.send(list()).await.unwrap().version(), http::Version::HTTP_2);
        }
        let heads = proxy.heads();
        assert_eq!(heads.len(), 1, "the tunnel is used again");
        assert!(heads[0].starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"), "{}", heads[0]);
        assert!(heads[0].contains("dXNlcjpwYXNzIHdvcmQ="), "{}", heads[0]);
        assert!(!heads[0].contains(KEY) && !heads[0].contains("/list"), "{}", heads[0]);
        for request in server.requests() {
            assert!(!request.headers().contains_key("proxy-authorization"));
            assert_eq!(request.headers()["authorization"], format!("Bearer {KEY}"));
        }
    }
}

#[tokio::test]
async fn the_password_of_a_proxy_is_redacted_in_whatever_comes_back() {
    let server = Server::start(&["h2", "http/1.1"], |_| async {
        let body = r#"{"said":"dXNlcjpwYXNzIHdvcmQ= is pass\u0020word"}"#;
        Response::builder().header("x-echo", "Basic dXNlcjpwYXNzIHdvcmQ=").body(Full::from(body)).unwrap()
    })
    .await;
    let proxy = FakeProxy::start(Behaviour::Connect(server.address)).await;
    let session = through(given(&format!("http://{}", proxy.address), Some("user:pass word")));
    let response = session.send(list()).await.unwrap();
    assert_eq!(response.headers()["x-echo"], "Basic [redacted]");
    assert_eq!(response.body(), r#"{"said":"[redacted] is [redacted]"}"#);
}

#[tokio::test]
async fn an_operators_mapping_goes_around_the_proxy() {
    let server = Server::start(&["http/1.1"], ok).await;
    let proxy = FakeProxy::start(Behaviour::HangUp).await;
    let options = ClientOptions { proxy: proxy.choice(), ..server.options() };
    assert_eq!(session(Client::new(&options).unwrap()).send(list()).await.unwrap().status(), 200);
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn an_exception_goes_around_the_proxy_and_through_the_filter_of_addresses() {
    let proxy = FakeProxy::start(Behaviour::HangUp).await;
    let ProxyChoice::Given { url, credentials, .. } = proxy.choice() else { panic!() };
    let choice = ProxyChoice::Given { url, credentials, no_proxy: vec!["example.com".to_owned()] };
    let options = ClientOptions { proxy: choice, ..options() };
    let client = Client::with_resolver(&options, Answers::new(&[&["10.0.0.1"]]) as _).unwrap();
    assert_eq!(session(client).send(list()).await.unwrap_err().code(), "address-refused");
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn a_name_that_is_known_to_be_private_is_not_told_to_the_proxy() {
    let proxy = FakeProxy::start(Behaviour::HangUp).await;
    let options = ClientOptions { proxy: proxy.choice(), ..options() };
    // The proxy may take either address of a mixed answer: both have to be public.
    for answer in [&["127.0.0.1"][..], &["8.8.8.8", "169.254.169.254"]] {
        let client = Client::with_resolver(&options, Answers::new(&[answer]) as _).unwrap();
        let error = session(client).send(list()).await.unwrap_err();
        assert_eq!(error.code(), "address-refused", "{error}");
        assert!(!error.to_string().contains("8.8.8.8"), "{error}");
    }
    let client = Client::with_resolver(&options, Answers::new(&[]) as _).unwrap();
    let literal = session_to(client, "[::ffff:10.0.0.1]", SessionLimits::default());
    let error = literal.send(get("https://[::ffff:10.0.0.1]/list")).await.unwrap_err();
    assert_eq!(error.code(), "address-refused");
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn a_name_that_only_the_proxy_knows_is_left_to_it() {
    let server = Server::start(&["http/1.1"], ok).await;
    let proxy = FakeProxy::start(Behaviour::Connect(server.address)).await;
    let options = ClientOptions { proxy: proxy.choice(), ..options() };
    let client = Client::with_resolver(&options, Answers::new(&[&[]]) as _).unwrap();
    assert_eq!(session(client).send(list()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_service_is_verified_by_its_name_whoever_stands_between() {
    // A proxy that connects to somebody else: its certificate is not one for the name that was asked for.
    let other = Server::start(&["http/1.1"], ok).await;
    let proxy = FakeProxy::start(Behaviour::Connect(other.address)).await;
    let options = ClientOptions { proxy: proxy.choice(), ..options() };
    let client = Client::with_resolver(&options, Answers::new(&[&["8.8.8.8"]]) as _).unwrap();
    let session = session_to(client, "other.example.com", SessionLimits::default());
    let error = session.send(get("https://other.example.com/list")).await.unwrap_err();
    assert_eq!(error.code(), "tls-failed");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_proxys_refusal_is_told_with_its_status() {
    for (answer, code, part) in [
        ("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n", "proxy-credentials-refused", "asks for"),
        ("HTTP/1.1 403 Filtered\r\ncontent-length: 4\r\n\r\nevil", "proxy-refused", "status 403"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy-refused", "status 502"),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\n\r\n", "proxy-refused", "status 302"),
        ("SSH-2.0-nothing of the kind\r\n\r\n", "proxy-unreachable", "no tunnel"),
        ("HTTP/1.1 200 OK\r\n\r\nbefore anybody asked", "proxy-unreachable", "of its own"),
    ] {
        let error = refusal(Behaviour::Say(answer)).await;
        assert_eq!(error.code(), code, "{answer:?}: {error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(refusal(Behaviour::HangUp).await.code(), "proxy-unreachable");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_as_such_and_nobody_is_dialled_instead() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let session = through(given(&format!("http://{address}"), None));
    let error = session.send(list()).await.unwrap_err();
    assert_eq!(error.code(), "proxy-unreachable");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
