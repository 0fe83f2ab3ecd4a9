//! Tasks: their course by the clock, approval, duplicates, refusals, ids, archives with links that expire.

use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use vision_one_simulator::settings::Partial;
use vision_one_simulator::{
    Decision, Effect, Endpoint, Fault, ItemRefusal, Seed, TaskArchive, TaskEnd, TaskPlan,
};

use crate::client::*;

const ISOLATE: &str = "/v3.0/response/endpoints/isolate";
const COLLECT: &str = "/v3.0/response/endpoints/collectFile";
const GUID: &str = "35fa11da-a24e-40cf-8b56-baf8828cc151";

async fn tenant() -> Service {
    let service = service(|_| {}).await;
    service.simulator.freeze_clock(true);
    let linux = Endpoint { os_name: "Linux".to_owned(), ..Endpoint::new("guid-of-linux", "linux-1") };
    let endpoints = vec![Endpoint::new(GUID, "client1"), Endpoint::new("another-guid", "client2"), linux];
    service.simulator.seed(Seed { endpoints, ..Seed::default() }).unwrap();
    service
}

fn name(name: &str) -> Value {
    json!({"endpointName": name})
}

/// The path of the task that an entry has.
fn task(entry: &Value) -> String {
    assert_eq!(entry["headers"][0]["name"], "Operation-Location", "{entry}");
    let link = entry["headers"][0]["value"].as_str().unwrap();
    link.strip_prefix(&format!("https://{HOST}")).unwrap().to_owned()
}

#[tokio::test]
async fn a_task_is_queued_runs_and_ends_by_the_clock() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan {
        action: Some("isolate".to_owned()),
        queued_seconds: 3600,
        running_seconds: 60,
        ..TaskPlan::default()
    });
    let answer = service.post(ISOLATE, &json!([{"endpointName": "CLIENT1", "description": "why"}])).await;
    assert_eq!(answer.statuses(), [202]);
    let path = task(&answer.json()[0]);
    assert_eq!(path, "/v3.0/response/tasks/00000001");
    let begin = service.simulator.now();
    let course = async |expected: &str, since: i64| {
        let task = service.get(&path).await.json();
        assert_eq!(task["status"], expected);
        let since = begin + time::Duration::seconds(since);
        let shown = task["lastActionDateTime"].as_str().unwrap();
        assert_eq!(shown, since.format(&time::format_description::well_known::Rfc3339).unwrap());
        task
    };
    let first = course("queued", 0).await;
    assert_eq!(
        (&first["action"], &first["agentGuid"], &first["endpointName"], &first["description"]),
        (&json!("isolate"), &json!(GUID), &json!("client1"), &json!("why"))
    );
    service.simulator.advance_clock(3599);
    course("queued", 0).await;
    service.simulator.advance_clock(1);
    course("running", 3600).await;
    assert_eq!(service.simulator.endpoints()[0].isolation_status, "off");
    service.simulator.advance_clock(60);
    course("succeeded", 3660).await;
    let shown = service.get(&format!("/v3.0/endpointSecurity/endpoints/{GUID}")).await.json();
    assert_eq!(shown["isolationStatus"], "on");
    // The specification's own links have `xdr` in them.
    let stale = path.replace("/v3.0/", "/v3.0/xdr/");
    assert_eq!(service.get(&stale).await.json()["status"], "succeeded");

    assert_eq!(
        service.post("/v3.0/response/endpoints/restore", &json!([name("client1")])).await.statuses(),
        [202]
    );
    assert_eq!(service.simulator.endpoints()[0].isolation_status, "off");
    let commands = service.simulator.commands();
    assert_eq!(
        commands.iter().map(|command| command.task.as_deref()).collect::<Vec<_>>(),
        [Some("00000001"), Some("00000002")]
    );
}

