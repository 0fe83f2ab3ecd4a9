//! The ways to a syslog receiver: UDP (RFC 5426), TCP with counted octets (RFC 6587), TLS (RFC 5425), and the local socket. Denied by
//! default: a receiver whose certificate is not trusted for its name.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use palisade_limits as limits;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsConnector;

/// A receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyslogTarget {
    way: Way,
    authority: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Udp(String),
    Tcp(String),
    Tls { host: String, address: String },
    Local(PathBuf),
}

/// A text that names no receiver.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is not a syslog receiver; expected `udp://HOST[:514]`, `tcp://HOST[:601]`, `tls://HOST[:6514]` or `unix:///dev/log`"
)]
pub struct ParseTargetError(String);

impl FromStr for SyslogTarget {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, ParseTargetError> {
        let wrong = || ParseTargetError(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        if scheme == "unix" {
            let path = PathBuf::from(rest);
            return if path.is_absolute() {
                Ok(Self { way: Way::Local(path), authority: None })
            } else {
                Err(wrong())
            };
        }
        let default = match scheme {
            "udp" => 514,
            "tcp" => 601,
            "tls" => 6514,
            _ => return Err(wrong()),
        };
        let authority: axum::http::uri::Authority = rest.parse().map_err(|_| wrong())?;
        if authority.host().is_empty() || rest.contains('@') {
            return Err(wrong());
        }
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(default));
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let way = match scheme {
            "udp" => Way::Udp(address),
            "tcp" => Way::Tcp(address),
            _ => Way::Tls { host, address },
        };
        Ok(Self { way, authority: None })
    }
}

impl fmt::Display for SyslogTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Udp(address) => write!(formatter, "udp://{address}"),
            Way::Tcp(address) => write!(formatter, "tcp://{address}"),
            Way::Tls { address, .. } => write!(formatter, "tls://{address}"),
            Way::Local(path) => write!(formatter, "unix://{}", path.display()),
        }
    }
}

impl SyslogTarget {
    /// Trusts the certificate authorities of this PEM file instead of the system's.
    #[must_use]
    pub fn with_authority(mut self, authority: Option<PathBuf>) -> Self {
        self.authority = authority;
        self
    }

    pub(super) fn disconnected(self) -> Connection {
        Connection { target: self, open: None }
    }
}

/// Why a line was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SyslogError {
    /// The receiver does not take it.
    #[error("the receiver `{target}` cannot be reached: {cause}")]
    Unreachable {
        /// The receiver.
        target: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The certificate authorities cannot be used.
    #[error("the certificate authorities for `{target}` cannot be used: {cause}")]
    Authorities {
        /// The receiver.
        target: String,
        /// What is wrong.
        cause: String,
    },
}

impl SyslogError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "syslog-unreachable",
            Self::Authorities { .. } => "syslog-authorities",
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

enum Open {
    Datagrams(UdpSocket),
    Stream(Box<dyn Stream>),
    #[cfg(unix)]
    Local(tokio::net::UnixDatagram),
}

/// A way to a receiver that is opened when there is something to send, and again after it broke.
pub(super) struct Connection {
    target: SyslogTarget,
    open: Option<Open>,
}

impl Connection {
    /// Sends one message.
    pub(super) async fn send(&mut self, message: &str) -> Result<(), SyslogError> {
        let limit = Duration::from_secs(limits::SYSLOG_SECONDS);
        let sent = match tokio::time::timeout(limit, self.try_to_send(message)).await {
            Ok(sent) => sent,
            Err(_) => Err(self.unreachable(std::io::ErrorKind::TimedOut.into())),
        };
        if sent.is_err() {
            self.open = None;
        }
        sent
    }

    fn unreachable(&self, cause: std::io::Error) -> SyslogError {
        SyslogError::Unreachable { target: self.target.to_string(), cause }
    }

