//! 401 and 403: no request of the run can succeed, so it stops, and says what to look at.

use palisade_e2e::{Palisade, Tenant, domains};
use vision_one_simulator::{ApiKey, Fault, KeyStatus, Settings};

use super::{assert_every, block, statuses};

/// A tenant whose only key is one that cannot be used for this.
fn tenant_with_key(change: impl FnOnce(&mut ApiKey)) -> Tenant {
    let mut key = ApiKey::new("key-of-the-test");
    change(&mut key);
    Tenant::with(Settings { keys: vec![key], ..Settings::default() })
}

#[test]
fn a_key_that_the_service_does_not_take_stops_the_run() {
    let tenant = tenant_with_key(|key| key.status = KeyStatus::Expired);
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 4);
    assert_eq!(
        (outcome.of_run("ended"), outcome.ended_with()),
        ("stopped".into(), "credential-refused".into())
    );
    assert_every(&outcome, "failed", "credential-refused");
    assert_eq!(statuses(&tenant), [Some(401)], "a refused key is not tried again");
    assert!(tenant.blocked().is_empty());
    assert!(outcome.stderr.contains("stopped[credential-refused]"), "{}", outcome.stderr);
    for words in ["API key", "enabled", "expired", "region"] {
        assert!(outcome.of_run("hint").contains(words), "{}", outcome.stderr);
    }
}

#[test]
fn a_key_of_another_region_stops_the_run() {
    let tenant = tenant_with_key(|key| key.hosts = vec!["api.eu.xdr.trendmicro.com".to_owned()]);
    let outcome = block(&tenant).go();
    assert_eq!((outcome.status, outcome.ended_with()), (4, "credential-refused".into()));
    assert_eq!(statuses(&tenant), [Some(401)]);
    assert_every(&outcome, "failed", "credential-refused");
}

#[test]
fn a_role_that_lacks_the_right_stops_the_run_and_is_named() {
    let tenant = tenant_with_key(|key| {
        key.permissions.remove(&vision_one_simulator::Permission::ManageSuspiciousObjects);
    });
    let outcome = block(&tenant).go();
    assert_eq!((outcome.status, outcome.ended_with()), (4, "access-denied".into()));
    assert_every(&outcome, "failed", "access-denied");
    for words in ["role", "Suspicious Object Management", "Manage lists and configure settings"] {
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
    }
    assert_eq!(statuses(&tenant), [Some(403)], "a refused role is not tried again");
    assert!(tenant.blocked().is_empty());
}

/// Several requests are under way when one of them is refused: what the others achieved is told as it is.
#[test]
fn what_was_under_way_when_the_key_was_refused_is_counted() {
    let tenant = Tenant::start();
    tenant.inject(Fault::status(401).after(1).times(1)).expect("a fault");
    // Of eight requests in flight the others answer; further ones are not sent.
    let outcome = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(2_000))
        .go();
    assert_eq!((outcome.status, outcome.ended_with()), (4, "credential-refused".into()));
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
    assert!(!tenant.exempted().is_empty());
    assert_eq!(outcome.total("accepted") + outcome.total("failed"), 2_000);
    assert_eq!(outcome.total("failed") as usize, outcome.count("failed", "credential-refused"));
    assert!(tenant.posts().len() < 20, "it was not stopped: {} requests", tenant.posts().len());
}
