//! Tests of the judgement: own values, what belongs to nobody, and what the operator lets through.

use super::*;

fn nothing() -> Own {
    Own { private_addresses: false, special_use_names: false, example_names: false, ..Own::default() }
}

fn protection(own: Own) -> Protection {
    Protection::new(own, None, BTreeSet::new()).unwrap()
}

fn entry(protection: &Protection, subtype: &str, value: &str) -> Option<(String, String)> {
    protection.check(subtype, value).map(|hit| (hit.list, hit.entry))
}

fn hit(list: &str, entry: &str) -> Option<(String, String)> {
    Some((list.to_owned(), entry.to_owned()))
}

#[test]
fn an_own_domain_covers_itself_what_is_below_it_and_what_would_cover_it() {
    let own = Own {
        domains: vec!["*.Mail.Contoso.com.".to_owned(), "bücher.contoso.net".to_owned()],
        ..nothing()
    };
    let protection = protection(own);
    let found = hit("own domains", "mail.contoso.com");
    for (subtype, value) in [
        ("FQDN", "mail.contoso.com"),
        ("FQDN", "a.b.MAIL.contoso.com."),
        ("FQDN", " *.mail.contoso.com "),
        ("FQDN", "ｍａｉｌ。contoso。com"),
        // An entry for this name blocks everything below it.
        ("FQDN", "contoso.com"),
        ("URL", "http://mail.contoso.com/x"),
        ("URL", "mail.contoso.com/x"),
        ("URL", "http://a:b@x.mail%2econtoso.com.:8080/"),
        ("URL", "http:\\\\mail.contoso.com\\x"),
        ("Email Address", "Someone@Mail.Contoso.com"),
        ("Email Address", "Some One <a@mail.contoso.com>"),
    ] {
        assert_eq!(entry(&protection, subtype, value), found, "{subtype} {value}");
    }
    assert_eq!(
        entry(&protection, "FQDN", "xn--bcher-kva.contoso.net"),
        hit("own domains", "xn--bcher-kva.contoso.net")
    );
    for (subtype, value) in [
        ("FQDN", "notmail.contoso.com"),
        ("FQDN", "mail.contoso.com.evil.net"),
        ("FQDN", "mail.contoso.co"),
        ("URL", "http://contoso.com/"),
        ("URL", "http://evil.net/mail.contoso.com"),
        ("URL", "http://mail.contoso.com@evil.net/"),
        ("Email Address", "mail.contoso.com@evil.net"),
        ("SHA-1", "mail.contoso.com"),
        ("Filename", "mail.contoso.com"),
    ] {
        assert_eq!(entry(&protection, subtype, value), None, "{subtype} {value}");
    }
}

#[test]
fn an_own_network_covers_every_address_in_it_and_every_network_that_meets_it() {
    let networks = vec!["198.18.5.9/16".parse().unwrap(), "2400:cb00::/32".parse().unwrap()];
    let protection = protection(Own { networks, ..nothing() });
    for (subtype, value) in [
        ("IP Address", "198.18.0.1"),
        ("IPv6 Address", "::ffff:198.18.0.1"),
        ("IPv6 Address", "::FFFF:C612:1"),
        ("CIDR Block", "198.18.7.0/24"),
        ("CIDR Block", "198.0.0.0/8"),
        ("CIDR Block", "::ffff:198.18.7.0/120"),
        ("URL", "http://198.18.0.1:8080/x"),
        ("URL", "http://3323068417/"),
        ("URL", "http://0xc6.0x12.1/"),
        ("URL", "http://0306.022.0.1/"),
        ("URL", "http://[::ffff:198.18.0.1]/"),
    ] {
        assert_eq!(
            entry(&protection, subtype, value),
            hit("own networks", "198.18.0.0/16"),
            "{subtype} {value}"
        );
    }
    assert_eq!(entry(&protection, "IP Address", "2400:cb00::1"), hit("own networks", "2400:cb00::/32"));
    for (subtype, value) in
        [("IP Address", "198.19.0.1"), ("CIDR Block", "198.19.0.0/16"), ("IP Address", "x")]
    {
        assert_eq!(entry(&protection, subtype, value), None, "{subtype} {value}");
    }
}

