//! Networks in a [`Table`]: the key is the address, first byte first, and then the prefix length.
//!
//! A network that holds another has one of at most 129 keys, which are looked up; networks inside of another follow it in
//! the table.

use ipnet::IpNet;

use super::table::Table;

/// The networks of one family.
#[derive(Debug, Clone)]
pub(crate) struct Networks {
    table: Table,
    /// The prefix lengths that occur, ascending.
    prefixes: Vec<u8>,
}

/// The network's key.
pub(crate) fn key(network: IpNet) -> Vec<u8> {
    let mut key = match network.network() {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    key.push(network.prefix_len());
    key
}

impl Networks {
    pub(crate) fn new(table: Table) -> Self {
        let mut prefixes: Vec<u8> = table.from(&[]).filter_map(|(key, _)| key.last().copied()).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        Self { table, prefixes }
    }

    pub(crate) const fn len(&self) -> usize {
        self.table.len()
    }

    /// The networks that have an address in common with `network`, with their numbers: first those that hold it, the
    /// widest first, then those inside of it.
    pub(crate) fn overlapping(&self, network: IpNet) -> impl Iterator<Item = (IpNet, usize)> {
        let around =
            self.prefixes.iter().take_while(move |prefix| **prefix <= network.prefix_len()).filter_map(
                move |prefix| {
                    let wider = IpNet::new(network.addr(), *prefix).ok()?.trunc();
                    Some((wider, self.table.get(&key(wider))?))
                },
            );
        let single = network.prefix_len() == network.max_prefix_len();
        let inside = (!single)
            .then(|| self.table.from(&key(network)))
            .into_iter()
            .flatten()
            .filter_map(|(key, number)| Some((read(key)?, number)))
            .take_while(move |(found, _)| network.contains(found))
            .filter(move |(found, _)| *found != network);
        around.chain(inside)
    }
}

/// The network of a key; `None` for a key that is none.
fn read(key: &[u8]) -> Option<IpNet> {
    let (prefix, octets) = key.split_last()?;
    let address = match octets.len() {
        4 => std::net::IpAddr::from(*octets.first_chunk::<4>()?),
        16 => std::net::IpAddr::from(*octets.first_chunk::<16>()?),
        _ => return None,
    };
    IpNet::new(address, *prefix).ok()
}
