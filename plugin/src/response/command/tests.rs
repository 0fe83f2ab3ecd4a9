use serde_json::json;

use super::*;
use crate::contract::Object;

fn offered(kind: &str, subtype: &str, value: &str, attributes: &[(&str, &str)]) -> Offered {
    let object = Object {
        key: 1,
        kind: kind.to_owned(),
        subtype: subtype.to_owned(),
        value: value.to_owned(),
        ..Object::default()
    };
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Offered { object, attributes: attributes.collect(), ..Offered::default() }
}

fn made(action: &str, settings: &ResponseSettings, offered: &Offered) -> Result<Value, String> {
    match command(ResponseAction::find(action).unwrap(), settings, offered) {
        Ok(command) => Ok(Value::Object(command.body)),
        Err(Verdict::Skipped(problem) | Verdict::Rejected(problem)) => Err(problem.code.to_owned()),
        Err(other) => Err(format!("{other:?}")),
    }
}

const GUID: &str = "35fa11da-a24e-40cf-8b56-baf8828cc15e";

#[test]
fn an_endpoint_is_its_agent_if_that_is_known_and_its_name_if_not() {
    let none = ResponseSettings::default();
    let by_attribute = offered("Asset", "Endpoint", "client1", &[("agentGuid", GUID)]);
    let by_value = offered("Asset", "Endpoint", GUID, &[]);
    let mut by_id = offered("Asset", "Endpoint", "client1", &[]);
    by_id.object.id = Some(GUID.to_owned());
    for given in [by_attribute, by_value, by_id] {
        assert_eq!(made("isolate-endpoint", &none, &given), Ok(json!({ "agentGuid": GUID })));
    }
    let named = offered("Asset", "Endpoint", " client1 ", &[]);
    assert_eq!(made("isolate-endpoint", &none, &named), Ok(json!({ "endpointName": "client1" })));
}

#[test]
fn a_command_for_nothing_or_for_something_else_is_not_made() {
    let none = ResponseSettings::default();
    let long = "x".repeat(256);
    for (action, given, code) in [
        ("isolate-endpoint", offered("Indicator", "FQDN", "client1", &[]), "type-not-accepted"),
        ("isolate-endpoint", offered("Asset", "Endpoint", "  ", &[]), "detail-missing"),
        ("isolate-endpoint", offered("Asset", "Endpoint", "a' or 'b", &[]), "invalid-endpoint-name"),
        ("isolate-endpoint", offered("Asset", "Endpoint", "a\u{0}b", &[]), "invalid-endpoint-name"),
        ("isolate-endpoint", offered("Asset", "Endpoint", &long, &[]), "too-long"),
        ("isolate-endpoint", offered("Asset", "Endpoint", "a", &[("agentGuid", "1")]), "invalid-agent-guid"),
        ("collect-file", offered("Asset", "Endpoint", "a", &[]), "detail-missing"),
        ("terminate-process", offered("Asset", "Endpoint", "a", &[]), "process-id-missing"),
        ("terminate-process", offered("Asset", "Endpoint", "a", &[("processId", "0")]), "process-id-missing"),
        ("terminate-process", offered("Asset", "Endpoint", "a", &[("processId", "x")]), "invalid-process-id"),
        (
            "terminate-process",
            offered("Asset", "Endpoint", "a", &[("processId", "4")]),
            "process-file-missing",
        ),
        ("run-custom-script", offered("Asset", "Endpoint", "a", &[]), "detail-missing"),
        (
            "quarantine-message",
            offered("Email Message", "Mailbox Message", "A subject", &[]),
            "detail-missing",
        ),
        ("delete-message", offered("Indicator", "Email Address", "a@example.com", &[]), "type-not-accepted"),
        ("disable-account", offered("Identity", "Account", "", &[]), "detail-missing"),
        (
            "add-to-response-blocklist",
            offered("Indicator", "URL", "example.com/x", &[]),
            "url-without-scheme",
        ),
        ("add-to-response-blocklist", offered("Indicator", "MD5", "x", &[]), "type-not-accepted"),
    ] {
        assert_eq!(made(action, &none, &given), Err(code.to_owned()), "{action} {given:?}");
    }
}

#[test]
fn an_attribute_of_the_object_takes_precedence_over_a_setting() {
    let settings = ResponseSettings { file_path: Some("/etc/hosts".to_owned()), ..Default::default() };
    let plain = offered("Asset", "Endpoint", "a", &[]);
    let with_path = offered("Asset", "Endpoint", "a", &[("filePath", "/tmp/dump")]);
    let path = offered("File", "Endpoint Path", "/tmp/own", &[("endpointName", "a")]);
    for (given, expected) in [(plain, "/etc/hosts"), (with_path, "/tmp/dump"), (path, "/tmp/own")] {
        let expected = json!({ "endpointName": "a", "filePath": expected });
        assert_eq!(made("collect-file", &settings, &given), Ok(expected));
    }
}

#[test]
fn a_process_is_named_by_its_number_and_its_file() {
    let settings = ResponseSettings { process_id: Some(7), ..Default::default() };
    let given = offered("Process", "Endpoint Process", "a.exe", &[("endpointName", "c"), ("fileSha1", "ab")]);
    assert_eq!(
        made("terminate-process", &settings, &given),
        Ok(json!({ "endpointName": "c", "processId": 7, "fileName": "a.exe", "fileSha1": "ab" }))
    );
}

#[test]
fn a_message_is_found_in_one_mailbox_or_by_its_unique_id_alone() {
    let none = ResponseSettings::default();
    let unique = [("uniqueId", "u"), ("messageId", "m"), ("mailBox", "a@example.com")];
    for (attributes, expected) in [
        (&unique[..], json!({ "uniqueId": "u" })),
        (&unique[1..], json!({ "messageId": "m", "mailBox": "a@example.com" })),
        (&[][..], json!({ "messageId": "<1@example.com>" })),
    ] {
        let given = offered("Email Message", "Mailbox Message", "<1@example.com>", attributes);
        assert_eq!(made("delete-message", &none, &given), Ok(expected));
    }
}

#[test]
fn the_key_of_an_object_is_found_in_the_description_of_its_task_and_no_other_is() {
    let settings = ResponseSettings { description: Some("case [7]".to_owned()), ..Default::default() };
    for mark in [None, Some("palisade:w1")] {
        let text = description(&settings, mark, "ab12");
        assert!(is_described_by(&text, "ab12"), "{text}");
        assert!(!is_described_by(&text, "ab1") && !is_described_by(&text, "7"), "{text}");
    }
    assert!(!is_described_by("no key", ""));
}

#[test]
fn a_long_description_keeps_its_key() {
    let settings = ResponseSettings { description: Some("ä".repeat(30_000)), ..Default::default() };
    let text = description(&settings, None, "ab12");
    assert!(is_described_by(&text, "ab12") && text.chars().count() < 20_480);
}
