//! URLs, with their scheme and without, and the parts of them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::name::{ascii, is_domain, is_name, is_typographic};

/// Whether `://` stands behind a scheme, not in a path or a query.
pub(crate) fn has_scheme(value: &str) -> bool {
    let scheme = value.find("://");
    scheme.is_some_and(|at| value.find(['/', '?', '#']).is_none_or(|mark| mark > at))
}

/// Characters that no URL has, and that quotes, markup and two values that ran together leave in it.
fn is_foreign_to_urls(character: char) -> bool {
    matches!(
        character,
        '"' | '`' | '<' | '>' | '\u{2018}'
            ..='\u{201F}' | '\u{2026}' | '\u{2039}' | '\u{203A}' | '\u{00AB}' | '\u{00BB}'
    )
}

/// A scheme, `://` and a host: a name of any kind, or an address, which may be a number (`http://0x7f.0.0.1/`).
pub(super) fn is_url_with_scheme(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let (authority, path) = split_authority(rest);
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_number = |host: &str| host.split('.').all(is_numeric) && host.split('.').count() <= 4;
    is_scheme
        && !path.starts_with("//")
        && !value.contains(is_foreign_to_urls)
        && has_balanced_brackets(path)
        && split_port(host.strip_suffix(':').unwrap_or(host)).is_some_and(|(host, _)| {
            let name = host.strip_suffix('.').unwrap_or(host);
            is_address(host)
                || is_number(host)
                || !name.contains(is_typographic) && ascii(name).is_some_and(|name| is_name(&name))
        })
}

/// A number in decimal, or in hexadecimal behind `0x`.
fn is_numeric(part: &str) -> bool {
    let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A host with a path, a port or a query: `host.example/x`, `192.0.2.1:8080`, `host:8080/x`. A name of one label needs
/// both port and path, or every `and/or` of a text would be one.
pub(super) fn is_url_without_scheme(value: &str) -> bool {
    let (authority, path) = split_authority(value);
    let Some((host, port)) = split_port(authority).filter(|_| !path.starts_with('#')) else { return false };
    let is_bad_block =
        path.strip_prefix('/').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_host = is_address(host) && (port.is_some() || !is_bad_block)
        || !host.starts_with("*.") && is_domain(host)
        || port.is_some() && !path.is_empty() && is_name(host);
    is_host
        && (port.is_some() || !path.is_empty())
        && !value.contains(is_foreign_to_urls)
        && has_balanced_brackets(path)
}

/// What stands before the first `/`, `?` or `#`, and the rest from there on.
pub(super) fn split_authority(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

/// Host and port; none where the port is no number. The brackets around an IPv6 address are part of the host.
pub(super) fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.ends_with(']') {
        return Some((authority, None));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

/// An IPv4 address, or an IPv6 address in brackets.
pub(super) fn is_address(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok()
        || host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
}

/// Links in markup, `http://host.example/[its title]`, break in the middle of the bracket; queries such as `a[]=1` do not.
fn has_balanced_brackets(path: &str) -> bool {
    path.matches('[').count() == path.matches(']').count()
}
