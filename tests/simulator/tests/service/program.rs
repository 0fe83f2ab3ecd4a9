//! The program: files, key, plain listener, and its end.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;

use crate::client::*;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vision-one-simulator"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn it_writes_its_files_serves_and_ends_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(
        path("settings.json"),
        r#"{"plain_listen": "127.0.0.1:0", "tenant": {"risk_level": "low"}}"#,
    )
    .unwrap();
    std::fs::write(
        path("seed.json"),
        r#"{"endpoints": [{"agentGuid": "guid", "endpointName": "client1"}], "plans": [{"end": "queued"}]}"#,
    )
    .unwrap();
    let child = program()
        .args(["--listen", "127.0.0.1:0", "--run-for", "3", "--api-key-env", "SIMULATOR_TEST_KEY"])
        .env("SIMULATOR_TEST_KEY", KEY)
        .arg("--ca-out")
        .arg(path("ca.pem"))
        .arg("--ready-file")
        .arg(path("ready.json"))
        .arg("--settings")
        .arg(path("settings.json"))
        .arg("--seed")
        .arg(path("seed.json"))
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !path("ready.json").exists() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it does not get ready");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ready: serde_json::Value =
        serde_json::from_slice(&std::fs::read(path("ready.json")).unwrap()).unwrap();
    assert!(std::fs::read_to_string(path("ca.pem")).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));

    let stream = tokio::net::TcpStream::connect(ready["plain_address"].as_str().unwrap()).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(CONNECTIVITY)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {KEY}"))
        .body(Full::<bytes::Bytes>::default())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), r#"{"status":"available"}"#);

    let request = http::Request::get("/_simulator/state").header("host", "localhost");
    let response = sender.send_request(request.body(Full::default()).unwrap()).await.unwrap();
    let state: serde_json::Value =
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(state["endpoints"][0]["endpointName"], "client1");

    let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("plain_address") && !said.contains(KEY), "{said}");
}

#[test]
fn without_a_key_it_does_not_start() {
    for arguments in [&[][..], &["--api-key-env", "SIMULATOR_TEST_NO_SUCH_KEY"], &["--listen", "0.0.0.0:0"]] {
        let output = program().args(["--run-for", "1"]).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_generated_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    let output = program().args(["--run-for", "0", "--api-key-out"]).arg(&file).output().unwrap();
    assert!(output.status.success());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(&file).unwrap().split('.').count(), 3);
}
