//! Which addresses are not plainly public, and by which network: one table for whoever dials and for whoever blocks. Pure.
//!
//! The table is that of IANA's special-purpose registries for IPv4 and IPv6, without the few networks in them that are
//! globally reachable, and with what is special by custom (site-local, multicast, metadata services). Denies by default:
//! outside of 2000::/3 every IPv6 address is reserved. IPv4 addresses inside IPv6 (mapped, compatible, translated, NAT64,
//! 6to4) are judged as the IPv4 address that they carry.

#![warn(missing_docs)]

mod carried;
mod class;
mod table;

use std::net::IpAddr;

use ipnet::IpNet;

pub use carried::{carried, carried_network};
pub use class::Class;

/// One network of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Special {
    /// The network as the registries have it.
    pub network: IpNet,
    /// What it is for.
    pub class: Class,
}

/// The most specific network of the table that holds the address; `None` for an address that is plainly public.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static Special> {
    let address = carried(address);
    narrowest(|special| special.network.contains(&address))
}

/// A network of the table that has an address in common with `network`: the most specific one that holds all of it, or
/// else the largest one inside of it.
#[must_use]
pub fn overlapping(network: IpNet) -> Option<&'static Special> {
    let network = carried_network(network);
    narrowest(|special| special.network.contains(&network)).or_else(|| {
        table::SPECIAL
            .iter()
            .filter(|special| network.contains(&special.network))
            .min_by_key(|special| special.network.prefix_len())
    })
}

fn narrowest(holds: impl Fn(&Special) -> bool) -> Option<&'static Special> {
    table::SPECIAL.iter().filter(|special| holds(special)).max_by_key(|special| special.network.prefix_len())
}

#[cfg(test)]
mod tests;
