//! Whatever spelling the Vision One component turns into a protected submission, the check has caught before.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable, clippy::unwrap_used)]

use std::collections::BTreeSet;

use palisade_protect::{Own, Protection};
use palisade_vision_one::normalise::url::Address;
use palisade_vision_one::normalise::{Wildcards, address, domain, hash, mail, url};
use proptest::prelude::*;

/// What the component would submit for a value.
fn submitted(subtype: &str, value: &str) -> Vec<String> {
    let value = value.trim();
    let mut all = Vec::new();
    for wildcards in [Wildcards::Refused, Wildcards::Accepted] {
        match subtype {
            "FQDN" => all.extend(domain::normalise(value, wildcards).map(|name| name.into_owned())),
            "IP Address" => all.extend(address::normalise(value)),
            "Email Address" => all.extend(mail::normalise(value).map(|address| address.into_owned())),
            "SHA-1" => all.extend(hash::normalise(value, 40).map(|hash| hash.into_owned())),
            "URL" => match url::normalise(value, wildcards) {
                Ok(Address::Complete(text)) => all.push(text.into_owned()),
                Ok(Address::SchemeMissing(rest)) => {
                    for scheme in ["http", "https"] {
                        all.extend(url::with_scheme(scheme, &rest).map(|text| text.into_owned()));
                    }
                }
                Err(_) => {}
            },
            _ => unreachable!("{subtype}"),
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn protection(own: Own) -> Protection {
    Protection::new(own, None, BTreeSet::new()).unwrap()
}

fn none() -> Own {
    Own { private_addresses: false, special_use_names: false, example_names: false, ..Own::default() }
}

/// `contoso.test` as somebody may write it.
fn name() -> impl Strategy<Value = String> {
    let letters: Vec<_> = "contoso.test"
        .chars()
        .map(|letter| {
            let wide = char::from_u32(u32::from(letter) + 0xfee0).unwrap();
            let mut spellings =
                vec![letter.to_string(), letter.to_ascii_uppercase().to_string(), wide.to_string()];
            if letter == '.' {
                spellings.extend(["。".to_owned(), "｡".to_owned(), "%2e".to_owned()]);
            } else {
                spellings.extend([format!("%{:02x}", u32::from(letter)), format!("{letter}\u{ad}")]);
            }
            // Mostly plain: a name in which every letter is odd is refused for its percent signs.
            prop_oneof![8 => Just(letter.to_string()), 1 => prop::sample::select(spellings)]
        })
        .collect();
    let before =
        prop::sample::select(vec!["", "", "www.", "*.", "a.B.", "bücher.", "-x_.", "xn--bcher-kva."]);
    let after = prop::sample::select(vec!["", "", "", ".", "。"]);
    (before, letters, after).prop_map(|(before, letters, after)| [before, &letters.concat(), after].concat())
}

fn spaced(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec!["", "", " ", "\t", "\r\n", "\u{a0}", "\u{3000}"]);
    (blank.clone(), value, blank).prop_map(|(before, value, after)| [before, &value, after].concat())
}

fn url_of(host: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let scheme =
        prop::sample::select(vec!["http://", "HTTPS://", "", "//", "ftp://", "x+y://", "http:", "http:\\\\"]);
    let user = prop::sample::select(vec!["", "", "", "u:p@", "a@b@", "evil.net/@", "evil.net\\@"]);
    let port = prop::sample::select(vec!["", "", ":80", ":", ":65535"]);
    let tail =
        prop::sample::select(vec!["", "/", "/a/../b?c#d", "?q=http://evil.net/", "#x", "\\x", "/*", "/é"]);
    (scheme, user, host, port, tail)
        .prop_map(|(scheme, user, host, port, tail)| [scheme, user, &host, port, tail].concat())
}

/// 10.1.2.3 and [::ffff:10.1.2.3] as somebody may write them.
fn numeric_host() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "10.1.2.3",
        "10.1.515",
        "10.66051",
        "167838211",
        "0xa010203",
        "0x0A.1.2.3",
        "012.1.2.3",
        "1200401003",
        "10.1.2.3.",
        "１０.1.2.3",
        "%31%30.1.2.3",
        "10。1。2。3",
        "[::ffff:10.1.2.3]",
        "[::FFFF:A01:203]",
        "[0:0:0:0:0:ffff:a01:203]",
    ])
    .prop_map(str::to_owned)
}

