//! The networks, from IANA's *IPv4* and *IPv6 Special-Purpose Address Registry* and the multicast registries.
//!
//! Where two hold an address, the narrower one says what it is for.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::{Class, Special};

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, class: Class) -> Special {
    Special { network: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)), class }
}

/// A network by its first three and its last segment.
const fn v6(a: u16, b: u16, c: u16, last: u16, prefix: u8, class: Class) -> Special {
    let address = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, last);
    Special { network: IpNet::V6(Ipv6Net::new_assert(address, prefix)), class }
}

pub(crate) static SPECIAL: [Special; 35] = [
    v4(0, 0, 0, 0, 8, Class::Unspecified),
    v4(10, 0, 0, 0, 8, Class::Private),
    v4(100, 64, 0, 0, 10, Class::CarrierGrade),
    v4(127, 0, 0, 0, 8, Class::Loopback),
    v4(169, 254, 0, 0, 16, Class::LinkLocal),
    v4(172, 16, 0, 0, 12, Class::Private),
    v4(192, 0, 0, 0, 24, Class::Special),
    v4(192, 0, 2, 0, 24, Class::Documentation),
    // The relays of 6to4, deprecated (RFC 7526).
    v4(192, 88, 99, 0, 24, Class::Special),
    v4(192, 168, 0, 0, 16, Class::Private),
    v4(198, 18, 0, 0, 15, Class::Benchmarking),
    v4(198, 51, 100, 0, 24, Class::Documentation),
    v4(203, 0, 113, 0, 24, Class::Documentation),
    v4(224, 0, 0, 0, 4, Class::Multicast),
    v4(240, 0, 0, 0, 4, Class::Reserved),
    v4(255, 255, 255, 255, 32, Class::Reserved),
    v6(0, 0, 0, 0, 128, Class::Unspecified),
    v6(0, 0, 0, 1, 128, Class::Loopback),
    // NAT64 for local use (RFC 8215); the addresses in it have no one form.
    v6(0x0064, 0xff9b, 1, 0, 48, Class::Special),
    // Discard only (RFC 6666).
    v6(0x0100, 0, 0, 0, 64, Class::Special),
    // Teredo carries an obfuscated IPv4 address.
    v6(0x2001, 0, 0, 0, 32, Class::Special),
    v6(0x2001, 2, 0, 0, 48, Class::Benchmarking),
    // ORCHID and its second version (RFC 4843, RFC 7343): identifiers that are never routed.
    v6(0x2001, 0x0010, 0, 0, 28, Class::Special),
    v6(0x2001, 0x0020, 0, 0, 28, Class::Special),
    v6(0x2001, 0x0db8, 0, 0, 32, Class::Documentation),
    v6(0x3fff, 0, 0, 0, 20, Class::Documentation),
    v6(0xfc00, 0, 0, 0, 7, Class::Private),
    // The metadata service of one large cloud; named for a better message.
    v6(0xfd00, 0x0ec2, 0, 0x0254, 128, Class::Metadata),
    v6(0xfe80, 0, 0, 0, 10, Class::LinkLocal),
    // Site-local, deprecated (RFC 3879) but still routed in places.
    v6(0xfec0, 0, 0, 0, 10, Class::Private),
    v6(0xff00, 0, 0, 0, 8, Class::Multicast),
    // Only 2000::/3 is global unicast; these three are all the rest.
    v6(0, 0, 0, 0, 3, Class::Reserved),
    v6(0x4000, 0, 0, 0, 2, Class::Reserved),
    v6(0x8000, 0, 0, 0, 1, Class::Reserved),
    // Segment routing (RFC 9602), inside of what is reserved anyhow.
    v6(0x5f00, 0, 0, 0, 16, Class::Special),
];