#[tokio::test]
async fn each_end_is_shown_as_the_service_shows_it() {
    let service = tenant().await;
    for (end, status) in [
        (TaskEnd::Failed, "failed"),
        (TaskEnd::TimedOut, "failed"),
        (TaskEnd::Rejected, "rejected"),
        (TaskEnd::Canceled, "canceled"),
        (TaskEnd::Succeeded, "succeeded"),
        (TaskEnd::PendingApproval, "pendingApproval"),
    ] {
        service.simulator.plan(TaskPlan { end, times: Some(1), ..TaskPlan::default() });
        let answer = service.post(ISOLATE, &json!([name("client1")])).await;
        assert_eq!(answer.statuses(), [202], "{end:?}");
        let shown = service.get(&task(&answer.json()[0])).await.json();
        assert_eq!(shown["status"], status);
        let error = &shown["error"];
        assert_eq!(error["number"].as_u64(), (status == "failed").then_some(4_009_999), "{shown}");
    }
    assert_eq!(service.simulator.endpoints()[0].isolation_status, "on");
}

#[tokio::test]
async fn people_approve_and_reject() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan { end: TaskEnd::PendingApproval, ..TaskPlan::default() });
    let answer = service.post(ISOLATE, &json!([name("client1"), name("client2")])).await.json();
    let paths = [task(&answer[0]), task(&answer[1])];
    service.simulator.advance_clock(86_400);
    assert_eq!(service.get(&paths[0]).await.json()["status"], "pendingApproval");
    assert!(service.simulator.decide("00000001", Decision::Approve));
    let decision = json!({"id": "00000002", "decision": "reject"});
    assert_eq!(service.post("/_simulator/tasks", &decision).await.status, 200);
    assert_eq!(service.post("/_simulator/tasks", &decision).await.status, 400);
    assert_eq!(service.get(&paths[0]).await.json()["status"], "succeeded");
    assert_eq!(service.get(&paths[1]).await.json()["status"], "rejected");
    let isolated = service.simulator.endpoints().into_iter().map(|endpoint| endpoint.isolation_status);
    assert_eq!(isolated.collect::<Vec<_>>(), ["on", "off", "off"]);
}

#[tokio::test]
async fn a_duplicate_names_the_task_that_runs() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan { running_seconds: 60, ..TaskPlan::default() });
    let answer = service.post(ISOLATE, &json!([name("client1"), {"agentGuid": GUID}])).await;
    assert_eq!(answer.statuses(), [202, 400]);
    let entries = answer.json();
    assert_eq!(entries[1]["body"]["error"], json!({"code": "TaskError", "message": "Task duplication."}));
    assert_eq!(task(&entries[0]), task(&entries[1]));
    // Another action on the same endpoint is not one.
    let file = json!([{"endpointName": "client1", "filePath": "C:\\a"}]);
    assert_eq!(service.post(COLLECT, &file).await.statuses(), [202]);
    service.simulator.advance_clock(60);
    assert_eq!(service.post(ISOLATE, &json!([name("client1")])).await.statuses(), [202]);
}

