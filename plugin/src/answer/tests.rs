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
        Reading::TooLargeOnTheWay(stop) => stop.problem.code,
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
fn an_entry_with_two_statuses_is_not_accepted() {
    let body = r#"[{"status":400,"status":201},{"status":201,"\u0073tatus":400},{"status":201,"body":{"a":1,"a":2}},{"status":201}]"#;
    let expected = [(0, "failed answer-unreadable"); 3].into_iter().chain([(201, "accepted")]);
    let expected: Vec<_> = expected.map(|(status, meaning)| (status, meaning.to_owned())).collect();
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
fn an_answer_on_the_way_is_not_taken_for_the_services() {
    let bodies = [
        "",
        "Blocked by policy",
        "<html><title>Blocked</title></html>",
        r#"{"message":"Forbidden"}"#,
        r#"{"error":"denied"}"#,
        "null",
    ];
    let cases = [
        (400, "gateway-refused"),
        (401, "gateway-refused"),
        (403, "gateway-refused"),
        (407, "gateway-refused"),
        (413, "gateway-refused"),
        (429, "throttled"),
        (502, "gateway-error"),
        (503, "gateway-error"),
        (302, "unexpected-status"),
        (404, "unexpected-status"),
    ];
    for body in bodies {
        for (status, expected) in cases {
            let reading = read(status, body.as_bytes(), 2, LIST);
            assert_eq!(code(&reading), expected, "{status} {body}");
            let refused = matches!(reading, Reading::Refused(_));
            assert_eq!(refused, matches!(status, 401 | 403 | 407), "{status} {body}");
            assert_eq!(matches!(reading, Reading::TooLargeOnTheWay(_)), status == 413, "{status} {body}");
        }
    }
}

#[test]
fn an_entry_that_names_the_maximum_says_that_the_list_is_full() {
    let full = r#"{"code":"BadRequest","message":"The number of objects exceeds the MAXIMUM limit."}"#;
    let body = format!(
        r#"[{{"status":400,"body":{{"error":{full}}}}},{{"status":429,"body":{full}}},{{"status":400}}]"#
    );
    let meanings: Vec<String> = items(&body).into_iter().map(|(_, meaning)| meaning).collect();
    assert_eq!(meanings, ["failed list-full", "again throttled", "rejected service-bad-request"]);
}

#[test]
fn an_error_has_a_code_or_a_message() {
    for body in [r#"{"error":{"code":"X"}}"#, r#"{"error":{"message":"X"}}"#] {
        assert_eq!(code(&read(400, body.as_bytes(), 1, LIST)), "service-bad-request", "{body}");
        let Reading::BadRequest(problem) = read(400, body.as_bytes(), 1, LIST) else { panic!() };
        assert_eq!(problem.message, "the service answered the request with status 400 `X`");
    }
    for body in [r#"{"error":{}}"#, r#"{"error":{"code":7}}"#, r#"{"code":"X","message":"Y"}"#] {
        assert_eq!(code(&read(400, body.as_bytes(), 1, LIST)), "gateway-refused", "{body}");
    }
}

#[test]
fn a_refusal_names_what_to_check() {
    let error = br#"{"error":{"code":"X","message":"Y"}}"#;
    for (status, body, words) in [
        (401, &error[..], "the API key is complete"),
        (403, error, "Suspicious Object Management"),
        (407, b"", "the rules and the credentials of the proxy"),
        (413, b"", "the request size limit of the proxy"),
    ] {
        let stop = refusal(status, body, LIST_ROLE).unwrap();
        assert!(stop.hint.contains(words), "{status}: {}", stop.hint);
        assert_eq!(stop.problem.message, said(status, body));
    }
    for (status, body) in [(407, &error[..]), (413, error), (400, b""), (200, b""), (500, error)] {
        assert_eq!(refusal(status, body, LIST_ROLE), None, "{status}");
    }
}

#[test]
fn an_entry_without_a_status_is_named_as_such() {
    let Reading::Items(items) = read(207, b"[{}]", 1, LIST) else { panic!() };
    let Meaning::Decided(Decision::Failed(problem)) = &items[0].meaning else { panic!() };
    assert_eq!(problem.message, "the service answered the object without a status");
}

#[test]
fn a_text_is_quoted_from_its_first_word_on() {
    let text =
        [" ".repeat(crate::limits::QUOTED_BYTES), "x".repeat(10 * crate::limits::QUOTED_BYTES)].concat();
    let quoted = format!("the text `{}`", "x".repeat(crate::limits::QUOTED_BYTES));
    assert!(said(502, text.as_bytes()).ends_with(&quoted), "{}", said(502, text.as_bytes()));
}

#[test]
fn no_reason_holds_html() {
    let pages = [
        "<html>\n<head><title>503 Service\n Temporarily Unavailable</title></head><body><center>nginx</center>",
        "<!DOCTYPE html><html><body><h1>Access <b>denied</b></h1>",
        "\u{feff}  <?xml version=\"1.0\"?><Error/>",
        "<title",
        "<title><script>alert(1)</script></title>",
    ];
    let titles = [
        "an HTML page with the title `503 Service Temporarily Unavailable`",
        "an HTML page with the title `Access`",
    ];
    for (place, page) in pages.into_iter().enumerate() {
        for status in [200, 207, 302, 400, 404, 429, 500, 503] {
            let reading = read(status, page.as_bytes(), 1, LIST);
            let Reading::Failed(problem) = reading else { panic!("{status}: {reading:?}") };
            assert!(!problem.message.contains('<'), "{}", problem.message);
            let expected = titles.get(place).copied().unwrap_or("an HTML page without a title");
            assert!(problem.message.contains(expected), "{status}: {}", problem.message);
        }
    }
}

#[test]
fn an_error_page_is_named_and_a_text_cut() {
    let text = format!("broken\n{}", "x".repeat(10_000));
    let Reading::Failed(problem) = read(504, text.as_bytes(), 1, LIST) else { panic!() };
    assert!(
        problem.message.contains("`broken\u{fffd}xx") && problem.message.len() < 300,
        "{}",
        problem.message
    );
    let Reading::Failed(problem) = read(502, b"", 1, LIST) else { panic!() };
    let expected = "a proxy or a gateway, not the service, answered the request with status 502 and no text";
    assert_eq!(problem.message, expected);
}
