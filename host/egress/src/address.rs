//! Which addresses may be dialled. Pure. An address that is not plainly public is refused: a name that a component may
//! ask for must not lead into the operator's network, whatever its resolver says.
//!
//! IPv4 addresses inside IPv6 (mapped, compatible, NAT64, 6to4) are judged as the IPv4 address that they carry.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// 0.0.0.0/8, ::
    Unspecified,
    /// 127.0.0.0/8, ::1
    Loopback,
    /// RFC 1918, fc00::/7
    Private,
    /// 169.254.0.0/16, fe80::/10: also where cloud metadata services live
    LinkLocal,
    /// 100.64.0.0/10 (RFC 6598): also where some cloud metadata services live
    CarrierGrade,
    /// 224.0.0.0/4, ff00::/8
    Multicast,
    /// 255.255.255.255 and 240.0.0.0/4
    Reserved,
    /// Documentation and benchmarking ranges (RFC 5737, RFC 2544, RFC 3849), 192.0.0.0/24
    Special,
    /// fd00:ec2::254 and its like
    Metadata,
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierGrade => "carrier-grade NAT",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
            Self::Special => "special-purpose",
            Self::Metadata => "cloud metadata",
        })
    }
}

/// The metadata service's IPv6 address of one large cloud; inside fc00::/7, named for a better message.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// Judges one address.
///
/// # Errors
/// The class that makes it unfit.
pub fn check(address: IpAddr) -> Result<(), Refused> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => check_v6(address),
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), Refused> {
    let [first, second, third, _] = address.octets();
    let refused = match (first, second, third) {
        (0, ..) => Refused::Unspecified,
        (127, ..) => Refused::Loopback,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Refused::Private,
        (169, 254, _) => Refused::LinkLocal,
        (100, 64..=127, _) => Refused::CarrierGrade,
        (224..=239, ..) => Refused::Multicast,
        (240..=255, ..) => Refused::Reserved,
        (192, 0, 0 | 2) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) | (192, 88, 99) => {
            Refused::Special
        }
        _ => return Ok(()),
    };
    Err(refused)
}

fn check_v6(address: Ipv6Addr) -> Result<(), Refused> {
    if address.is_unspecified() {
        return Err(Refused::Unspecified);
    }
    if address.is_loopback() {
        return Err(Refused::Loopback);
    }
    if let Some(inner) = carried_v4(address) {
        return check_v4(inner);
    }
    let [first, second, ..] = address.segments();
    let refused = match first {
        _ if address == METADATA_V6 => Refused::Metadata,
        0xfc00..=0xfdff => Refused::Private,
        0xfe80..=0xfebf => Refused::LinkLocal,
        // fec0::/10, site-local, deprecated but still routed in places
        0xfec0..=0xfeff => Refused::Private,
        0xff00..=0xffff => Refused::Multicast,
        0x2001 if second == 0x0db8 => Refused::Special,
        // Teredo carries an obfuscated IPv4 address.
        0x2001 if second == 0 => Refused::Special,
        // Only 2000::/3 is global unicast.
        0x2000..=0x3fff => return Ok(()),
        _ => Refused::Reserved,
    };
    Err(refused)
}

/// The IPv4 address inside an IPv6 address: `::ffff:a.b.c.d`, `::a.b.c.d`, `64:ff9b::a.b.c.d` and `2002:aabb:ccdd::`.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x0064, 0xff9b, 0, 0, 0, 0) => {
            Some(joined(g, h))
        }
        (0x2002, ..) => Some(joined(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<Refused> {
        check(text.parse().unwrap()).err()
    }

    #[test]
    fn public_addresses_pass() {
        for text in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }

    #[test]
    fn each_class_is_refused_by_its_name() {
        for (text, class) in [
            ("0.0.0.0", Refused::Unspecified),
            ("127.0.0.1", Refused::Loopback),
            ("127.255.255.254", Refused::Loopback),
            ("10.1.2.3", Refused::Private),
            ("172.31.255.255", Refused::Private),
            ("192.168.0.1", Refused::Private),
            ("169.254.169.254", Refused::LinkLocal),
            ("100.100.100.200", Refused::CarrierGrade),
            ("224.0.0.1", Refused::Multicast),
            ("255.255.255.255", Refused::Reserved),
            ("203.0.113.9", Refused::Special),
            ("::", Refused::Unspecified),
            ("::1", Refused::Loopback),
            ("::ffff:127.0.0.1", Refused::Loopback),
            ("::ffff:10.0.0.1", Refused::Private),
            ("::7f00:1", Refused::Loopback),
            ("64:ff9b::a00:1", Refused::Private),
            ("2002:7f00:1::", Refused::Loopback),
            ("fd00:ec2::254", Refused::Metadata),
            ("fd12::1", Refused::Private),
            ("fe80::1", Refused::LinkLocal),
            ("ff02::1", Refused::Multicast),
            ("2001:db8::1", Refused::Special),
            ("1::1", Refused::Reserved),
        ] {
            assert_eq!(refused(text), Some(class), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn an_address_inside_ipv6_is_judged_as_itself(bits: u32) {
            let inner = Ipv4Addr::from(bits);
            proptest::prop_assert_eq!(
                check(IpAddr::V6(inner.to_ipv6_mapped())).is_ok(),
                check(IpAddr::V4(inner)).is_ok()
            );
        }
    }
}
