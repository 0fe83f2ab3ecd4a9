//! Guests that come to their end: what they did not report, the host does.

use std::collections::BTreeMap;

use palisade_e2e::Tenant;
use vision_one_simulator::{Effect, Fault};

use super::{OBJECTS, assert_ended, guest, guest_with};

#[test]
fn accepts_all() {
    let tenant = Tenant::start();
    // More than one page of the host.
    let outcome = guest_with(&tenant, "accepts-all", 1_500).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 1_500);
    assert!(tenant.received().is_empty());
}

#[test]
fn accepts_all_in_a_dry_run() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "accepts-all").argument("--dry-run").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("planned"), OBJECTS);
}

#[test]
fn reports_nothing() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "reports-nothing").go();
    assert_ended(&outcome, "no-verdict", 0);
    assert_eq!(outcome.of_run("ended"), "completed");
}

#[test]
fn reports_half() {
    let tenant = Tenant::start();
    let outcome = guest_with(&tenant, "reports-half", 1_500).go();
    assert_eq!((outcome.status, outcome.ended_with()), (4, "no-verdict".into()));
    assert_eq!(outcome.total("accepted"), 750);
    assert_eq!(outcome.count("failed", "no-verdict"), 750);
    assert!(outcome.of_run("message").contains("750 objects"), "{}", outcome.of_run("message"));
    for (object, number) in outcome.objects().iter().zip(1..) {
        assert_eq!(object.verdict == "accepted", number % 2 == 1, "{}", object.value);
    }
}

#[test]
fn floods_the_log() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "floods-the-log").argument("-vvv").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), OBJECTS);
    let report = outcome.report();
    let listed = report["warnings"].as_array().expect("warnings");
    assert_eq!(listed.len(), 100);
    assert_eq!(listed[0]["message"], "message 1 of 100000");
    // 10,000 messages are taken, and one more says how many were not.
    assert_eq!(report["warnings_not_listed"], 10_001 - 100);
    // 64 KiB of the 10 MB that it printed, beside 10,000 messages of some 100 bytes.
    assert!(outcome.stderr.len() < 3_000_000, "{} bytes", outcome.stderr.len());
}

#[test]
fn sets_the_authorization_header() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "sets-the-authorization-header").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "header-refused") as u64, OBJECTS);
    let message = &outcome.objects()[0].message;
    for way in
        ["from-list: HeaderError::Forbidden", "append: HeaderError::Forbidden", "set: HeaderError::Forbidden"]
    {
        assert!(message.contains(way), "{message}");
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn sends_a_large_body() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "sends-a-large-body").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "not-sent") as u64, OBJECTS);
    // The guest learns a code, the operator the limit.
    let warning = outcome.report()["warnings"][0].clone();
    assert_eq!(warning["fields"]["code"], "request-too-large");
    assert!(outcome.stderr.contains("1048576"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty());
}

#[test]
fn leaves_its_body_unfinished() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "leaves-its-body-unfinished").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "not-sent") as u64, OBJECTS);
    let warning = outcome.report()["warnings"][0].clone();
    assert_eq!(warning["fields"]["code"], "request-body-incomplete", "{warning}");
    assert!(tenant.received().is_empty());
}

/// The answers of a service are in the host's memory, not in the component's: they are bounded as well.
#[test]
fn keeps_every_answer() {
    let tenant = Tenant::start();
    let body = Some("x".repeat(8_000_000).into());
    tenant
        .inject(Fault::new(Effect::Status { status: 207, headers: BTreeMap::new(), body }))
        .expect("a fault");
    let outcome = guest(&tenant, "keeps-every-answer").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "kept") as u64, OBJECTS);
    // 64 MiB are held after the ninth.
    assert_eq!(tenant.posts().len(), 9);
    let message = &outcome.objects()[0].message;
    assert!(message.starts_with("9 answers, then") && message.contains("unread"), "{message}");
    let warning = outcome.report()["warnings"][0].clone();
    assert_eq!(warning["fields"]["code"], "answers-not-read", "{warning}");
}

/// What a guest finds is kept with its cursor, from which the next run continues.
#[test]
fn finds_objects() {
    let tenant = Tenant::start();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("found.jsonl");
    for runs in 0..2 {
        let outcome = guest_with(&tenant, "finds-objects", 3).argument("--found").argument(&path).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let found = outcome.report()["found"].clone();
        assert_eq!(found, serde_json::json!({ "batches": 2, "objects": 4, "gone": 1 }));
        let text = std::fs::read_to_string(&path).expect("the file");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 2 * (runs + 1));
        let about: Vec<_> = lines[2 * runs]["found"].as_array().expect("objects").iter().collect();
        assert_eq!((about.len(), &about[0]["about"]), (3, &serde_json::json!([1])));
        assert_eq!(lines[2 * runs + 1]["found"][0]["value"], format!("alert-{runs}"));
        assert_eq!(
            about[0]["attributes"][0],
            serde_json::json!({ "name": "severity", "type": "integer", "value": 3 })
        );
    }
    let outcome = guest(&tenant, "finds-objects").go();
    assert_ended(&outcome, "not-supported-here", 0);
    let dry = guest(&tenant, "finds-objects").argument("--dry-run").go();
    assert_eq!((dry.status, dry.total("planned")), (0, OBJECTS), "{}", dry.stderr);
}
