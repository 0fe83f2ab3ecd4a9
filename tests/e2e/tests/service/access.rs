//! How the service is reached and by whom: printed links, a disk that is full, the audit log on its way out.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use palisade_e2e::{Service, Tenant, binary};
use serde_json::Value;

/// Asks the service on this machine under a name.
fn get(port: &str, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_first_link_is_answered_under_the_name_that_it_has() {
    let tenant = Tenant::start();
    let named = |arguments: &[&str]| {
        let service = Service::start_bare(&tenant, arguments);
        let said = service.said();
        let link =
            said.lines().find_map(|line| line.strip_prefix("Create the administrator account: ")).unwrap();
        let link = link.strip_suffix(" (the link works once)").unwrap().to_owned();
        assert!(link.starts_with(&format!("{}/welcome/", service.address())), "{link}");
        (service, link)
    };
    let (service, link) = named(&["--name", "palisade.example", "--name", "other.example"]);
    let port = service.address().strip_prefix("http://palisade.example:").unwrap();
    let path = link.strip_prefix(service.address()).unwrap();
    assert!(get(port, &format!("palisade.example:{port}"), path).starts_with("HTTP/1.1 200"));
    assert!(get(port, "attacker.example", path).starts_with("HTTP/1.1 421"));
    drop(service);
    let (_service, link) = named(&["--public-url", "https://palisade.example"]);
    assert!(link.starts_with("https://palisade.example/welcome/"), "{link}");
}

#[test]
fn a_service_that_cannot_write_is_not_ready_and_is_again_once_it_can() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        assert!(std::env::var_os("PALISADE_REQUIRE_PEERS").is_none(), "prlimit is not there");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A write beyond a limit is an error then, and not a signal that ends the process.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(binary())
        .args(["serve", "--no-cache", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path().join("data"))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let address =
        lines.find_map(|line| line.strip_prefix("palisade is at http://127.0.0.1:").map(str::to_owned));
    let port = address.unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    let limit = |soft: &str| {
        let limited = Command::new("prlimit")
            .args([format!("--pid={}", child.id()), format!("--fsize={soft}:")])
            .status();
        assert!(limited.unwrap().success());
    };
    let until = |status: &str| {
        let begun = Instant::now();
        loop {
            let answer = get(&port, "localhost", "/readyz");
            if answer.starts_with(&format!("HTTP/1.1 {status}")) {
                break answer;
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "{answer}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until("200");
    limit("1");
    let answer = until("503");
    assert!(answer.contains("state-unusable") && answer.contains("retry-after"), "{answer}");
    assert!(get(&port, "localhost", "/healthz").starts_with("HTTP/1.1 200"), "the process lives");
    limit("unlimited");
    until("200");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_audit_log_leaves_the_service_by_syslog_and_as_json_lines() {
    let tenant = Tenant::start();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let url = format!("udp://{}", receiver.local_addr().unwrap());
    let service = Service::start_with(&tenant, &["--audit-syslog", &url]);
    let mut message = [0; 16 << 10];
    let bytes = receiver.recv(&mut message).unwrap();
    let message = String::from_utf8_lossy(&message[..bytes]).into_owned();
    assert!(message.starts_with("<110>1 ") && message.contains("address=\"127.0.0.1\""), "{message}");
    let exported = service.command(&["audit", "export"]);
    assert!(exported.status.success(), "{exported:?}");
    let text = String::from_utf8(exported.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() >= 2 && lines.iter().all(|line| line["address"] == "127.0.0.1"), "{text}");
    let last = lines[lines.len() - 1]["id"].to_string();
    let rest = service.command(&["audit", "export", "--after", &last]);
    assert!(rest.status.success() && rest.stdout.is_empty(), "{rest:?}");
}
