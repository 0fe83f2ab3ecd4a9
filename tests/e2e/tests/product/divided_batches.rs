//! Requests that the service refuses as a whole, because of their size or because of one object in them: they are divided until
//! every object has its own answer.

use std::collections::BTreeMap;

use palisade_e2e::{Outcome, Palisade, Tenant, domains};
use vision_one_simulator::{Effect, Fault, Settings};

const OBJECTS: usize = 40;

fn block(tenant: &Tenant) -> Outcome {
    Palisade::run(tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(OBJECTS))
        .go()
}

fn tenant(change: impl FnOnce(&mut Settings)) -> Tenant {
    let mut settings = Settings::default();
    change(&mut settings);
    Tenant::with(settings)
}

fn assert_all_accepted(tenant: &Tenant, outcome: &Outcome) {
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), OBJECTS as u64);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    assert_eq!(outcome.traffic("requests"), tenant.posts().len() as f64);
}

#[test]
fn a_request_that_is_too_large_is_halved_until_it_fits() {
    for too_large_is_json in [true, false] {
        let tenant = tenant(|settings| {
            settings.limits.body_bytes = 700;
            settings.rules.too_large_is_json = too_large_is_json;
        });
        let outcome = block(&tenant);
        assert_all_accepted(&tenant, &outcome);
        let (refused, taken): (Vec<_>, Vec<_>) =
            tenant.posts().into_iter().partition(|post| post.status == Some(413));
        assert!(!refused.is_empty());
        assert!(refused.iter().all(|post| post.body.len() > 700));
        assert!(taken.iter().all(|post| post.body.len() <= 700 && post.status == Some(207)));
    }
}

#[test]
fn an_object_that_is_too_large_by_itself_is_rejected() {
    let tenant = Tenant::start();
    tenant.inject(Fault::status(413).holding(["d0017.example"])).expect("a fault");
    let outcome = block(&tenant);
    assert_only_culprits(&tenant, &outcome, &["d0017.example"], "too-large");
}

#[test]
fn a_refused_request_is_divided_until_the_culprit_stands_alone() {
    let tenant = Tenant::start();
    tenant.inject(Fault::status(400).holding(["d0017.example"])).expect("a fault");
    let outcome = block(&tenant);
    assert_only_culprits(&tenant, &outcome, &["d0017.example"], "service-bad-request");
    // Two for each of the six times that 40 objects can be halved, and the first one.
    assert!(tenant.posts().len() <= 13, "{} requests", tenant.posts().len());
}

#[test]
fn every_culprit_is_found() {
    let culprits = ["d0001.example", "d0002.example", "d0020.example", "d0040.example"];
    let body = serde_json::json!({"error": {"code": "BadRequest", "message": "One of them is a bad one"}});
    let effect = Effect::Status { status: 400, headers: BTreeMap::new(), body: Some(body) };
    let tenant = Tenant::start();
    tenant.inject(Fault::new(effect).holding(culprits)).expect("a fault");
    let outcome = block(&tenant);
    assert_only_culprits(&tenant, &outcome, &culprits, "service-bad-request");
    assert!(outcome.object(culprits[0]).message.contains("One of them is a bad one"));
}

/// Only these are rejected, with this code and the service's status; all others are on the list.
fn assert_only_culprits(tenant: &Tenant, outcome: &Outcome, culprits: &[&str], code: &str) {
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let accepted = OBJECTS - culprits.len();
    assert_eq!(outcome.total("accepted"), accepted as u64);
    assert_eq!(outcome.count("rejected", code), culprits.len());
    for culprit in culprits {
        assert_eq!(outcome.object(culprit).code, code);
        let alone = tenant.posts().into_iter().any(|post| {
            let items = post.json().expect("JSON");
            items.as_array().is_some_and(|items| items.len() == 1) && items[0]["domain"] == *culprit
        });
        assert!(alone, "`{culprit}` was rejected without a request of its own");
    }
    assert_eq!(tenant.blocked().len(), accepted);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
}

#[test]
fn a_smaller_maximum_is_learnt_from_the_service() {
    let tenant = tenant(|settings| settings.limits.suspicious_objects_per_request = 7);
    let outcome = block(&tenant);
    assert_all_accepted(&tenant, &outcome);
    let sizes: Vec<(Option<u16>, usize)> = tenant
        .posts()
        .iter()
        .map(|post| (post.status, post.json().expect("JSON").as_array().expect("an array").len()))
        .collect();
    assert!(sizes.iter().all(|(status, size)| *size <= 7 || *status == Some(400)), "{sizes:?}");
    // One of 40, two of 20 and four of 10 may be under way before the first of 5.
    assert!(sizes.iter().filter(|(status, _)| *status == Some(400)).count() <= 7, "{sizes:?}");
}

#[test]
fn the_smaller_maximum_of_the_exception_list_is_learnt_too() {
    let tenant = tenant(|settings| settings.limits.exceptions_per_request = 30);
    let outcome = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(350))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.exempted().len(), 350);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
}
