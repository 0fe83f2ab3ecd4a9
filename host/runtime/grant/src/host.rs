//! What the host of a URL is: an address or a name. Pure.
//!
//! Denies by default: a host that could be read in two ways is none. `2130706433`, `0177.0.0.1`, `0x7f.1` and `127.1` are
//! addresses to some resolvers and names to others; an address is written as four decimal numbers, or as IPv6 in brackets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest name in the domain name system (RFC 1035, section 2.3.4), written with dots and without the last one.
const NAME_BYTES: usize = 253;

/// A host that has one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'host> {
    /// An address literal.
    Address(IpAddr),
    /// A name for a resolver.
    Name(&'host str),
}

impl<'host> Host<'host> {
    /// Reads a host as it stands in an authority, IPv6 in brackets. `None` where it could be read in two ways.
    #[must_use]
    pub fn read(text: &'host str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(IpAddr::V6(address)));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let is_name = text.len() <= NAME_BYTES
            && text.split('.').all(is_label)
            && !text.rsplit('.').next().is_some_and(is_number);
        is_name.then_some(Self::Name(text))
    }
}

/// Letters, digits and hyphens; the underscore occurs in names that are in use.
fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether a host that ends in this label is an address to those who follow the URL standard ("ends in a number").
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || label.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
            ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
            ("[0:0:0:0:0:0:0:1]", "::1"),
        ] {
            assert_eq!(Host::read(text), Some(Host::Address(address.parse().unwrap())), "{text}");
        }
        for text in ["api.example.com", "localhost", "a_b.example", "1.example", "0x7f.example", "x0.0x7g"] {
            assert_eq!(Host::read(text), Some(Host::Name(text)), "{text}");
        }
    }

    #[test]
    fn decimal_octal_hexadecimal_and_short_spellings_are_no_host() {
        for text in [
            "2130706433",
            "0177.0.0.1",
            "017700000001",
            "127.1",
            "127.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "0X7F.1",
            "a.0x",
            "127.0.0.1.",
            "127.0.0.256",
            "::1",
            "[127.0.0.1]",
            "[fe80::1%25eth0]",
            "[::1",
            "",
            ".",
            "a..example",
            "a.example.",
            "a b.example",
            "*.example",
        ] {
            assert_eq!(Host::read(text), None, "{text}");
        }
        assert_eq!(Host::read(&format!("{}.example", "a.".repeat(130))), None);
    }
}