    async fn try_to_send(&mut self, message: &str) -> Result<(), SyslogError> {
        let mut known = self.open.take();
        if let Some(open) = &mut known
            && ended(open).await
        {
            known = None;
        }
        let mut open = match known {
            Some(open) => open,
            None => self.open().await?,
        };
        let sent = match &mut open {
            Open::Datagrams(socket) => socket.send(message.as_bytes()).await.map(drop),
            Open::Stream(stream) => {
                let framed = format!("{} {message}", message.len());
                match stream.write_all(framed.as_bytes()).await {
                    Ok(()) => stream.flush().await,
                    Err(error) => Err(error),
                }
            }
            #[cfg(unix)]
            Open::Local(socket) => socket.send(message.as_bytes()).await.map(drop),
        };
        sent.map_err(|cause| self.unreachable(cause))?;
        self.open = Some(open);
        Ok(())
    }

    async fn open(&self) -> Result<Open, SyslogError> {
        let unreachable = |cause| self.unreachable(cause);
        match &self.target.way {
            Way::Udp(address) => {
                let mut last = std::io::Error::from(std::io::ErrorKind::NotFound);
                for address in tokio::net::lookup_host(address).await.map_err(unreachable)? {
                    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                    let socket = UdpSocket::bind(any).await.map_err(unreachable)?;
                    match socket.connect(address).await {
                        Ok(()) => return Ok(Open::Datagrams(socket)),
                        Err(error) => last = error,
                    }
                }
                Err(unreachable(last))
            }
            Way::Tcp(address) => {
                let stream = TcpStream::connect(address).await.map_err(unreachable)?;
                Ok(Open::Stream(Box::new(stream)))
            }
            Way::Tls { host, address } => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|error| unreachable(std::io::Error::other(error)))?;
                let configuration = self.configuration()?;
                let stream = TcpStream::connect(address).await.map_err(unreachable)?;
                let stream =
                    TlsConnector::from(configuration).connect(name, stream).await.map_err(unreachable)?;
                Ok(Open::Stream(Box::new(stream)))
            }
            #[cfg(unix)]
            Way::Local(path) => {
                let socket = tokio::net::UnixDatagram::unbound().map_err(unreachable)?;
                socket.connect(path).map_err(unreachable)?;
                Ok(Open::Local(socket))
            }
            #[cfg(not(unix))]
            Way::Local(_) => Err(unreachable(std::io::ErrorKind::Unsupported.into())),
        }
    }

    fn configuration(&self) -> Result<Arc<ClientConfig>, SyslogError> {
        let target = self.target.to_string();
        let unusable = |cause: String| SyslogError::Authorities { target: target.clone(), cause };
        let mut roots = RootCertStore::empty();
        match &self.target.authority {
            Some(path) => {
                let certificates = CertificateDer::pem_file_iter(path)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                    .map_err(|error| unusable(error.to_string()))?;
                roots.add_parsable_certificates(certificates);
            }
            None => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        if roots.is_empty() {
            return Err(unusable("there are no certificates".to_owned()));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let configuration = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(configuration))
    }
}

/// Whether the receiver has closed the connection: what is written then is lost without a word.
async fn ended(open: &mut Open) -> bool {
    let Open::Stream(stream) = open else { return false };
    let mut byte = [0; 1];
    // Receivers say nothing: whatever can be read at once is the end.
    tokio::time::timeout(Duration::ZERO, stream.read(&mut byte)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_named_by_scheme_host_and_port() {
        for (text, shown) in [
            ("udp://192.0.2.1", "udp://192.0.2.1:514"),
            ("tcp://logs.example", "tcp://logs.example:601"),
            ("tls://logs.example:7000", "tls://logs.example:7000"),
            ("tls://[2001:db8::1]", "tls://[2001:db8::1]:6514"),
            ("unix:///dev/log", "unix:///dev/log"),
        ] {
            assert_eq!(text.parse::<SyslogTarget>().unwrap().to_string(), shown);
        }
        for wrong in
            ["logs.example", "https://logs.example", "unix://dev/log", "udp://", "tcp://u@h", "tls://h/p"]
        {
            assert!(wrong.parse::<SyslogTarget>().is_err(), "{wrong}");
        }
    }
}
