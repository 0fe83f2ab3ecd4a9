//! Tests of reading answers.

use super::*;

const LIST: &str = "block list";

fn code(reading: &Reading) -> &'static str {
    match reading {
        Reading::Items(_) => "items",
        Reading::Refused(stop) => stop.problem.code,
        Reading::TooLarge(problem)
        | Reading::BadRequest(problem)
        | Reading::OverMaximum(problem)
        | Reading::Failed(problem) => problem.code,
    }
}

fn items(body: &str) -> Vec<(u16, String)> {
    let value: Vec<Value> = serde_json::from_str(body).unwrap();
    let Reading::Items(items) = read(207, body.as_bytes(), value.len(), LIST) else {
        panic!("not read: {body}")
    };
    items
        .into_iter()
        .map(|item| {
            let meaning = match item.meaning {
                Meaning::Decided(Decision::Accepted) => "accepted".to_owned(),
                Meaning::Decided(Decision::Rejected(problem)) => format!("rejected {}", problem.code),
                Meaning::Decided(Decision::Failed(problem)) => format!("failed {}", problem.code),
                Meaning::Decided(other) => format!("{other:?}"),
                Meaning::Again(problem) => format!("again {}", problem.code),
            };
            (item.status, meaning)
        })
        .collect()
}

#[test]
fn each_entry_is_read_by_itself() {
    let body = r#"[{"status":201},{"status":400,"body":{"error":{"code":"BadRequest","message":"Bad request","number":4000102}}},
        {"status":403},{"status":404},{"status":429},{"status":500},{"status":503},{"status":302},{}]"#;
    let expected = [
        (201, "accepted"),
        (400, "rejected service-bad-request"),
        (403, "rejected service-access-denied"),
        (404, "rejected service-not-found"),
        (429, "again throttled"),
        (500, "again service-error"),
        (503, "again service-error"),
        (302, "failed unexpected-status"),
        (0, "failed unexpected-status"),
    ];
    let expected: Vec<(u16, String)> = expected.map(|(status, meaning)| (status, meaning.to_owned())).into();
    assert_eq!(items(body), expected);
}

#[test]
fn entries_of_another_shape_decide_nothing_about_the_others() {
    let body = r#"[{"status":201,"body":"fine"},{"status":"201"},7,null,{"status":400,"body":{"code":"X","message":"Y"}},{"status":99999}]"#;
    let meanings: Vec<String> = items(body).into_iter().map(|(_, meaning)| meaning).collect();
    assert_eq!(
        meanings,
        [
            "accepted",
            "failed unexpected-status",
            "failed unexpected-status",
            "failed unexpected-status",
            "rejected service-bad-request",
            "failed unexpected-status"
        ]
    );
}

#[test]
fn the_services_words_are_quoted() {
    let body = br#"[{"status":400,"body":{"error":{"code":"BadRequest","message":"Bad request"}}}]"#;
    let Reading::Items(items) = read(207, body, 1, LIST) else { panic!() };
    let Meaning::Decided(Decision::Rejected(problem)) = &items[0].meaning else { panic!() };
    assert_eq!(problem.message, "the service answered the object with status 400 `BadRequest` `Bad request`");
}

#[test]
fn an_answer_of_another_length_is_not_guessed() {
    assert_eq!(code(&read(207, br#"[{"status":201}]"#, 2, LIST)), "answer-mismatch");
    assert_eq!(code(&read(207, br#"[{"status":201},{"status":201}]"#, 1, LIST)), "answer-mismatch");
    assert_eq!(code(&read(207, b"[]", 1, LIST)), "answer-mismatch");
}

#[test]
fn an_answer_that_is_no_array_is_unreadable() {
    for body in ["", "{}", "<html>", "[{\"status\":201}", "null", r#"{"status":201}"#] {
        assert_eq!(code(&read(207, body.as_bytes(), 1, LIST)), "answer-unreadable", "{body}");
        assert_eq!(code(&read(200, body.as_bytes(), 1, LIST)), "answer-unreadable", "{body}");
    }
    assert_eq!(code(&read(207, b"[\xff]", 1, LIST)), "answer-unreadable");
    assert_eq!(code(&read(201, br#"[{"status":201}]"#, 1, LIST)), "items");
}

#[test]
fn whole_answers_by_status() {
    let error = br#"{"error":{"code":"X","message":"Y"}}"#;
    let cases = [
        (400, "service-bad-request"),
        (401, "credential-refused"),
        (403, "access-denied"),
        (413, "too-large"),
        (429, "throttled"),
        (500, "service-error"),
        (504, "service-error"),
        (202, "unexpected-status"),
        (301, "unexpected-status"),
        (404, "unexpected-status"),
        (405, "unexpected-status"),
    ];
    for (status, expected) in cases {
        let reading = read(status, error, 2, LIST);
        assert_eq!(code(&reading), expected, "{status}");
        assert_eq!(matches!(reading, Reading::Refused(_)), matches!(status, 401 | 403), "{status}");
    }
    let full =
        br#"{"error":{"code":"BadRequest","message":"The number of objects exceeds the maximum limit"}}"#;
    assert!(matches!(read(400, full, 2, LIST), Reading::OverMaximum(_)));
}

#[test]
fn an_error_page_is_quoted_and_cut() {
    let page = format!("<html>\n{}", "x".repeat(10_000));
    let Reading::Failed(problem) = read(504, page.as_bytes(), 1, LIST) else { panic!() };
    assert!(problem.message.contains("`<html>") && problem.message.len() < 300);
    let Reading::Failed(problem) = read(502, b"", 1, LIST) else { panic!() };
    assert_eq!(problem.message, "the service answered the request with status 502 and no text");
}
