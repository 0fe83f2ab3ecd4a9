//! Where a request comes from: the other end of the connection, or, behind a proxy that the operator trusts, the client that this
//! proxy names. Denied by default: every header that says where a request comes from, unless a trusted proxy sent it.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::OnceLock;

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use ipnet::IpNet;
use palisade_limits as limits;
use palisade_store::UserId;

/// The client of a request.
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// Its address.
    pub(crate) address: Option<IpAddr>,
    /// What it says that it is (`User-Agent`), cut and made printable.
    pub(crate) agent: String,
    /// The person who has shown who they are.
    user: OnceLock<UserId>,
}

impl Client {
    /// The client at this address, with what its headers say.
    pub(crate) fn new(address: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let said = headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let said = said.unwrap_or_default();
        let most = usize::try_from(limits::SESSION_CLIENT_CHARACTERS).unwrap_or(usize::MAX);
        let agent = said.chars().filter(|character| !character.is_control()).take(most).collect();
        Self { address, agent, user: OnceLock::new() }
    }
}

tokio::task_local! {
    /// The client of the request that this task answers.
    static CLIENT: Client;
}

/// The address of the client of the request that is being answered; none outside of requests.
pub(crate) fn current() -> Option<IpAddr> {
    CLIENT.try_with(|client| client.address).ok().flatten()
}

/// What the client of the request that is being answered says that it is.
pub(crate) fn agent() -> String {
    CLIENT.try_with(|client| client.agent.clone()).unwrap_or_default()
}

/// Who the request that is being answered is from, if they have shown who they are.
pub(crate) fn user() -> Option<UserId> {
    CLIENT.try_with(|client| client.user.get().copied()).ok().flatten()
}

/// The client has shown that it acts for this person: what is done from now on is in the audit log with their number.
pub(crate) fn acts_for(user: UserId) {
    // A second time it is the same person: a request has one caller.
    let _ = CLIENT.try_with(|client| client.user.set(user));
}

/// Answers a request of this client.
pub(crate) async fn scope<F: Future>(client: Client, answer: F) -> F::Output {
    CLIENT.scope(client, answer).await
}

/// The header in which a proxy names the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, which most proxies set.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl FromStr for ForwardedHeader {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::XForwardedFor, Self::Forwarded]
            .into_iter()
            .find(|header| header.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("unknown header `{text}`; expected `x-forwarded-for` or `forwarded`"))
    }
}

/// An address or a network, as the operator names a trusted proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = || text.parse::<IpAddr>().map(IpNet::from);
        text.parse::<IpNet>()
            .or_else(|_| address())
            .map(Self)
            .map_err(|_| format!("`{text}` is not an address or a network such as `192.0.2.0/24`"))
    }
}

/// The proxies whose word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    /// Their addresses.
    pub networks: Vec<Network>,
    /// The header that they set. The other one is the client's own word, which a proxy may pass on.
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    /// Whether an address is one of a trusted proxy.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|Network(network)| network.contains(&address))
    }

    /// The client: from the connection inwards, the first that is not a trusted proxy. What stands before an entry that cannot be
    /// read is nobody's word.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let lines: Vec<&str> =
            headers.get_all(self.header.name()).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        let hops = match self.header {
            ForwardedHeader::XForwardedFor => lines.join(",").split(',').map(hop).collect(),
            ForwardedHeader::Forwarded => forwarded(&lines.join(",")),
        };
        for hop in hops.into_iter().rev() {
            let Some(address) = hop.filter(|_| self.trusts(client)) else { break };
            client = address;
        }
        client
    }
}

/// An address, perhaps with a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

/// The addresses after `for=` of each element.
fn forwarded(text: &str) -> Vec<Option<IpAddr>> {
    let address = |element: String| {
        let named = outside_quotes(&element, ';').into_iter().find_map(|pair| {
            pair.split_once('=')
                .filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
                .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        });
        named.and_then(|value| hop(&value))
    };
    outside_quotes(text, ',').into_iter().map(address).collect()
}

/// The parts between separators that no quotation marks surround.
fn outside_quotes(text: &str, separator: char) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for character in text.chars() {
        quoted ^= character == '"';
        if character == separator && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

/// What counts as one client: one holder of IPv6 has 2^64 addresses and may use each once.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(
        header: ForwardedHeader,
        trusted: &[&str],
        peer: &str,
        sent: &[(&'static str, &str)],
    ) -> String {
        let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, value.parse().unwrap());
        }
        TrustedProxies { networks, header }.client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn a_header_counts_from_a_trusted_proxy_alone() {
        let x = |trusted: &[&str], peer: &str, sent: &str| {
            client(ForwardedHeader::XForwardedFor, trusted, peer, &[("x-forwarded-for", sent)])
        };
        assert_eq!(x(&[], "192.0.2.1", "198.51.100.7"), "192.0.2.1");
        assert_eq!(x(&["192.0.2.2"], "192.0.2.1", "198.51.100.7"), "192.0.2.1");
        assert_eq!(x(&["192.0.2.0/24"], "192.0.2.1", "198.51.100.7"), "198.51.100.7");
        assert_eq!(x(&["192.0.2.1"], "::ffff:192.0.2.1", "198.51.100.7:4711"), "198.51.100.7");
        assert_eq!(x(&["192.0.2.1"], "192.0.2.1", "[2001:db8::7]:1"), "2001:db8::7");
        // What the client itself wrote stands before what the proxy added.
        assert_eq!(x(&["192.0.2.1"], "192.0.2.1", "203.0.113.9, 198.51.100.7"), "198.51.100.7");
        // Two proxies in a row, both trusted.
        assert_eq!(x(&["192.0.2.0/24"], "192.0.2.1", "203.0.113.9, 198.51.100.7, 192.0.2.2"), "198.51.100.7");
        for nobody in ["", "unknown", "203.0.113.9, ?", "localhost"] {
            assert_eq!(x(&["192.0.2.1"], "192.0.2.1", nobody), "192.0.2.1", "{nobody}");
        }
    }

    #[test]
    fn the_standard_header_is_read_where_it_was_chosen_and_the_other_is_not() {
        let sent = [
            ("forwarded", "for=203.0.113.9, for=\"[2001:db8::7]:4711\";proto=https;by=192.0.2.1"),
            ("x-forwarded-for", "203.0.113.1"),
        ];
        let header = ForwardedHeader::Forwarded;
        assert_eq!(client(header, &["192.0.2.1"], "192.0.2.1", &sent), "2001:db8::7");
        let x = ForwardedHeader::XForwardedFor;
        assert_eq!(client(x, &["192.0.2.1"], "192.0.2.1", &sent), "203.0.113.1");
        for nobody in ["for=_hidden", "for=unknown", "proto=https", "for=\"203.0.113.9", "\",\""] {
            let found = client(header, &["192.0.2.1"], "192.0.2.1", &[("forwarded", nobody)]);
            assert!(found == "192.0.2.1" || nobody.contains("203"), "{nobody}: {found}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
