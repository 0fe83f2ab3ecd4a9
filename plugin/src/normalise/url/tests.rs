//! Tests of URLs.

use proptest::prelude::*;

use super::*;

fn code(value: &str, wildcards: Wildcards) -> Result<String, &'static str> {
    match normalise(value, wildcards) {
        Ok(Address::Complete(text)) => Ok(text.into_owned()),
        Ok(Address::SchemeMissing(text)) => Ok(format!("?{text}")),
        Err(problem) => Err(problem.code),
    }
}

#[test]
fn only_scheme_and_host_are_changed() {
    let cases = [
        ("http://example.com", "http://example.com"),
        (
            "HTTPS://Example.COM/A/b%2f/../C?Q=A b".trim_end_matches(" b"),
            "https://example.com/A/b%2f/../C?Q=A",
        ),
        ("http://User:Pass@Example.com:8080/#Frag", "http://User:Pass@example.com:8080/#Frag"),
        ("http://a@b@example.com/", "http://a@b@example.com/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/ä"),
        ("http://example.com./x", "http://example.com/x"),
        ("http://EXAMPLE.com?x=http://Y", "http://example.com?x=http://Y"),
        ("ftp://example.com/x", "ftp://example.com/x"),
        ("http://192.0.2.1:8080/x", "http://192.0.2.1:8080/x"),
        ("http://[2001:DB8:0::1]:80/x", "http://[2001:db8::1]:80/x"),
        ("http://a_b.example.com/", "http://a_b.example.com/"),
        ("http://localhost/x", "http://localhost/x"),
        ("http://example.com:/x", "http://example.com:/x"),
        ("http://example.com/?q=*", "http://example.com/?q=*"),
        ("http://example.com/a*b", "http://example.com/a*b"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("HTTP://example.com/x", "http://example.com/x"),
    ];
    for (value, expected) in cases {
        assert_eq!(code(value, Wildcards::Refused).as_deref(), Ok(expected), "{value}");
    }
}

#[test]
fn a_scheme_is_only_what_stands_before_colon_and_two_slashes() {
    let cases = [
        ("example.com", "?example.com"),
        ("host:8080/x", "?host:8080/x"),
        ("host:8080", "?host:8080"),
        ("//example.com/x", "?example.com/x"),
        ("Host.example:8080/X", "?host.example:8080/X"),
        ("//Example.com/x", "?example.com/x"),
        ("example.com/?u=http://other.example", "?example.com/?u=http://other.example"),
        ("192.0.2.1/x", "?192.0.2.1/x"),
        ("[2001:db8::1]/x", "?[2001:db8::1]/x"),
        ("myserver/favicon.iso", "?myserver/favicon.iso"),
    ];
    for (value, expected) in cases {
        assert_eq!(code(value, Wildcards::Refused).as_deref(), Ok(expected), "{value}");
    }
}

#[test]
fn what_is_no_url_is_refused() {
    for value in [
        "",
        "http://",
        "http:///path",
        "file:///etc/passwd",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nx",
        "http://example.com/\u{a0}x",
        "http://example.com:99999/",
        "http://example.com:8a/",
        "http://[2001:db8::1/",
        "http://[2001:db8::1]x/",
        "http://example.com:+80/",
        "http://[192.0.2.1]/",
        "http://example..com/",
        "http://1.2.3.4.5/",
        "http://exa<mple.com/",
        "hxxp://example.com/",
        "h00p://example.com/",
        "htttps://example.com/",
        "tcp://192.0.2.1:4444",
        "stratum+tcp://example.com:3333",
        "xxxx://example.com/",
        "HXXPS://example.com/",
        "http://evil[.]com/",
        "mailto:a@example.com",
        "a@example.com",
        "http:/example.com",
        "javascript:alert(1)",
        "word",
    ] {
        assert_eq!(code(value, Wildcards::Refused), Err("invalid-url"), "{value}");
    }
}

#[test]
fn a_single_word_with_a_trailing_dot_is_a_single_word() {
    for value in ["word", "word.", "//word."] {
        assert_eq!(code(value, Wildcards::Refused), Err("invalid-url"), "{value}");
    }
}

#[test]
fn a_backslash_in_front_of_the_path_is_refused_because_browsers_begin_the_path_there() {
    for value in
        ["http://evil.example\\@Other.example/", "http://evil.example\\a", "evil.example\\@b.example/x"]
    {
        assert_eq!(code(value, Wildcards::Refused), Err("invalid-url"), "{value}");
    }
    assert!(code("http://evil.example/a\\b", Wildcards::Refused).is_ok());
}

#[test]
fn wildcards_are_for_the_exception_list() {
    for value in [
        "https://*.example.com/path1/*",
        "https://example.com/*",
        "*.example.com/x",
        "*/x",
        "http://a*.example/",
    ] {
        assert_eq!(code(value, Wildcards::Refused), Err("wildcard-not-accepted"), "{value}");
    }
    let taken = [
        ("https://*.Example.com/Path1/*", "https://*.example.com/Path1/*"),
        ("*.example.com/x/*", "?*.example.com/x/*"),
        ("https://example.com/*", "https://example.com/*"),
    ];
    for (value, expected) in taken {
        assert_eq!(code(value, Wildcards::Accepted).as_deref(), Ok(expected), "{value}");
    }
    for (value, expected) in [
        ("https://*", "invalid-url"),
        ("https://*/x", "invalid-url"),
        ("https://*.com/*", "not-a-full-domain"),
        ("https://a.*.example.com/", "invalid-url"),
        ("https://*example.com/", "invalid-url"),
    ] {
        assert_eq!(code(value, Wildcards::Accepted), Err(expected), "{value}");
    }
}

#[test]
fn the_length_limit_counts_characters_with_the_scheme() {
    let rest = format!("example.com/{}", "ä".repeat(limits::URL_CHARACTERS - 12 - 7));
    assert!(with_scheme("http", &rest).is_ok());
    assert_eq!(with_scheme("https", &rest).map_err(|problem| problem.code), Err("too-long"));
    assert!(code(&format!("http://{rest}"), Wildcards::Refused).is_ok());
    assert_eq!(code(&format!("http://{rest}x"), Wildcards::Refused), Err("too-long"));
}

#[test]
fn a_host_has_at_most_253_characters_however_it_is_written() {
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
    // The second one is read as a browser reads it.
    for host in [longest.clone(), longest.replacen('a', "%61", 1)] {
        assert_eq!(code(&format!("http://{host}/x"), Wildcards::Refused), Ok(format!("http://{longest}/x")));
        assert_eq!(code(&format!("http://{host}a/x"), Wildcards::Refused), Err("invalid-url"), "{host}");
    }
}

#[test]
fn the_reason_names_the_fault() {
    for (value, reason) in [
        ("http://a b/", "has white space or control characters in it"),
        ("hxxp://a.example", "is defanged; the platform must hold the address itself"),
        ("file:///x", "has a scheme other than http, https and ftp"),
        ("http://a.example\\b", "has a backslash in front of its path"),
        ("http://[::1/", "has an address without its closing bracket"),
        ("http://a.example:8a/", "has a port that is not a number up to 65535"),
        ("a@b.example", "has no scheme and looks like a mail address"),
        ("http:/a.example", "has no `://` after its scheme"),
        ("word", "is a single word without scheme or path"),
        ("http:///x", "has no host"),
        ("http://a..example/", "has a host that has an empty label"),
        ("http://a<b.example/", "has an invalid host: "),
    ] {
        let problem = normalise(value, Wildcards::Refused).unwrap_err();
        let expected = format!("{} {reason}", quoted(value));
        assert!(problem.message.starts_with(&expected), "{}", problem.message);
    }
    let problem = normalise("http://*.a..example/", Wildcards::Accepted).unwrap_err();
    assert_eq!(problem.message, "`http://*.a..example/` has a host that has an empty label");
}

proptest! {
    #[test]
    fn nothing_after_the_host_changes(
        scheme in "(http|HTTP|https|Ftp)",
        host in "[A-Za-z]{1,10}\\.[A-Za-z]{2,5}",
        port in "(:[0-9]{1,4})?",
        tail in "(/[!-)+-~]{0,40})?(\\?[!-)+-~]{0,40})?(#[!-)+-~]{0,40})?",
    ) {
        let expected = format!("{}://{}{port}{tail}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        prop_assert_eq!(code(&format!("{scheme}://{host}{port}{tail}"), Wildcards::Refused), Ok(expected));
    }

    #[test]
    fn a_normal_form_is_stable_and_never_panics(value in "\\PC{0,60}") {
        for wildcards in [Wildcards::Refused, Wildcards::Accepted] {
            for value in [value.clone(), format!("http://{value}"), format!("http://a{value}.example/")] {
                if let Ok(Address::Complete(once)) = normalise(&value, wildcards) {
                    prop_assert_eq!(code(&once, wildcards), Ok(once.into_owned()));
                }
            }
        }
    }
}
