//! The rules of `[network]`, and of paths of files.
//!
//! Denies by default: a proxy's password in the policy, a proxy that is not plain HTTP, every network at once.

use std::path::{Path, PathBuf};

use http::Uri;
use ipnet::IpNet;

use super::names::{domain, network as parse_network};
use super::{Findings, filled};
use crate::document::{NetworkTable, SecretPlace};
use crate::{FaultKind, Network, NoProxy, Proxy, ProxySecret};

/// Checks `[network]`.
pub(super) fn network(table: NetworkTable, directory: &Path, findings: &mut Findings<'_>) -> Network {
    let credentials = table.proxy_credentials.and_then(|place| {
        let secret = match place {
            SecretPlace::Env(name) => variable(&name).map(|()| ProxySecret::Env(name)),
            SecretPlace::File(path) => file(&path, directory).map(ProxySecret::File),
        };
        findings.keep("network.proxy-credentials", secret)
    });
    if credentials.is_some() && table.proxy.is_none() {
        findings.add("network.proxy-credentials", FaultKind::CredentialsWithoutProxy);
    }
    let proxy = table.proxy.and_then(|text| findings.keep("network.proxy", proxy(&text)));
    Network {
        proxy: proxy.map(|(host, port)| Proxy { host, port, credentials }),
        no_proxy: findings.keep_each("network.no-proxy", &table.no_proxy, no_proxy),
        ca_certificates: findings
            .keep_each("network.ca-certificates", &table.ca_certificates, |path| file(path, directory)),
        system_certificates: table.system_certificates,
        private_networks: findings.keep_each("network.private-networks", &table.private_networks, private),
    }
}

/// The path of a file, joined to the policy's directory where it is relative.
pub(super) fn file(path: &str, directory: &Path) -> Result<PathBuf, FaultKind> {
    filled(path, "the path of a file").map(|()| directory.join(path))
}

fn variable(name: &str) -> Result<(), FaultKind> {
    filled(name, "the name of an environment variable")?;
    if name.contains('=') {
        // It could be the secret itself, taken from a shell's `NAME=VALUE`.
        return Err(FaultKind::SecretInPlain);
    }
    Ok(())
}

/// Host and port of a proxy.
fn proxy(text: &str) -> Result<(String, u16), FaultKind> {
    let refuse = |why| FaultKind::Proxy { why };
    let uri: Uri = text.parse().map_err(|_| refuse("the proxy is not a URL"))?;
    match uri.scheme_str() {
        Some("http") => {}
        Some("https") => return Err(refuse("a proxy is spoken to over plain HTTP")),
        _ => return Err(refuse("only HTTP proxies can be used")),
    }
    let authority = uri.authority().ok_or_else(|| refuse("the proxy has no host"))?;
    if authority.as_str().contains('@') {
        return Err(refuse("the proxy's user information does not belong here"));
    }
    if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
        return Err(refuse("a proxy has no path"));
    }
    let port = authority.port_u16().filter(|port| *port != 0);
    let port = port.ok_or_else(|| refuse("the proxy's port is missing"))?;
    if authority.host().is_empty() {
        return Err(refuse("the proxy has no host"));
    }
    Ok((authority.host().to_ascii_lowercase(), port))
}

fn no_proxy(text: &str) -> Result<NoProxy, FaultKind> {
    if text == "*" {
        return Ok(NoProxy::All);
    }
    // A prefix length or an address, however wrong, was meant as a network.
    if text.contains('/') || text.contains(':') || text.ends_with(|last: char| last.is_ascii_digit()) {
        if let Ok(network) = parse_network(text) {
            return Ok(NoProxy::Network(network));
        }
        if text.contains('/') {
            return parse_network(text).map(NoProxy::Network);
        }
    }
    // Both spellings are common, and mean the same.
    domain(text.strip_prefix('.').unwrap_or(text)).map(NoProxy::Domain)
}

fn private(text: &str) -> Result<IpNet, FaultKind> {
    let network = parse_network(text)?;
    if network.prefix_len() == 0 {
        let why = "every address would be dialled, name the networks that the service is in";
        return Err(FaultKind::Network { value: text.to_owned(), why, meant: None });
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_a_host_and_a_port_and_no_more() {
        assert_eq!(proxy("http://Proxy.example:3128"), Ok(("proxy.example".to_owned(), 3128)));
        assert_eq!(proxy("http://[::1]:3128/"), Ok(("[::1]".to_owned(), 3128)));
        for text in [
            "proxy.example:3128",
            "http://proxy.example",
            "http://proxy.example:0",
            "http://proxy.example:99999",
            "https://proxy.example:3128",
            "socks5://proxy.example:1080",
            "http://proxy.example:3128/path",
            "http://:3128",
            "",
        ] {
            assert!(proxy(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_needs_no_proxy_is_written_as_elsewhere() {
        for (text, expected) in [
            ("*", "*"),
            ("internal.example", "internal.example"),
            (".internal.example", "internal.example"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(no_proxy(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "10.0.0.1/8", "a.example:443", "*.example", "10.0.0"] {
            assert!(no_proxy(text).is_err(), "{text}");
        }
    }

    #[test]
    fn not_every_address_can_be_made_dialable_at_once() {
        assert!(private("10.20.0.0/16").is_ok());
        assert!(private("0.0.0.0/0").is_err());
        assert!(private("::/0").is_err());
    }
}
