//! One IPv4 or IPv6 address in canonical text (RFC 5952 for IPv6).
//!
//! Ranges, networks, ports, brackets, zones and leading zeros are refused: the list matches single addresses only, and
//! an octet with a leading zero is octal to some readers.

use std::net::IpAddr;

use crate::contract::{Problem, quoted};
use crate::normalise::Normalised;

/// The canonical text of the one address in `value`.
///
/// # Errors
///
/// `invalid-address`.
pub fn normalise(value: &str) -> Normalised<String> {
    if let Ok(address) = value.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let reason = if value.contains('/') {
        "is a network; the list takes single addresses"
    } else if value.contains('-') {
        "is a range; the list takes single addresses"
    } else if value.contains('%') {
        "has a zone, which means nothing outside of its machine"
    } else {
        "is not one IPv4 or IPv6 address"
    };
    Err(Problem::new("invalid-address", format!("{} {reason}", quoted(value))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_become_canonical_text() {
        let cases = [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("2001:db8:85a3:0:0:8a2e:370:7334", "2001:db8:85a3::8a2e:370:7334"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(normalise(value).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn whatever_is_not_one_address_is_refused() {
        for value in [
            "",
            "192.0.2.0/24",
            "192.0.2.1-192.0.2.9",
            "192.0.2.1:80",
            "192.0.2",
            "192.0.02.1",
            "192.0.2.256",
            "[2001:db8::1]",
            "fe80::1%eth0",
            "2001:db8::/32",
            "192[.]0[.]2[.]1",
            "example.com",
            "192.0.2.1,192.0.2.2",
        ] {
            assert_eq!(normalise(value).map_err(|problem| problem.code), Err("invalid-address"), "{value}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_is_stable_and_fits(bits in any::<u128>()) {
            let text = std::net::Ipv6Addr::from_bits(bits).to_string();
            let once = normalise(&text).unwrap();
            prop_assert!(once.len() <= 39);
            prop_assert_eq!(normalise(&once).unwrap(), once);
        }
    }
}
