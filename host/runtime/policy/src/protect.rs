//! What must never go to a block list, as the policy names it. Finding it among the values of a run is another crate's.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Serialize;

/// What must never go to a block list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protect {
    /// Addresses that are not public.
    pub private_addresses: bool,
    /// Domains, with everything below them: A-labels in lower case without a trailing dot.
    pub domains: Vec<String>,
    /// Networks; a single address is a network of its full length.
    pub networks: Vec<IpNet>,
    /// Exact values, as the file has them.
    pub values: Vec<String>,
    /// A compiled list; a relative path is already joined to the policy's directory.
    pub lists: Option<PathBuf>,
}

impl Default for Protect {
    /// Addresses that are not public, and nothing else: what is protected where there is no policy.
    fn default() -> Self {
        Self {
            private_addresses: true,
            domains: Vec::new(),
            networks: Vec::new(),
            values: Vec::new(),
            lists: None,
        }
    }
}
