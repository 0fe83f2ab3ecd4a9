//! The program as users start it: what it prints, and what it leaves in its directory.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn command(directory: &Path, collection: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threatq-simulator"));
    command.arg("--directory").arg(directory).args(["--run-for", "60", "--collection", collection]);
    command
}

#[test]
fn it_says_where_it_is_and_who_may_log_in() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("objects.json");
    std::fs::write(&file, json!({"total": 1, "data": [{"id": 1, "value": "a.example"}]}).to_string())
        .unwrap();
    let within = directory.path().join("new");
    let mut child = command(&within, &format!("abc={}", file.display()))
        .env("THREATQ_PASSWORD", "correct horse")
        .args(["--password-env", "THREATQ_PASSWORD"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _running = Running(child);

    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&ready["host"], &ready["collections"]), (&json!("threatq.example"), &json!(["abc"])));
    let address: SocketAddr = ready["address"].as_str().unwrap().parse().unwrap();
    assert!(address.ip().is_loopback() && TcpStream::connect(address).is_ok());
    assert!(std::fs::read_to_string(within.join("threatq-ca.pem")).unwrap().contains("BEGIN CERTIFICATE"));

    let log_in = within.join("threatq-log-in.json");
    let names: Value = serde_json::from_slice(&std::fs::read(&log_in).unwrap()).unwrap();
    assert_eq!(names["account"]["password"], "correct horse");
    let secret = names["client"]["secret"].as_str().unwrap();
    assert!(secret.len() > 30 && !line.contains(secret) && !line.contains("correct horse"), "{line}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&log_in).unwrap().permissions().mode() & 0o077, 0);
    }
}

#[test]
fn what_cannot_be_served_is_told_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("objects.json");
    std::fs::write(&file, "[{\"value\": \"a.example\"}]").unwrap();
    let collection = format!("abc={}", file.display());
    for (arguments, told) in [
        (vec!["--listen", "192.0.2.1:0"], "not a loopback address"),
        (vec!["--password-env", "NO_SUCH_VARIABLE"], "`NO_SUCH_VARIABLE` holds no password"),
        (vec![], "no number as `id`"),
    ] {
        let output = command(directory.path(), &collection).args(arguments).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && message.contains(told), "{message}");
        assert!(output.stdout.is_empty());
    }
}
