//! Dials. Resolves a name once, refuses what [`crate::address`] refuses, and dials exactly the addresses that passed: no
//! second look-up stands between the check and the connection.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use palisade_limits as limits;
use tokio::net::TcpStream;

use crate::{ConnectTo, SendError, address};

/// Opens TCP connections to filtered addresses.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    connect_to: std::sync::Arc<[ConnectTo]>,
}

impl Connector {
    pub(crate) fn new(connect_to: Vec<ConnectTo>) -> Self {
        Self { connect_to: connect_to.into() }
    }

    async fn connect(self, uri: Uri) -> Result<TcpStream, SendError> {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(443);
        let addresses =
            match self.connect_to.iter().find(|mapping| mapping.host == host && mapping.port == port) {
                Some(mapping) => vec![mapping.address],
                None => resolve(&host, port).await?,
            };
        dial(&host, &addresses).await
    }
}

/// The addresses of a name that may be dialled. An address literal is its own name and is judged like any other.
async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, SendError> {
    let unresolvable = |cause: String| SendError::Unresolvable { host: host.to_owned(), cause };
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let wait = Duration::from_secs(limits::CONNECT_SECONDS);
    let found: Vec<SocketAddr> = tokio::time::timeout(wait, tokio::net::lookup_host((name, port)))
        .await
        .map_err(|_| SendError::ConnectTimedOut { host: host.to_owned(), what: "resolve", limit: wait })?
        .map_err(|error| unresolvable(error.to_string()))?
        .collect();
    judge(host, found)
}

/// What is left of a resolver's answer.
fn judge(host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, SendError> {
    let mut refused = Vec::new();
    let mut class = None;
    let mut passed = Vec::new();
    for found in found {
        match address::check(found.ip()) {
            Ok(()) => passed.push(found),
            Err(reason) => {
                refused.push(found.ip().to_string());
                class.get_or_insert(reason);
            }
        }
    }
    match (passed.is_empty(), class) {
        (false, _) => Ok(passed),
        (true, Some(class)) => {
            Err(SendError::AddressRefused { host: host.to_owned(), addresses: refused.join(", "), class })
        }
        (true, None) => Err(SendError::Unresolvable {
            host: host.to_owned(),
            cause: "the resolver knows no address".to_owned(),
        }),
    }
}

async fn dial(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    let wait = Duration::from_secs(limits::CONNECT_SECONDS);
    let mut last = SendError::Connect { host: host.to_owned(), cause: "no address".to_owned() };
    for address in addresses {
        match tokio::time::timeout(wait, TcpStream::connect(address)).await {
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

/// A TCP connection in hyper's terms.
pub(crate) struct Stream(TokioIo<TcpStream>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl hyper::rt::Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, buffers)
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = Stream;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, SendError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(|stream| Stream(TokioIo::new(stream))) })
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
        let left = judge("a.example", addresses(&["10.0.0.1", "8.8.8.8", "::1"])).unwrap();
        assert_eq!(left, addresses(&["8.8.8.8"]));
    }

    #[test]
    fn an_answer_with_private_addresses_only_is_refused_by_name() {
        let error = judge("a.example", addresses(&["169.254.169.254", "10.0.0.1"])).unwrap_err();
        assert_eq!(error.code(), "address-refused");
        assert!(error.to_string().contains("169.254.169.254, 10.0.0.1"), "{error}");
        assert!(error.hint().unwrap().contains("--connect-to a.example:443"));
    }

    #[tokio::test]
    async fn literals_are_judged_in_every_spelling() {
        // What the system's resolver makes of decimal and octal spellings differs; none of it may reach the loopback.
        for literal in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0177.0.0.1", "localhost"] {
            let error = resolve(literal, 443).await.unwrap_err();
            assert!(["address-refused", "host-unresolvable"].contains(&error.code()), "{literal}: {error}");
        }
    }
}
