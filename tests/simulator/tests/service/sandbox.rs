//! The sandbox: submissions, the quota, results, reports, packages and suspicious objects.

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use vision_one_simulator::{
    Analysis, Fault, Kind, SandboxError, SandboxRisk, SandboxSeed, Seed, SuspiciousFinding,
};

use crate::client::*;

const FILES: &str = "/v3.0/sandbox/files/analyze";
const URLS: &str = "/v3.0/sandbox/urls/analyze";

async fn tenant(reserve_count: u64) -> Service {
    let service = service(|_| {}).await;
    service.simulator.freeze_clock(true);
    let sandbox = Some(SandboxSeed { reserve_count, ..SandboxSeed::default() });
    service.simulator.seed(Seed { sandbox, ..Seed::default() }).unwrap();
    service
}

async fn submit(service: &Service, name: &str, content: &[u8], more: &str) -> Answer {
    let mut body =
        format!("{more}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let request =
        service.request(Method::POST, FILES).header("content-type", "multipart/form-data; boundary=b");
    service.send(request.body(Full::from(Bytes::from(body))).unwrap()).await.unwrap()
}

/// What the headers say of the quota: reserve, remaining, count, exemptions.
fn quota(answer: &Answer) -> [u64; 4] {
    ["reserve", "remaining", "", "exemption"].map(|name| {
        let name = format!("tmv1-submission-{name}-count").replace("--", "-");
        answer.headers[name.as_str()].to_str().unwrap().parse().unwrap()
    })
}

#[tokio::test]
async fn a_file_runs_and_has_a_result_a_report_a_package_and_objects() {
    let service = tenant(10).await;
    service.simulator.analysis(Analysis {
        target: Some("bad.exe".to_owned()),
        running_seconds: 300,
        risk_level: SandboxRisk::High,
        detection_names: vec!["TROJ_GEN".to_owned()],
        true_file_type: Some("exe".to_owned()),
        suspicious_objects: vec![SuspiciousFinding {
            kind: Kind::Ip,
            value: "198.51.100.1".to_owned(),
            risk_level: SandboxRisk::High,
        }],
        ..Analysis::default()
    });
    let arguments = "--b\r\nContent-Disposition: form-data; name=\"arguments\"\r\n\r\nLXg=\r\n";
    let answer = submit(&service, "bad.exe", b"abc", arguments).await;
    assert_eq!((answer.status.as_u16(), quota(&answer)), (202, [10, 9, 1, 0]));
    let body = answer.json();
    assert_eq!(body["digest"]["md5"], "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(body["arguments"], "LXg=");
    let id = body["id"].as_str().unwrap();
    let task = format!("/v3.0/sandbox/tasks/{id}");
    assert_eq!(answer.headers["operation-location"], format!("https://{HOST}{task}"));
    let result = format!("/v3.0/sandbox/analysisResults/{id}");
    assert_eq!(service.get(&task).await.json()["status"], "running");
    assert_eq!(service.get(&result).await.status, 404);
    service.simulator.advance_clock(300);
    let shown = service.get(&task).await.json();
    assert_eq!((&shown["status"], &shown["action"]), (&json!("succeeded"), &json!("analyzeFile")));
    assert_eq!(shown["resourceLocation"], format!("https://{HOST}{result}"));
    let shown = service.get(&result).await.json();
    assert_eq!((&shown["riskLevel"], &shown["type"]), (&json!("high"), &json!("file")));
    assert_eq!((&shown["detectionNames"][0], &shown["trueFileType"]), (&json!("TROJ_GEN"), &json!("exe")));
    let report = service.get(&format!("{result}/report")).await;
    assert_eq!(report.headers["content-type"], "application/pdf");
    assert!(report.body.starts_with(b"%PDF-"));
    let package = service.get(&format!("{result}/investigationPackage")).await;
    assert_eq!(package.headers["content-type"], "application/zip");
    assert!(package.body.starts_with(b"PK\x03\x04"));
    let request = service.request(Method::GET, &format!("{result}/report")).header("range", "bytes=5-7");
    let part = service.send(request.body(Full::default()).unwrap()).await.unwrap();
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"1.4"[..]));
    assert_eq!(part.headers["etag"], report.headers["etag"]);
    let objects = service.get(&format!("{result}/suspiciousObjects")).await.json();
    assert_eq!(
        (&objects["items"][0]["ip"], objects["items"].as_array().unwrap().len()),
        (&json!("198.51.100.1"), 1)
    );
    assert_eq!(objects["items"][0]["rootSha1"], body["digest"]["sha1"]);

    let filter = "filter=riskLevel%20eq%20%27high%27";
    let listed = service.get(&format!("/v3.0/sandbox/analysisResults?{filter}")).await.json();
    assert_eq!(listed["items"][0]["id"], id);
    let listed = service.get("/v3.0/sandbox/tasks?filter=status%20eq%20%27running%27").await.json();
    assert_eq!(listed["items"], json!([]));
}

