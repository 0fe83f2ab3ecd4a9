//! The certificate of the service: two PEM files. Denied by default: TLS below 1.2, and a certificate without its key.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::ListenError;

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// PEM file of the chain, the service's own first.
    pub chain: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
}

impl Certificate {
    pub(super) fn configuration(&self) -> Result<Arc<ServerConfig>, ListenError> {
        let file = |what, place: &PathBuf, cause: String| ListenError::File {
            what,
            place: place.display().to_string(),
            cause,
        };
        let unreadable =
            |error: rustls::pki_types::pem::Error| file("certificate", &self.chain, error.to_string());
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_file_iter(&self.chain).and_then(Iterator::collect).map_err(unreadable)?;
        if chain.is_empty() {
            return Err(file("certificate", &self.chain, "there is no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| file("private key", &self.key, error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut configuration = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ListenError::Certificate)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(ListenError::Certificate)?;
        configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(configuration))
    }
}
