//! The certificates: an authority that exists for one run of a simulator, and one certificate by it for the service's names,
//! `localhost` and 127.0.0.1. The keys never leave the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::StartError;

/// How long the certificates are valid: longer than a simulator may run, short enough to be worthless soon.
const VALIDITY: Duration = Duration::days(30);

/// The authority's certificate as PEM, and what a TLS listener needs.
pub struct Identity {
    /// The authority's certificate.
    pub ca_pem: String,
    /// What a TLS listener needs.
    pub config: Arc<ServerConfig>,
}

impl Identity {
    /// Makes the authority and the certificate of a simulator of this name, for these hosts. Without HTTP/2, TLS offers HTTP/1.1
    /// alone.
    ///
    /// # Errors
    /// Where a certificate cannot be made or used.
    pub fn new(simulator: &str, hosts: &[&str], http2: bool) -> Result<Self, StartError> {
        let now = OffsetDateTime::now_utc();
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        let name = format!("{simulator}, certificate authority");
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.not_before = now - Duration::DAY;
        authority.not_after = now + VALIDITY;
        let ca_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let names: Vec<String> =
            hosts.iter().copied().chain(["localhost", "127.0.0.1"]).map(str::to_owned).collect();
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(names)?;
        leaf.distinguished_name.push(DnType::CommonName, simulator);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Strict verifiers, such as Python's since 3.13, ask for it.
        leaf.use_authority_key_identifier_extension = true;
        leaf.not_before = now - Duration::DAY;
        leaf.not_after = now + VALIDITY;
        let certificate = leaf.signed_by(&key, &issuer)?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols =
            if http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
        Ok(Self { ca_pem, config: Arc::new(config) })
    }
}

/// Bytes that nobody guesses.
///
/// # Errors
/// [`StartError::Random`].
pub fn random<const COUNT: usize>() -> Result<[u8; COUNT], StartError> {
    let mut bytes = [0_u8; COUNT];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut bytes).map_err(|_| StartError::Random)?;
    Ok(bytes)
}
