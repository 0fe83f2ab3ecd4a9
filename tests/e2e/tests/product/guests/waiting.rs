//! Guests that wait for the service: each activation has a new instance, and asking again changes nothing.

use palisade_e2e::Tenant;

use super::{OBJECTS, assert_ended, guest};

#[test]
fn waits_twice() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "waits-twice").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), OBJECTS);
}

#[test]
fn waits_in_a_dry_run() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "waits-twice").argument("--dry-run").go();
    assert_ended(&outcome, "contract-wrong-verdict", 0);
}

#[test]
fn waits_without_end() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "waits-without-end").argument("--deadline").argument("3").go();
    assert_eq!((outcome.status, outcome.ended_with().as_str()), (4, "deadline"), "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "still-waiting") as u64, OBJECTS);
}

#[test]
fn keeps_too_large_a_state() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "keeps-too-large-a-state").go();
    assert_ended(&outcome, "contract-state-too-large", 0);
}

#[test]
fn changes_while_resuming() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "changes-while-resuming").go();
    assert_eq!(
        (outcome.status, outcome.ended_with().as_str()),
        (4, "request-not-granted"),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.total("failed"), OBJECTS);
    assert!(tenant.received().is_empty());
}
