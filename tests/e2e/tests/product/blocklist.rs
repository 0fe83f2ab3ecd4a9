//! The main job: a collection goes to the block list, and the report says what the tenant holds.

use palisade_e2e::{Palisade, Tenant};

#[test]
fn what_the_report_says_is_accepted_is_what_the_tenant_holds() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("list.txt", "Evil.example\nevil.example/path\n192.0.2.1\nnot an indicator\n")
        .go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 3);
    assert_eq!(outcome.count("rejected", "unreadable"), 1);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    assert!(tenant.blocked().contains(&("url".to_owned(), "http://evil.example/path".to_owned())));
}
