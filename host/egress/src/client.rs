//! The HTTP client: a pool of TLS connections, HTTP/2 where offered. No redirects, no cookies, no decompression. One
//! client serves many runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use palisade_limits as limits;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::ConnectTo;
use crate::connector::Connector;

pub(crate) type Pool = hyper_util::client::legacy::Client<HttpsConnector<Connector>, Full<Bytes>>;

/// The operator's word on connections.
#[derive(Debug, Clone, Default)]
pub struct ClientOptions {
    /// Origins that are reached at another address.
    pub connect_to: Vec<ConnectTo>,
    /// Certificate authorities that are trusted besides the public ones, as PEM files.
    pub ca_certificates: Vec<PathBuf>,
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
            Self::Tls(_) => "tls-setup-failed",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Certificate { .. } => Some("a PEM file with `BEGIN CERTIFICATE` is expected".to_owned()),
            Self::Tls(_) => None,
        }
    }
}

/// A pool of connections. Cheap to clone; clones share the pool.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) pool: Pool,
}

impl Client {
    /// A client that trusts the public authorities and those of the options.
    ///
    /// # Errors
    /// Where a certificate file cannot be read or used.
    pub fn new(options: &ClientOptions) -> Result<Self, ClientError> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for path in &options.ca_certificates {
            for certificate in read_certificates(path)? {
                roots.add(certificate).map_err(|error| ClientError::Certificate {
                    path: path.clone(),
                    cause: error.to_string(),
                })?;
            }
        }
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| ClientError::Tls(error.to_string()))?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_only()
            .enable_all_versions()
            .wrap_connector(Connector::new(options.connect_to.clone()));
        let pool = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(limits::IDLE_CONNECTION_SECONDS))
            .http1_max_headers(usize::try_from(limits::HEADER_FIELDS).unwrap_or(usize::MAX))
            .http1_max_buf_size(usize::try_from(limits::HEADER_BYTES).unwrap_or(usize::MAX))
            .http2_max_header_list_size(u32::try_from(limits::HEADER_BYTES).unwrap_or(u32::MAX))
            .build(connector);
        Ok(Self { pool })
    }
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let unusable = |cause: String| ClientError::Certificate { path: path.to_owned(), cause };
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(error.to_string()))?;
    if certificates.is_empty() {
        Err(unusable("there is no certificate in it".to_owned()))
    } else {
        Ok(certificates)
    }
}
