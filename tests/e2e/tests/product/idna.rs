//! Names beyond ASCII go out as A-labels, in domains, URLs and mail addresses.

use std::collections::BTreeSet;

use palisade_e2e::{Palisade, Tenant, threatq};

#[test]
fn names_become_a_labels_and_paths_stay_as_they_are() {
    let page = threatq([
        ("FQDN", "BÜCHER.example"),
        ("FQDN", "пример.рф"),
        ("FQDN", "ｅｖｉｌ．example.com"),
        ("URL", "http://Bücher.example/Straße?q=ü"),
        ("URL", "bücher.example/a"),
        ("Email Address", "Jörg@bücher.example"),
        ("Email Address", "bad@Bücher.Example"),
    ]);
    let tenant = Tenant::start();
    // Whether the service takes letters beyond ASCII in a path or before an `@` is not stated anywhere.
    tenant.change_settings(|settings| settings.rules.value_syntax = false);
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("page.json", page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let expected: BTreeSet<_> = [
        ("domain", "xn--bcher-kva.example"),
        ("domain", "xn--e1afmkfd.xn--p1ai"),
        ("domain", "evil.example.com"),
        ("url", "http://xn--bcher-kva.example/Straße?q=ü"),
        ("url", "http://xn--bcher-kva.example/a"),
        ("senderMailAddress", "Jörg@xn--bcher-kva.example"),
        ("senderMailAddress", "bad@xn--bcher-kva.example"),
    ]
    .map(|(field, value)| (field.to_owned(), value.to_owned()))
    .into();
    assert_eq!(tenant.blocked(), expected);
    assert_eq!(outcome.accepted_submissions(), expected);
}

#[test]
fn what_is_no_name_is_rejected_and_not_sent() {
    let tenant = Tenant::start();
    let values = ["xn--a.example", "evil..example.com", "two words.com", "-", "192.31.196.1"];
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", threatq(values.map(|value| ("FQDN", value))))
        .go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.total("rejected"), values.len() as u64);
    assert!(tenant.received().is_empty());
}
