//! A service that works by tasks: HTTPS on loopback, under the name that the guests know. It takes commands, finishes their tasks
//! after some time, and hands out files. It keeps what it has received, so that a test can compare that with a report.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::tenant::REGION;

/// Longest silence of a client before the connection is dropped.
const SILENCE: Duration = Duration::from_secs(30);

/// What a bundle for this service declares, in place of the grants of the guests' manifest.
const EGRESS: &str = r#"    accepted_means: The service has finished the task.
    waits: { usual_seconds: 1, longest_seconds: 3600, poll_seconds: 1 }
    returns:
      outputs:
        - { name: task, type: text }
        - { name: status, type: text }
        - { name: tries, type: integer }
        - { name: token, type: text, sensitive: true }
      artefacts:
        - { media_type: application/zip, most_bytes: 104857600 }
    egress:
      - connection: service
        methods: [POST]
        changes: true
        paths: [/commands, /forms]
        reason: Gives commands.
      - connection: service
        methods: [GET]
        changes: false
        paths: [/tasks, "/commands/*"]
        idempotent: true
        reason: Asks about them.
    links:
      - { hosts: [files.example.com], reason: The archive of a task. }
"#;

/// The manifest of a guest that speaks to this service.
#[must_use]
pub fn manifest_for_tasks(manifest: &str) -> String {
    let (before, _) = manifest.split_once("    egress:").expect("the manifest has grants");
    format!("{before}{EGRESS}")
}

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct TaskSettings {
    /// How long a task takes.
    pub takes: Duration,
    /// The pause between the effect of a command and its answer: in it, nobody but the service knows of the command.
    pub answers_after: Duration,
    /// The content of the file that a task results in; none if it results in no file.
    pub file: Option<Vec<u8>>,
    /// Whether the service states another digest than that of the file.
    pub wrong_digest: bool,
    /// How many of the links that are handed out for a task are refused.
    pub refused_links: u32,
    /// After how many bytes of a file the connection is closed, the first time that it is fetched.
    pub breaks_after: Option<usize>,
}

impl Default for TaskSettings {
    fn default() -> Self {
        Self {
            takes: Duration::from_millis(500),
            answers_after: Duration::ZERO,
            file: None,
            wrong_digest: false,
            refused_links: 0,
            breaks_after: None,
        }
    }
}

/// A command as it was received.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its value.
    pub value: String,
    /// The idempotency key with it.
    pub key: String,
    /// The mark with it.
    pub mark: String,
    begun: Instant,
}

#[derive(Debug, Default)]
struct State {
    commands: Vec<Command>,
    polls: u64,
    forms: Vec<Vec<u8>>,
    /// Links that were handed out, by task.
    links: BTreeMap<usize, u32>,
    /// Requests for files: the first byte that was asked for, and the status of the answer.
    fetches: Vec<(u64, u16)>,
    broken: bool,
}

/// A running service.
pub struct TaskService {
    port: u16,
    certificate: NamedTempFile,
    state: Arc<Mutex<State>>,
}

impl TaskService {
    /// A service with these settings.
    #[must_use]
    pub fn start(settings: TaskSettings) -> Self {
        let made = rcgen::generate_simple_self_signed([REGION.to_owned()]).expect("a certificate");
        let mut certificate = NamedTempFile::new().expect("a temporary file");
        certificate.write_all(made.cert.pem().as_bytes()).expect("the certificate is written");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let (tls, settings, kept) = (Arc::new(tls), Arc::new(settings), Arc::clone(&state));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, settings, kept) = (Arc::clone(&tls), Arc::clone(&settings), Arc::clone(&kept));
                // A connection that breaks off has done what it has done.
                thread::spawn(move || serve(stream, tls, &settings, &kept));
            }
        });
        Self { port, certificate, state }
    }

    /// What `--connect-to` needs to find it.
    #[must_use]
    pub fn connect_to(&self) -> String {
        format!("{REGION}:443:127.0.0.1:{}", self.port)
    }

    /// Where its certificate is.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        self.certificate.path()
    }

    /// The commands so far, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        lock(&self.state).commands.clone()
    }

    /// How often it was asked about tasks.
    #[must_use]
    pub fn polls(&self) -> u64 {
        lock(&self.state).polls
    }

    /// The forms that it got, whole.
    #[must_use]
    pub fn forms(&self) -> Vec<Vec<u8>> {
        lock(&self.state).forms.clone()
    }

    /// The requests for files: the first byte that was asked for, and the status of the answer.
    #[must_use]
    pub fn fetches(&self) -> Vec<(u64, u16)> {
        lock(&self.state).fetches.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

type Stream = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// Takes one request, answers it and closes the connection; `None` where it breaks off.
fn serve(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    settings: &TaskSettings,
    state: &Mutex<State>,
) -> Option<()> {
    stream.set_read_timeout(Some(SILENCE)).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(tls).ok()?, stream));
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|count| *count > 0)?;
        Some(line.trim_end().to_owned())
    };
    let request = line()?;
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let target = request.rsplit_once(' ')?.0.to_owned();
    let body = body(&mut stream, &headers)?;
    let (method, path) = target.split_once(' ')?;
    match (method, path.split_once('?').unwrap_or((path, ""))) {
        ("POST", ("/commands", _)) => {
            let task = command(&serde_json::from_slice(&body).ok()?, state);
            thread::sleep(settings.answers_after);
            answer(&mut stream, 202, task.to_string().as_bytes())
        }
        ("POST", ("/forms", _)) => {
            lock(state).forms.push(body);
            answer(&mut stream, 202, b"ok")
        }
        ("GET", ("/tasks", query)) => {
            let lines = tasks(query.strip_prefix("ids=")?, settings, state);
            answer(&mut stream, 200, lines.as_bytes())
        }
        ("GET", (path, _)) if path.starts_with("/commands/") => {
            let key = path.strip_prefix("/commands/")?;
            let task = lock(state).commands.iter().position(|command| command.key == key);
            match task {
                Some(task) => answer(&mut stream, 200, task.to_string().as_bytes()),
                None => answer(&mut stream, 404, b"no such command"),
            }
        }
        ("GET", (path, _)) if path.starts_with("/files/") => {
            assert!(!headers.contains_key("authorization"), "a link is followed without the credential");
            file(&mut stream, path.strip_prefix("/files/")?, &headers, settings, state)
        }
        _ => answer(&mut stream, 404, b"no such path"),
    }
}

