//! How many connections one address has: nobody alone takes all places. Denied by default: one more than the share of an address that
//! is not a trusted proxy's.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use palisade_limits as limits;

use crate::client::{TrustedProxies, network};

/// The connections of each address.
#[derive(Clone, Default)]
pub(super) struct Shares(Arc<Mutex<HashMap<IpAddr, u64>>>);

/// One connection's part; given back when it is dropped.
pub(super) struct Share {
    shares: Shares,
    /// None for a trusted proxy: whoever is behind it is many.
    of: Option<IpAddr>,
}

impl Shares {
    /// A part for a connection from this address; none if it has its share.
    pub(super) fn take(&self, peer: IpAddr, proxies: &TrustedProxies) -> Option<Share> {
        if proxies.trusts(peer) {
            return Some(Share { shares: self.clone(), of: None });
        }
        let of = network(peer);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counted.entry(of).or_default();
        if *count >= limits::HTTP_CONNECTIONS_OF_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Share { shares: self.clone(), of: Some(of) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(of) = self.of else { return };
        let mut counted = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counted.get_mut(&of) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counted.remove(&of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_share_and_a_trusted_proxy_has_no_bound_of_its_own() {
        let (shares, nobody) = (Shares::default(), TrustedProxies::default());
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let mut taken: Vec<Share> =
            (0..limits::HTTP_CONNECTIONS_OF_ADDRESS).map(|_| shares.take(one, &nobody).unwrap()).collect();
        assert!(shares.take(one, &nobody).is_none());
        assert!(shares.take("2001:db8::ffff".parse().unwrap(), &nobody).is_none());
        assert!(shares.take("2001:db8:1::1".parse().unwrap(), &nobody).is_some());
        let proxies =
            TrustedProxies { networks: vec!["2001:db8::/64".parse().unwrap()], ..TrustedProxies::default() };
        assert!(shares.take(one, &proxies).is_some());
        taken.pop();
        assert!(shares.take(one, &nobody).is_some());
        drop(taken);
        assert!(shares.0.lock().unwrap().is_empty());
    }
}
