//! The packed bundle as an operator runs it: `palisade run` against a service on this machine. Where `palisade` is not on the
//! path, the variable PALISADE says where it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

const HOST: &str = "service.test";
const KEY: &str = "a-key-for-tests";

/// One request as the service got it.
#[derive(Clone)]
struct Received {
    path: String,
    authorization: String,
    body: Value,
}

/// A service on this machine that answers everything with one status.
struct Service {
    directory: PathBuf,
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Service {
    fn start(name: &str, status: u16) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let made = rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
        std::fs::write(directory.join("certificate.pem"), made.cert.pem()).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let (tls, received) = (Arc::new(tls), Arc::new(Mutex::new(Vec::new())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::clone(&received);
        // Ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, log) = (Arc::clone(&tls), Arc::clone(&log));
                thread::spawn(move || answer(stream, tls, status, &log));
            }
        });
        Self { directory, port, received }
    }

    /// Runs the bundle on a collection and gives the report.
    fn run(&self, collection: &str, arguments: &[&str]) -> Value {
        let (list, report) = (self.directory.join("collection.txt"), self.directory.join("report.json"));
        let configuration = self.directory.join("configuration.yaml");
        std::fs::write(&list, collection).unwrap();
        std::fs::write(&configuration, format!("service: https://{HOST}\napi_key: {{ env: TEST_KEY }}\n")).unwrap();
        let zip = Path::new(env!("CARGO_MANIFEST_DIR")).join("build/{{name}}.zip");
        assert!(zip.exists(), "`{}` is missing: build and pack first", zip.display());
        let program = std::env::var_os("PALISADE").unwrap_or_else(|| "palisade".into());
        let output = Command::new(program)
            .args(["run", "--action", "send", "--allow-unsigned", "--deadline", "60"])
            .arg("--bundle")
            .arg(zip)
            .arg("--collection")
            .arg(&list)
            .arg("--config")
            .arg(&configuration)
            .arg("--report")
            .arg(&report)
            .arg("--connect-to")
            .arg(format!("{HOST}:443:127.0.0.1:{}", self.port))
            .arg("--ca-cert")
            .arg(self.directory.join("certificate.pem"))
            .args(arguments)
            .env("TEST_KEY", KEY)
            .output()
            .expect("palisade starts");
        let report = std::fs::read(&report)
            .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
        serde_json::from_slice(&report).unwrap()
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Answers one request and closes the connection.
fn answer(stream: TcpStream, tls: Arc<ServerConfig>, status: u16, log: &Mutex<Vec<Received>>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        match stream.read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.trim_end().is_empty() => break,
            Ok(_) => lines.push(line.trim_end().to_owned()),
        }
    }
    let header = |name: &str| {
        let named = |line: &String| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        lines.iter().find_map(named).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    log.lock().unwrap().push(Received {
        path: lines[0].split(' ').nth(1).unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        body: serde_json::from_slice(&body).unwrap(),
    });
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    // The client may be gone.
    let _ = stream.write_all(head.as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

fn verdicts(report: &Value) -> Vec<&str> {
    report["objects"].as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect()
}

#[test]
fn each_object_arrives_and_has_one_verdict() {
    let service = Service::start("arrives", 200);
    let report = service.run("malware.example\n198.51.100.23\nsomebody@example.com\n", &[]);
    assert_eq!(verdicts(&report), ["accepted", "accepted", "skipped"]);
    let received = service.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].path, "/objects");
    assert_eq!(received[0].authorization, format!("Bearer {KEY}"));
    let sent = json!([
        { "type": "FQDN", "value": "malware.example" },
        { "type": "IP Address", "value": "198.51.100.23" },
    ]);
    assert_eq!(received[0].body, sent);
}

#[test]
fn what_the_service_refuses_is_not_accepted() {
    let service = Service::start("refuses", 400);
    assert_eq!(verdicts(&service.run("malware.example\n", &[])), ["rejected"]);
}

#[test]
fn a_dry_run_sends_nothing() {
    let service = Service::start("dry", 200);
    assert_eq!(verdicts(&service.run("malware.example\n", &["--dry-run"])), ["planned"]);
    assert!(service.received().is_empty());
}
