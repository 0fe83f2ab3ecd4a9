//! Requests to the block list have at most 1,000 items and at most 900,000 bytes.

use palisade_e2e::{Palisade, Tenant, threatq, threatq_page};
use serde_json::json;

fn sizes(tenant: &Tenant) -> Vec<usize> {
    let mut sizes: Vec<usize> =
        tenant.posts().iter().map(|post| post.json().unwrap().as_array().unwrap().len()).collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn two_thousand_and_one_objects_are_three_requests() {
    let names: Vec<String> = (0..2_001).map(|number| format!("evil-{number}.example.com")).collect();
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq(names.iter().map(|name| ("FQDN", name.as_str()))))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(sizes(&tenant), [1, 1_000, 1_000]);
    assert_eq!(tenant.blocked().len(), 2_001);
}

#[test]
fn long_descriptions_make_smaller_requests_that_stay_below_the_limit_of_bytes() {
    // 1,200 letters of two bytes each: cut to 1,000 characters, which are 2,000 bytes.
    let description = "é".repeat(1_200);
    let object = |number: usize| json!({"type": {"name": "FQDN"}, "value": format!("evil-{number}.example.com"), "description": description});
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq_page((0..1_000).map(object)))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.blocked().len(), 1_000);
    let largest = tenant.posts().iter().map(|post| post.body.len()).max().unwrap();
    assert!(largest <= 900_000, "{largest} bytes");
    // Not needlessly small either: what fits into three requests is not sent in more.
    assert_eq!(sizes(&tenant).len(), 3, "{:?}", sizes(&tenant));
    for held in tenant.suspicious_objects() {
        assert_eq!(held.description.unwrap().chars().count(), 1_000);
    }
}

#[test]
fn a_description_that_needs_escapes_counts_as_what_is_sent() {
    // Each of these characters takes six bytes in JSON.
    let description = "\u{1}".repeat(1_000);
    let object = |number: usize| json!({"type": {"name": "FQDN"}, "value": format!("evil-{number}.example.com"), "description": description});
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq_page((0..200).map(object)))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.blocked().len(), 200);
    assert!(tenant.posts().iter().all(|post| post.body.len() <= 900_000));
}
