//! Answers with status 207 or 200 that do not say what became of each object. Success is never guessed: the objects are failed,
//! whatever the service did with them, and nothing is sent again, because the same would come back.

use std::collections::BTreeMap;

use vision_one_simulator::{Effect, Fault};

use super::{OBJECTS, assert_every, block, statuses, tenant_with, tenant_with_fault};

#[test]
fn one_that_is_no_json() {
    let tenant = tenant_with(Effect::MalformedJson);
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "answer-unreadable");
    assert_eq!(statuses(&tenant), [Some(207)]);
    assert_eq!(tenant.blocked().len() as u64, OBJECTS, "the service has them, and only it knows");
}

#[test]
fn one_of_a_proxy_that_wants_a_login() {
    let body = Some("<html>please log in</html>".into());
    let tenant = tenant_with(Effect::Status { status: 200, headers: BTreeMap::new(), body });
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "answer-unreadable");
    assert!(tenant.blocked().is_empty());
}

#[test]
fn one_that_is_too_short_or_too_long() {
    for effect in [
        Effect::MissingItems { count: 1 },
        Effect::MissingItems { count: 12 },
        Effect::ExtraItems { count: 1 },
    ] {
        let tenant = tenant_with_fault(Fault::new(effect));
        let outcome = block(&tenant).go();
        assert_eq!(outcome.status, 3);
        assert_every(&outcome, "failed", "answer-mismatch");
        assert!(outcome.objects()[0].message.contains("12 objects"), "{}", outcome.objects()[0].message);
        assert_eq!(statuses(&tenant), [Some(207)]);
        assert_eq!(tenant.blocked().len() as u64, OBJECTS);
        assert!(outcome.accepted_submissions().is_empty());
    }
}

#[test]
fn one_with_entries_of_another_shape() {
    let entries = serde_json::Value::from_iter((0..OBJECTS).map(|number| match number {
        0 => serde_json::json!({"status": 201}),
        1 => serde_json::json!({}),
        2 => serde_json::json!("created"),
        3 => serde_json::json!({"status": "201"}),
        4 => serde_json::json!({"status": 302}),
        _ => serde_json::json!({"status": 201, "body": {"extra": true}}),
    }));
    let tenant = tenant_with(Effect::Status { status: 207, headers: BTreeMap::new(), body: Some(entries) });
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_eq!(outcome.count("failed", "unexpected-status"), 4, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), OBJECTS - 4);
    let failed = ["d0002.example", "d0003.example", "d0004.example", "d0005.example"];
    assert!(failed.iter().all(|value| outcome.object(value).verdict == "failed"));
}

#[test]
fn one_with_a_status_that_nobody_expects() {
    for status in [204, 302, 404, 418] {
        let tenant = tenant_with_fault(Fault::status(status));
        let outcome = block(&tenant).go();
        assert_eq!(outcome.status, 3, "{status}: {}", outcome.stderr);
        assert_every(&outcome, "failed", "unexpected-status");
        assert_eq!(statuses(&tenant), [Some(status)], "no redirect is followed, nothing is repeated");
        assert!(tenant.blocked().is_empty());
    }
}
