//! The type of a bare value: for text, and for CSV without a type. Nothing is guessed that is not plainly of its type;
//! a name counts as a domain only where its top level is on the public suffix list.

mod name;
mod url;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(crate) use name::{AMBIGUOUS_NAME, SPECIAL_USE, UNLISTED_NAME, is_domain, reason_against};
use name::{is_ambiguous_name, is_filename};
pub(crate) use url::has_scheme;
use url::{is_address, is_url_with_scheme, is_url_without_scheme, split_port};

/// ThreatQ's type names for what the formats hold.
pub(crate) mod subtype {
    pub(crate) const FQDN: &str = "FQDN";
    pub(crate) const IP_ADDRESS: &str = "IP Address";
    pub(crate) const IPV6_ADDRESS: &str = "IPv6 Address";
    pub(crate) const CIDR_BLOCK: &str = "CIDR Block";
    pub(crate) const URL: &str = "URL";
    pub(crate) const EMAIL_ADDRESS: &str = "Email Address";
    pub(crate) const MD5: &str = "MD5";
    pub(crate) const SHA_1: &str = "SHA-1";
    pub(crate) const SHA_256: &str = "SHA-256";
    pub(crate) const SHA_384: &str = "SHA-384";
    pub(crate) const SHA_512: &str = "SHA-512";
    pub(crate) const FILENAME: &str = "Filename";
}

/// Longest local part of an e-mail address, RFC 5321.
const LOCAL_PART_CHARACTERS: usize = 64;

/// What is expected where nothing is known about a value but itself.
pub(crate) const NOT_A_VALUE: &str = "expected a domain, address, URL, e-mail address or hash";

/// ThreatQ's name for the type of a value without white space, if it is plainly of one.
#[must_use]
pub fn guess(value: &str) -> Option<&'static str> {
    if value.is_empty() || value.chars().any(|character| character.is_whitespace() || character.is_control())
    {
        return None;
    }
    if has_scheme(value) {
        return is_url_with_scheme(value).then_some(subtype::URL);
    }
    if is_ambiguous_name(value) {
        return None;
    }
    hash(value)
        .or_else(|| address(value))
        .or_else(|| (is_email_address(value)).then_some(subtype::EMAIL_ADDRESS))
        .or_else(|| is_domain(value).then_some(subtype::FQDN))
        .or_else(|| is_url_without_scheme(value).then_some(subtype::URL))
        .or_else(|| is_filename(value).then_some(subtype::FILENAME))
}

/// The type of an address: one of IPv4, one of IPv6, or a block of either. A port, brackets and a zone change nothing: what
/// becomes of them is the same for every format, and decided elsewhere.
#[must_use]
pub(crate) fn address(value: &str) -> Option<&'static str> {
    if value.parse::<Ipv4Addr>().is_ok() {
        return Some(subtype::IP_ADDRESS);
    }
    if let Ok(address) = value.parse::<Ipv6Addr>() {
        // `::` is an address, and in prose it is a mark.
        return (!address.is_unspecified()).then_some(subtype::IPV6_ADDRESS);
    }
    if let Some((address, zone)) = value.split_once('%') {
        let is_zoned = address.parse::<Ipv6Addr>().is_ok()
            && !zone.is_empty()
            && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        return is_zoned.then_some(subtype::IPV6_ADDRESS);
    }
    let Some((network, prefix)) = value.split_once('/') else {
        let (host, _) = split_port(value).filter(|(host, _)| is_address(host))?;
        return Some(if host.starts_with('[') { subtype::IPV6_ADDRESS } else { subtype::IP_ADDRESS });
    };
    let longest = if network.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    (digits && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)).then_some(subtype::CIDR_BLOCK)
}

/// The type of a hash, by its length.
#[must_use]
pub(crate) fn hash(value: &str) -> Option<&'static str> {
    if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match value.len() {
        32 => Some(subtype::MD5),
        40 => Some(subtype::SHA_1),
        64 => Some(subtype::SHA_256),
        96 => Some(subtype::SHA_384),
        128 => Some(subtype::SHA_512),
        _ => None,
    }
}

