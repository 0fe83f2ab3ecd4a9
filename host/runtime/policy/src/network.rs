//! How the network is reached, as the policy says it. Dialling is another crate's.
//!
//! Denies by default: no address that is not public, no authority but the public ones, and no password in the policy.

use std::fmt;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::Serialize;

/// How the network is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Network {
    /// The proxy of the policy; `None` leaves the word to the environment.
    pub proxy: Option<Proxy>,
    /// What is reached without a proxy, the policy's or the environment's.
    pub no_proxy: Vec<NoProxy>,
    /// PEM files with further certificate authorities; relative paths are already joined to the policy's directory.
    pub ca_certificates: Vec<PathBuf>,
    /// Whether the system's certificate authorities are trusted as well.
    pub system_certificates: bool,
    /// Networks that are not public and may be dialled all the same.
    pub private_networks: Vec<IpNet>,
}

/// A proxy that is spoken to over plain HTTP; the requests in it are tunnelled, with TLS to the service itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proxy {
    /// Host name in lower case, or an address; an IPv6 address stands in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Where `user:password` is.
    pub credentials: Option<ProxySecret>,
}

/// Where the proxy's `user:password` is. The secret itself is never in the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxySecret {
    /// In the environment variable of this name.
    Env(String),
    /// In this file; a relative path is already joined to the policy's directory.
    File(PathBuf),
}

/// What is reached without a proxy. Displayed as the entries of the environment variable `NO_PROXY` are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProxy {
    /// Everything: no proxy is used, not even the environment's.
    All,
    /// A domain with everything below it: A-labels in lower case without a leading or trailing dot.
    Domain(String),
    /// A network; a single address is a network of its full length.
    Network(IpNet),
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for NoProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("*"),
            Self::Domain(domain) => formatter.write_str(domain),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(formatter, "{}", network.addr())
            }
            Self::Network(network) => write!(formatter, "{network}"),
        }
    }
}

impl Serialize for NoProxy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