#[tokio::test]
async fn items_are_refused_in_the_services_words() {
    let service = tenant().await;
    let long = "x".repeat(20_481);
    for (path, item, message) in [
        (ISOLATE, json!({}), "Invalid request - Required fields not found: agentGuid, endpointName."),
        (
            ISOLATE,
            json!({"endpointName": "client1", "agentGuid": GUID}),
            "Invalid request - Invalid field format: agentGuid.",
        ),
        (ISOLATE, json!({"endpointName": 3}), "Invalid request - Invalid field format: endpointName."),
        (
            ISOLATE,
            json!({"endpointName": "client1", "description": long}),
            "Invalid request - Invalid field format: description.",
        ),
        (
            ISOLATE,
            json!({"endpointName": "client1", "reason": "x"}),
            "Invalid request - Invalid field format: reason.",
        ),
        (ISOLATE, json!("client1"), "Invalid request format."),
        (ISOLATE, name("nobody"), "Target not found."),
        (COLLECT, name("client1"), "Invalid request - Required fields not found: filePath."),
        (
            "/v3.0/response/endpoints/runScript",
            json!({"endpointName": "client1", "fileName": "a.ps1"}),
            "Not found.",
        ),
        (
            "/v3.0/response/endpoints/terminateProcess",
            json!({"endpointName": "client1", "processId": 4}),
            "Invalid request - Required fields not found: fileName, fileSha1.",
        ),
        (
            "/v3.0/response/endpoints/terminateProcess",
            json!({"endpointName": "linux-1", "processId": 4, "fileName": "a"}),
            "Action not supported. Install or upgrade the agent program on the target endpoint.",
        ),
        (
            "/v3.0/response/endpoints/runYaraRules",
            json!({"endpointName": "client1", "target": "File", "yaraRuleFileContent": "rule a {}"}),
            "Invalid request - Required fields not found: targetFileLocation.",
        ),
        (
            "/v3.0/response/emails/delete",
            json!({"mailBox": "a@example.com"}),
            "Invalid request - Required fields not found: messageId.",
        ),
        (
            "/v3.0/response/domainAccounts/disable",
            json!({}),
            "Invalid request - Required fields not found: accountName.",
        ),
        (
            "/v3.0/response/suspiciousObjects",
            json!({"ip": "192.0.2.1", "url": "http://a.example"}),
            "Invalid request - Invalid field format: ip.",
        ),
    ] {
        let answer = service.post(path, &json!([item])).await;
        assert_eq!(answer.json()[0]["body"]["error"]["message"], message, "{path}");
    }
    for (refusal, status, code) in [
        (ItemRefusal::NotSupported, 400, "NotSupported"),
        (ItemRefusal::FeatureDisabled, 403, "AccessDenied"),
        (ItemRefusal::OutOfScope, 403, "AccessDenied"),
        (ItemRefusal::NotFound, 404, "NotFound"),
        (ItemRefusal::InternalError, 500, "InternalServerError"),
    ] {
        let plan = TaskPlan {
            refusal: Some(refusal),
            target: Some("client1".to_owned()),
            times: Some(1),
            ..TaskPlan::default()
        };
        service.simulator.plan(plan);
        let answer = service.post(ISOLATE, &json!([name("client1")])).await;
        let entry = answer.json()[0].clone();
        assert_eq!((&entry["status"], &entry["body"]["error"]["code"]), (&json!(status), &json!(code)));
        assert!(entry.get("headers").is_none() && entry["body"]["error"].get("number").is_none());
    }
    assert_eq!(service.simulator.tasks(), [] as [Value; 0]);
    for body in ["", "{}", "3"] {
        let request = service.request(Method::POST, ISOLATE).body(Full::from(body)).unwrap();
        let answer = service.send(request).await.unwrap();
        let expected = json!({"error": {"code": "BadRequest", "message": "Invalid request format."}});
        assert_eq!((answer.status.as_u16(), answer.json()), (400, expected), "{body}");
    }
}

#[tokio::test]
async fn terminating_needs_what_the_switch_says() {
    use vision_one_simulator::settings::TerminateProcess::{self, *};

    let service = tenant().await;
    let (new, old) = (
        json!({"endpointName": "client1", "processId": 4, "fileName": "a.exe"}),
        json!({"endpointName": "client1", "fileSha1": "sha12345"}),
    );
    let expected: [(TerminateProcess, [u64; 2]); 3] =
        [(Both, [202, 202]), (ProcessId, [202, 400]), (FileSha1, [400, 202])];
    for (form, statuses) in expected {
        service.simulator.change_settings(|settings| settings.rules.terminate_process = form);
        let answer = service.post("/v3.0/response/endpoints/terminateProcess", &json!([new, old])).await;
        assert_eq!(answer.statuses(), statuses, "{form:?}");
    }
    let shown = &service.simulator.tasks()[0];
    assert_eq!((&shown["action"], &shown["processId"]), (&json!("terminateProcess"), &json!(4)));
    service.simulator.change_settings(|settings| settings.tasks.misspelled_terminate = true);
    assert_eq!(service.get("/v3.0/response/tasks/00000001").await.json()["action"], "teminateProcess");
}