/// One `@` between a local part without a slash and a domain.
fn is_email_address(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_local = |character: char| character.is_alphanumeric() || "!#$%&'*+-=?^_`{|}~.".contains(character);
    !local.is_empty()
        && local.chars().count() <= LOCAL_PART_CHARACTERS
        && local.chars().all(is_local)
        && !domain.starts_with("*.")
        && !domain.ends_with('.')
        && is_domain(domain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_told_apart() {
        for (value, expected) in [
            ("192.0.2.1", Some("IP Address")),
            ("2001:db8::1", Some("IPv6 Address")),
            ("192.0.2.0/24", Some("CIDR Block")),
            ("2001:db8::/32", Some("CIDR Block")),
            ("evil.example.com", Some("FQDN")),
            ("evil.example", Some("FQDN")),
            ("printer.corp", Some("FQDN")),
            ("*.evil.com", Some("FQDN")),
            ("evil.com.", Some("FQDN")),
            ("EVIL.COM", Some("FQDN")),
            ("_dmarc.evil.com", Some("FQDN")),
            ("пример.рф", Some("FQDN")),
            ("xn--e1afmkfd.xn--p1ai", Some("FQDN")),
            ("user.name+tag@evil.com", Some("Email Address")),
            ("http://evil.example/a?b=c#d", Some("URL")),
            ("https://user:pw@evil.com:8443/x", Some("URL")),
            ("ftp://localhost/x", Some("URL")),
            ("http://[2001:db8::1]:80/", Some("URL")),
            ("evil.com/path", Some("URL")),
            ("evil.com:8080", Some("URL")),
            ("host:8080/x", Some("URL")),
            ("192.0.2.1:8080", Some("IP Address")),
            ("[2001:db8::1]:443", Some("IPv6 Address")),
            ("[2001:db8::1]", Some("IPv6 Address")),
            ("fe80::1%eth0", Some("IPv6 Address")),
            ("evil.com/x?u=http://a.example/b", Some("URL")),
            ("http://emptyport.example:/x", Some("URL")),
            ("http://0x7f.0.0.1/", Some("URL")),
            ("http://3325256704/x", Some("URL")),
            ("http://trail.example./x", Some("URL")),
            ("dash-.evil.com", Some("FQDN")),
            ("[2001:db8::1]:443/x", Some("URL")),
            ("d41d8cd98f00b204e9800998ecf8427e", Some("MD5")),
            ("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", Some("SHA-1")),
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Some("SHA-256")),
            ("setup.exe", Some("Filename")),
        ] {
            assert_eq!(guess(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_of_no_type_is_not_guessed() {
        for value in [
            "",
            "::",
            "word",
            "and/or",
            "12:30",
            "11/22/2026",
            "e.g.",
            "host.nonsense",
            "evil..com",
            "-evil.com",
            "evil.bit",
            "\u{201c}evil.com",
            "evil.com\u{2026}",
            "http://evil.com/\u{201d}",
            "http://evil.com/a<http://b.com/",
            "192.0.2.1:99999",
            "192.0.2.1:",
            "http://http://evil.com/",
            "999.1.2.3",
            "192.0.2.0/33",
            "a@b",
            "a@b@evil.com",
            "user@host/evil.com",
            "http://",
            "http:///x",
            "://evil.com",
            "http://evil.com[Title]",
            "http://evil.com/a/[Title",
            "link:part1.adoc[Part",
            "abcdef",
            "two words.com",
        ] {
            assert_eq!(guess(value), None, "{value}");
        }
    }

    #[test]
    fn a_name_that_may_be_a_file_or_a_domain_is_not_guessed() {
        for value in [
            "invoice.zip",
            "script.py",
            "readme.md",
            "README.MD",
            "script.py:12",
            "a.zip/b",
            "holiday.final.mov",
            "video_002.mp4.zip",
            "install.linux.x86.sh",
            "com.evil.app",
            "Trojan.Win32.Agent.ms",
            "System.IO",
            "ASP.NET",
        ] {
            assert_eq!((guess(value), is_ambiguous_name(value)), (None, true), "{value}");
        }
        for (value, expected) in [
            ("http://invoice.zip/x", "URL"),
            ("www.invoice.zip", "FQDN"),
            ("*.invoice.zip", "FQDN"),
            ("trojan.win32.com", "FQDN"),
            ("system.io", "FQDN"),
            ("a@invoice.zip", "Email Address"),
            ("onet.pl", "FQDN"),
        ] {
            assert_eq!((guess(value), is_ambiguous_name(value)), (Some(expected), false), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(value in r"\PC{0,60}|[a-f0-9:./@\[\]*]{0,45}") {
            let _ = guess(&value);
        }

        #[test]
        fn every_address_is_an_address(v4: u32, v6 in 1_u128..) {
            prop_assert_eq!(guess(&Ipv4Addr::from(v4).to_string()), Some("IP Address"));
            prop_assert_eq!(guess(&Ipv6Addr::from(v6).to_string()), Some("IPv6 Address"));
        }
    }
}
