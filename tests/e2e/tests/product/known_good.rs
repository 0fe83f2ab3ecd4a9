//! The other list: what is known to be good goes to the exception list, in its own, smaller requests and without the
//! fields that it refuses.

use std::collections::BTreeSet;

use palisade_e2e::{Palisade, Tenant, shared_data, threatq, threatq_page};
use serde_json::json;

use crate::expected::{self, Fate};

/// The fields of which an exception has exactly one.
const IDENTIFIERS: [&str; 6] = ["url", "domain", "ip", "senderMailAddress", "fileSha1", "fileSha256"];

/// What must hold of every request to the exception list.
fn assert_requests(tenant: &Tenant) {
    for post in tenant.posts() {
        assert_eq!(post.path, "/v3.0/threatintel/suspiciousObjectExceptions");
        let items = post.json().unwrap();
        let items = items.as_array().unwrap();
        assert!((1..=100).contains(&items.len()), "{} items", items.len());
        for item in items {
            let names: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
            let identifiers = names.iter().filter(|name| IDENTIFIERS.contains(name)).count();
            let others =
                names.iter().filter(|name| !IDENTIFIERS.contains(name) && **name != "description").count();
            assert_eq!((identifiers, others), (1, 0), "{item}");
        }
    }
}

#[test]
fn the_exception_list_holds_value_by_value_what_it_should() {
    let Some(file) = shared_data("threatq/known-good.json") else { return };
    let objects = expected::objects(&file);
    assert_eq!(objects.len(), 1_853);
    let fates: Vec<Fate> = objects.iter().map(|object| expected::fate(object, "http")).collect();
    let rejected = fates.iter().filter(|fate| matches!(fate, Fate::Rejected(_))).count();

    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-exception-list").configured("").collection(&file).go();

    assert_requests(&tenant);
    let expected: BTreeSet<expected::Entry> = expected::list(&objects).into_keys().collect();
    let held = tenant.exempted();
    let missing: Vec<_> = expected.difference(&held).collect();
    let surplus: Vec<_> = held.difference(&expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:?}\nsurplus: {surplus:?}");
    assert!(tenant.blocked().is_empty());

    // One value of the file is a single label, which would exempt a whole top-level domain.
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!((rejected, outcome.count("rejected", "not-a-full-domain")), (1, 1));
    assert_eq!(outcome.object("barclays").verdict, "rejected");
    assert_eq!(outcome.count("skipped", "type-not-accepted"), 1);
    assert_eq!(outcome.total("offered"), 1_853);
    assert_eq!(outcome.total("accepted"), 1_851);
    assert_eq!(outcome.accepted_submissions(), held);
}

#[test]
fn only_an_identifier_and_a_description_are_sent() {
    let tenant = Tenant::start();
    let page = threatq_page([
        json!({"type": {"name": "FQDN"}, "value": "good.example.com", "score": 9, "description": "ours"}),
        json!({"type": {"name": "IP Address"}, "value": "192.31.196.1", "score": {"generated_score": "3.00"}}),
    ]);
    // A file may hold what the other action needs.
    let outcome = Palisade::run(&tenant, "add-to-exception-list")
        .configured("risk_level: high\nscan_action: block\nioc_expiration: never\n")
        .collection_of("page.json", page)
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(
        tenant.items(),
        [json!({"domain": "good.example.com", "description": "ours"}), json!({"ip": "192.31.196.1"})]
    );
    assert_eq!(tenant.exceptions()[0].description.as_deref(), Some("ours"));
}

#[test]
fn two_hundred_and_one_exceptions_are_three_requests() {
    let tenant = Tenant::start();
    let names: Vec<String> = (0..201).map(|number| format!("good-{number}.example.com")).collect();
    let page = threatq(names.iter().map(|name| ("FQDN", name.as_str())));
    let outcome =
        Palisade::run(&tenant, "add-to-exception-list").configured("").collection_of("page.json", page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_requests(&tenant);
    let mut sizes: Vec<usize> =
        tenant.posts().iter().map(|post| post.json().unwrap().as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 100, 100]);
    assert_eq!(tenant.exempted().len(), 201);
}

#[test]
fn a_wildcard_domain_is_an_exception_and_never_blocked() {
    let page = threatq([("FQDN", "*.Good.example.com"), ("FQDN", "plain.example.com")]);

    let tenant = Tenant::start();
    let outcome =
        Palisade::run(&tenant, "add-to-exception-list").configured("").collection_of("page.json", &page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let held =
        ["*.good.example.com", "plain.example.com"].map(|value| ("domain".to_owned(), value.to_owned()));
    assert_eq!(tenant.exempted(), BTreeSet::from(held));

    let tenant = Tenant::start();
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("page.json", &page).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let object = outcome.object("*.Good.example.com");
    assert_eq!((object.verdict.as_str(), object.code.as_str()), ("rejected", "wildcard-not-accepted"));
    assert_eq!(tenant.blocked(), BTreeSet::from([("domain".to_owned(), "plain.example.com".to_owned())]));
}
