//! The HTTP client: a pool of TLS connections, HTTP/2 where offered. No redirects, no cookies, no decompression. One
//! client serves many runs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ipnet::IpNet;
use palisade_limits as limits;
use secrecy::SecretString;

use crate::connector::Connector;
use crate::proxy::Proxies;
use crate::{ConnectTo, ProxyChoice, Resolve, SystemResolver, roots};

pub(crate) type Pool = hyper_util::client::legacy::Client<HttpsConnector<Connector>, Full<Bytes>>;

/// The operator's word on connections.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Origins that are reached at another address. They go around the filter of addresses and around every proxy.
    pub connect_to: Vec<ConnectTo>,
    /// Certificate authorities that are trusted besides the public ones, as PEM files.
    pub ca_certificates: Vec<PathBuf>,
    /// Whether the machine's own certificate store is trusted as well; read only where it is needed.
    pub system_certificates: bool,
    /// Which proxy is used.
    pub proxy: ProxyChoice,
    /// Networks that are not public and may be dialled all the same.
    pub private_networks: Vec<IpNet>,
}

impl Default for ClientOptions {
    /// The machine's certificate store is trusted, the environment names the proxy, no private network may be dialled.
    fn default() -> Self {
        Self {
            connect_to: Vec::new(),
            ca_certificates: Vec::new(),
            system_certificates: true,
            proxy: ProxyChoice::default(),
            private_networks: Vec::new(),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The file is no certificate.
    #[error("`{}` holds no certificate authority that can be used: {cause}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A proxy is named, and it cannot be used. What was written there is not shown: it may hold a password.
    #[error("{place} names no proxy that can be used: {cause}")]
    Proxy {
        /// Where it is named: an environment variable or the policy.
        place: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// The TLS library cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl ClientError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate { .. } => "ca-certificate-invalid",
            Self::Proxy { .. } => "proxy-invalid",
            Self::Tls(_) => "tls-setup-failed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Certificate { .. } => Some("a PEM file with `BEGIN CERTIFICATE` is expected".to_owned()),
            Self::Proxy { .. } => Some("`http://HOST:PORT` or `https://HOST:PORT` is expected".to_owned()),
            Self::Tls(_) => None,
        }
    }
}

/// A pool of connections. Cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) pool: Arc<Pool>,
    /// Of the connections themselves.
    secrets: Arc<[SecretString]>,
}

impl Client {
    /// A client that resolves names as the system does and otherwise does what the options say.
    ///
    /// # Errors
    /// Where a certificate file cannot be read or used, or a proxy is named that cannot be.
    pub fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        Self::with_resolver(options, Arc::new(SystemResolver))
    }

    /// The same with another resolver, also for the name of a proxy.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_resolver(options: &ClientOptions, resolver: Arc<dyn Resolve>) -> Result<Self, ClientError> {
        let tls = roots::tls(&options.ca_certificates, options.system_certificates)?;
        let proxies = Proxies::of(&options.proxy)?;
        let secrets = proxies.as_ref().map(Proxies::secrets).unwrap_or_default();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_only()
            .enable_all_versions()
            .wrap_connector(Connector::new(options, resolver, proxies, tls));
        let pool = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(limits::IDLE_CONNECTION_SECONDS))
            .http1_max_headers(usize::try_from(limits::HEADER_FIELDS).unwrap_or(usize::MAX))
            .http1_max_buf_size(usize::try_from(limits::HEADER_BYTES).unwrap_or(usize::MAX))
            // HTTP/2 counts differently and ends in a bare protocol error. Twice the limit leaves room to find out here what
            // is too large, and to say so.
            .http2_max_header_list_size(u32::try_from(2 * limits::HEADER_BYTES).unwrap_or(u32::MAX))
            .build(connector);
        Ok(Self { pool: Arc::new(pool), secrets: secrets.into() })
    }

    /// The secrets with which it connects: what a proxy is told. No response, report or message may repeat them.
    #[must_use]
    pub fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_what_is_expected() {
        let certificate = ClientError::Certificate { path: "a.pem".into(), cause: "none".to_owned() };
        let proxy = ClientError::Proxy { place: "the policy".to_owned(), cause: "none" };
        assert!(certificate.hint().unwrap().contains("`BEGIN CERTIFICATE`"));
        assert!(proxy.hint().unwrap().contains("`http://HOST:PORT`"));
        let tls = ClientError::Tls("none".to_owned());
        assert_eq!(tls.hint(), None);
        let codes = [certificate, proxy, tls].map(|error| error.code());
        assert_eq!(codes, ["ca-certificate-invalid", "proxy-invalid", "tls-setup-failed"]);
    }
}