fn body(stream: &mut Stream, headers: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        let mut whole = Vec::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let mut chunk = vec![0; usize::from_str_radix(line.trim(), 16).ok()? + 2];
            stream.read_exact(&mut chunk).ok()?;
            chunk.truncate(chunk.len() - 2);
            if chunk.is_empty() {
                return Some(whole);
            }
            whole.extend(chunk);
        }
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// Takes a command; gives its task.
fn command(body: &Value, state: &Mutex<State>) -> usize {
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let mut state = lock(state);
    let command =
        Command { value: text("value"), key: text("key"), mark: text("mark"), begun: Instant::now() };
    state.commands.push(command);
    state.commands.len() - 1
}

fn tasks(ids: &str, settings: &TaskSettings, state: &Mutex<State>) -> String {
    let mut state = lock(state);
    state.polls += 1;
    let mut lines = String::new();
    for id in ids.split(',').filter_map(|id| id.parse::<usize>().ok()) {
        let Some(command) = state.commands.get(id) else { continue };
        if command.begun.elapsed() < settings.takes || command.value.starts_with("never") {
            lines.push_str(&format!("{id} running\n"));
            continue;
        }
        let Some(file) = &settings.file else {
            lines.push_str(&format!("{id} succeeded\n"));
            continue;
        };
        let links = state.links.entry(id).or_default();
        *links += 1;
        let digest = if settings.wrong_digest { Sha256::digest(b"another") } else { Sha256::digest(file) };
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let url = format!("https://{REGION}/files/{id}-{links}");
        lines.push_str(&format!("{id} succeeded {url} {} {digest}\n", file.len()));
    }
    lines
}

fn file(
    stream: &mut Stream,
    name: &str,
    headers: &BTreeMap<String, String>,
    settings: &TaskSettings,
    state: &Mutex<State>,
) -> Option<()> {
    let number: u32 = name.split_once('-')?.1.parse().ok()?;
    let from = headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let from: u64 = from.map_or(Some(0), |from| from.parse().ok())?;
    let file = settings.file.as_ref()?;
    let refused = number <= settings.refused_links;
    let status = match (refused, from) {
        (true, _) => 403,
        (false, 0) => 200,
        (false, _) => 206,
    };
    let breaks = {
        let mut state = lock(state);
        state.fetches.push((from, status));
        let breaks = !state.broken && status == 200;
        settings.breaks_after.filter(|_| std::mem::replace(&mut state.broken, true) != breaks && breaks)
    };
    if refused {
        return answer(stream, 403, b"the link has expired");
    }
    let rest = file.get(usize::try_from(from).ok()?..)?;
    let range = if from > 0 {
        format!("content-range: bytes {from}-{}/{}\r\n", file.len() - 1, file.len())
    } else {
        String::new()
    };
    let head = format!(
        "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\netag: \"1\"\r\n{range}connection: close\r\n\r\n",
        rest.len()
    );
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(breaks.and_then(|most| rest.get(..most)).unwrap_or(rest)).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}

fn answer(stream: &mut Stream, status: u16, body: &[u8]) -> Option<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}
