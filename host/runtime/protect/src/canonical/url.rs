//! A URL taken apart in all ways in which a service or a browser may do it: what stands before its host, and its hosts.

use url::Url;

use super::host::{Hosts, address};
use super::name;

/// A URL in pieces; put together again they are the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pieces<'a> {
    /// Without `://`; only a URL with `://` has one, `host:8080/x` has none.
    pub(crate) scheme: Option<&'a str>,
    /// User info with its `@`.
    user: &'a str,
    /// Host name or address.
    pub(crate) host: &'a str,
    /// With its colon.
    pub(crate) port: &'a str,
    /// Path, query and fragment.
    pub(crate) tail: &'a str,
}

/// The pieces as RFC 3986 has them.
pub(crate) fn generic(value: &str) -> Pieces<'_> {
    pieces(value, &['/', '?', '#'])
}

/// The pieces as browsers see them, which read a backslash as a slash.
pub(crate) fn special(value: &str) -> Pieces<'_> {
    pieces(value, &['/', '\\', '?', '#'])
}

/// The value up to `end_of_authority`, in pieces.
fn pieces<'a>(value: &'a str, end_of_authority: &[char]) -> Pieces<'a> {
    let (scheme, rest) = split_scheme(value);
    let end = rest.find(end_of_authority).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (user, host_and_port) =
        authority.rfind('@').and_then(|at| authority.split_at_checked(at + 1)).unwrap_or(("", authority));
    let port = match host_and_port.rfind(']') {
        Some(bracket) if host_and_port.starts_with('[') => bracket + 1,
        _ => host_and_port.find(':').unwrap_or(host_and_port.len()),
    };
    let (host, port) = host_and_port.split_at_checked(port).unwrap_or((host_and_port, ""));
    Pieces { scheme, user, host, port, tail }
}

fn split_scheme(value: &str) -> (Option<&str>, &str) {
    if let Some((scheme, rest)) = value.split_once("://")
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
    {
        return (Some(scheme), rest);
    }
    (None, value.strip_prefix("//").unwrap_or(value))
}

/// Every host that the URL may lead to.
pub(crate) fn hosts(value: &str) -> Hosts {
    let mut hosts = Hosts::default();
    let (generic, special) = (generic(value), special(value));
    hosts.read(generic.host);
    if special != generic {
        hosts.read(special.host);
    }
    for url in browsers_readings(value) {
        if let Some(host) = url.host_str() {
            hosts.read(host);
        }
    }
    hosts
}

/// The URL as the WHATWG standard reads it: as it is, and as it reads after `http://` where it has no scheme.
pub(crate) fn browsers_readings(value: &str) -> impl Iterator<Item = Url> {
    let (scheme, rest) = split_scheme(value);
    let as_it_is = Url::parse(value).ok();
    let completed = match scheme {
        Some(_) => None,
        None => Url::parse(&["http://", rest].concat()).ok(),
    };
    as_it_is.into_iter().chain(completed)
}

/// The URL with scheme and host in canonical form and everything else byte for byte as it was; a URL without a scheme
/// stays without one.
pub(crate) fn canonical(value: &str) -> String {
    let pieces = generic(value);
    let scheme = pieces.scheme.map(|scheme| scheme.to_ascii_lowercase() + "://").unwrap_or_default();
    [&scheme, pieces.user, &canonical_host(pieces.host), pieces.port, pieces.tail].concat()
}

/// The host in canonical form: a name, or the address that browsers read in it.
pub(crate) fn canonical_host(host: &str) -> String {
    let mut read = Hosts::default();
    if let Some(name) = host.strip_prefix("*.") {
        return ["*.", &name::name(name)].concat();
    }
    read.read(host);
    match (read.networks.first(), read.names.first()) {
        (Some(network), _) if network.addr().is_ipv6() => format!("[{}]", network.addr()),
        (Some(network), _) => network.addr().to_string(),
        (None, Some(name)) => name.clone(),
        (None, None) => address(host).map_or_else(|| host.to_owned(), |address| address.to_string()),
    }
}

/// What follows the scheme, and the scheme's `://`.
pub(crate) fn without_scheme(canonical: &str) -> Option<&str> {
    match split_scheme(canonical) {
        (Some(_), rest) => Some(rest),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_of_a_url_are_the_whole_of_it() {
        for (value, scheme, user, host, port, tail) in [
            ("http://a.example/x", Some("http"), "", "a.example", "", "/x"),
            ("http://u:p@a.example:80?q", Some("http"), "u:p@", "a.example", ":80", "?q"),
            ("http://u@v@a.example#f", Some("http"), "u@v@", "a.example", "", "#f"),
            ("http://[::1]:80/", Some("http"), "", "[::1]", ":80", "/"),
            ("http://[::1]/", Some("http"), "", "[::1]", "", "/"),
            ("http://a]b:80/", Some("http"), "", "a]b", ":80", "/"),
            ("a.example:80/x", None, "", "a.example", ":80", "/x"),
            ("1http://a.example", None, "", "1http", ":", "//a.example"),
            ("a b://c.example", None, "", "a b", ":", "//c.example"),
        ] {
            assert_eq!(generic(value), Pieces { scheme, user, host, port, tail }, "{value}");
        }
        assert_eq!(generic("//a.example/x").host, "a.example");
        assert_eq!(without_scheme("http://a.example"), Some("a.example"));
        assert_eq!(without_scheme("//a.example"), None);
    }

    #[test]
    fn a_backslash_ends_the_host_for_those_who_read_it_as_a_slash() {
        let value = "foo://a.example\\@b.example/x";
        assert_eq!((generic(value).host, special(value).host), ("b.example", "a.example"));
        let names = hosts(value).names;
        assert!(
            names.contains(&"a.example".to_owned()) && names.contains(&"b.example".to_owned()),
            "{names:?}"
        );
    }
}
