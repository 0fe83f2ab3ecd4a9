//! `palisade collection`: what the readers see, and every record that could not be read.

use palisade_e2e::{Palisade, shared_data};
use serde_json::{Value, json};

const LIST: &str =
    "evil.example.com\n192.31.196.1\nnot an indicator\nDA39A3EE5E6B4B0D3255BFEF95601890AFD80709\nword\n";

#[test]
fn counts_by_type_and_every_record_that_could_not_be_read() {
    let call = Palisade::verb("collection");
    call.file("list.txt", LIST);
    let outcome = call.argument("list.txt").go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
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
        .argument("--output")
        .argument("json")
        .go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
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
