//! Servers on loopback with certificates of an authority that exists for these tests only, and sessions that may talk to
//! them.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use palisade_egress::{
    Client, ClientOptions, ConnectTo, Credential, Gate, Grant, Origin, PathRule, ProxyChoice, SecretString,
    Session, SessionLimits, Wire,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The host of most requests; it is mapped to a server, or resolved by a test's own resolver.
pub(crate) const HOST: &str = "api.example.com";
/// The credential that the host adds where a session has one.
pub(crate) const KEY: &str = "correct.horse.battery";

struct Authority {
    _directory: tempfile::TempDir,
    file: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let certificate = parameters.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("authority.pem");
        std::fs::write(&file, certificate.pem()).unwrap();
        Authority { _directory: directory, file, issuer: Issuer::new(parameters, key) }
    })
}

/// The authority's certificate.
pub(crate) fn authority_file() -> &'static Path {
    &authority().file
}

/// TLS for servers of [`HOST`], `localhost` and 127.0.0.1.
pub(crate) fn acceptor(protocols: &[&str]) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let names = [HOST, "localhost", "127.0.0.1"].map(str::to_owned).to_vec();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority().issuer).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// A server, and what has reached it.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    /// The heads of requests to a server that speaks by itself, as they came in.
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn of(listener: &TcpListener) -> Self {
        Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
            heads: Arc::default(),
        }
    }

    /// A server of HTTP that offers these protocols and answers with what `answer` makes of a request.
    pub(crate) async fn start<F>(
        protocols: &[&str],
        answer: impl Fn(Request<Bytes>) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self::start_on(listener, protocols, answer)
    }

    /// The same on a listener that is there already.
    pub(crate) fn start_on<F>(
        listener: TcpListener,
        protocols: &[&str],
        answer: impl Fn(Request<Bytes>) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let server = Self::of(&listener);
        let acceptor = acceptor(protocols);
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, shared, answer) = (acceptor.clone(), shared.clone(), answer.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(move |request: Request<Incoming>| {
                        let (shared, answer) = (shared.clone(), answer.clone());
                        async move {
                            let (parts, body) = request.into_parts();
                            let body = body.collect().await?.to_bytes();
                            let request = Request::from_parts(parts, body);
                            shared.requests.lock().unwrap().push(request.clone());
                            Ok::<_, hyper::Error>(answer(request).await)
                        }
                    });
                    // A client that hangs up in the middle is no fault of the server.
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        server
    }

    /// A server that reads the head of a request on each connection and then says what it likes.
    pub(crate) async fn speaking<F>(
        speak: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self::of(&listener);
        let acceptor = acceptor(&["http/1.1"]);
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, shared, speak) = (acceptor.clone(), shared.clone(), speak.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let head = read_head(&mut stream).await;
                    shared.heads.lock().unwrap().push(head);
                    // A client that hangs up in the middle is what some tests are about.
                    let _ = speak(stream).await;
                });
            }
        });
        server
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// Options that reach this server as [`HOST`].
    pub(crate) fn options(&self) -> ClientOptions {
        let mapping = ConnectTo { host: HOST.to_owned(), port: 443, address: self.address };
        ClientOptions { connect_to: vec![mapping], ..options() }
    }

    /// A session that may send to [`HOST`], which is this server.
    pub(crate) fn session(&self) -> Session {
        session(Client::new(&self.options()).unwrap())
    }

    /// The same with other limits.
    pub(crate) fn session_within(&self, limits: SessionLimits) -> Session {
        session_to(Client::new(&self.options()).unwrap(), HOST, limits)
    }
}

/// Everything up to the end of a head.
pub(crate) async fn read_head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// The authority is trusted, the environment's proxy and the machine's certificates play no part.
pub(crate) fn options() -> ClientOptions {
    ClientOptions {
        ca_certificates: vec![authority_file().to_owned()],
        system_certificates: false,
        proxy: ProxyChoice::None,
        ..ClientOptions::default()
    }
}

/// A session that may send to [`HOST`] on port 443.
pub(crate) fn session(client: Client) -> Session {
    session_to(client, HOST, SessionLimits::default())
}

/// A session that may send to `authority`, with the key in `authorization`.
pub(crate) fn session_to(client: Client, authority: &str, limits: SessionLimits) -> Session {
    let grant = Grant {
        origin: Origin::parse(&format!("https://{authority}")).unwrap(),
        methods: vec![Method::GET, Method::POST],
        paths: vec![PathRule::parse("/list"), PathRule::parse("/tasks/*")],
        headers: Vec::new(),
        credential: Some(Credential::new("authorization", "Bearer ", &SecretString::from(KEY), "").unwrap()),
        changes: true,
        idempotent: false,
        reason: String::new(),
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    Session::new(Wire::Network(client), vec![grant], Gate::default(), limits, deadline, None)
}

pub(crate) fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

pub(crate) fn list() -> Request<Bytes> {
    get(&format!("https://{HOST}/list"))
}

/// An answer with nothing special about it.
pub(crate) async fn ok(_: Request<Bytes>) -> Response<Full<Bytes>> {
    Response::new(Full::from("fine"))
}

/// A listener that must never be reached.
pub(crate) struct Forbidden(std::net::TcpListener);

impl Forbidden {
    pub(crate) fn listen(address: impl Into<IpAddr>) -> Self {
        let listener = std::net::TcpListener::bind((address.into(), 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) fn assert_untouched(&self) {
        let touched = self.0.accept();
        assert_eq!(touched.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}