#[tokio::test]
async fn an_archive_has_digests_ranges_and_a_link_that_expires() {
    let service = tenant().await;
    let archive = TaskArchive { bytes: 200_000, ..TaskArchive::default() };
    service.simulator.plan(TaskPlan { archive, ..TaskPlan::default() });
    let answer = service.post(COLLECT, &json!([{"endpointName": "client1", "filePath": "C:\\a"}])).await;
    let path = task(&answer.json()[0]);
    let shown = service.get(&path).await.json();
    let link = |shown: &Value| {
        let link = shown["resourceLocation"].as_str().unwrap();
        link.strip_prefix(&format!("https://{HOST}")).unwrap().to_owned()
    };
    let file = link(&shown);
    assert_eq!((&shown["fileSize"], &shown["password"]), (&json!(200_000), &json!("simulated-archive")));
    // The link is the permission.
    let get = async |service: &Service, path: &str, headers: &[(&str, &str)]| {
        let mut request = http::Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        service.send(request.body(Full::default()).unwrap()).await.unwrap()
    };
    let whole = get(&service, &file, &[]).await;
    assert_eq!((whole.status.as_u16(), whole.body.len()), (200, 200_000));
    let digest = ring::digest::digest(&ring::digest::SHA256, &whole.body);
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown["fileSha256"], digest);
    let tag = whole.headers["etag"].to_str().unwrap();
    let part = get(&service, &file, &[("range", "bytes=100000-"), ("if-range", tag)]).await;
    assert_eq!((part.status.as_u16(), &part.body), (206, &whole.body.slice(100_000..)));
    assert_eq!(part.headers["content-range"], "bytes 100000-199999/200000");
    let other = get(&service, &file, &[("range", "bytes=100000-"), ("if-range", "\"other\"")]).await;
    assert_eq!(other.status, 200);
    assert_eq!(get(&service, &file, &[("range", "bytes=200000-")]).await.status, 416);

    service
        .simulator
        .inject(Fault::new(Effect::Truncated { bytes: Some(70_000) }).on("GET", "/response-files/*").times(1))
        .unwrap();
    let request = http::Request::builder().uri(&file).body(Full::default()).unwrap();
    assert!(service.send(request).await.is_err());
    service.simulator.inject(Fault::new(Effect::Corrupted).on("GET", "/response-files/*").times(1)).unwrap();
    assert_ne!(get(&service, &file, &[]).await.body, whole.body);
    service.simulator.change_settings(|settings| settings.tasks.ranges = false);
    assert_eq!(get(&service, &file, &[("range", "bytes=5-")]).await.body, whole.body);

    service.simulator.advance_clock(3600);
    assert_eq!(get(&service, &file, &[]).await.status, 403);
    let renewed = link(&service.get(&path).await.json());
    assert_ne!(renewed, file);
    assert_eq!(get(&service, &renewed, &[]).await.body, whole.body);
    assert_eq!(get(&service, &file, &[]).await.status, 403);
}

