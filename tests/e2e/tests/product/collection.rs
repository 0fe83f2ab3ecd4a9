//! `palisade collection`: what the readers see, and every record that could not be read.

use palisade_e2e::{Palisade, shared_data};
use serde_json::{Value, json};

const LIST: &str =
    "evil.example.com\n192.31.196.1\nnot an indicator\nDA39A3EE5E6B4B0D3255BFEF95601890AFD80709\nword\n";

#[test]
fn counts_by_type_and_every_record_that_could_not_be_read() {
    let call = Palisade::verb("collection");
    call.file("list.txt", LIST);
    let outcome = call.argument("list.txt").argument("--format").argument("text").go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (3, ""));
    insta::assert_snapshot!(outcome.stdout, @"
      list.txt  text  3 objects

    by type
      FQDN        1
      IP Address  1
      SHA-1       1

    unreadable (2)
      list.txt line 3  expected a domain, address, URL, e-mail address or hash, found `not`
      list.txt line 5  expected a domain, address, URL, e-mail address or hash, found `word`

    3 objects in all
    ");
}

#[test]
fn as_json() {
    let call = Palisade::verb("collection");
    call.file("list.txt", LIST);
    let outcome = call
        .argument("list.txt")
        .argument("-")
        .input("a.example.com\n")
        .argument("--format")
        .argument("text")
        .argument("--output")
        .argument("json")
        .go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (3, ""));
    let seen: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(seen["by_subtype"], json!({"FQDN": 2, "IP Address": 1, "SHA-1": 1}));
    assert_eq!(seen["files"][0]["unreadable"], 2);
    assert_eq!(seen["files"][1]["name"], "-");
    let places: Vec<&str> = seen["unreadable"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["location"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["line 3", "line 5"]);
}

#[test]
fn very_many_unreadable_records_are_counted_and_the_first_listed() {
    let list: String =
        (0..1_500).map(|number| format!("evil{number}.example.com\nnot an indicator\n")).collect();
    let seen = |arguments: &[&str]| {
        let call = Palisade::verb("collection");
        call.file("list.txt", &list);
        let format = call.argument("list.txt").argument("--format").argument("text");
        arguments.iter().fold(format, |call, argument| call.argument(argument)).go()
    };
    let outcome = seen(&[]);
    assert_eq!(outcome.status, 3);
    assert!(outcome.stdout.contains("unreadable (1,500)") && outcome.stdout.contains("and 1,450 more"));
    assert!(outcome.stdout.lines().count() < 100);
    let seen: Value = serde_json::from_str(&seen(&["--output", "json"]).stdout).unwrap();
    assert_eq!(seen["unreadable"].as_array().unwrap().len(), 1_000);
    assert_eq!(seen["unreadable_not_listed"], 500);
}

#[test]
fn what_is_left_out_or_warned_of_is_a_problem_under_strict() {
    let indicator = |field: &str| {
        format!(
            r#"{{"type":"bundle","objects":[{{"type":"indicator","pattern":"[domain-name:value = 'a.example']"{field}}}]}}"#
        )
    };
    let bit = indicator("").replace("a.example", "a.bit");
    for (bundle, strict) in [(indicator(""), 0), (indicator(r#","revoked":true"#), 3), (bit, 3)] {
        for (option, status) in [(None, 0), (Some("--strict"), strict)] {
            let call = Palisade::verb("collection");
            call.file("bundle.json", &bundle);
            let call = call.argument("bundle.json");
            let outcome = option.into_iter().fold(call, |call, option| call.argument(option)).go();
            assert_eq!(outcome.status, status, "{bundle} {option:?}: {}", outcome.stdout);
        }
    }
}

/// `value,type` and one domain, compressed by gzip.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x4b, 0xcc, 0x29, 0x4d, 0xd5, 0x29,
    0xa9, 0x2c, 0x48, 0xe5, 0x4a, 0xd4, 0x4b, 0xad, 0x48, 0xcc, 0x2d, 0xc8, 0x49, 0xd5, 0x4b, 0xce, 0xcf,
    0xd5, 0x49, 0xc9, 0xcf, 0x4d, 0xcc, 0xcc, 0xe3, 0x02, 0x00, 0x14, 0x95, 0xca, 0xf8, 0x20, 0x00, 0x00,
    0x00,
];

#[test]
fn compressed_standard_input_is_read() {
    let outcome = Palisade::verb("collection").argument("-").input(GZIP).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("-  csv  1 object"), "{}", outcome.stdout);
    let cut = Palisade::verb("collection").argument("-").input(&GZIP[..30]).go();
    assert_eq!(cut.status, 1);
    assert!(cut.stderr.contains("error[collection-packed]"), "{}", cut.stderr);
}

#[test]
fn the_real_collection() {
    let Some(file) = shared_data("threatq/prioritised-iocs.json") else { return };
    let outcome = Palisade::verb("collection").argument(file).argument("--output").argument("json").go();
    let seen: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        seen["by_subtype"],
        json!({
            "SHA-1": 1742, "SHA-256": 1742, "IP Address": 1400, "FQDN": 1400, "URL": 487, "MD5": 42,
            "Email Address": 29, "CIDR Block": 2, "Filename": 2, "IPv6 Address": 1,
        })
    );
    assert_eq!(seen["by_status"], json!({"Active": 6776, "Expired": 71}));
    assert_eq!(seen["unreadable"], json!([]));
}

#[test]
fn the_real_broken_event_is_an_error_with_its_line() {
    let Some(file) = shared_data("eset/invalid-trailing-comma.misp-event.json") else { return };
    let outcome = Palisade::verb("collection").argument(file).go();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.contains("line 37374,"), "{}", outcome.stderr);
}
