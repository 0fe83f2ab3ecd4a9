//! The six kinds of identifier, how long each may be, what a plausible value is, and when two values mean the same object
//! (API reference, sections 3.1 and 4). A value that is not clearly well-formed is refused while `value_syntax` is on.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::settings::Rules;

/// A kind of object; the API's name of it is also the key of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// `url`
    Url,
    /// `domain`
    Domain,
    /// `ip`
    Ip,
    /// `senderMailAddress`
    SenderMailAddress,
    /// `fileSha1`
    FileSha1,
    /// `fileSha256`
    FileSha256,
}

/// Which of the two lists a value is meant for: they differ in wildcards and ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    SuspiciousObjects,
    Exceptions,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Url, Self::Domain, Self::Ip, Self::SenderMailAddress, Self::FileSha1, Self::FileSha256];

    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Domain => "domain",
            Self::Ip => "ip",
            Self::SenderMailAddress => "senderMailAddress",
            Self::FileSha1 => "fileSha1",
            Self::FileSha256 => "fileSha256",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The shortest and the longest value, in characters.
    fn lengths(self) -> (usize, usize) {
        match self {
            Self::Url => (1, 2048),
            Self::Domain => (1, 253),
            Self::Ip => (1, 39),
            Self::SenderMailAddress => (1, 320),
            Self::FileSha1 => (40, 40),
            Self::FileSha256 => (64, 64),
        }
    }

    /// What two values have in common when they name the same object: URLs are compared as given, addresses by what they
    /// mean, everything else without regard to case.
    pub(crate) fn key(self, value: &str) -> String {
        match self {
            Self::Url => value.to_owned(),
            Self::Ip => {
                value.parse::<IpAddr>().map_or_else(|_| value.to_ascii_lowercase(), |ip| ip.to_string())
            }
            _ => value.to_lowercase(),
        }
    }
}

/// Judges a value; the error says why it is refused (for the record, the service itself gives no reason).
pub(crate) fn check(kind: Kind, value: &str, list: List, rules: &Rules) -> Result<(), &'static str> {
    let (shortest, longest) = kind.lengths();
    // A character has at most four bytes: values that are short in bytes need no count.
    let too_long = value.len() > longest && value.chars().count() > longest;
    if too_long || value.chars().take(shortest).count() < shortest {
        return Err("the value's length is not allowed");
    }
    let wildcards = list == List::Exceptions || rules.suspicious_wildcards;
    if !wildcards && value.contains('*') && matches!(kind, Kind::Url | Kind::Domain | Kind::SenderMailAddress)
    {
        return Err("wildcards are not supported");
    }
    if kind == Kind::Url {
        check_scheme(value, rules)?;
    }
    if !rules.value_syntax {
        return Ok(());
    }
    match kind {
        Kind::Url => check_url(value),
        Kind::Domain => {
            let name = if wildcards { value.strip_prefix("*.").unwrap_or(value) } else { value };
            if is_domain(name) { Ok(()) } else { Err("the value is no domain name") }
        }
        Kind::Ip => {
            let is_network =
                list == List::Exceptions && rules.exception_ip_ranges && Network::parse(value).is_some();
            if is_network || value.parse::<IpAddr>().is_ok() {
                Ok(())
            } else {
                Err("the value is no IP address")
            }
        }
        Kind::SenderMailAddress => {
            if is_mail_address(value) {
                Ok(())
            } else {
                Err("the value is no mail address")
            }
        }
        Kind::FileSha1 | Kind::FileSha256 => {
            if value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                Ok(())
            } else {
                Err("the value is not hexadecimal")
            }
        }
    }
}

fn check_scheme(value: &str, rules: &Rules) -> Result<(), &'static str> {
    // A leading wildcard stands for the scheme too.
    if !rules.url_scheme || value.starts_with('*') || scheme_and_rest(value).is_some() {
        return Ok(());
    }
    Err("the URL has no scheme")
}

fn scheme_and_rest(value: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = value.split_once("://")?;
    let mut characters = scheme.chars();
    let begins_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let goes_on_well = characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '+' | '-' | '.'));
    (begins_well && goes_on_well).then_some((scheme, rest))
}

fn check_url(value: &str) -> Result<(), &'static str> {
    if value.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err("the URL contains white space or a control character");
    }
    let (scheme, rest) = scheme_and_rest(value).unwrap_or(("http", value));
    let (rest, leading) = rest.strip_prefix('*').map_or((rest, false), |rest| (rest, true));
    let rest = rest.strip_suffix('*').unwrap_or(rest);
    if rest.contains('*') {
        return Err("a wildcard stands neither at the URL's beginning nor at its end");
    }
    // What a wildcard stood for is filled in, so that the rest can be judged as a URL: `*.example.com` and `*/path`.
    let filler = if leading { "a" } else { "" };
    let whole = format!("{scheme}://{filler}{rest}");
    match url::Url::parse(&whole) {
        Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => Ok(()),
        _ => Err("the value is no URL"),
    }
}

/// A name of at least two labels, in ASCII, whose last label is not a number (that would be an address).
fn is_domain(value: &str) -> bool {
    let label_is_valid = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    value.contains('.')
        && value.split('.').all(label_is_valid)
        && value.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| !byte.is_ascii_digit()))
}

fn is_mail_address(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let local_is_valid = (1..=64).contains(&local.chars().count())
        && !local.chars().any(|character| {
            character.is_whitespace() || character.is_control() || "@*<>()[],;:\"\\".contains(character)
        });
    local_is_valid && is_domain(domain)
}

/// Several addresses at once: a network (`192.0.2.0/24`) or a range (`192.0.2.1-192.0.2.9`), both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    is_v6: bool,
    first: u128,
    last: u128,
}

