//! A URL with its scheme: scheme and host in lower case, the host as A-labels, everything else byte for byte as it was.
//!
//! A scheme is present only where `://` follows it: `host:8080/x` has none. A URL is taken apart by hand and only its
//! host is rewritten, because any serialiser would change the path; the host itself is judged by the `url` crate, as a
//! browser would. White space and control characters, a `*` in the host where the list takes none, and what only looks
//! like a URL (`name@host`, `hxxp://`) are refused.

use std::borrow::Cow;

use url::Host;

use crate::contract::{Problem, quoted};
use crate::limits;
use crate::normalise::{Normalised, Wildcards, domain, is_blank};

/// The schemes of URLs that the list can match.
const SCHEMES: &[&str] = &["http", "https", "ftp"];

/// A URL that is in order but for the scheme that may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address<'a> {
    /// With its scheme; fits the service's limit.
    Complete(Cow<'a, str>),
    /// Without one; [`with_scheme`] adds it.
    SchemeMissing(Cow<'a, str>),
}

/// The URL in `value`, its scheme and host normalised.
///
/// On the block list a `*` in the host, or a path that ends in `/*`, is refused: it is meant as a wildcard, and the list
/// would match it literally, that is never. Elsewhere in a path or query a `*` is a character like any other.
///
/// # Errors
///
/// `invalid-url`, `not-a-full-domain`, `wildcard-not-accepted`, `too-long`.
pub fn normalise(value: &str, wildcards: Wildcards) -> Normalised<Address<'_>> {
    let invalid = |reason: &str| Problem::new("invalid-url", format!("{} {reason}", quoted(value)));
    if value.chars().any(is_blank) {
        return Err(invalid("has white space or control characters in it"));
    }
    let (scheme, rest) = split_scheme(value);
    if scheme.is_some_and(|scheme| scheme.to_ascii_lowercase().starts_with("hxx")) {
        return Err(invalid("is defanged; the platform must hold the address itself"));
    }
    // With an invented or misspelt scheme, the entry would match nothing.
    if let Some(scheme) = scheme
        && !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return Err(invalid("has a scheme other than http, https and ftp"));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((authority, tail)) = rest.split_at_checked(end) else {
        return Err(invalid("has no host"));
    };
    // A browser begins the path at it, others a user name: `http://a.example\@b.example` has two hosts.
    if authority.contains('\\') {
        return Err(invalid("has a backslash in front of its path"));
    }
    let (user, host_and_port) = match authority.rfind('@').and_then(|at| authority.split_at_checked(at + 1)) {
        Some(parts) => parts,
        None => ("", authority),
    };
    let (host, port) = split_port(host_and_port).map_err(invalid)?;
    if scheme.is_none() {
        refuse_without_scheme(user, host, port, tail).map_err(invalid)?;
    }
    if wildcards == Wildcards::Refused && (host.contains('*') || tail.ends_with("/*")) {
        return Err(Problem::new(
            "wildcard-not-accepted",
            format!("{} has a wildcard, which the block list does not understand", quoted(value)),
        ));
    }
    let normal_host = normalise_host(host, value)?;
    let normal_scheme = scheme.map(|scheme| match scheme.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(scheme.to_ascii_lowercase()),
        false => Cow::Borrowed(scheme),
    });
    // A value in front of which only `//` is missing its scheme is one whose authority follows.
    let untouched = normal_host == host
        && match &normal_scheme {
            Some(normal) => Some(normal.as_ref()) == scheme,
            None => rest.len() == value.len(),
        };
    let text = match (&normal_scheme, untouched) {
        (_, true) => Cow::Borrowed(value),
        (Some(scheme), false) => Cow::Owned([scheme, "://", user, &normal_host, port, tail].concat()),
        (None, false) => Cow::Owned([user, &normal_host, port, tail].concat()),
    };
    match normal_scheme {
        Some(_) => fitting(text).map(Address::Complete),
        None => Ok(Address::SchemeMissing(text)),
    }
}

