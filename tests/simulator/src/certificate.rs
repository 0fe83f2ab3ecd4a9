//! The certificates: an authority that exists for one run of the simulator, and one certificate by it for every regional host
//! name, `localhost` and 127.0.0.1. The keys never leave the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

use crate::StartError;

/// The regional host names (API reference, section 2), that of Japan in both of its forms.
pub const HOSTS: [&str; 13] = [
    "api.xdr.trendmicro.com",
    "api.eu.xdr.trendmicro.com",
    "api.au.xdr.trendmicro.com",
    "api.sg.xdr.trendmicro.com",
    "api.xdr.trendmicro.co.jp",
    "api.jp.xdr.trendmicro.com",
    "api.in.xdr.trendmicro.com",
    "api.mea.xdr.trendmicro.com",
    "api.uk.xdr.trendmicro.com",
    "api.usgov.xdr.trendmicro.com",
    "api.ca.xdr.trendmicro.com",
    "api.za.xdr.trendmicro.com",
    "api.id.xdr.trendmicro.com",
];

/// How long the certificates are valid: longer than the simulator may run, short enough to be worthless soon.
const VALIDITY: Duration = Duration::days(30);

/// The authority's certificate as PEM, and what a TLS listener needs.
pub(crate) struct Identity {
    pub(crate) ca_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

/// Makes the authority and the certificate.
pub(crate) fn identity(http2: bool) -> Result<Identity, StartError> {
    let now = OffsetDateTime::now_utc();
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "Vision One simulator, certificate authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.not_before = now - Duration::DAY;
    authority.not_after = now + VALIDITY;
    let ca_pem = authority.self_signed(&authority_key)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let names: Vec<String> =
        HOSTS.iter().copied().chain(["localhost", "127.0.0.1"]).map(str::to_owned).collect();
    let key = KeyPair::generate()?;
    let mut leaf = CertificateParams::new(names)?;
    leaf.distinguished_name.push(DnType::CommonName, "Vision One simulator");
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
    Ok(Identity { ca_pem, config: Arc::new(config) })
}

/// A random API key, in the shape of the real ones: three parts, separated by dots.
pub(crate) fn random_key() -> Result<String, StartError> {
    let mut random = [0_u8; 48];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| StartError::Random)?;
    let mut key = String::new();
    for (index, byte) in random.iter().enumerate() {
        if matches!(index, 12 | 32) {
            key.push('.');
        }
        key.push_str(&format!("{byte:02x}"));
    }
    Ok(key)
}
