//! Whole JSON files, as text.

use crate::emitter::Emitter;
use crate::threatq::ThreatQ;
use crate::{ReadError, Source, read};
use palisade_model::{Format, Location, Record, Summary};

fn read_as(text: &str, format: Option<Format>) -> (Vec<Record>, Result<Summary, ReadError>) {
    let mut records = Vec::new();
    let source = Source::reader("file.json", std::io::Cursor::new(text.to_owned()));
    let result = read(source, format, &mut |record| records.push(record));
    (records, result)
}

/// What each record became and where it stands: `evil.com@$.data[0]`, `!@$.data[1]`, `deleted@…`.
fn shown(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| match record {
            Record::Object(object) => format!("{}@{}", object.value, object.location),
            Record::Unreadable(bad) => format!("!@{}", bad.location),
            Record::LeftOut(left) => format!("{}@{}", left.code, left.location),
        })
        .collect()
}

fn found(text: &str) -> Vec<String> {
    let (records, result) = read_as(text, None);
    result.unwrap();
    shown(&records)
}

const A: &str = r#"{"id":1,"value":"a.example","type":{"name":"FQDN"}}"#;
const B: &str = r#"{"id":2,"value":"b.example","type":{"name":"FQDN"}}"#;

#[test]
fn threatq_is_read_in_all_its_shapes() {
    for (text, expected) in [
        (format!(r#"{{"total":2,"data":[{A},{B}]}}"#), ["a.example@$.data[0]", "b.example@$.data[1]"]),
        (
            format!(r#"{{"data":[{A},{B}],"x":{{"data":[1]}},"total":2}}"#),
            ["a.example@$.data[0]", "b.example@$.data[1]"],
        ),
        (
            format!(r#"[{{"total":2,"data":[{A}]}},{{"total":2,"data":[{B}]}}]"#),
            ["a.example@$[0].data[0]", "b.example@$[1].data[0]"],
        ),
        (format!("[{A},\n{B}]"), ["a.example@$[0]", "b.example@$[1]"]),
        (format!("{A}\n\n{B}\r\n"), ["a.example@line 1", "b.example@line 3"]),
        (
            format!("{{\"data\":[{A}]}}\n{{\"data\":[{B}]}}"),
            ["a.example@line 1, $.data[0]", "b.example@line 2, $.data[0]"],
        ),
        (format!("\u{feff}{{\"data\":[{A},{B}]}}"), ["a.example@$.data[0]", "b.example@$.data[1]"]),
    ] {
        assert_eq!(found(&text), expected, "{text}");
    }
    assert_eq!(found(&format!(r#"{{"data":{A}}}"#)), ["a.example@$.data"]);
}

#[test]
fn announced_and_seen_are_both_known() {
    let (_, result) = read_as(&format!(r#"{{"data":[{A}],"total":25}}"#), None);
    let summary = result.unwrap();
    assert_eq!((summary.total_announced, summary.seen(), summary.missing()), (Some(25), 1, 24));
}

#[test]
fn misp_is_read_in_all_its_shapes() {
    let attribute = r#"{"type":"domain","value":"a.example","to_ids":true}"#;
    let event = format!(
        r#"{{"info":"x","Object":[{{"name":"o","Attribute":[{attribute}]}}],"Attribute":[{attribute}]}}"#
    );
    let inside = ["Object[0].Attribute[0]", "Attribute[0]"];
    for (text, path) in [
        (format!(r#"{{"Event":{event}}}"#), "$.Event."),
        (format!(r#"{{"response":[{{"Event":{event}}}]}}"#), "$.response[0].Event."),
        (format!(r#"[{{"Event":{event}}}]"#), "$[0].Event."),
        (event.clone(), "$."),
        (format!("{{\"Event\":{event}}}\n{{\"Event\":{{\"Attribute\":[]}}}}"), "line 1, $.Event."),
    ] {
        let expected: Vec<_> = inside.iter().map(|inside| format!("a.example@{path}{inside}")).collect();
        assert_eq!(found(&text), expected, "{text}");
    }
}

#[test]
fn a_deleted_misp_object_or_event_is_left_out_with_all_its_attributes() {
    let attribute = |value: &str| format!(r#"{{"type":"domain","value":"{value}","to_ids":true}}"#);
    let (a, b, c) = (attribute("a.example"), attribute("b.example"), attribute("c.example"));
    for (text, expected) in [
        (
            format!(
                r#"{{"Event":{{"Attribute":[{a}],"Object":[{{"deleted":true,"Attribute":[{b}]}},{{"Attribute":[{c}]}}]}}}}"#
            ),
            ["a.example", "deleted", "c.example"],
        ),
        (
            format!(
                r#"{{"Event":{{"Attribute":[{a}],"Object":[{{"Attribute":[{b}],"deleted":"1"}},{{"deleted":false,"Attribute":[{c}]}}]}}}}"#
            ),
            ["a.example", "deleted", "c.example"],
        ),
        (
            format!(
                r#"[{{"Event":{{"Attribute":[{a}],"Object":[{{"Attribute":[{b}]}}],"deleted":1}}}},{{"Event":{{"Attribute":[{c}]}}}}]"#
            ),
            ["deleted", "deleted", "c.example"],
        ),
        (
            format!(
                "{{\"Event\":{{\"deleted\":true,\"Attribute\":[{a}]}}}}\n{{\"Event\":{{\"Attribute\":[{b},{c}]}}}}\n"
            ),
            ["deleted", "b.example", "c.example"],
        ),
    ] {
        let values: Vec<_> =
            found(&text).iter().map(|one| one.split('@').next().unwrap().to_owned()).collect();
        assert_eq!(values, expected, "{text}");
    }
}

#[test]
fn stix_is_read_and_the_rest_of_a_bundle_is_left_out() {
    let text = r#"{"type":"bundle","objects":[{"type":"malware"},
        {"type":"indicator","pattern":"[url:value IN ('http://a.example','http://b.example')]"},
        {"type":"indicator","pattern":"[url:value LIKE '%']"}]}"#;
    assert_eq!(
        found(text),
        [
            "not-an-indicator@$.objects[0]",
            "http://a.example@$.objects[1]",
            "http://b.example@$.objects[1]",
            "!@$.objects[2]"
        ]
    );
}

#[test]
fn one_bad_record_does_not_end_the_file() {
    let text = format!(r#"{{"data":[1,"x",null,{{"value":5}},{{"value":"\ud800","type":"x"}},{B}]}}"#);
    assert_eq!(
        found(&text),
        ["!@$.data[0]", "!@$.data[1]", "!@$.data[2]", "!@$.data[3]", "!@$.data[4]", "b.example@$.data[5]"]
    );
    assert_eq!(found(&format!("[{A},7]")), ["a.example@$[0]", "!@$[1]"]);
    assert_eq!(found(r#"{"Event":{"Attribute":"none"}}"#), ["!@$.Event.Attribute"]);
    assert_eq!(found(r#"{"Event":{"Attribute":null}}"#), [""; 0]);
}

#[test]
fn a_bad_line_of_json_lines_is_one_bad_record() {
    let text = format!("{A}\n{{\"value\": oops}}\n{A} trailing\n{{\"value\":\n[1]\n{B}\n");
    let (records, result) = read_as(&text, None);
    result.unwrap();
    assert_eq!(
        shown(&records),
        [
            "a.example@line 1",
            "!@line 2",
            "a.example@line 3",
            "!@line 3",
            "!@line 4",
            "!@line 5, $[0]",
            "b.example@line 6"
        ]
    );
    let Record::Unreadable(bad) = &records[1] else { panic!() };
    assert!(bad.message.contains("expected a value, found `o`"), "{}", bad.message);
    assert_eq!(bad.excerpt, "{\"value\": oops}");
}

#[test]
fn long_first_lines_are_json_lines_all_the_same() {
    let padding = "x".repeat(usize::try_from(palisade_limits::SNIFF_BYTES).unwrap());
    let text = format!("{{\"total\":1,\"data\":[{A}],\"y\":\"{padding}\"}}\n{{\"data\":[{B}]}}\n");
    assert_eq!(found(&text), ["a.example@line 1, $.data[0]", "b.example@line 2, $.data[0]"]);
}

#[test]
fn faults_of_syntax_name_the_line_and_what_was_expected() {
    for (text, line, column, named) in [
        (format!("{{\"data\":[\n{A},\n]}}"), 3, 1, "another element after the comma, found `]`"),
        (format!("{{\"data\":[\n{A}\n{B}]}}"), 3, 1, "expected `,` or `]`, found `{`"),
        ("{\"data\":[],\n\"x\":[1,]}".to_owned(), 2, 8, "another element after the comma, found `]`"),
        ("{\"data\":[],\n\"x\":1,\n}".to_owned(), 3, 1, "after the comma, found `}`"),
        ("{\"data\":[],\nx:1}".to_owned(), 2, 1, "a key in double quotes, found `x`"),
        ("{\"data\":[\n{\"a\":tru}]}".to_owned(), 2, 9, "`true`, `false` or `null`"),
        ("\n\n{\"data\":[\n]}\n{\"data\":[]}".to_owned(), 5, 1, "expected the end of the file, found `{`"),
    ] {
        let (_, result) = read_as(&text, Some(Format::ThreatQ));
        match result.unwrap_err() {
            ReadError::Syntax { name, line: at, column: at_column, message, .. } => {
                assert_eq!((name.as_str(), at, at_column), ("file.json", line, column), "{text}: {message}");
                assert!(message.contains(named), "{text}: {message}");
            }
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn a_document_that_is_cut_off_is_an_error() {
    for text in [format!("{{\"data\":[{A},"), "{\"data\":[{\"value\":\"a".to_owned(), "{\"data\"".to_owned()]
    {
        let (_, result) = read_as(&text, Some(Format::ThreatQ));
        assert_eq!(result.unwrap_err().code(), "collection-json-truncated", "{text}");
    }
}

#[test]
fn a_record_beyond_all_size_is_one_bad_record() {
    // The meter looks at the limit once in 64 KiB.
    let padding = "x".repeat(usize::try_from(palisade_limits::RECORD_BYTES).unwrap() + 128 * 1024);
    let large = format!(r#"{{"value":"{padding}","type":"FQDN"}}"#);
    assert_eq!(
        found(&format!(r#"{{"data":[{A},{large},{B}]}}"#)),
        ["a.example@$.data[0]", "!@$.data[1]", "b.example@$.data[2]"]
    );
    assert_eq!(found(&format!("{A}\n{large}\n{B}")), ["a.example@line 1", "!@line 2", "b.example@line 3"]);
}

#[test]
fn a_document_too_large_to_be_held_is_streamed_and_gives_the_same() {
    let padding = "x".repeat(usize::try_from(palisade_limits::RECORD_BYTES).unwrap() + 128 * 1024);
    let large = format!(r#"{{"value":"{padding}","type":"FQDN"}}"#);

    let streamed = |text: &str| {
        let mut records = Vec::new();
        let mut sink = |record| records.push(record);
        let mut emitter = Emitter::new("file.json".to_owned(), Format::ThreatQ, &mut sink);
        let result = super::read(
            0,
            &ThreatQ { now: time::OffsetDateTime::UNIX_EPOCH },
            text.as_bytes(),
            false,
            &mut emitter,
        );
        (shown(&records), result.map_err(|error| error.to_string()))
    };
    for text in [
        format!(r#"{{"data":[{A},{B},7],"total":2}}"#),
        format!("[{{\"data\":[{A}]}},\n{B}]\n\n"),
        format!("{{\"data\":[\n{A},\n]}}"),
        format!("{{\"data\":[\n{A}\n{B}]}}"),
        "{\"data\":[],\n\"x\":[1,]}".to_owned(),
        "{\"data\":[],\nx:1}".to_owned(),
        "{\"data\":[\n]}\n{\"data\":[]}".to_owned(),
        format!("{{\"data\":[{A},"),
        r#"{"objects":[]}"#.to_owned(),
        // A form feed is no white space of JSON.
        format!("\x0C{{\"data\":[{A}]}}"),
        format!("{{\"data\":[{A}]}}\x0C"),
    ] {
        let (records, result) = read_as(&text, Some(Format::ThreatQ));
        let held = (shown(&records), result.map(|_| ()).map_err(|error| error.to_string()));
        assert_eq!(streamed(&text), held, "{text}");
    }
    // What is passed over may be of any size; what would have to be held may not.
    let (records, result) = streamed(&format!(r#"{{"x":"{padding}{padding}","data":[{A},{large},{B}]}}"#));
    assert_eq!(records, ["a.example@$.data[0]"]);
    assert!(result.unwrap_err().contains("the record at $.data[1] is larger"));
    assert_eq!(
        streamed(&format!("{{\"data\":[{A}]}}\n{{\"data\":[{B}]}}\n")).0,
        ["a.example@$.data[0]", "b.example@line 2, $.data[0]"]
    );
}

#[test]
fn a_form_feed_is_no_white_space_of_json() {
    let (_, result) = read_as(&format!("\x0C{{\"data\":[{A}]}}"), Some(Format::ThreatQ));
    assert_eq!(result.unwrap_err().code(), "collection-json-invalid");
    let (records, result) = read_as(&format!("{A}\n\x0C\n{B}\n"), Some(Format::ThreatQ));
    assert_eq!(shown(&records), ["a.example@line 1", "!@line 2", "b.example@line 3"]);
    assert!(result.is_ok());
}

#[test]
fn a_file_of_another_kind_says_so() {
    let (_, result) = read_as(r#"{"objects":[]}"#, Some(Format::Misp));
    let error = result.unwrap_err();
    assert!(error.to_string().contains("`Event`"), "{error}");
}

#[test]
fn the_same_file_gives_the_same_records_read_from_one_byte_at_a_time() {
    struct Slow(std::io::Cursor<Vec<u8>>);
    impl std::io::Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }
    let text = format!("{{\"data\":[{A},{B}]}}");
    let mut records = Vec::new();
    let source = Source::reader("x", Slow(std::io::Cursor::new(text.clone().into_bytes())));
    read(source, None, &mut |record| records.push(record)).unwrap();
    assert_eq!(shown(&records), found(&text));
    assert!(
        matches!(&records[0], Record::Object(object) if object.location == Location::Path("$.data[0]".to_owned()))
    );
}
