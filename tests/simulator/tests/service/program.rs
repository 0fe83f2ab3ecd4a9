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
    let child = program()
        .args(["--listen", "127.0.0.1:0", "--run-for", "3", "--api-key-env", "SIMULATOR_TEST_KEY"])
        .env("SIMULATOR_TEST_KEY", KEY)
        .arg("--ca-out")
        .arg(path("ca.pem"))
        .arg("--ready-file")
        .arg(path("ready.json"))
        .arg("--settings")
        .arg(path("settings.json"))
        // The example of the README.
        .args(["--seed", concat!(env!("CARGO_MANIFEST_DIR"), "/seed.json")])
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
    assert_eq!(state["endpoints"][0]["endpointName"], "finance-07");
    assert_eq!(state["alerts"][0]["notes"][0]["creatorName"], "Kim");

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

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_archive_of_300_mb_is_never_in_memory() {
    const BYTES: u64 = 300_000_000;
    const LARGEST_KILOBYTES: u64 = 100_000;

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let seed = serde_json::json!({
        "endpoints": [{"agentGuid": "guid", "endpointName": "client1"}],
        "plans": [{"archive": {"bytes": BYTES}}],
    });
    std::fs::write(path("seed.json"), seed.to_string()).unwrap();
    let mut child = program()
        .args(["--plain-listen", "127.0.0.1:0", "--run-for", "300", "--api-key-env", "SIMULATOR_TEST_KEY"])
        .env("SIMULATOR_TEST_KEY", KEY)
        .arg("--ready-file")
        .arg(path("ready.json"))
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
    let address = ready["plain_address"].as_str().unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = |target: &str, body: &str| {
        let method = if body.is_empty() { "GET" } else { "POST" };
        http::Request::builder()
            .method(method)
            .uri(target)
            .header("host", address)
            .header("authorization", format!("Bearer {KEY}"))
            .body(Full::<bytes::Bytes>::from(body.to_owned()))
            .unwrap()
    };
    let collect = r#"[{"endpointName": "client1", "filePath": "memory.dmp"}]"#;
    let response =
        sender.send_request(request("/v3.0/response/endpoints/collectFile", collect)).await.unwrap();
    assert_eq!(response.status(), 207);
    response.into_body().collect().await.unwrap();
    let response = sender.send_request(request("/v3.0/response/tasks/00000001", "")).await.unwrap();
    let task: serde_json::Value =
        serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    let link = task["resourceLocation"].as_str().unwrap().strip_prefix(&format!("http://{address}")).unwrap();
    let mut body = sender.send_request(request(link, "")).await.unwrap().into_body();
    let (mut bytes, mut digest) = (0, ring::digest::Context::new(&ring::digest::SHA256));
    while let Some(frame) = body.frame().await {
        let data = frame.unwrap().into_data().unwrap();
        bytes += data.len() as u64;
        digest.update(&data);
    }
    let digest: String = digest.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (bytes, task["fileSize"].as_u64(), task["fileSha256"].as_str()),
        (BYTES, Some(BYTES), Some(digest.as_str()))
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(peak < LARGEST_KILOBYTES, "{peak} kB");
}