#[tokio::test]
async fn tasks_are_listed_filtered_and_forgotten() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan {
        target: Some("client2".to_owned()),
        end: TaskEnd::Failed,
        ..TaskPlan::default()
    });
    service.simulator.change_settings(|settings| settings.tasks.dated_ids = true);
    service.post(ISOLATE, &json!([name("client1"), name("client2")])).await;
    let list = async |query: &str| {
        let page = service.get(&format!("/v3.0/response/tasks{query}")).await.json();
        page["items"].as_array().unwrap().iter().map(|task| task["endpointName"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list("").await, ["client2", "client1"]);
    assert_eq!(list("?filter=status%20eq%20%27succeeded%27").await, ["client1"]);
    assert_eq!(list("?filter=action%20eq%20%27restoreIsolate%27").await, [] as [Value; 0]);
    assert_eq!(service.get("/v3.0/response/tasks?filter=name%20eq%20%27a%27").await.status, 400);
    let page = service.get("/v3.0/response/tasks?top=1").await.json();
    assert!(page["nextLink"].as_str().unwrap().contains("skipToken="));
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("RM-20"), "{id}");
    service.simulator.advance_clock(181 * 86_400);
    assert_eq!(list("").await, [] as [Value; 0]);
    assert_eq!(service.get(&format!("/v3.0/response/tasks/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_malware_scan_is_one_task_that_can_be_canceled() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan { end: TaskEnd::Running, ..TaskPlan::default() });
    let body = json!({"endpoints": [name("client1"), name("client2")]});
    let answer = service.post("/v3.0/response/endpoints/startMalwareScan", &body).await;
    assert_eq!(answer.status, 202);
    let location = answer.headers["operation-location"].to_str().unwrap();
    let id = location.rsplit('/').next().unwrap();
    assert!(id.starts_with("RM-"), "{id}");
    assert_eq!(service.simulator.tasks()[0]["tasks"].as_array().unwrap().len(), 2);
    service.post(ISOLATE, &json!([name("client1")])).await;
    let cancel = json!([{"id": id}, {"id": "00000002"}, {"id": "9"}]);
    assert_eq!(service.post("/v3.0/response/tasks/cancel", &cancel).await.statuses(), [204, 400, 404]);
    assert_eq!(service.simulator.tasks()[0]["status"], "canceled");
    assert_eq!(service.post("/v3.0/response/endpoints/startMalwareScan", &json!({})).await.status, 400);
}

#[tokio::test]
async fn a_task_of_parts_that_end_differently_is_what_the_switch_says() {
    let service = tenant().await;
    service.simulator.plan(TaskPlan {
        target: Some("client2".to_owned()),
        end: TaskEnd::Failed,
        ..TaskPlan::default()
    });
    let body = json!({"endpoints": [name("client1"), name("client2")]});
    assert_eq!(service.post("/v3.0/response/endpoints/startMalwareScan", &body).await.status, 202);
    let shown = &service.simulator.tasks()[0];
    assert_eq!((&shown["status"], &shown["tasks"][0]["status"]), (&json!("failed"), &json!("succeeded")));
    assert_eq!(shown["tasks"][0]["scanReport"]["scanProgress"], 100);
    assert_eq!(shown["tasks"][1]["scanReport"]["scanProgress"], 0);
    service.simulator.change_settings(|settings| settings.tasks.partial = Partial::Succeeded);
    assert_eq!(service.simulator.tasks()[0]["status"], "succeeded");
}

#[tokio::test]
async fn queries_and_rules_are_sent_or_named() {
    let service = tenant().await;
    let seed = Seed {
        osquery_statements: vec![json!({"id": "statement-1", "statement": "SELECT 1;"})],
        yara_rule_files: vec![json!({"id": "rule-1", "name": "rules.yar"})],
        ..Seed::default()
    };
    service.simulator.seed(seed).unwrap();
    for (path, fields, status) in [
        ("runOsquery", json!({"statement": "SELECT 1;"}), 202),
        ("runOsquery", json!({"statementId": "statement-1"}), 202),
        ("runOsquery", json!({"statementId": "statement-2"}), 404),
        ("runOsquery", json!({"statement": "SELECT 1;", "statementId": "statement-1"}), 400),
        ("runYaraRules", json!({"target": "Process", "yaraRuleFileName": "rules.yar"}), 202),
        ("runYaraRules", json!({"target": "Process", "yaraRuleFileId": "rule-2"}), 404),
        ("runYaraRules", json!({"target": "Registry", "yaraRuleFileContent": "rule a {}"}), 400),
    ] {
        let mut item = name("client1");
        item.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let answer = service.post(&format!("/v3.0/response/endpoints/{path}"), &json!([item])).await;
        assert_eq!(answer.statuses(), [status], "{path} {fields}");
    }
    let shown = service.get("/v3.0/response/tasks/00000002").await.json();
    assert!(shown["statementId"] == "statement-1" && shown["resourceLocation"].is_string());
    let listed = service.get("/v3.0/response/osqueryStatements").await.json();
    assert_eq!((&listed["totalCount"], &listed["items"][0]["id"]), (&json!(1), &json!("statement-1")));
    let listed = service.get("/v3.0/response/yaraRuleFiles?filter=name%20eq%20%27none%27").await.json();
    assert_eq!(listed, json!({"items": [], "count": 0, "totalCount": 0}));
}

#[tokio::test]
async fn links_may_lead_to_another_host() {
    let mut service = service(|settings| {
        settings.further_hosts = vec!["files.example".to_owned()];
        settings.tasks.link_origin = Some("https://files.example".to_owned());
    })
    .await;
    service
        .simulator
        .seed(Seed { endpoints: vec![Endpoint::new(GUID, "client1")], ..Seed::default() })
        .unwrap();
    service.post(COLLECT, &json!([{"endpointName": "client1", "filePath": "C:\\a"}])).await;
    let shown = service.get("/v3.0/response/tasks/00000001").await.json();
    let link = shown["resourceLocation"].as_str().unwrap().strip_prefix("https://files.example").unwrap();
    service.host = "files.example".to_owned();
    assert_eq!(service.get(link).await.body.len(), 4096);
    let received = service.simulator.received().pop().unwrap();
    assert_eq!((received.host.as_str(), received.status), ("files.example", Some(200)));
}
