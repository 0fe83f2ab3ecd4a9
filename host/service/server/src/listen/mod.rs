//! How the service is reached: one address, plain HTTP/1.1 on the loopback, TLS with HTTP/1.1 and HTTP/2 anywhere. Denied by
//! default: plain text on any other address, more connections than there is room for, a connection that does not move.

mod activity;
mod certificate;
mod connection;
mod shares;
mod url;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use palisade_limits as limits;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

pub use certificate::{Certificate, ServedCertificate};
use shares::Shares;
pub use url::PublicUrl;

use crate::client::TrustedProxies;

/// How long to wait after a connection could not be accepted, because of too many open files for instance.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the service cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Passwords and tokens would go over a network as they are.
    #[error("`{0}` is not an address of this machine alone, and there is no certificate")]
    PlainText(SocketAddr),
    /// The address is taken, or not ours.
    #[error("cannot listen on `{address}`: {cause}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file of the certificate cannot be read.
    #[error("the {what} `{place}` cannot be read: {cause}")]
    File {
        /// Certificate or key.
        what: &'static str,
        /// The file.
        place: String,
        /// What is wrong.
        cause: String,
    },
    /// Certificate and key do not go together, or are of a kind that is not supported.
    #[error("the certificate cannot be used: {0}")]
    Certificate(rustls::Error),
}

impl ListenError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PlainText(_) => "listen-without-tls",
            Self::Bind { .. } => "listen-address",
            Self::File { .. } => "listen-certificate-file",
            Self::Certificate(_) => "listen-certificate",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PlainText(_) => {
                "give a certificate and its key, or listen on `127.0.0.1` and put a proxy with TLS before it"
            }
            Self::Bind { .. } => "choose another address or port, or end what listens there",
            Self::File { .. } => {
                "give PEM files that this user may read: the whole chain, and its private key"
            }
            Self::Certificate(_) => "check that the key belongs to the certificate",
        }
    }
}

/// An address that the service listens on.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<ServedCertificate>,
    proxies: TrustedProxies,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Listener {
    /// Listens. Without a certificate only on the loopback.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(address: SocketAddr, certificate: Option<&Certificate>) -> Result<Self, ListenError> {
        if certificate.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(ListenError::PlainText(address));
        }
        let tls = certificate.map(ServedCertificate::read).transpose()?;
        let unbound = |cause| ListenError::Bind { address, cause };
        let listener = TcpListener::bind(address).await.map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        Ok(Self { listener, address, tls, proxies: TrustedProxies::default() })
    }

    /// Bounds the connections of each address, but not those of these proxies.
    #[must_use]
    pub fn behind(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// The address, with the port that the system chose where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate, where there is one: it can be read again while connections are answered.
    #[must_use]
    pub fn certificate(&self) -> Option<ServedCertificate> {
        self.tls.clone()
    }

    /// Where a browser finds it: under the first of the names that it answers to, which may have a port of its own, and at its
    /// address only if it has no name. An address that stands for all of this machine's is the loopback here.
    #[must_use]
    pub fn url(&self, names: &[String]) -> String {
        url::of(self.tls.is_some(), self.address, names.first().map(String::as_str))
    }

    /// Answers until `stop` is over; then lets open requests end, for a while.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(limits::HTTP_CONNECTIONS as usize));
        let shares = Shares::default();
        let stopping = watch::Sender::new(false);
        let mut connections = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = accept(&self.listener, &places) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Ok((place, stream, peer)) => {
                    // Closed at once: an answer would take the place that it has no right to.
                    let Some(share) = shares.take(peer.ip(), &self.proxies) else { continue };
                    let tls = self.tls.as_ref().map(ServedCertificate::acceptor);
                    let (router, stopping) = (router.clone(), stopping.subscribe());
                    connections.spawn(async move {
                        connection::serve(stream, peer, tls, router, stopping).await;
                        drop((place, share));
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        stopping.send_replace(true);
        let drained = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(limits::HTTP_DRAIN_SECONDS), drained).await.is_err() {
            tracing::warn!(open = connections.len(), "connections that did not end are cut off");
            connections.shutdown().await;
        }
    }
}

/// The next connection, once there is a place for it; until then it waits with the system.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(tokio::sync::OwnedSemaphorePermit, tokio::net::TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((place, stream, peer))
}