#[test]
fn an_own_value_covers_itself_in_every_spelling_and_nothing_else() {
    let values =
        ["D41D8CD98F00B204E9800998ECF8427E", "http://cdn.contoso.net/Setup.exe", "Agent.exe", "8.8.8.8"];
    let protection = protection(Own { values: values.map(str::to_owned).to_vec(), ..nothing() });
    for (subtype, value) in [
        ("MD5", "d41d8cd98f00b204e9800998ecf8427e"),
        ("URL", "HTTP://CDN.contoso.net./Setup.exe"),
        ("URL", "cdn.contoso.net/Setup.exe"),
        ("Filename", "agent.exe"),
        ("IP Address", "::ffff:8.8.8.8"),
    ] {
        assert!(
            entry(&protection, subtype, value).is_some_and(|(list, _)| list == "own values"),
            "{subtype} {value}"
        );
    }
    for (subtype, value) in [
        ("URL", "http://cdn.contoso.net/Setup.exe2"),
        ("FQDN", "cdn.contoso.net"),
        ("CIDR Block", "8.8.8.0/24"),
    ] {
        assert_eq!(entry(&protection, subtype, value), None, "{subtype} {value}");
    }
}

#[test]
fn what_belongs_to_nobody_is_protected_by_default_with_its_network_or_name() {
    let protection = protection(Own::default());
    let addresses = "private and reserved addresses";
    let names = "special-use domain names";
    for (subtype, value, list, expected) in [
        ("IP Address", "10.1.2.3", addresses, "10.0.0.0/8"),
        ("IP Address", "127.0.0.1", addresses, "127.0.0.0/8"),
        ("IP Address", "169.254.169.254", addresses, "169.254.0.0/16"),
        ("IP Address", "100.64.0.1", addresses, "100.64.0.0/10"),
        ("IP Address", "224.0.0.1", addresses, "224.0.0.0/4"),
        ("IP Address", "203.0.113.7", addresses, "203.0.113.0/24"),
        ("IP Address", "0.0.0.0", addresses, "0.0.0.0/8"),
        ("IPv6 Address", "fd00::1", addresses, "fc00::/7"),
        ("IPv6 Address", "::1", addresses, "::1/128"),
        ("IPv6 Address", "::ffff:192.168.0.1", addresses, "192.168.0.0/16"),
        ("CIDR Block", "172.16.0.0/16", addresses, "172.16.0.0/12"),
        ("URL", "http://0x7f.1/", addresses, "127.0.0.0/8"),
        ("URL", "http://[fe80::1]/", addresses, "fe80::/10"),
        ("FQDN", "localhost", names, "localhost"),
        ("URL", "http://localhost:8080/x", names, "localhost"),
        ("FQDN", "printer.local", names, "local"),
        ("FQDN", "1.0.10.in-addr.arpa", names, "10.in-addr.arpa"),
    ] {
        assert_eq!(entry(&protection, subtype, value), hit(list, expected), "{subtype} {value}");
    }
    for (subtype, value) in [
        ("IP Address", "8.8.8.8"),
        ("FQDN", "contoso.com"),
        ("FQDN", "x.example"),
        ("FQDN", "www.example.com"),
        ("FQDN", "expyuzz4wqqyqhjn.onion"),
        ("Email Address", "a@example.com"),
        // A sender is not blocked with its host.
        ("Email Address", "a@printer.local"),
        ("Email Address", "a@[10.0.0.1]"),
    ] {
        assert_eq!(entry(&protection, subtype, value), None, "{subtype} {value}");
    }
}

#[test]
fn a_hit_is_shown_with_its_entry_and_its_list() {
    let hit = protection(Own::default()).check("FQDN", "localhost").unwrap();
    assert_eq!(hit.to_string(), "`localhost` of `special-use domain names`");
}

#[test]
fn each_kind_can_be_switched_alone() {
    let caught = |own: Own| {
        let protection = protection(own);
        ["10.0.0.1", "192.0.2.1"]
            .map(|value| protection.check("IP Address", value).is_some())
            .into_iter()
            .chain(["printer.local", "x.example"].map(|value| protection.check("FQDN", value).is_some()))
            .collect::<Vec<_>>()
    };
    let all = || Own { example_names: true, ..Own::default() };
    assert_eq!(caught(Own::default()), [true, true, true, false]);
    assert_eq!(caught(all()), [true, true, true, true]);
    assert_eq!(caught(Own { private_addresses: false, ..all() }), [false, false, true, true]);
    assert_eq!(caught(Own { special_use_names: false, ..all() }), [true, true, false, true]);
}

