//! The certificates: an authority that exists for one run of the simulator, and one certificate by it for
//! `threatq.example`, `localhost` and 127.0.0.1. The keys never leave the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use vision_one_simulator::StartError;

/// The name of the appliance.
pub const HOST: &str = "threatq.example";

/// How long the certificates are valid: longer than the simulator may run, short enough to be worthless soon.
const VALIDITY: Duration = Duration::days(30);

/// The authority's certificate as PEM, and what a TLS listener needs.
pub(crate) struct Identity {
    pub(crate) ca_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

/// Makes the authority and the certificate.
pub(crate) fn identity() -> Result<Identity, StartError> {
    let now = OffsetDateTime::now_utc();
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "ThreatQ simulator, certificate authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.not_before = now - Duration::DAY;
    authority.not_after = now + VALIDITY;
    let ca_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let names = [HOST, "localhost", "127.0.0.1"].map(str::to_owned);
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "ThreatQ simulator");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
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
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity { ca_pem, config: Arc::new(config) })
}

/// Random text that nobody guesses.
pub(crate) fn random_text() -> Result<String, StartError> {
    let mut random = [0_u8; 20];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| StartError::Random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