impl Network {
    pub(crate) fn parse(value: &str) -> Option<Self> {
        if let Some((address, length)) = value.split_once('/') {
            let (is_v6, bits) = bits(address.parse().ok()?);
            let width = if is_v6 { 128 } else { 32 };
            let free = u32::checked_sub(width, length.parse().ok()?)?;
            let mask = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size.wrapping_sub(1));
            return Some(Self { is_v6, first: bits & !mask, last: bits | mask });
        }
        let (first, last) = value.split_once('-')?;
        let (is_v6, first) = bits(first.trim().parse().ok()?);
        let (last_is_v6, last) = bits(last.trim().parse().ok()?);
        (is_v6 == last_is_v6 && first <= last).then_some(Self { is_v6, first, last })
    }

    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let (is_v6, bits) = bits(address);
        is_v6 == self.is_v6 && (self.first..=self.last).contains(&bits)
    }
}

fn bits(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (false, u128::from(address.to_bits())),
        IpAddr::V6(address) => (true, address.to_bits()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(kind: Kind, value: &str, list: List) -> bool {
        check(kind, value, list, &Rules::default()).is_ok()
    }

    #[test]
    fn values_are_judged_by_kind() {
        let sha1 = "a".repeat(40);
        for (kind, value, expected) in [
            (Kind::Url, "http://example.com", true),
            (Kind::Url, "https://[2001:db8::1]:8443/a?b=c#d", true),
            (Kind::Url, "example.com/path", false),
            (Kind::Url, "host:8080/x", false),
            (Kind::Url, "http://", false),
            (Kind::Url, "http://evil[.]example/", false),
            (Kind::Url, "http://exam ple.com", false),
            (Kind::Url, "http://*.example.com/", false),
            (Kind::Domain, "example.com", true),
            (Kind::Domain, "xn--bcher-kva.example", true),
            (Kind::Domain, "_dmarc.Example.com", true),
            (Kind::Domain, "example", false),
            (Kind::Domain, "example.com.", false),
            (Kind::Domain, "example.com/path", false),
            (Kind::Domain, "*.example.com", false),
            (Kind::Domain, "192.0.2.1", false),
            (Kind::Domain, "", false),
            (Kind::Ip, "192.0.2.1", true),
            (Kind::Ip, "2001:DB8::1", true),
            (Kind::Ip, "192.0.2.0/24", false),
            (Kind::Ip, "192.0.2.256", false),
            (Kind::SenderMailAddress, "a.b+c@example.com", true),
            (Kind::SenderMailAddress, "a@b", false),
            (Kind::SenderMailAddress, "a@b@example.com", false),
            (Kind::SenderMailAddress, "*@example.com", false),
            (Kind::FileSha1, sha1.as_str(), true),
            (Kind::FileSha1, "abc", false),
            (Kind::FileSha256, sha1.as_str(), false),
            (Kind::FileSha1, "gggggggggggggggggggggggggggggggggggggggg", false),
        ] {
            assert_eq!(accepted(kind, value, List::SuspiciousObjects), expected, "{kind:?} {value}");
        }
    }

    #[test]
    fn exceptions_take_wildcards_at_either_end() {
        for (kind, value, expected) in [
            (Kind::Url, "https://*.example.com/path1/*", true),
            (Kind::Url, "*.example.com/*", true),
            (Kind::Url, "https://example.com/*", true),
            (Kind::Url, "https://example.com/*/x", false),
            (Kind::Domain, "*.example.com", true),
            (Kind::Domain, "*example.com", false),
            (Kind::Domain, "a.*.example.com", false),
            (Kind::SenderMailAddress, "*@example.com", false),
            (Kind::Ip, "192.0.2.0/24", false),
        ] {
            assert_eq!(accepted(kind, value, List::Exceptions), expected, "{kind:?} {value}");
        }
        let rules = Rules { exception_ip_ranges: true, ..Rules::default() };
        for value in ["192.0.2.0/24", "192.0.2.1-192.0.2.9", "2001:db8::/32"] {
            assert!(check(Kind::Ip, value, List::Exceptions, &rules).is_ok(), "{value}");
            assert!(check(Kind::Ip, value, List::SuspiciousObjects, &rules).is_err(), "{value}");
        }
        assert!(check(Kind::Ip, "192.0.2.9-192.0.2.1", List::Exceptions, &rules).is_err());
    }

    #[test]
    fn lengths_count_characters() {
        let rules = Rules { value_syntax: false, url_scheme: false, ..Rules::default() };
        let longest = "é".repeat(2048);
        assert!(check(Kind::Url, &longest, List::SuspiciousObjects, &rules).is_ok());
        assert!(check(Kind::Url, &format!("{longest}é"), List::SuspiciousObjects, &rules).is_err());
        assert!(check(Kind::FileSha1, &"é".repeat(20), List::SuspiciousObjects, &rules).is_err());
    }

    #[test]
    fn the_same_object_has_the_same_key() {
        assert_eq!(Kind::Domain.key("EXAMPLE.com"), Kind::Domain.key("example.COM"));
        assert_eq!(Kind::Ip.key("2001:DB8:0::1"), Kind::Ip.key("2001:db8::1"));
        assert_ne!(Kind::Url.key("http://e.com/A"), Kind::Url.key("http://e.com/a"));
    }

    #[test]
    fn networks_contain_their_ends() {
        let network = Network::parse("192.0.2.128/25").unwrap();
        assert!(network.contains("192.0.2.128".parse().unwrap()));
        assert!(network.contains("192.0.2.255".parse().unwrap()));
        assert!(!network.contains("192.0.2.127".parse().unwrap()));
        assert!(Network::parse("::/0").unwrap().contains("ffff::".parse().unwrap()));
        assert!(Network::parse("192.0.2.0/33").is_none());
    }
}
