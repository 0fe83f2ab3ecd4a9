//! A service on a state of its own with a clock that stands still until it is moved, and a client without manners: it sends the
//! headers that a test names and follows nothing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test, whichever it is part of"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use palisade_engine::{Cache, Compiler, Engine};
use palisade_orchestrator::executor::Embedded;
use palisade_orchestrator::{Orchestrator, SystemClock};
use palisade_server::{App, Certificate, Listener, Options, Role, Routes, router_with};
use palisade_store::Store;
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{Key, Vault};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) const PASSWORD: &str = "six tins of green paint";

/// A service that is being served.
pub(crate) struct Service {
    pub(crate) app: App,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) address: SocketAddr,
    pub(crate) clock: Arc<Mutex<Timestamp>>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
    pub(crate) directory: TempDir,
}

/// What a service is started with.
#[derive(Default)]
pub(crate) struct Start {
    pub(crate) tls: Option<Certificate>,
    pub(crate) names: Vec<String>,
    pub(crate) routes: Option<fn(Routes) -> Routes>,
    pub(crate) change: Option<fn(&mut Options)>,
}

fn orchestrator(store: &Arc<dyn Store>) -> Orchestrator {
    let clock = Arc::new(SystemClock);
    let executor = Embedded::new(store.clone(), clock.clone(), 1);
    let options = palisade_orchestrator::Options {
        store: store.clone(),
        vault: Vault::new(Key::generate().unwrap(), Vec::new()),
        engine: Engine::new(&Cache::Off, Compiler::InProcess).unwrap(),
        policy: None,
        connect_to: Vec::new(),
        ca_certificates: Vec::new(),
        allow_unsigned: true,
        clock,
    };
    Orchestrator::new(options, Box::new(executor))
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_with(Start::default()).await
    }

    pub(crate) async fn start_with(start: Start) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&directory.path().join("palisade.db")).unwrap());
        let clock = Arc::new(Mutex::new("2026-11-22T12:00:00Z".parse().unwrap()));
        let moved = Arc::clone(&clock);
        let mut options = Options {
            tls: start.tls.is_some(),
            names: start.names,
            clock: Arc::new(move || *moved.lock().unwrap()),
            zone: TimeZone::UTC,
            ..Options::default()
        };
        if let Some(change) = start.change {
            change(&mut options);
        }
        let proxies = options.proxies.clone();
        let app = App::new(orchestrator(&store), options).unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), start.tls.as_ref()).await.unwrap();
        let listener = listener.behind(proxies);
        let address = listener.address();
        let (stop, stopped) = oneshot::channel();
        let router = router_with(app.clone(), start.routes.unwrap_or(|routes| routes));
        let served = tokio::spawn(listener.serve(router, async {
            let _ = stopped.await;
        }));
        Self { app, store, address, clock, stop: Some(stop), served: Some(served), directory }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        *self.clock.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    /// Ends it; how long that took.
    pub(crate) async fn stop(&mut self) -> Duration {
        let begun = std::time::Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        self.served.take().unwrap().await.unwrap();
        begun.elapsed()
    }

    pub(crate) fn client(&self) -> Client {
        Client { address: self.address, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// The first administrator, through the first link.
    pub(crate) async fn administrator(&self) -> Client {
        let link = self.app.first_link().await.unwrap().unwrap();
        let mut client = self.client();
        let form = [("name", "ada"), ("new-password", PASSWORD)];
        let answer = client.post(&link).form(&form).send().await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        client.learn_csrf().await;
        client
    }

    /// Somebody, as an administrator invites them.
    pub(crate) async fn person(&self, administrator: &mut Client, name: &str, role: Role) -> Client {
        let link = administrator.invite(name, role).await;
        let mut client = self.client();
        let answer = client.post(&link).form(&[("new-password", PASSWORD)]).send().await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        client.learn_csrf().await;
        client
    }
}

/// A client with cookies, as a browser keeps them.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
}

impl Client {
    pub(crate) fn get(&mut self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    /// As a page of the service posts: with the browser's word for where it comes from, and the session's text.
    pub(crate) fn post(&mut self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    pub(crate) fn call(&mut self, method: &str, path: &str) -> Call<'_> {
        let host = self.address.to_string();
        let mut call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("Host".to_owned(), host)],
            body: Vec::new(),
            client: self,
        };
        if method != "GET" {
            call = call.header("Sec-Fetch-Site", "same-origin");
            if !call.client.csrf.is_empty() {
                let csrf = call.client.csrf.clone();
                call = call.header("X-CSRF-Token", &csrf);
            }
        }
        call
    }

    pub(crate) async fn learn_csrf(&mut self) {
        let page = self.get("/account").send().await;
        assert_eq!(page.status, 200, "{}", page.body);
        self.csrf = between(&page.body, r#"name="csrf" value=""#, "\"").to_owned();
        assert!(!self.csrf.is_empty());
    }

    pub(crate) async fn log_in(&mut self, name: &str, password: &str) -> Answer {
        self.csrf.clear();
        self.post("/log-in").form(&[("name", name), ("password", password)]).send().await
    }

    /// The path of the link.
    pub(crate) async fn invite(&mut self, name: &str, role: Role) -> String {
        let body = format!(r#"{{"name": "{name}", "role": "{role}"}}"#);
        let answer = self.post("/api/v1/users").json(&body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["link"].as_str().unwrap().to_owned()
    }

    /// A token of the API.
    pub(crate) async fn token(&mut self, role: Role, days: u32) -> String {
        let body = format!(r#"{{"name": "test", "role": "{role}", "days": {days}}}"#);
        let answer = self.post("/api/v1/tokens").json(&body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["secret"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(found, _)| found)
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    client: &'a mut Client,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call<'_> {
    /// With a header, in place of one of the same name.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        let mut call = self.without(name);
        call.headers.push((name.to_owned(), value.to_owned()));
        call
    }

    pub(crate) fn also(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.body("application/json", body.as_bytes())
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body.as_bytes())
    }

    pub(crate) fn body(mut self, kind: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Type", kind)
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.client.cookies.is_empty() {
            let cookies: Vec<String> =
                self.client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            text.push_str(&format!("Cookie: {}\r\n", cookies.join("; ")));
        }
        if self.method != "GET" {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub(crate) async fn send(self) -> Answer {
        let stream = TcpStream::connect(self.client.address).await.unwrap();
        self.send_over(stream).await
    }

    pub(crate) async fn send_over(self, stream: impl AsyncRead + AsyncWrite + Unpin) -> Answer {
        let answer = exchange(stream, &self.written()).await;
        for line in answer.all("set-cookie") {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.client.cookies.remove(name);
            } else {
                self.client.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// Sends bytes and reads the answer to its end.
pub(crate) async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Answer {
    stream.write_all(bytes).await.unwrap();
    let mut read = Vec::new();
    // A peer that closes without a word of TLS's has said enough.
    let _ = timeout(Duration::from_secs(60), stream.read_to_end(&mut read)).await.expect("an answer");
    Answer::read(&read)
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status: status.unwrap_or(0), headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