#[test]
fn only_the_value_that_is_spelled_out_goes_through_and_the_unused_are_told() {
    let own = Own { domains: vec!["contoso.com".to_owned()], ..Own::default() };
    let allowed = ["WWW.Contoso.com.", "http://contoso.com/A", "10.0.0.1", "8.8.8.8", "10.9.9.9"];
    let protection = Protection::new(own, None, allowed.map(str::to_owned).into()).unwrap();
    let copy = protection.clone();
    for (subtype, value) in [
        ("FQDN", "www.contoso.com"),
        ("URL", "HTTP://Contoso.com/A"),
        ("IPv6 Address", "::ffff:10.0.0.1"),
        ("IP Address", "8.8.8.8"),
    ] {
        assert_eq!(copy.check(subtype, value), None, "{subtype} {value}");
    }
    for (subtype, value) in [
        ("FQDN", "contoso.com"),
        ("FQDN", "a.www.contoso.com"),
        ("FQDN", "*.www.contoso.com"),
        ("URL", "http://contoso.com/a"),
        ("URL", "https://contoso.com/A"),
        ("URL", "http://www.contoso.com/"),
        ("IP Address", "10.0.0.2"),
        ("CIDR Block", "10.0.0.1/32"),
    ] {
        assert!(copy.check(subtype, value).is_some(), "{subtype} {value}");
    }
    // 8.8.8.8 needs no exemption, 10.9.9.9 did not occur.
    assert_eq!(protection.unused_allowed(), ["10.9.9.9", "8.8.8.8"]);
}

#[test]
fn what_would_protect_nothing_is_an_error() {
    for domain in
        ["", " ", ".", "*", "http://contoso.com", "contoso.com/x", "10.0.0.1", "two words", "a@contoso.com"]
    {
        let own = Own { domains: vec![domain.to_owned()], ..Own::default() };
        let error = Protection::new(own, None, BTreeSet::new()).unwrap_err();
        assert_eq!(error.code(), "own-domain-invalid", "{domain}");
    }
    let own = Own { values: vec![" ".to_owned()], ..Own::default() };
    assert_eq!(Protection::new(own, None, BTreeSet::new()).unwrap_err().code(), "own-value-empty");
}

#[test]
fn a_hit_is_told_on_one_line() {
    let hit = Hit { list: "a\nlist".to_owned(), entry: "\u{1b}[31m".to_owned() };
    assert_eq!(hit.to_string(), "` [31m` of `a list`");
}

#[test]
fn no_spelling_of_an_own_url_passes() {
    let own = "https://portal.contoso.test/login";
    let protection = protection(Own { values: vec![own.to_owned()], ..nothing() });
    let expected = hit("own values", own);
    for value in [
        "https://portal.contoso.test/%6cogin",
        "https://portal.contoso.test/login#top",
        "https://user:secret@portal.contoso.test/login",
        "https://portal.contoso.test/login?",
        "https://portal.contoso.test:443/login",
        "http://portal.contoso.test/login",
        "portal.contoso.test//login/",
        "https://portal.contoso.test/./a/%2e%2e/login;session=1",
        "https://portal.contoso.test./%4C%4F%47%49%4E",
        "HTTPS:\\\\u@ＰＯＲＴＡＬ.contoso.test:0443\\login?#x",
    ] {
        assert_eq!(entry(&protection, "URL", value), expected, "{value}");
        // It does not matter either which of both the operator wrote.
        let other = super::Protection::new(
            Own { values: vec![value.to_owned()], ..nothing() },
            None,
            BTreeSet::new(),
        );
        assert!(other.unwrap().check("URL", own).is_some(), "{value}");
    }
    for value in [
        "https://portal.contoso.test/login?next=1",
        "https://portal.contoso.test/logins",
        "https://portal.contoso.test/",
    ] {
        assert_eq!(entry(&protection, "URL", value), None, "{value}");
    }
}
