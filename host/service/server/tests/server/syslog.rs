//! The audit log as a syslog receiver gets it: over UDP, TCP, TLS and the local socket, in order, and what it missed.

use palisade_store::Wait as _;
use std::time::Duration;

use palisade_server::syslog::{SyslogTarget, forward};
use palisade_server::{Certificate, Role};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::{TcpListener, UdpSocket, UnixDatagram};
use tokio::time::timeout;

use crate::harness::Service;

/// The line of the audit log in a message.
fn line(message: &str) -> Value {
    let (head, line) = message.split_once("] {").unwrap_or_else(|| panic!("{message}"));
    assert!(
        head.starts_with("<110>1 20") && head.contains(" palisade ") && head.contains("[audit@32473 id="),
        "{head}"
    );
    serde_json::from_str(&format!("{{{line}")).unwrap()
}

fn told(message: &str) -> (String, String) {
    let line = line(message);
    assert_eq!(line["address"], "127.0.0.1", "{message}");
    (line["what"].as_str().unwrap().to_owned(), line["subject"].as_str().unwrap().to_owned())
}

fn invited(name: &str) -> (String, String) {
    ("user.invited".to_owned(), name.to_owned())
}

/// One message with counted octets.
async fn framed(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let read = async {
        let mut length = String::new();
        loop {
            match stream.read_u8().await.unwrap() {
                b' ' => break,
                digit => length.push(digit.into()),
            }
        }
        let mut message = vec![0; length.parse().unwrap()];
        stream.read_exact(&mut message).await.unwrap();
        String::from_utf8(message).unwrap()
    };
    timeout(Duration::from_secs(20), read).await.expect("a message")
}

async fn datagram(receive: impl AsyncFn(&mut [u8]) -> usize) -> String {
    let mut message = vec![0; 16 << 10];
    let bytes = timeout(Duration::from_secs(20), receive(&mut message)).await.expect("a message");
    String::from_utf8(message[..bytes].to_vec()).unwrap()
}

/// A service that forwards, once it knows from where on.
async fn forwarding(service: &Service, target: SyslogTarget) {
    let name = format!("syslog {target}");
    tokio::spawn(forward(service.app.clone(), target));
    let begun = async {
        while service.store.setting(&name).wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), begun).await.unwrap();
}

#[tokio::test]
async fn a_receiver_gets_every_line_from_then_on_over_udp_and_the_local_socket() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let path = service.directory.path().join("log");
    let local = UnixDatagram::bind(&path).unwrap();
    forwarding(&service, format!("udp://{}", udp.local_addr().unwrap()).parse().unwrap()).await;
    forwarding(&service, format!("unix://{}", path.display()).parse().unwrap()).await;
    for name in ["grace", "linus"] {
        ada.invite(name, Role::Viewer).await;
    }
    for name in ["grace", "linus"] {
        let message = datagram(async |message| udp.recv(message).await.unwrap()).await;
        assert_eq!(told(&message), invited(name), "what was before is not forwarded");
        let message = datagram(async |message| local.recv(message).await.unwrap()).await;
        assert_eq!(told(&message), invited(name));
    }
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_what_it_missed_in_order_over_tcp() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = receiver.local_addr().unwrap();
    forwarding(&service, format!("tcp://{address}").parse().unwrap()).await;
    ada.invite("grace", Role::Viewer).await;
    let (mut stream, _) = timeout(Duration::from_secs(20), receiver.accept()).await.unwrap().unwrap();
    assert_eq!(told(&framed(&mut stream).await), invited("grace"));
    drop((stream, receiver));
    ada.invite("linus", Role::Viewer).await;
    ada.invite("mary", Role::Viewer).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let receiver = TcpListener::bind(address).await.unwrap();
    let (mut stream, _) = timeout(Duration::from_secs(20), receiver.accept()).await.unwrap().unwrap();
    for name in ["linus", "mary"] {
        assert_eq!(told(&framed(&mut stream).await), invited(name));
    }
    let sent: i64 =
        service.store.setting(&format!("syslog tcp://{address}")).wait().unwrap().unwrap().parse().unwrap();
    let known = async {
        while service.store.setting(&format!("syslog tcp://{address}")).wait().unwrap()
            != Some("4".to_owned())
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), known).await.unwrap_or_else(|_| panic!("{sent}"));
}

#[tokio::test]
async fn over_tls_the_receivers_certificate_is_verified() {
    let service = Service::start().await;
    let mut ada = service.administrator().await;
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let files = Certificate {
        chain: service.directory.path().join("chain.pem"),
        key: service.directory.path().join("key.pem"),
    };
    std::fs::write(&files.chain, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let chain = vec![CertificateDer::from_pem_file(&files.chain).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    let configuration =
        ServerConfig::builder_with_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(configuration));
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("tls://{}", receiver.local_addr().unwrap());
    let unknown: SyslogTarget = url.parse().unwrap();
    let known = unknown.clone().with_authority(Some(files.chain));
    // Whoever has a certificate that nobody vouches for gets nothing.
    forwarding(&service, unknown).await;
    ada.invite("grace", Role::Viewer).await;
    let (stream, _) = timeout(Duration::from_secs(20), receiver.accept()).await.unwrap().unwrap();
    assert!(timeout(Duration::from_secs(20), acceptor.accept(stream)).await.unwrap().is_err());
    forwarding(&service, known).await;
    ada.invite("linus", Role::Viewer).await;
    let received = async {
        loop {
            let (stream, _) = receiver.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                break framed(&mut stream).await;
            }
        }
    };
    let message = timeout(Duration::from_secs(30), received).await.unwrap();
    // Both forward to one place and share what was sent last.
    assert_eq!(told(&message).0, "user.invited");
}
