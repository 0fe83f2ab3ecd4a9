//! Objects that become the same submission are sent once, and both get the verdict.

use palisade_e2e::{Palisade, Tenant, threatq, threatq_page};
use serde_json::json;
use vision_one_simulator::Fault;

#[test]
fn the_same_submission_goes_out_once_and_the_later_one_says_of_which_it_is_a_duplicate() {
    let page = threatq([
        ("FQDN", "evil.example.com"),
        ("FQDN", "EVIL.Example.com."),
        ("URL", "evil.example.com/a"),
        ("URL", "http://evil.example.com/a"),
        ("URL", "https://evil.example.com/a"),
        ("SHA-1", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"),
        ("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("IPv6 Address", "2620:4F:0:0::1"),
        ("IP Address", "2620:4f::1"),
    ]);
    let tenant = Tenant::start();
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("page.json", page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 9);
    assert_eq!(tenant.items().len(), 5);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    let originals: Vec<Option<u64>> = outcome
        .objects()
        .iter()
        .map(|object| object.entry["submissions"][0]["duplicate_of"].as_u64())
        .collect();
    assert_eq!(originals, [None, Some(1), None, Some(3), None, None, Some(6), None, Some(8)]);
    let object = outcome.object("EVIL.Example.com.");
    assert_eq!(object.message, "duplicate of object 1, submitted once");
}

#[test]
fn with_both_schemes_only_the_half_that_is_new_goes_out() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("url_scheme: both\n")
        .collection_of(
            "page.json",
            threatq([("URL", "https://evil.example.com/a"), ("URL", "evil.example.com/a")]),
        )
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.items().len(), 2);
    let object = outcome.object("evil.example.com/a");
    assert_eq!(object.submitted.len(), 2);
    for submission in object.entry["submissions"].as_array().unwrap() {
        let is_https = submission["value"].as_str().unwrap().starts_with("https");
        assert_eq!(submission["duplicate_of"].as_u64(), is_https.then_some(1), "{submission}");
    }
}

#[test]
fn a_duplicate_shares_the_refusal() {
    let tenant = Tenant::start();
    tenant.inject(Fault::items(400, ["evil.example.com"])).unwrap();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq([("FQDN", "evil.example.com"), ("FQDN", "Evil.example.com")]))
        .go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.total("rejected"), 2);
    assert_eq!(tenant.items().len(), 1);
    assert!(tenant.blocked().is_empty());
}

#[test]
fn a_duplicate_far_behind_its_original_is_found() {
    let mut names: Vec<String> = (0..2_500).map(|number| format!("evil-{number}.example.com")).collect();
    names.push("EVIL-0.example.com".to_owned());
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq(names.iter().map(|name| ("FQDN", name.as_str()))))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!((outcome.total("accepted"), tenant.items().len()), (2_501, 2_500));
    assert_eq!(outcome.object("EVIL-0.example.com").entry["submissions"][0]["duplicate_of"], 1);
}

#[test]
fn what_differs_besides_the_value_is_that_of_the_first() {
    let page = threatq_page([
        json!({"type": {"name": "FQDN"}, "value": "evil.example.com", "score": 10, "description": "first"}),
        json!({"type": {"name": "FQDN"}, "value": "evil.example.com", "score": 1, "description": "second"}),
    ]);
    let tenant = Tenant::start();
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("page.json", page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let item = tenant.item("evil.example.com");
    assert_eq!((&item["riskLevel"], &item["description"]), (&json!("high"), &json!("first")));
}
