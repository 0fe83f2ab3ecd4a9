//! IPv6 addresses, beyond the guide's six types: canonical text, one address, no range.

use std::collections::BTreeSet;

use palisade_e2e::{Palisade, Tenant, threatq};

#[test]
fn addresses_are_sent_in_canonical_text() {
    let page = threatq([
        ("IPv6 Address", "2620:004F:0000:0000:0008:0800:200C:417A"),
        ("IPv6 Address", "2620:4f:0:0:1::1"),
        ("IP Address", "2620:4F::5"),
        ("IP Address", "192.31.196.1"),
    ]);
    for action in ["add-to-blocklist", "add-to-exception-list"] {
        let tenant = Tenant::start();
        let outcome = Palisade::run(&tenant, action).configured("").collection_of("page.json", &page).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let expected: BTreeSet<_> =
            ["2620:4f::8:800:200c:417a", "2620:4f::1:0:0:1", "2620:4f::5", "192.31.196.1"]
                .map(|address| ("ip".to_owned(), address.to_owned()))
                .into();
        assert_eq!(outcome.accepted_submissions(), expected);
        assert_eq!(if action == "add-to-blocklist" { tenant.blocked() } else { tenant.exempted() }, expected);
    }
}

#[test]
fn what_is_not_one_address_is_rejected_and_not_sent() {
    let values = [
        "2620:4f::/32",
        "2620:4f::1-2620:4f::9",
        "fe80::1%eth0",
        "2620:4f::1::2",
        "192.31.196.0/24",
        "192.31.196.1-192.31.196.9",
        "192.0.02.1",
    ];
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .policy("[protect]\nprivate-addresses = false\n")
        .collection_of("page.json", threatq(values.map(|value| ("IPv6 Address", value))))
        .go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "invalid-address"), values.len());
    assert!(tenant.received().is_empty());
}
