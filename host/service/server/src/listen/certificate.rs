//! The certificate of the service: two PEM files, read at the start and again whenever somebody asks for it. Denied by default: TLS
//! below 1.2, a certificate without its key, and a new one that cannot be used: the old one stays.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use palisade_limits as limits;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::ListenError;

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// PEM file of the chain, the service's own first.
    pub chain: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
}

/// The certificate with which connections are answered. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct ServedCertificate {
    files: Certificate,
    configuration: Arc<RwLock<Arc<ServerConfig>>>,
}

impl std::fmt::Debug for ServedCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServedCertificate").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ServedCertificate {
    pub(super) fn read(files: &Certificate) -> Result<Self, ListenError> {
        let configuration = Arc::new(RwLock::new(files.configuration()?));
        Ok(Self { files: files.clone(), configuration })
    }

    /// Reads the files again, for connections from now on; those that are open keep what they have.
    ///
    /// # Errors
    /// [`ListenError`] where the files cannot be used; the service goes on with what it has read before.
    pub fn reload(&self) -> Result<(), ListenError> {
        let read = self.files.configuration()?;
        *self.configuration.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.configuration.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificate {
    fn configuration(&self) -> Result<Arc<ServerConfig>, ListenError> {
        let file = |what, place: &PathBuf, cause: String| ListenError::File {
            what,
            place: place.display().to_string(),
            cause,
        };
        let pem = |what, path: &PathBuf| {
            palisade_files::read(path, limits::CERTIFICATES_BYTES)
                .map_err(|fault| file(what, path, fault.to_string()))
        };
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&pem("certificate", &self.chain)?)
                .collect::<Result<_, _>>()
                .map_err(|error| file("certificate", &self.chain, error.to_string()))?;
        if chain.is_empty() {
            return Err(file("certificate", &self.chain, "there is no certificate in it".to_owned()));
        }
        let key = PrivateKeyDer::from_pem_slice(&pem("private key", &self.key)?)
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