/// `scheme`, `://` and the rest of a URL that had no scheme.
///
/// # Errors
///
/// `too-long`.
pub fn with_scheme(scheme: &str, rest: &str) -> Normalised<Cow<'static, str>> {
    fitting(Cow::Owned([scheme, "://", rest].concat()))
}

fn fitting(text: Cow<'_, str>) -> Normalised<Cow<'_, str>> {
    if text.chars().count() > limits::URL_CHARACTERS {
        return Err(domain::too_long(&text, limits::URL_CHARACTERS));
    }
    Ok(text)
}

/// The scheme, where there is one, and what follows the `//`.
fn split_scheme(value: &str) -> (Option<&str>, &str) {
    if let Some((scheme, rest)) = value.split_once("://")
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))
    {
        return (Some(scheme), rest);
    }
    (None, value.strip_prefix("//").unwrap_or(value))
}

/// The host, and the port with its colon.
fn split_port(authority: &str) -> Result<(&str, &str), &'static str> {
    let start = if authority.starts_with('[') {
        authority.find(']').ok_or("has an address without its closing bracket")? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at_checked(start).ok_or("has no host")?;
    match port.strip_prefix(':') {
        None if port.is_empty() => {}
        Some("") => {}
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok() => {
        }
        _ => return Err("has a port that is not a number up to 65535"),
    }
    Ok((host, port))
}

/// What has no scheme and is a URL only by its type in the platform: `mailto:a@b`, `a@b`, `http:/x`, a bare word. With
/// `http://` in front each of them would become an address that nobody meant.
fn refuse_without_scheme(user: &str, host: &str, port: &str, tail: &str) -> Result<(), &'static str> {
    if !user.is_empty() {
        return Err("has no scheme and looks like a mail address");
    }
    if port == ":" {
        return Err("has no `://` after its scheme");
    }
    // One trailing dot is no part of the name: `word.` is a single word too.
    let name = host.strip_suffix('.').unwrap_or(host);
    if port.is_empty() && tail.is_empty() && !name.contains(['.', ':']) {
        return Err("is a single word without scheme or path");
    }
    Ok(())
}

/// The host in lower case: a name as A-labels, an address in canonical text. A leading `*.` stays.
fn normalise_host<'a>(host: &'a str, value: &str) -> Normalised<Cow<'a, str>> {
    let invalid = |reason: &str| Problem::new("invalid-url", format!("{} {reason}", quoted(value)));
    if let Some(name) = host.strip_prefix("*.") {
        let name =
            domain::name(name).map_err(|fault| invalid(&format!("has a host that {}", fault.reason())))?;
        if !name.contains('.') {
            return Err(Problem::new(
                "not-a-full-domain",
                format!("{} has a wildcard for all of `.{name}`", quoted(value)),
            ));
        }
        return Ok(Cow::Owned(["*.", name.as_ref()].concat()));
    }
    if host.contains('*') {
        return Err(invalid("has a wildcard inside of its host"));
    }
    if let Ok(name) = domain::name(host) {
        // One trailing dot is the same host; the name comes back without it.
        return if name.len() > limits::DOMAIN_CHARACTERS {
            Err(invalid("has a host of more than 253 characters"))
        } else {
            Ok(name)
        };
    }
    if host.is_empty() {
        return Err(invalid("has no host"));
    }
    match Host::parse(host) {
        Ok(Host::Domain(name)) => match domain::name(&name) {
            Ok(name) if name.len() <= limits::DOMAIN_CHARACTERS => Ok(Cow::Owned(name.into_owned())),
            Ok(_) => Err(invalid("has a host of more than 253 characters")),
            Err(fault) => Err(invalid(&format!("has a host that {}", fault.reason()))),
        },
        Ok(address) => Ok(Cow::Owned(address.to_string())),
        Err(error) => Err(invalid(&format!("has an invalid host: {error}"))),
    }
}

#[cfg(test)]
mod tests;
