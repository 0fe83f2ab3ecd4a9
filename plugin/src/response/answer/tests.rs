use serde_json::json;

use super::*;

fn isolate() -> &'static ResponseAction {
    ResponseAction::find("isolate-endpoint").unwrap()
}

fn meaning(entry: Value) -> (u16, String) {
    let ResponseReading::Commands(mut answers) =
        read(207, json!([entry]).to_string().as_bytes(), 1, isolate())
    else {
        panic!("not read")
    };
    let answer = answers.remove(0);
    let meaning = match answer.meaning {
        CommandMeaning::Accepted(task) => format!("accepted {}", task.as_str()),
        CommandMeaning::Again(problem) => format!("again {}", problem.code),
        CommandMeaning::Rejected(problem) => format!("rejected {}", problem.code),
        CommandMeaning::Failed(problem) => format!("failed {}", problem.code),
    };
    (answer.status, meaning)
}

fn location(address: &str) -> Value {
    json!([{ "name": "Operation-Location", "value": address }])
}

#[test]
fn a_command_that_was_taken_has_a_task_whatever_the_path_before_it() {
    for address in [
        "https://api.xdr.trendmicro.com/v3.0/xdr/response/tasks/00000001",
        "https://api.xdr.trendmicro.com/v3.0/response/tasks/00000001",
        "/v3.0/response/tasks/00000001",
    ] {
        let entry = json!({ "status": 202, "headers": location(address) });
        assert_eq!(meaning(entry), (202, "accepted 00000001".to_owned()));
    }
    for address in ["", "https://x/", "https://x/../..", "https://x/1?x=2", "https://x/%2e"] {
        let entry = json!({ "status": 202, "headers": location(address) });
        assert_eq!(meaning(entry), (202, "failed answer-without-task".to_owned()), "{address}");
    }
}

/// The table of the API's item errors.
#[test]
fn every_item_error_has_its_verdict_and_quotes_the_service() {
    for (status, code, message, expected) in [
        (
            400,
            "NotSupported",
            "Action not supported. Install or upgrade the agent program on the target endpoint.",
            "rejected action-not-supported",
        ),
        (
            400,
            "BadRequest",
            "Invalid request - Required fields not found: endpointName.",
            "rejected service-bad-request",
        ),
        (
            400,
            "BadRequest",
            "Invalid request - Invalid field format: agentGuid.",
            "rejected service-bad-request",
        ),
        (400, "BadRequest", "Target not found.", "rejected target-not-found"),
        (400, "TaskError", "Task duplication.", "failed task-error"),
        (403, "AccessDenied", "Insufficient permissions.", "rejected service-access-denied"),
        (403, "AccessDenied", "Feature disabled.", "rejected service-access-denied"),
        (404, "NotFound", "Not found.", "rejected service-not-found"),
        (429, "TooManyRequests", "Too many.", "again throttled"),
        (500, "InternalServerError", "Internal server error.", "failed service-error"),
        (0, "", "", "failed unexpected-status"),
    ] {
        let body = json!({ "error": { "code": code, "message": message } });
        assert_eq!(meaning(json!({ "status": status, "body": body })).1, expected);
    }
    let entry = json!([{ "status": 400, "body": { "error": { "code": "BadRequest", "message": "Target not found." } } }]);
    let ResponseReading::Commands(answers) = read(207, entry.to_string().as_bytes(), 1, isolate()) else {
        panic!("not read")
    };
    let CommandMeaning::Rejected(problem) = &answers[0].meaning else { panic!("not rejected") };
    assert!(problem.message.contains("`Target not found.`"), "{}", problem.message);
}

#[test]
fn the_running_task_of_a_doubled_command_is_adopted() {
    let body = json!({ "error": { "code": "TaskError", "message": "Task duplication." } });
    let entry =
        json!({ "status": 400, "body": body, "headers": location("https://x/v3.0/response/tasks/7") });
    assert_eq!(meaning(entry), (400, "accepted 7".to_owned()));
}

#[test]
fn an_answer_that_does_not_match_its_request_leaves_the_commands_unknown() {
    for (status, body) in [(207, "[]"), (207, "{"), (207, "<html>"), (500, ""), (504, "<html>"), (301, "")] {
        let reading = read(status, body.as_bytes(), 1, isolate());
        assert!(matches!(reading, ResponseReading::Unknown(_)), "{status} {body} {reading:?}");
    }
}

#[test]
fn a_key_without_the_permission_is_told_which_one() {
    let body =
        json!({ "error": { "code": "AccessDenied", "message": "Insufficient permissions." } }).to_string();
    let ResponseReading::Refused(stop) = read(403, body.as_bytes(), 1, isolate()) else {
        panic!("not refused")
    };
    assert_eq!(stop.problem.code, "access-denied");
    assert!(stop.hint.contains("`Isolate endpoint`"), "{}", stop.hint);
}
