//! What actions change: messages, accounts, the block list, scripts, both inventories; and what each call asks of a key.

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use vision_one_simulator::{
    Account, ApiKey, Endpoint, Iam, Message, MessageState, Permission, Seed, TaskEnd, TaskPlan,
};

use crate::client::*;

fn message(mailbox: &str, unique: &str) -> Message {
    Message {
        mail_box: mailbox.to_owned(),
        message_id: "<1@example.com>".to_owned(),
        unique_id: unique.to_owned(),
        message_subject: Some("Invoice".to_owned()),
        state: MessageState::Delivered,
    }
}

#[tokio::test]
async fn messages_are_quarantined_restored_and_deleted_in_each_mailbox() {
    let service = service(|_| {}).await;
    let messages = vec![message("a@example.com", "u1"), message("b@example.com", "u2")];
    service.simulator.seed(Seed { messages, ..Seed::default() }).unwrap();
    let act = async |action: &str, item: Value| {
        service.post(&format!("/v3.0/response/emails/{action}"), &json!([item])).await.statuses()
    };
    let states = || service.simulator.messages().into_iter().map(|message| message.state).collect::<Vec<_>>();
    use MessageState::{Deleted, Delivered, Quarantined};
    assert_eq!(act("quarantine", json!({"messageId": "<1@example.com>"})).await, [202]);
    assert_eq!(states(), [Quarantined, Quarantined]);
    let shown = &service.simulator.tasks()[0];
    assert_eq!(shown["action"], "quarantineMessage");
    assert_eq!(shown["tasks"][1]["mailBox"], "b@example.com");
    assert_eq!(shown["tasks"][1]["status"], "succeeded");
    assert_eq!(
        act("restore", json!({"messageId": "<1@example.com>", "mailBox": "A@example.com"})).await,
        [202]
    );
    assert_eq!(states(), [Delivered, Quarantined]);
    // One mailbox refuses: the message is gone from the other.
    let plan =
        TaskPlan { target: Some("b@example.com".to_owned()), end: TaskEnd::Failed, ..TaskPlan::default() };
    service.simulator.plan(plan);
    assert_eq!(act("delete", json!({"messageId": "<1@example.com>"})).await, [202]);
    assert_eq!(states(), [Deleted, Quarantined]);
    let shown = service.simulator.tasks().pop().unwrap();
    assert_eq!(
        (&shown["status"], &shown["tasks"][1]["error"]["code"]),
        (&json!("failed"), &json!("TaskError"))
    );
    for item in [json!({"uniqueId": "u1"}), json!({"messageId": "<2@example.com>"})] {
        assert_eq!(act("delete", item).await, [400]);
    }
}

