use serde_json::json;

use super::*;

fn task(fields: Value) -> Task {
    let mut all = json!({ "id": "00000001", "createdDateTime": "2026-01-31T12:00:00Z" });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Task::read(all).unwrap()
}

fn meaning(action: &str, fields: Value) -> String {
    match task(fields).meaning(ResponseAction::find(action).unwrap(), b"state") {
        TaskMeaning::Waits(problem) => format!("waits {}", problem.code),
        TaskMeaning::Succeeded { download } => format!("succeeded {}", usize::from(download.is_some())),
        TaskMeaning::Rejected(problem) => format!("rejected {}", problem.code),
        TaskMeaning::Failed(problem) => format!("failed {}", problem.code),
    }
}

#[test]
fn every_status_has_its_meaning_and_only_ended_ones_are_final() {
    for (status, expected) in [
        ("queued", "waits queued"),
        ("running", "waits running"),
        ("pendingApproval", "waits approval-at-service"),
        ("succeeded", "succeeded 0"),
        ("failed", "failed task-failed"),
        ("rejected", "rejected approval-denied"),
        ("canceled", "failed task-canceled"),
        ("paused", "waits unknown-status"),
        ("", "waits unknown-status"),
    ] {
        assert_eq!(meaning("isolate-endpoint", json!({ "status": status })), expected);
    }
}

#[test]
fn a_failed_task_quotes_its_error_wherever_it_stands() {
    let error = json!({ "code": "TaskError", "number": 4_009_999, "message": "The agent is offline." });
    let isolate = ResponseAction::find("isolate-endpoint").unwrap();
    for fields in [
        json!({ "status": "failed", "error": error }),
        json!({ "status": "failed", "tasks": [{ "status": "failed", "error": error }] }),
    ] {
        let TaskMeaning::Failed(problem) = task(fields).meaning(isolate, b"") else { panic!("not failed") };
        assert!(problem.message.contains("`The agent is offline.`"), "{}", problem.message);
    }
}

#[test]
fn a_task_that_succeeded_for_some_targets_only_has_not_succeeded() {
    let tasks = json!([{ "status": "succeeded" }, { "status": "failed" }]);
    let fields = json!({ "status": "succeeded", "tasks": tasks });
    assert_eq!(meaning("delete-message", fields), "failed task-partly-failed");
    let fields = json!({ "status": "succeeded", "tasks": [{ "status": "succeeded" }] });
    assert_eq!(meaning("delete-message", fields), "succeeded 0");
}

#[test]
fn a_collected_file_is_a_download_and_without_one_the_task_waits() {
    assert_eq!(meaning("collect-file", json!({ "status": "succeeded" })), "waits file-not-ready");
    let fields = json!({
        "status": "succeeded",
        "resourceLocation": "https://api.xdr.trendmicro.com/x.zip",
        "expiredDateTime": "2026-01-31T13:00:00Z",
        "password": "secret",
        "fileSha256": "ab",
        "fileSize": 12,
    });
    let collected = task(fields);
    let collect = ResponseAction::find("collect-file").unwrap();
    let TaskMeaning::Succeeded { download: Some(download) } = collected.meaning(collect, b"state") else {
        panic!("no download")
    };
    assert_eq!(download.url, "https://api.xdr.trendmicro.com/x.zip");
    assert_eq!(download.expires, Some(1_769_864_400_000));
    assert_eq!((download.password.as_deref(), download.renew.as_slice()), (Some("secret"), &b"state"[..]));
    let names: Vec<_> = collected.outputs().iter().map(|output| output.name).collect();
    assert_eq!(names, ["taskId", "status", "fileSha256", "fileSize"]);
}

#[test]
fn both_forms_of_ids_are_ids_and_nothing_that_leads_elsewhere_is() {
    for id in ["00000001", "RM-20231124-00001", "1"] {
        assert!(TaskId::read(id).is_some(), "{id}");
    }
    for id in ["", "..", "a/b", "a'b", "a b", "a%2fb", &"1".repeat(37)] {
        assert_eq!(TaskId::read(id), None, "{id}");
    }
}
