//! Where people reach the service, for links that are printed or sent.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::Authority;

/// Where people reach the service: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: &'static str,
    authority: Authority,
}

impl PublicUrl {
    /// Its host, which the service answers to.
    pub(crate) fn host(&self) -> String {
        self.authority.host().trim_matches(['[', ']']).to_owned()
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.authority)
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `https://` and a host, with a port if it is not 443");
        let parts = text.parse::<Uri>().map_err(|_| wrong())?.into_parts();
        let scheme = match parts.scheme.as_ref().map(axum::http::uri::Scheme::as_str) {
            Some("https") => "https",
            Some("http") => "http",
            _ => return Err(wrong()),
        };
        let authority =
            parts.authority.filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        match parts.path_and_query.as_ref().map_or("/", |path| path.as_str()) {
            "/" => Ok(Self { scheme, authority }),
            _ => Err(wrong()),
        }
    }
}

pub(super) fn of(tls: bool, address: SocketAddr, name: Option<&str>) -> String {
    let (scheme, usual) = if tls { ("https", 443) } else { ("http", 80) };
    let named = name.and_then(|name| {
        let bare = name.trim().trim_end_matches('.');
        match bare.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => format!("[{address}]").parse::<Authority>(),
            _ => bare.parse::<Authority>(),
        }
        .ok()
    });
    let (host, port) = match named {
        Some(named) => (named.host().to_owned(), named.port_u16().unwrap_or(address.port())),
        None if address.ip().is_unspecified() => ("localhost".to_owned(), address.port()),
        None => match address.ip() {
            IpAddr::V6(ip) => (format!("[{ip}]"), address.port()),
            IpAddr::V4(ip) => (ip.to_string(), address.port()),
        },
    };
    if port == usual { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_a_name_that_the_service_answers_to() {
        let of =
            |tls: bool, address: &str, name: Option<&str>| super::of(tls, address.parse().unwrap(), name);
        assert_eq!(of(true, "0.0.0.0:8420", Some("palisade.example")), "https://palisade.example:8420");
        assert_eq!(of(true, "0.0.0.0:8420", Some("palisade.example:8443")), "https://palisade.example:8443");
        assert_eq!(of(true, "192.0.2.1:443", Some("palisade.example.")), "https://palisade.example");
        assert_eq!(of(true, "[::]:8420", Some("2001:db8::1")), "https://[2001:db8::1]:8420");
        assert_eq!(of(true, "0.0.0.0:8420", None), "https://localhost:8420");
        assert_eq!(of(true, "[::]:443", None), "https://localhost");
        assert_eq!(of(false, "127.0.0.1:8420", None), "http://127.0.0.1:8420");
        assert_eq!(of(false, "[::1]:80", None), "http://[::1]");
    }

    #[test]
    fn a_public_url_is_scheme_host_and_port() {
        for (given, shown, host) in [
            ("https://palisade.example", "https://palisade.example", "palisade.example"),
            ("https://palisade.example:8443/", "https://palisade.example:8443", "palisade.example"),
            ("http://[::1]:80", "http://[::1]:80", "::1"),
        ] {
            let url: PublicUrl = given.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.host().as_str()), (shown, host));
        }
        for wrong in [
            "palisade.example",
            "ftp://a.example",
            "https://a.example/p",
            "https://u@a.example",
            "https://a?b",
        ] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