#[tokio::test]
async fn accounts_change_in_each_system_that_knows_them() {
    let service = service(|_| {}).await;
    let account = |name: &str, iam: &[Iam]| Account {
        account_name: name.to_owned(),
        iam: iam.to_vec(),
        enabled: true,
        signed_out: None,
        password_reset: None,
    };
    let accounts = vec![account("both", &[Iam::Aad, Iam::Opad]), account("local", &[Iam::Opad])];
    service.simulator.seed(Seed { accounts, ..Seed::default() }).unwrap();
    let act = async |action: &str| {
        let items = json!([{"accountName": "both"}, {"accountName": "local"}, {"accountName": "nobody"}]);
        service.post(&format!("/v3.0/response/domainAccounts/{action}"), &items).await.statuses()
    };
    assert_eq!(act("disable").await, [202, 202, 400]);
    assert!(service.simulator.accounts().iter().all(|account| !account.enabled));
    assert_eq!(act("enable").await, [202, 202, 400]);
    // Only Azure AD can sign out.
    assert_eq!(act("signOut").await, [202, 400, 400]);
    assert_eq!(act("resetPassword").await, [202, 202, 400]);
    let accounts = service.simulator.accounts();
    assert!(accounts[0].enabled && accounts[0].signed_out.is_some() && accounts[0].password_reset.is_some());
    assert!(accounts[1].signed_out.is_none());
    let tasks = service.simulator.tasks();
    let systems = |task: &Value| {
        task["tasks"].as_array().unwrap().iter().map(|part| part["iam"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (systems(&tasks[0]), systems(&tasks[4])),
        (vec![json!("AAD"), json!("OPAD")], vec![json!("AAD")])
    );
}

#[tokio::test]
async fn objects_are_blocked_when_their_task_succeeds() {
    let service = service(|_| {}).await;
    service.simulator.freeze_clock(true);
    service.simulator.plan(TaskPlan {
        action: Some("block".to_owned()),
        running_seconds: 60,
        ..TaskPlan::default()
    });
    let block = "/v3.0/response/suspiciousObjects";
    let remove = "/v3.0/response/suspiciousObjects/delete";
    let items = json!([{"ip": "198.51.100.1"}, {"domain": "bad.example", "description": "d"}]);
    assert_eq!(service.post(block, &items).await.statuses(), [202, 202]);
    assert_eq!(service.get(OBJECTS).await.json()["items"], json!([]));
    service.simulator.advance_clock(60);
    let listed = service.get(OBJECTS).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(service.simulator.suspicious_objects()[0].description.as_deref(), Some("d"));
    // What somebody added in the other way since is not removed in this one.
    assert_eq!(service.post(OBJECTS, &json!([{"ip": "198.51.100.1"}])).await.statuses(), [201]);
    assert_eq!(service.post(remove, &items).await.statuses(), [202, 202]);
    let values: Vec<_> =
        service.simulator.suspicious_objects().into_iter().map(|object| object.value).collect();
    assert_eq!(values, ["198.51.100.1"]);
    let shown = service.simulator.tasks();
    assert_eq!((&shown[0]["action"], &shown[3]["action"]), (&json!("block"), &json!("restoreBlock")));
    assert_eq!(shown[3]["domain"], "bad.example");
}

fn form(parts: &[(&str, Option<&str>, &str)]) -> Full<Bytes> {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n");
    }
    Full::from(body + "--b--\r\n")
}

#[tokio::test]
async fn scripts_are_added_listed_updated_run_and_deleted() {
    let service = service(|_| {}).await;
    let endpoints = vec![Endpoint::new("guid", "client1")];
    service.simulator.seed(Seed { endpoints, ..Seed::default() }).unwrap();
    let scripts = "/v3.0/response/customScripts";
    let send = async |method: Method, path: &str, body: Full<Bytes>| {
        let request = service.request(method, path).header("content-type", "multipart/form-data; boundary=b");
        service.send(request.body(body).unwrap()).await.unwrap()
    };
    let text = "#!/bin/sh\nexit";
    let good =
        || form(&[("fileType", None, "bash"), ("file", Some("a.sh"), text), ("description", None, "d")]);
    let added = send(Method::POST, scripts, good()).await;
    assert_eq!((added.status.as_u16(), added.body.len()), (201, 0));
    let location = added.headers["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&format!("https://{HOST}")).unwrap();
    let page = service.get(&format!("{scripts}?filter=fileType%20eq%20%27bash%27")).await.json();
    assert_eq!(page["items"][0]["fileName"], "a.sh");
    let script = service.get(path).await;
    assert_eq!(script.body, text);
    assert!(script.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    let run = json!([{"endpointName": "client1", "fileName": "a.sh", "parameter": "-x"}]);
    assert_eq!(service.post("/v3.0/response/endpoints/runScript", &run).await.statuses(), [202]);
    let shown = service.get("/v3.0/response/tasks/00000001").await.json();
    assert!(shown["resourceLocation"].is_string() && shown.get("fileSha1").is_none());
    let update = format!("{path}/update");
    let changed = form(&[("fileType", None, "powershell"), ("file", Some("b.ps1"), "exit")]);
    assert_eq!(send(Method::POST, &update, changed).await.status, 204);
    assert_eq!(service.get(path).await.body, "exit");
    for bad in [
        form(&[("file", Some("a.sh"), text)]),
        form(&[("fileType", None, "bash"), ("file", Some("a.ps1"), text)]),
        form(&[("fileType", None, "bash"), ("file", None, text)]),
        Full::from("nothing"),
    ] {
        assert_eq!(send(Method::POST, scripts, bad).await.status, 400);
    }
    assert_eq!(send(Method::DELETE, path, Full::default()).await.status, 204);
    for (method, path) in [(Method::DELETE, path), (Method::GET, path), (Method::POST, &update)] {
        assert_eq!(send(method, path, good()).await.status, 404);
    }
}

#[tokio::test]
async fn endpoints_are_found_by_query_and_filter() {
    let service = service(|_| {}).await;
    let endpoints = (0..60)
        .map(|number| Endpoint {
            ip: vec![format!("192.0.2.{number}")],
            ..Endpoint::new(
                format!("guid-{number:02}"),
                if number < 2 { "twin".to_owned() } else { format!("pc-{number}") },
            )
        })
        .collect();
    service.simulator.seed(Seed { endpoints, ..Seed::default() }).unwrap();
    let query = async |query: &str| {
        let request = service.request(Method::GET, "/v3.0/eiqs/endpoints").header("TMV1-Query", query);
        service.send(request.body(Full::default()).unwrap()).await.unwrap()
    };
    assert_eq!(service.get("/v3.0/eiqs/endpoints").await.status, 400);
    let twins = query("endpointName eq 'Twin'").await.json();
    assert_eq!(twins["items"].as_array().unwrap().len(), 2);
    assert_eq!(twins["items"][0]["endpointName"]["value"], "twin");
    assert_eq!(query("ip eq '192.0.2.7'").await.json()["items"][0]["agentGuid"], "guid-07");
    assert_eq!(query("name eq 'a'").await.status, 400);
    let first = query("osName eq 'Windows'").await.json();
    let next = first["nextLink"].as_str().unwrap().strip_prefix(&format!("https://{HOST}")).unwrap();
    // Each page asks for the query again.
    assert_eq!(service.get(next).await.status, 400);
    let request = service.request(Method::GET, next).header("TMV1-Query", "osName eq 'Windows'");
    let second = service.send(request.body(Full::default()).unwrap()).await.unwrap().json();
    assert_eq!((second["items"].as_array().unwrap().len(), second.get("nextLink")), (10, None));

    let list =
        "/v3.0/endpointSecurity/endpoints?top=10&select=agentGuid,isolationStatus&orderBy=agentGuid%20desc";
    let page = service.get_filtered(list, "osPlatform eq 'windows'").await.json();
    assert_eq!((&page["count"], &page["totalCount"]), (&json!(10), &json!(60)));
    assert_eq!(page["items"][0], json!({"agentGuid": "guid-59", "isolationStatus": "off"}));
    let missing = service.get("/v3.0/endpointSecurity/endpoints/nobody").await;
    assert_eq!((missing.status.as_u16(), &missing.json()["error"]["code"]), (404, &json!("BadRequest")));
}

#[tokio::test]
async fn each_call_needs_its_own_permission() {
    let mut service = service(|_| {}).await;
    for (method, path, permissions) in [
        (
            Method::POST,
            "/v3.0/response/endpoints/isolate",
            &[Permission::ViewTasks, Permission::IsolateEndpoint][..],
        ),
        (
            Method::POST,
            "/v3.0/response/endpoints/collectFile",
            &[Permission::ViewTasks, Permission::CollectFile],
        ),
        (Method::POST, "/v3.0/response/emails/delete", &[Permission::ViewTasks, Permission::DeleteMessages]),
        (
            Method::POST,
            "/v3.0/response/domainAccounts/signOut",
            &[Permission::ViewTasks, Permission::ManageAccounts],
        ),
        (Method::GET, "/v3.0/response/tasks", &[Permission::ViewTasks]),
        (Method::GET, "/v3.0/endpointSecurity/endpoints", &[Permission::ViewEndpoints]),
    ] {
        let all_but = |missing: usize| {
            permissions.iter().enumerate().filter(move |(place, _)| *place != missing).map(|(_, one)| *one)
        };
        let mut keys = vec![(ApiKey::new("enough").with(permissions.iter().copied()), true)];
        for missing in 0..permissions.len() {
            keys.push((ApiKey::new(format!("without-{missing}")).with(all_but(missing)), false));
        }
        for (key, is_enough) in keys {
            service.key.clone_from(&key.value);
            service.simulator.change_settings(|settings| settings.keys = vec![key]);
            let request = service.request(method.clone(), path).body(Full::from("[]")).unwrap();
            let answer = service.send(request).await.unwrap();
            assert_eq!(answer.status != 403, is_enough, "{path} {}", service.key);
        }
    }
    let answer = service.post("/v3.0/response/emails/delete", &json!([])).await;
    let expected = json!({"error": {"code": "AccessDenied", "message": "Insufficient permissions."}});
    assert_eq!(answer.json(), expected);
}
