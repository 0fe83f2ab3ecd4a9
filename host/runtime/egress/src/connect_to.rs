//! The operator's mapping of an origin to an address (`--connect-to HOST:PORT:ADDRESS:PORT`, as curl has it): how a
//! simulator or a relay is reached with real TLS and the real host name. It is the operator's word, so the address filter
//! does not apply to it; a component cannot set it.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Requests to `host:port` go to `address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    /// Host in lower case.
    pub host: String,
    /// Port of the origin.
    pub port: u16,
    /// What is dialled instead.
    pub address: SocketAddr,
}

/// Why a mapping cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a mapping of the form HOST:PORT:ADDRESS:PORT: {what}")]
pub struct ConnectToError {
    text: String,
    what: &'static str,
}

impl ConnectToError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "connect-to-invalid"
    }
}

impl FromStr for ConnectTo {
    type Err = ConnectToError;

    fn from_str(text: &str) -> Result<Self, ConnectToError> {
        let refuse = |what| ConnectToError { text: text.to_owned(), what };
        let (rest, dial_port) = text.rsplit_once(':').ok_or_else(|| refuse("four parts are expected"))?;
        let (host, rest) = rest.split_once(':').ok_or_else(|| refuse("four parts are expected"))?;
        let (port, address) = rest.split_once(':').ok_or_else(|| refuse("four parts are expected"))?;
        let address = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = address.parse().map_err(|_| refuse("the third part must be an IP address"))?;
        let port = port.parse().map_err(|_| refuse("the second part must be a port"))?;
        let dial_port = dial_port.parse().map_err(|_| refuse("the fourth part must be a port"))?;
        if host.is_empty() {
            return Err(refuse("the first part must be a host name"));
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, address: SocketAddr::new(address, dial_port) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_families() {
        let mapping: ConnectTo = "API.example.com:443:127.0.0.1:8443".parse().unwrap();
        assert_eq!((mapping.host.as_str(), mapping.port), ("api.example.com", 443));
        assert_eq!(mapping.address, "127.0.0.1:8443".parse().unwrap());
        let mapping: ConnectTo = "a.example:443:[::1]:8443".parse().unwrap();
        assert_eq!(mapping.address, "[::1]:8443".parse().unwrap());
    }

    #[test]
    fn says_which_part_is_wrong() {
        for (text, part) in [
            ("a.example", "four parts"),
            ("a.example:443:b.example:1", "third part"),
            ("a.example:x:127.0.0.1:1", "second part"),
            ("a.example:443:127.0.0.1:x", "fourth part"),
            (":443:127.0.0.1:1", "first part"),
        ] {
            assert_eq!(text.parse::<ConnectTo>().unwrap_err().code(), "connect-to-invalid");
            assert!(text.parse::<ConnectTo>().unwrap_err().to_string().contains(part), "{text}");
        }
    }
}