#[tokio::test]
async fn reports_and_packages_have_the_size_that_is_planned() {
    let service = tenant(10).await;
    let analysis =
        Analysis { report_bytes: Some(150_000), package_bytes: Some(250_000), ..Analysis::default() };
    service.simulator.analysis(analysis);
    let id = submit(&service, "a.exe", b"abc", "").await.json()["id"].as_str().unwrap().to_owned();
    for (file, bytes) in [("report", 150_000), ("investigationPackage", 250_000)] {
        let path = format!("/v3.0/sandbox/analysisResults/{id}/{file}");
        let whole = service.get(&path).await.body;
        assert_eq!(whole.len(), bytes);
        let request = service.request(Method::GET, &path).header("range", "bytes=100000-");
        let part = service.send(request.body(Full::default()).unwrap()).await.unwrap();
        assert_eq!((part.status.as_u16(), &part.body), (206, &whole.slice(100_000..)));
    }
}

#[tokio::test]
async fn an_analysis_fails_or_finds_nothing() {
    let service = tenant(10).await;
    let error = SandboxError { code: "Unsupported".to_owned(), message: "Unsupported file type".to_owned() };
    service.simulator.analysis(Analysis { times: Some(1), error: Some(error), ..Analysis::default() });
    for (name, status, found) in [("a.xyz", "failed", 404), ("b.txt", "succeeded", 200)] {
        let id = submit(&service, name, b"abc", "").await.json()["id"].as_str().unwrap().to_owned();
        let task = service.get(&format!("/v3.0/sandbox/tasks/{id}")).await.json();
        assert_eq!(task["status"], status);
        assert_eq!(task["error"]["code"].as_str(), (status == "failed").then_some("Unsupported"));
        let result = format!("/v3.0/sandbox/analysisResults/{id}");
        assert_eq!(service.get(&result).await.status, found);
        // Only a high risk has suspicious objects.
        assert_eq!(service.get(&format!("{result}/suspiciousObjects")).await.status, 404);
    }
    assert_eq!(service.get("/v3.0/sandbox/tasks/nothing").await.status, 404);
}

#[tokio::test]
async fn urls_are_at_most_ten_and_fail_alone() {
    let service = tenant(12).await;
    let answer = service.post(URLS, &json!([{"url": "https://a.example"}, {"url": "nothing"}])).await;
    assert_eq!((answer.statuses(), quota(&answer)), (vec![202, 400], [12, 11, 1, 0]));
    let entries = answer.json();
    assert_eq!(entries[0]["body"]["url"], "https://a.example");
    let id = entries[0]["body"]["id"].as_str().unwrap();
    assert_eq!(entries[0]["headers"][0]["value"], format!("https://{HOST}/v3.0/sandbox/tasks/{id}"));
    let error = json!({"code": "BadRequest", "message": "URL format is not right"});
    assert_eq!(entries[1]["body"], json!({"url": "nothing", "error": error}));
    let urls = |count: usize| Value::Array(vec![json!({"url": "https://b.example"}); count]);
    let answer = service.post(URLS, &urls(11)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["error"]["message"], "URL number exceeds maximum");
    assert_eq!(service.post(URLS, &urls(10)).await.statuses().len(), 10);
    // One is left, and two are asked for.
    let answer = service.post(URLS, &urls(2)).await;
    assert_eq!((answer.status.as_u16(), quota(&answer)), (429, [12, 1, 11, 0]));
}

#[tokio::test]
async fn the_quota_is_spent_and_is_there_again_the_next_day() {
    let service = tenant(2).await;
    service.simulator.analysis(Analysis {
        target: Some("free.txt".to_owned()),
        is_exempt: true,
        ..Analysis::default()
    });
    for (name, expected) in [("free.txt", [2, 2, 0, 1]), ("a.txt", [2, 1, 1, 1]), ("b.txt", [2, 0, 2, 1])] {
        assert_eq!(quota(&submit(&service, name, b"abc", "").await), expected, "{name}");
    }
    let usage = service.get("/v3.0/sandbox/submissionUsage").await.json();
    assert_eq!((&usage["submissionRemainingCount"], &usage["submissionCount"]), (&json!(0), &json!(2)));
    assert_eq!(usage["submissionCountDetail"]["fileExemptionCount"], 1);
    let answer = submit(&service, "c.txt", b"abc", "").await;
    assert_eq!((answer.status.as_u16(), quota(&answer)), (429, [2, 0, 2, 1]));
    let error = json!({"error": {"code": "TooManyRequests", "message": "Rate limit exceeded"}});
    assert_eq!(answer.json(), error);
    assert!(!answer.headers.contains_key("retry-after"));
    service.simulator.advance_clock(86_400);
    assert_eq!(submit(&service, "c.txt", b"abc", "").await.status, 202);
    // A fault of the same kind says what is left, too.
    service.simulator.inject(Fault::status(429).holding(["d.txt"])).unwrap();
    assert_eq!(quota(&submit(&service, "d.txt", b"abc", "").await), [2, 1, 1, 0]);
}

#[tokio::test]
async fn forms_are_judged_and_may_be_large() {
    let service = tenant(10).await;
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let long = "QUFB".repeat(50);
    for more in
        [part("arguments", "not base64!"), part("archivePassword", &long), part("file", "a second one")]
    {
        assert_eq!(submit(&service, "a.txt", b"abc", &more).await.status, 400);
    }
    assert_eq!(service.post(FILES, &json!({})).await.status, 400);
    assert_eq!(submit(&service, "a.txt", &vec![7; 5_000_000], "").await.status, 202);
    service.simulator.change_settings(|settings| settings.limits.file_bytes = 1000);
    let answer = submit(&service, "a.txt", &[7; 2000], "").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]["code"]),
        (413, &json!("RequestEntityTooLarge"))
    );
}
