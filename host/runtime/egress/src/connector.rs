//! Dials. Resolves a name once, refuses what [`crate::address`] refuses, and dials exactly the addresses that passed: no
//! second look-up stands between the check and the connection.
//!
//! | where to                          | dialled                                | judged |
//! |-----------------------------------|----------------------------------------|--------|
//! | an origin that is mapped          | the operator's address                 | no, the operator named it |
//! | an origin behind a proxy          | the proxy, and `CONNECT` by name        | the origin, as far as its name resolves here; the proxy not |
//! | any other                         | the addresses that passed, in order    | each |

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::rt::TokioIo;
use ipnet::IpNet;
use palisade_limits as limits;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::proxy::{self, Proxies, Proxy};
use crate::tunnel::{self, Stream};
use crate::{ClientOptions, ConnectTo, Resolve, SendError, address};
use palisade_grant::Host;

/// What a tower service hands out.
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, SendError>> + Send>>;

/// Opens connections to filtered addresses, or through a proxy.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    connect_to: Vec<ConnectTo>,
    private_networks: Vec<IpNet>,
    names: Names,
    proxies: Option<Proxies>,
    /// With TLS to those proxies whose address begins with `https`.
    to_proxy: HttpsConnector<ToProxy>,
}

impl Connector {
    pub(crate) fn new(
        options: &ClientOptions,
        resolver: Arc<dyn Resolve>,
        proxies: Option<Proxies>,
        tls: rustls::ClientConfig,
    ) -> Self {
        let names = Names { resolver };
        let to_proxy = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(ToProxy { names: names.clone() });
        let inner = Inner {
            connect_to: options.connect_to.clone(),
            private_networks: options.private_networks.clone(),
            names,
            proxies,
            to_proxy,
        };
        Self { inner: Arc::new(inner) }
    }
}

impl Inner {
    async fn connect(&self, uri: Uri) -> Result<Stream, SendError> {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(443);
        let mapped = self.connect_to.iter().find(|mapping| mapping.host == host && mapping.port == port);
        let stream = if let Some(mapping) = mapped {
            dial(&host, &[mapping.address]).await?
        } else if let Some(proxy) = self.proxies.as_ref().and_then(|proxies| proxies.of_request(&uri)) {
            return self.through(&proxy, &host, port).await;
        } else {
            let found = self.names.addresses(&host, port).await?;
            dial(&host, &judge(&host, found, &self.private_networks)?).await?
        };
        Ok(Stream::Http(TokioIo::new(stream)))
    }

    /// A tunnel through the proxy. The look-up and the connection to the proxy go on side by side; the proxy is told no
    /// name before the look-up is over.
    async fn through(&self, proxy: &Proxy, host: &str, port: u16) -> Result<Stream, SendError> {
        let limit = Duration::from_secs(limits::PROXY_TUNNEL_SECONDS);
        let late = || SendError::ProxyUnreachable {
            proxy: proxy.name(),
            cause: format!("it did not open a tunnel within {} s", limit.as_secs()),
        };
        let tunnel = async {
            let ((), stream) = tokio::try_join!(self.judge_if_known(host, port), self.dial_proxy(proxy))?;
            tunnel::open(stream, proxy, &format!("{host}:{port}")).await
        };
        timeout(limit, tunnel).await.map_err(|_| late())?
    }

    /// Refuses a host that is known here to have an address that may not be dialled: whichever of its addresses the proxy
    /// takes, it has to be public. Where the name is not known here, which is usual behind a proxy, it is for the proxy to
    /// know.
    async fn judge_if_known(&self, host: &str, port: u16) -> Result<(), SendError> {
        let wait = Duration::from_secs(limits::PROXIED_NAME_SECONDS);
        let found = match timeout(wait, self.names.addresses(host, port)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) if Host::read(host).is_none() => return Err(error),
            _ => return Ok(()),
        };
        let refused = |found: &SocketAddr| check(found.ip(), &self.private_networks).is_err();
        match found.iter().copied().filter(refused).collect::<Vec<_>>() {
            refused if refused.is_empty() => Ok(()),
            refused => judge(host, refused, &self.private_networks).map(|_| ()),
        }
    }

    async fn dial_proxy(&self, proxy: &Proxy) -> Result<Stream, SendError> {
        let mut to_proxy = self.to_proxy.clone();
        let connected = tower_service::Service::call(&mut to_proxy, proxy.uri().clone()).await;
        connected
            .map_err(|error| SendError::ProxyUnreachable { proxy: proxy.name(), cause: error.to_string() })
    }
}

/// The one way from a host to its addresses.
#[derive(Debug, Clone)]
struct Names {
    resolver: Arc<dyn Resolve>,
}

