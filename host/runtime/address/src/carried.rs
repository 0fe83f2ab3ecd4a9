//! The IPv4 address or network inside of an IPv6 one: `::ffff:a.b.c.d`, `::a.b.c.d`, `::ffff:0:a.b.c.d`,
//! `64:ff9b::a.b.c.d` and `2002:aabb:ccdd::`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// The IPv4 address that the address carries; otherwise the address itself.
#[must_use]
pub fn carried(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            carrier(address).map_or(IpAddr::V6(address), |carrier| IpAddr::V4(carrier.address))
        }
    }
}

/// The IPv4 network that the network carries, where the whole of it lies in one that carries IPv4; otherwise the network
/// itself.
#[must_use]
pub fn carried_network(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    carrier(v6.network())
        .and_then(|carrier| {
            let prefix = v6.prefix_len().checked_sub(carrier.prefix)?;
            Ipv4Net::new(carrier.address, prefix.min(32)).ok()
        })
        .map_or(network, IpNet::V4)
}

/// An IPv4 address and the length of what stands before it, in bits.
struct Carrier {
    address: Ipv4Addr,
    prefix: u8,
}

fn carrier(address: Ipv6Addr) -> Option<Carrier> {
    // `::` and `::1` are addresses of their own, not 0.0.0.0 and 0.0.0.1.
    if address.is_unspecified() || address.is_loopback() {
        return None;
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) | (0x0064, 0xff9b, 0, 0, 0, 0) => {
            Some(Carrier { address: joined(g, h), prefix: 96 })
        }
        (0x2002, ..) => Some(Carrier { address: joined(b, c), prefix: 16 }),
        _ => None,
    }
}
