//! Tests of reading: every spelling of a value is read as the same.

use super::*;

fn names(kind: Kind, value: &str) -> Vec<String> {
    read(kind, value).hosts.names
}

fn networks(kind: Kind, value: &str) -> Vec<String> {
    read(kind, value).hosts.networks.iter().map(ToString::to_string).collect()
}

#[test]
fn a_url_leads_to_its_host_however_it_is_written() {
    for value in [
        "http://www.example.com/",
        "  HTTP://WWW.EXAMPLE.COM.:8080/x?y#z \r\n",
        "www.example.com/path",
        "//www.example.com/path",
        "www.example.com:443/x",
        "http://user:secret@www.example.com/",
        "http://a@b@www.example.com/",
        "http://www%2eexample%2ecom/",
        "http://ｗｗｗ.example。com/",
        "http:\\\\www.example.com\\x",
        "http:/www.example.com/x",
        "https:www.example.com",
        "http://www.example.com\\@evil.test/",
        "http://www.exa\tmple.com/",
        "http://*.www.example.com/",
        "ftp://www.example.com/x",
        "foo://WWW.example.com/x",
        "www.example.com",
        "http://www.example.com?x=http://evil.test/",
    ] {
        assert!(names(Kind::Url, value).contains(&"www.example.com".to_owned()), "{value}");
    }
    for value in ["http://www.example.com@evil.test/", "http://evil.test/www.example.com"] {
        assert_eq!(names(Kind::Url, value), ["evil.test"], "{value}");
    }
}

#[test]
fn an_address_is_itself_in_every_spelling_that_a_browser_takes() {
    for value in [
        "http://10.0.0.1/",
        "http://167772161/",
        "http://0xa.1/",
        "http://012.0.0.1/",
        "http://0x0a000001:80/",
        "http://10.1",
        "http://[::ffff:10.0.0.1]/",
        "http://[::FFFF:A00:1]:8080/",
        "http://10.0.0.1./",
        "http://１０.0.0.1/",
        "http://%31%30.0.0.1/",
        "foo://0xa.1/",
        "10.0.0.1/x",
        "10.0.0.1:80/x",
    ] {
        assert_eq!(networks(Kind::Url, value), ["10.0.0.1/32"], "{value}");
    }
    for value in ["10.0.0.1", " ::ffff:10.0.0.1 ", "[::ffff:a00:1]", "10.0.0.1:80", "0xa.1"] {
        assert_eq!(networks(Kind::Address, value), ["10.0.0.1/32"], "{value}");
    }
    // Not 0.0.7.209, which a browser would see in front of the first colon.
    assert_eq!(networks(Kind::Address, "2001:db8::1"), ["2001:db8::1/128"]);
    assert_eq!(networks(Kind::Address, "fe80::1%eth0"), ["fe80::1/128"]);
    assert_eq!(networks(Kind::Url, "http://[FE80::1]/"), ["fe80::1/128"]);
    assert_eq!(networks(Kind::Network, "10.1.2.3/8"), ["10.0.0.0/8"]);
    assert_eq!(networks(Kind::Network, "::ffff:10.0.0.0/104"), ["10.0.0.0/8"]);
}

#[test]
fn the_canonical_form_keeps_what_makes_a_difference_and_nothing_else() {
    for (value, expected) in [
        (" WWW.Example.COM. ", "www.example.com"),
        ("*.Example.com", "*.example.com"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("HTTP://Example.COM/Path?Q", "http://example.com/Path?Q"),
        ("Example.COM/Path", "example.com/Path"),
        ("012.0x0.0.1", "10.0.0.1"),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("http://0xa.1/X", "http://10.0.0.1/X"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]:80/"),
        ("John.Doe@Example.COM", "John.Doe@example.com"),
        ("D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a b", "a b"),
    ] {
        assert_eq!(canonical(value), expected, "{value}");
        assert_eq!(canonical(expected), expected, "{value}");
    }
}

#[test]
fn a_url_that_is_nothing_but_its_host_equals_the_host() {
    let keys = read(Kind::Url, "HTTPS://Example.com/").keys;
    assert!(keys.contains(&"example.com".to_owned()), "{keys:?}");
    assert!(!read(Kind::Url, "https://example.com/x").keys.contains(&"example.com".to_owned()));
}

#[test]
fn what_cannot_be_seen_at_the_ends_of_a_value_is_no_part_of_it() {
    for blank in [" ", "\t", "\r\n", "\u{a0}", "\u{1}", "\u{7f}", "\u{feff}", "\u{200b}"] {
        let value = [blank, "a.example", blank].concat();
        assert_eq!(canonical(&value), "a.example", "{value:?}");
    }
}

#[test]
fn an_address_and_a_name_are_keys_where_the_value_is_one_of_them() {
    let has = |kind, value: &str, key: &str| read(kind, value).keys.contains(&key.to_owned());
    assert!(has(Kind::Address, "8.8.8.8:80", "8.8.8.8"));
    assert!(has(Kind::Domain, "a.example:443", "a.example"));
    for (kind, value) in [(Kind::Url, "http://8.8.8.8/x"), (Kind::Network, "8.8.8.8/31")] {
        assert!(!has(kind, value, "8.8.8.8"), "{value}");
    }
    for (kind, value) in [(Kind::Url, "http://a.example/x"), (Kind::Mail, "b@a.example")] {
        assert!(!has(kind, value, "a.example"), "{value}");
    }
}

#[test]
fn a_canonical_value_with_a_path_a_port_or_a_query_is_a_url() {
    for value in ["a.example/x", "a.example:80", "a.example?x", "a.example#x", "http://a.example", "a\\x"] {
        assert!(is_url(value), "{value}");
    }
    for value in ["a.example", "8.8.8.8", "8.8.8.0/24", "2001:db8::1", "2001:db8::/32", "b@a.example"] {
        assert!(!is_url(value), "{value}");
    }
}

#[test]
fn a_mail_address_is_one_only_without_a_scheme_and_a_path() {
    for (value, expected) in [
        ("B@A.example", "B@a.example"),
        ("HTTP://B@A.example", "http://B@a.example"),
        ("B@A.example/X", "B@a.example/X"),
        ("X/B@A.example", "x/B@A.example"),
    ] {
        assert_eq!(canonical(value), expected, "{value}");
    }
}
