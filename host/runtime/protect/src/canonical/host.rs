//! What one host says: its name, or the address that a browser reads in it.

use std::net::IpAddr;

use ipnet::IpNet;
use palisade_address::{carried, carried_network};
use url::Host;

use super::name;

/// The hosts that a value names, in all ways in which it can be read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Hosts {
    /// Names as [`name::name`] gives them.
    pub(crate) names: Vec<String>,
    /// Networks; an address is the network of this one address. IPv4 inside of IPv6 is IPv4.
    pub(crate) networks: Vec<IpNet>,
}

impl Hosts {
    /// Adds what a host, without its port, can be read as.
    pub(crate) fn read(&mut self, host: &str) {
        if let Some(address) = address(host) {
            self.add_network(IpNet::from(address));
            return;
        }
        let name = name::name(host);
        if !name::is_name(&name) || name::ends_in_number(&name) {
            match Host::parse(host) {
                Ok(Host::Domain(domain)) => self.add_name(name::name(&domain)),
                Ok(Host::Ipv4(address)) => self.add_network(IpNet::from(IpAddr::V4(address))),
                Ok(Host::Ipv6(address)) => self.add_network(IpNet::from(IpAddr::V6(address))),
                Err(_) => {}
            }
        }
        self.add_name(name);
    }

    fn add_name(&mut self, name: String) {
        if !name.is_empty() && !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    /// Adds a network as it is dialled.
    pub(crate) fn add_network(&mut self, network: IpNet) {
        let network = carried_network(network.trunc());
        if !self.networks.contains(&network) {
            self.networks.push(network);
        }
    }
}

/// The one address that `text` is, with or without brackets and a zone.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
    bare.parse().ok().map(carried)
}

/// The network that `text` is; what is set beyond its prefix is ignored.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|network| carried_network(network.trunc()))
}