impl Names {
    /// All addresses of a host, unjudged. An address literal is its own answer; one in an unusual spelling has none,
    /// whatever a resolver would make of it.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, SendError> {
        let unresolvable = |cause: String| SendError::Unresolvable { host: host.to_owned(), cause };
        let name = match Host::read(host) {
            Some(Host::Address(address)) => return Ok(vec![SocketAddr::new(address, port)]),
            Some(Host::Name(name)) => name,
            None => {
                return Err(unresolvable("it is neither a name nor an address in its usual form".to_owned()));
            }
        };
        let wait = Duration::from_secs(limits::CONNECT_SECONDS);
        let found = timeout(wait, self.resolver.resolve(name))
            .await
            .map_err(|_| SendError::ConnectTimedOut { host: host.to_owned(), what: "resolve", limit: wait })?
            .map_err(|error| unresolvable(error.to_string()))?;
        if found.is_empty() {
            return Err(unresolvable("the resolver knows no address".to_owned()));
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

/// Judges one address; a network that the operator named makes up for what it is.
fn check(address: IpAddr, private_networks: &[IpNet]) -> Result<(), address::Refused> {
    let carried = address.to_canonical();
    if private_networks.iter().any(|network| network.contains(&carried)) {
        return Ok(());
    }
    address::check(address)
}

/// What is left of a resolver's answer.
fn judge(
    host: &str,
    found: Vec<SocketAddr>,
    private_networks: &[IpNet],
) -> Result<Vec<SocketAddr>, SendError> {
    let mut refused = Vec::new();
    let mut class = None;
    let mut passed = Vec::new();
    for found in found {
        match check(found.ip(), private_networks) {
            Ok(()) => passed.push(found),
            Err(reason) => {
                refused.push(found.ip().to_string());
                class.get_or_insert(reason);
            }
        }
    }
    match class {
        Some(class) if passed.is_empty() => {
            Err(SendError::AddressRefused { host: host.to_owned(), addresses: refused.join(", "), class })
        }
        _ => Ok(passed),
    }
}

async fn dial(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    let wait = Duration::from_secs(limits::CONNECT_SECONDS);
    let mut last = SendError::Connect { host: host.to_owned(), cause: "no address".to_owned() };
    for address in addresses {
        match timeout(wait, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it each small request waits some 40 ms for the peer's delayed acknowledgement.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "cannot set TCP_NODELAY");
                }
                return Ok(stream);
            }
            Ok(Err(error)) => {
                last = SendError::Connect { host: host.to_owned(), cause: format!("{error} ({address})") };
            }
            Err(_) => {
                let what = "accept a connection";
                last = SendError::ConnectTimedOut { host: host.to_owned(), what, limit: wait };
            }
        }
    }
    Err(last)
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = SendError;
    type Future = Connecting<Stream>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.connect(uri).await })
    }
}

/// Opens TCP connections to proxies. Their addresses are not judged: the operator named them, and they are commonly
/// private.
#[derive(Debug, Clone)]
struct ToProxy {
    names: Names,
}

impl tower_service::Service<Uri> for ToProxy {
    type Response = TokioIo<TcpStream>;
    type Error = SendError;
    type Future = Connecting<TokioIo<TcpStream>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let names = self.names.clone();
        Box::pin(async move {
            let host = uri.host().unwrap_or_default();
            let addresses = names.addresses(host, proxy::port(&uri)).await?;
            dial(host, &addresses).await.map(TokioIo::new)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443)).collect()
    }

    #[test]
    fn of_a_mixed_answer_only_the_public_addresses_are_dialled() {
        let left = judge("a.example", addresses(&["10.0.0.1", "8.8.8.8", "::1"]), &[]).unwrap();
        assert_eq!(left, addresses(&["8.8.8.8"]));
    }

    #[test]
    fn an_answer_with_private_addresses_only_is_refused_by_name() {
        let error = judge("a.example", addresses(&["169.254.169.254", "10.0.0.1"]), &[]).unwrap_err();
        assert_eq!(error.code(), "address-refused");
        assert!(error.to_string().contains("169.254.169.254, 10.0.0.1"), "{error}");
        assert!(error.hint().unwrap().contains("the setting `connect-to a.example:443:ADDRESS:PORT`"));
    }

    #[test]
    fn a_network_that_the_operator_names_may_be_dialled_and_no_other() {
        let networks = ["10.1.0.0/16".parse().unwrap(), "fd12::/32".parse().unwrap()];
        let found = addresses(&["10.1.2.3", "::ffff:10.1.2.4", "fd12::1", "10.2.0.1", "169.254.169.254"]);
        let left = judge("a.example", found, &networks).unwrap();
        assert_eq!(left, addresses(&["10.1.2.3", "::ffff:10.1.2.4", "fd12::1"]));
    }
}
