//! Domains and networks as an operator writes them, in one spelling.
//!
//! Denies by default: a network with bits set outside of its prefix, or an address where a domain belongs, is an error with
//! the spelling that was probably meant, and not a guess.

use std::net::IpAddr;

use idna::AsciiDenyList;
use ipnet::IpNet;

use crate::FaultKind;

/// Longest label and longest name of the DNS, in bytes (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;
const LONGEST_NAME: usize = 253;

/// A domain as A-labels in lower case, without a trailing dot. One label will do: `internal` stands for all below it.
pub(super) fn domain(text: &str) -> Result<String, FaultKind> {
    let refuse = |why, meant: Option<&str>| {
        Err(FaultKind::Domain { value: text.to_owned(), why, meant: meant.map(str::to_owned) })
    };
    if text.is_empty() {
        return Err(FaultKind::Empty { expected: "a domain" });
    }
    if let Some(rest) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
        return refuse("a domain includes its subdomains without a wildcard", Some(rest));
    }
    if text.contains(['/', ':', '@', '?', '#']) && text.parse::<IpAddr>().is_err() {
        return refuse("a name without scheme, port and path is expected", None);
    }
    let ends_in_number = text
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if ends_in_number || text.parse::<IpAddr>().is_ok() {
        return refuse("it is an address, those belong into `networks`", None);
    }
    let Ok(ascii) = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::EMPTY) else {
        return refuse("it cannot be written as a name of the DNS", None);
    };
    let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(letter);
    if ascii.len() > LONGEST_NAME || !ascii.split('.').all(label) {
        return refuse(
            "labels have 1 to 63 letters, digits, `-` or `_`, all of them together at most 253",
            None,
        );
    }
    Ok(ascii.to_owned())
}

/// A network in the notation of prefixes, or a single address as the network of its full length.
pub(super) fn network(text: &str) -> Result<IpNet, FaultKind> {
    let refuse = |why, meant: Option<String>| Err(FaultKind::Network { value: text.to_owned(), why, meant });
    if text.is_empty() {
        return Err(FaultKind::Empty { expected: "a network such as `10.20.0.0/16`" });
    }
    let Some(network) = prefix(text) else {
        return refuse("an address and a prefix length are expected, such as `10.20.0.0/16`", None);
    };
    if network != network.trunc() {
        return refuse("the address has bits set outside of the prefix", Some(network.trunc().to_string()));
    }
    if let IpNet::V6(inside) = network
        && let Some(address) = inside.addr().to_ipv4_mapped()
    {
        // 96 bits are the prefix of IPv4 addresses in IPv6 (RFC 4291, section 2.5.5.2).
        let meant = inside.prefix_len().checked_sub(96).map(|length| format!("{address}/{length}"));
        return refuse("IPv4 addresses are written as such, they are found inside of IPv6 too", meant);
    }
    Ok(network)
}

/// The parts are read by the standard library, which takes no octal digits.
fn prefix(text: &str) -> Option<IpNet> {
    let Some((address, length)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    let length = length.bytes().all(|byte| byte.is_ascii_digit()).then(|| length.parse().ok())??;
    IpNet::new(address.parse().ok()?, length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_spelling() {
        for (text, expected) in [
            ("Example.COM", "example.com"),
            ("example.com.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("internal", "internal"),
            ("_dmarc.example.com", "_dmarc.example.com"),
        ] {
            assert_eq!(domain(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused_with_what_was_meant() {
        for text in [
            "",
            "a..b",
            "10.0.0.1",
            "10.0.0.0/8",
            "::1",
            "https://a.example",
            "a.example:443",
            "a b",
            "a@b.c",
        ] {
            assert!(domain(text).is_err(), "{text}");
        }
        for text in ["*.example.com", ".example.com"] {
            let hint = domain(text).unwrap_err().hint();
            assert_eq!(hint.as_deref(), Some("did you mean `example.com`?"), "{text}");
        }
    }

    #[test]
    fn a_network_has_one_spelling() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("203.0.113.7", "203.0.113.7/32"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("2001:db8::1", "2001:db8::1/128"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_was_meant() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/24",
            "010.0.0.0/8",
            "0x0a.0.0.0/8",
            "example.com",
            "10.0.0.0/255.0.0.0",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
        for (text, meant) in [("10.20.30.0/16", "10.20.0.0/16"), ("::ffff:10.0.0.0/104", "10.0.0.0/8")] {
            let hint = network(text).unwrap_err().hint().unwrap();
            assert_eq!(hint, format!("did you mean `{meant}`?"), "{text}");
        }
    }
}
