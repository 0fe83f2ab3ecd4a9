//! Whose certificates are trusted.

use std::net::SocketAddr;
use std::process::Command;

use palisade_egress::{Client, ClientOptions};

use crate::support::{Server, authority_file, list, ok, options, session};

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = Server::start(&["http/1.1"], ok).await;
    for system_certificates in [false, true] {
        let options = ClientOptions { ca_certificates: Vec::new(), system_certificates, ..server.options() };
        let error = session(Client::new(&options).unwrap()).send(list()).await.unwrap_err();
        assert_eq!(error.code(), "tls-failed", "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn an_operators_authority_is_trusted_beside_the_systems() {
    let server = Server::start(&["http/1.1"], ok).await;
    let options = ClientOptions { system_certificates: true, ..server.options() };
    assert_eq!(session(Client::new(&options).unwrap()).send(list()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let server = Server::start(&["http/1.1"], ok).await;
    let mut options = server.options();
    options.connect_to[0].host = "other.example.com".to_owned();
    for system_certificates in [false, true] {
        let client = Client::new(&ClientOptions { system_certificates, ..options.clone() }).unwrap();
        let session = crate::support::session_to(client, "other.example.com", Default::default());
        let error = session.send(crate::support::get("https://other.example.com/list")).await.unwrap_err();
        assert_eq!(error.code(), "tls-failed", "{error}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_file_without_a_certificate_is_an_error_that_names_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for path in [file.path().to_owned(), "/nonexistent/authority.pem".into()] {
        let options = ClientOptions { ca_certificates: vec![path.clone()], ..options() };
        let error = Client::new(&options).unwrap_err();
        assert_eq!(error.code(), "ca-certificate-invalid");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

/// The address of the server, in the environment of a second process.
const SERVER: &str = "PALISADE_EGRESS_TEST_SERVER";

/// The machine's store is found through the environment, which only a process of its own can have otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn the_machines_own_store_is_trusted_unless_the_operator_says_no() {
    let server = Server::start(&["http/1.1"], ok).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "roots::in_a_process_whose_store_holds_the_authority", "--ignored"])
        .env("SSL_CERT_FILE", authority_file())
        .env_remove("SSL_CERT_DIR")
        .env(SERVER, server.address.to_string());
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
#[ignore = "it runs in a process of its own, which another test starts"]
async fn in_a_process_whose_store_holds_the_authority() {
    let Ok(address) = std::env::var(SERVER) else { return };
    let address: SocketAddr = address.parse().unwrap();
    let mut trusting = options();
    trusting.ca_certificates.clear();
    trusting.connect_to =
        vec![palisade_egress::ConnectTo { host: crate::support::HOST.to_owned(), port: 443, address }];
    let distrusting = trusting.clone();
    trusting.system_certificates = true;
    let error = session(Client::new(&distrusting).unwrap()).send(list()).await.unwrap_err();
    assert_eq!(error.code(), "tls-failed");
    assert_eq!(session(Client::new(&trusting).unwrap()).send(list()).await.unwrap().status(), 200);
}
