//! The certificate of the service, renewed while it runs: new connections get the new one, and one that cannot be used changes
//! nothing.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_e2e::{Service, Tenant};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Writes a new certificate and its key; gives the certificate.
fn renew(directory: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(directory.join("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(directory.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// Whether the service shows this certificate.
fn shows(address: &str, certificate: &CertificateDer<'static>) -> bool {
    use std::io::{Read as _, Write as _};
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let configuration =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(configuration), name).unwrap();
    let stream = TcpStream::connect(address.strip_prefix("https://").unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let asked = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    // Whoever ends a connection without saying so has answered all the same.
    let _ = asked.and_then(|()| stream.read_to_end(&mut answer));
    answer.starts_with(b"HTTP/1.1 200")
}

fn until(service: &Service, what: &str) {
    let begun = Instant::now();
    while !service.said().contains(what) {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain for `{what}`: {}", service.said());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_renewed_certificate_is_read_without_a_restart_and_a_broken_one_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    let first = renew(directory.path());
    let place = |name: &str| directory.path().join(name).display().to_string();
    let (certificate, key) = (place("tls.crt"), place("tls.key"));
    let tenant = Tenant::start();
    let service = Service::start_bare(&tenant, &["--tls-certificate", &certificate, "--tls-key", &key]);
    assert!(shows(service.address(), &first));

    let second = renew(directory.path());
    assert!(shows(service.address(), &first), "nobody has asked for the new one yet");
    service.signal("HUP");
    until(&service, "the certificate was read again");
    assert!(shows(service.address(), &second) && !shows(service.address(), &first));

    std::fs::write(&key, "no key").unwrap();
    service.signal("HUP");
    until(&service, "the certificate stays as it was");
    assert!(service.said().contains("listen-certificate-file"), "{}", service.said());
    assert!(shows(service.address(), &second));
}
