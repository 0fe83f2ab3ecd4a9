//! Protected values never reach a block list, whatever the collection says and however it spells them; on the exception list
//! they may stand.

use palisade_e2e::{Outcome, Palisade, Tenant, shared_data, threatq};

/// What the policy of these tests protects.
const POLICY: &str = "[protect]\ndomains = [\"contoso.com\"]\nnetworks = [\"9.9.9.0/24\"]\nvalues = [\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"]\n";

/// Each in the spelling of somebody who does not want it to be found.
const PROTECTED: [(&str, &str); 14] = [
    ("FQDN", "contoso.com"),
    ("FQDN", "WWW.Contoso.COM."),
    ("FQDN", "www\u{3002}contoso\u{ff0e}com"),
    ("FQDN", "\u{ff57}\u{ff57}\u{ff57}.contoso.com"),
    ("URL", "http://user@www.contoso.com:8443/x"),
    ("URL", "www.contoso.com/path"),
    ("URL", "https://%77ww.contoso.com/"),
    ("Email Address", "someone@Contoso.com"),
    ("IP Address", "9.9.9.9"),
    ("IPv6 Address", "::ffff:9.9.9.9"),
    ("URL", "http://0x09090909/"),
    ("IP Address", "10.1.2.3"),
    ("IP Address", "192.0.2.1"),
    ("SHA-1", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"),
];

fn run(tenant: &Tenant, action: &str) -> Palisade {
    let mut page = PROTECTED.to_vec();
    page.push(("FQDN", "evil.example.com"));
    Palisade::run(tenant, action).configured("").policy(POLICY).collection_of("page.json", threatq(page))
}

fn protected(outcome: &Outcome) -> Vec<String> {
    let objects = outcome.objects();
    objects.into_iter().filter(|object| object.code == "protected").map(|object| object.value).collect()
}

#[test]
fn protected_values_are_skipped_with_list_and_entry_and_never_sent() {
    let tenant = Tenant::start();
    let outcome = run(&tenant, "add-to-blocklist").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.count("skipped", "protected"), PROTECTED.len(), "{:?}", outcome.objects());
    assert_eq!(tenant.blocked(), [("domain".to_owned(), "evil.example.com".to_owned())].into());
    let message = |value: &str| {
        outcome
            .objects()
            .into_iter()
            .find(|object| object.value == value)
            .map(|object| object.message)
            .unwrap()
    };
    assert_eq!(message("contoso.com"), "it is protected by `contoso.com` of `own domains`");
    assert_eq!(message("9.9.9.9"), "it is protected by `9.9.9.0/24` of `own networks`");
    assert_eq!(message("10.1.2.3"), "it is protected by `10.0.0.0/8` of `private and reserved addresses`");
}

#[test]
fn the_exception_list_may_have_them() {
    let tenant = Tenant::start();
    let outcome = run(&tenant, "add-to-exception-list").go();
    assert!(protected(&outcome).is_empty());
    assert!(tenant.exempted().contains(&("domain".to_owned(), "contoso.com".to_owned())));
}

#[test]
fn only_the_value_that_is_spelled_out_goes_through() {
    let tenant = Tenant::start();
    let outcome = run(&tenant, "add-to-blocklist")
        .argument("--allow-protected")
        .argument("contoso.com")
        .argument("--allow-protected")
        .argument("contso.com")
        .go();
    assert!(tenant.blocked().contains(&("domain".to_owned(), "contoso.com".to_owned())));
    assert_eq!(tenant.blocked().len(), 2, "{:?}", tenant.blocked());
    assert!(outcome.stderr.contains("`contso.com` needed no exemption"), "{}", outcome.stderr);
}

#[test]
fn without_a_policy_private_addresses_are_protected_all_the_same() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("list.txt", "10.1.2.3\n127.0.0.1\n8.8.4.4\n")
        .go();
    assert_eq!(protected(&outcome), ["10.1.2.3", "127.0.0.1"]);
    assert_eq!(tenant.blocked(), [("ip".to_owned(), "8.8.4.4".to_owned())].into());
    let off = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .policy("[protect]\nprivate-addresses = false\n")
        .collection_of("list.txt", "10.1.2.3\n")
        .go();
    assert_eq!(off.total("accepted"), 1, "{}", off.stderr);
}

#[test]
fn a_compiled_warning_list_protects() {
    let tenant = Tenant::start();
    let list = r#"{"name": "Known sinkholes", "version": 3, "type": "hostname", "list": ["sinkhole.contoso.net"],
        "matching_attributes": ["domain", "hostname", "url"], "description": "x"}"#;
    let build = Palisade::verb("protect");
    let file = build.file("sinkholes.json", list);
    let compiled = build.directory().join("protected.palisade");
    let built = build.argument("build").argument("--out").argument(&compiled).argument(&file).go();
    assert_eq!(built.status, 0, "{}", built.stderr);
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .policy(&format!("[protect]\nlists = \"{}\"\n", compiled.display()))
        .collection_of("list.txt", "a.sinkhole.contoso.net\nevil.example.com\n")
        .go();
    assert_eq!(protected(&outcome), ["a.sinkhole.contoso.net"]);
    assert!(outcome.objects()[0].message.contains("`sinkhole.contoso.net` of `Known sinkholes`"));
    let gone = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .policy("[protect]\nlists = \"not-there.palisade\"\n")
        .collection_of("list.txt", "evil.example.com\n")
        .go();
    assert_eq!(gone.status, 1, "a list that is missing must not be passed over: {}", gone.stderr);
}

#[test]
fn none_of_the_known_good_values_reaches_the_block_list() {
    let Some(lists) = shared_data("warninglists") else { return };
    let Some(known_good) = shared_data("threatq/known-good.json") else { return };
    let tenant = Tenant::start();
    let build = Palisade::verb("protect");
    let compiled = build.directory().join("protected.palisade");
    let built = build.argument("build").argument("--out").argument(&compiled).argument(&lists).go();
    assert_eq!(built.status, 0, "{}", built.stderr);
    let run = |page: &[u8]| {
        Palisade::run(&tenant, "add-to-blocklist")
            .configured("")
            .policy(&format!("[protect]\nlists = \"{}\"\n", compiled.display()))
            .collection_of("page.json", page)
            .go()
    };
    let page = std::fs::read_to_string(known_good).unwrap();
    // What ThreatQ has whitelisted is left out before anything else is asked.
    let outcome = run(page.as_bytes());
    assert_eq!(outcome.report()["collection"]["left_out"][0]["code"], "allowed", "{}", outcome.stderr);
    assert_eq!(outcome.report()["collection"]["left_out"][0]["count"], 1_853);
    assert_eq!(outcome.total("offered"), 0);
    let outcome = run(page.replace("Whitelisted", "Active").as_bytes());
    assert_eq!(outcome.count("skipped", "protected"), 1_853, "{}", outcome.stderr);
    assert!(tenant.blocked().is_empty());
}