/// Whether the host of a submitted URL, as a browser reads it, is protected.
fn leads_to_own(submitted: &str) -> bool {
    let Ok(read) = ::url::Url::parse(submitted) else {
        return false;
    };
    let host = read.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    host == "contoso.test"
        || host.ends_with(".contoso.test")
        || matches!(host.as_str(), "10.1.2.3" | "[::ffff:a01:203]" | "[::ffff:10.1.2.3]")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_own_domain_is_caught_in_every_spelling_that_is_submitted_as_it(value in spaced(name())) {
        let protection = protection(Own { domains: vec!["contoso.test".to_owned()], ..none() });
        for name in submitted("FQDN", &value) {
            if name.ends_with("contoso.test") {
                prop_assert!(protection.check("FQDN", &value).is_some(), "{name}");
            }
        }
        for sender in submitted("Email Address", &format!("Some.One@{value}")) {
            if sender.ends_with("contoso.test") {
                prop_assert!(protection.check("Email Address", &format!("Some.One@{value}")).is_some(), "{sender}");
            }
        }
    }

    #[test]
    fn a_url_that_leads_to_an_own_host_is_caught_in_every_spelling(
        value in spaced(prop_oneof![url_of(name()), url_of(numeric_host())])
    ) {
        let own = Own {
            domains: vec!["contoso.test".to_owned()],
            networks: vec!["10.1.2.0/24".parse().unwrap()],
            ..none()
        };
        let protection = protection(own);
        for url in submitted("URL", &value) {
            if leads_to_own(&url) {
                prop_assert!(protection.check("URL", &value).is_some(), "{url}");
            }
        }
    }

    #[test]
    fn an_own_address_is_caught_in_every_spelling(bits: u32, mapped: bool, blank in "[ \t]{0,2}") {
        let address = std::net::Ipv4Addr::from(bits);
        let network = ipnet_of(address);
        let protection = protection(Own { networks: vec![network], ..none() });
        let value = if mapped { address.to_ipv6_mapped().to_string() } else { address.to_string() };
        let value = format!("{blank}{value}{blank}");
        prop_assert!(!submitted("IP Address", &value).is_empty());
        prop_assert!(protection.check("IP Address", &value).is_some());
    }

    #[test]
    fn whatever_is_submitted_is_caught_where_it_is_an_own_value(
        subtype in prop::sample::select(vec!["FQDN", "URL", "Email Address", "IP Address", "SHA-1"]),
        value in spaced(prop_oneof![
            "\\PC{1,30}(\\.\\PC{1,10}){1,3}",
            "[0-9a-fA-F]{40}",
            "[a-zA-Z.+]{1,10}@[a-zA-Z]{1,9}\\.[a-zA-Zé]{2,5}",
            "[0-9]{1,3}\\.[0-9]{1,2}\\.[0-9]\\.[0-9]",
            "[0-9A-Fa-f]{1,4}:(:[0-9A-Fa-f]{1,4}){1,4}",
            url_of(name()),
            url_of(numeric_host()),
            url_of("\\PC{1,12}\\.\\PC{2,5}".boxed()),
        ])
    ) {
        for text in submitted(subtype, &value) {
            let protection = protection(Own { values: vec![text.clone()], ..none() });
            prop_assert!(protection.check(subtype, &value).is_some(), "{text}");
            prop_assert!(protection.check(subtype, &text).is_some(), "{text}");
        }
    }

    #[test]
    fn no_value_makes_the_check_panic(subtype in "FQDN|IP Address|CIDR Block|URL|Email Address|x", value in "\\PC{0,60}") {
        let _ = protection(Own::default()).check(&subtype, &value);
    }
}

fn ipnet_of(address: std::net::Ipv4Addr) -> ipnet::IpNet {
    ipnet::IpNet::new(address.into(), 24).unwrap()
}

#[test]
fn an_own_mailbox_whose_local_part_looks_like_a_url_is_caught() {
    for value in ["//evil.net/@contoso.test", "a?b@contoso.test", "a/b@Contoso.test."] {
        let protection = protection(Own { values: vec![value.to_owned()], ..none() });
        assert!(!submitted("Email Address", value).is_empty(), "{value}");
        for sender in submitted("Email Address", value) {
            assert!(protection.check("Email Address", &sender).is_some(), "{sender}");
        }
        assert!(protection.check("Email Address", value).is_some(), "{value}");
    }
}

#[test]
fn the_spellings_of_these_tests_do_reach_the_component() {
    for (subtype, value, expected) in [
        ("FQDN", " ｃontoso。test ", "contoso.test"),
        ("URL", "HTTPS://u:p@contoso%2etest:80/x", "https://u:p@contoso.test:80/x"),
        ("URL", "0x0A.1.2.3/x", "http://10.1.2.3/x"),
        ("URL", "http://[::FFFF:A01:203]/", "http://[::ffff:a01:203]/"),
    ] {
        assert!(submitted(subtype, value).contains(&expected.to_owned()), "{:?}", submitted(subtype, value));
    }
}
