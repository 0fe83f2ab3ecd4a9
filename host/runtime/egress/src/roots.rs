//! Whose certificates are trusted: the public authorities that are built in, those of the operator's files, and those of
//! the machine's own store.
//!
//! Trusts nobody else. The machine's store is read only when the first two do not know who signed a certificate: reading
//! 145 certificates takes 3 ms, and 31 ms where the disk is cold, while a run against a known service needs none of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use palisade_limits as limits;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::ClientError;

/// TLS for clients that trust the public authorities, those in `files`, and where `system` says so the machine's own.
///
/// # Errors
/// Where a file cannot be read or holds no certificate authority.
pub(crate) fn tls(files: &[PathBuf], system: bool) -> Result<ClientConfig, ClientError> {
    let mut known = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for path in files {
        for certificate in read(path)? {
            known.add(certificate).map_err(|error| unusable(path, error.to_string()))?;
        }
    }
    let setup = |error: &dyn std::error::Error| ClientError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?;
    if !system {
        return Ok(builder.with_root_certificates(known).with_no_client_auth());
    }
    let known = WebPkiServerVerifier::builder_with_provider(known.into(), Arc::clone(&provider))
        .build()
        .map_err(|error| setup(&error))?;
    let verifier = KnownThenSystem { known, system: OnceLock::new(), provider };
    // "Dangerous" is a verifier that verifies less; this one hands every certificate to rustls' own.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

fn unusable(path: &Path, cause: String) -> ClientError {
    ClientError::Certificate { path: path.to_owned(), cause }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let pem = palisade_files::read(path, limits::CERTIFICATES_BYTES)
        .map_err(|fault| unusable(path, fault.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(path, error.to_string()))?;
    if certificates.is_empty() {
        Err(unusable(path, "there is no certificate in it".to_owned()))
    } else {
        Ok(certificates)
    }
}

/// Asks the authorities that are known already, and the machine's own only about a certificate that none of them signed.
#[derive(Debug)]
struct KnownThenSystem {
    known: Arc<WebPkiServerVerifier>,
    /// Read once; `None` inside where there are none.
    system: OnceLock<Option<Arc<WebPkiServerVerifier>>>,
    provider: Arc<CryptoProvider>,
}

impl KnownThenSystem {
    fn system(&self) -> Option<&WebPkiServerVerifier> {
        let load = || {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                tracing::debug!(%error, "a part of the system's certificate store cannot be read");
            }
            let mut roots = RootCertStore::empty();
            // A store may hold certificates of a kind that no TLS library takes any more.
            let (usable, ignored) = roots.add_parsable_certificates(found.certs);
            tracing::debug!(usable, ignored, "the system's certificate store has been read");
            WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider)).build().ok()
        };
        self.system.get_or_init(load).as_deref()
    }
}

impl ServerCertVerifier for KnownThenSystem {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verify = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match verify(&self.known) {
            Err(unknown @ rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                self.system().map_or(Err(unknown), verify)
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.known.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.known.supported_verify_schemes()
    }
}
