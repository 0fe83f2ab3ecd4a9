//! A proxy as others run it: Debian's tinyproxy, on a loopback port of its own. Where it is not installed the tests say so
//! and pass, or fail where `PALISADE_REQUIRE_PEERS=1`.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use palisade_egress::{Client, ClientOptions, ProxyChoice, Session, SessionLimits};

use crate::proxy::given;
use crate::support::{Server, get, ok, options, session_to};

const CREDENTIALS: &str = "operator:opensesame";

/// A tinyproxy that lives as long as its test.
struct Tinyproxy {
    child: Child,
    directory: tempfile::TempDir,
    port: u16,
}

impl Tinyproxy {
    /// Starts one that opens tunnels to `target` only. `None` where there is none to start.
    async fn start(target: u16) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let configuration = directory.path().join("tinyproxy.conf");
        let log = directory.path().join("log");
        let (user, password) = CREDENTIALS.split_once(':').unwrap();
        let text = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 20\nMaxClients 10\nLogLevel Connect\n\
             LogFile \"{}\"\nConnectPort {target}\nBasicAuth {user} {password}\n",
            log.display()
        );
        std::fs::write(&configuration, text).unwrap();
        let started = Command::new("tinyproxy")
            .arg("-d")
            .arg("-c")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match started {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let required = std::env::var_os("PALISADE_REQUIRE_PEERS").is_some_and(|value| value == "1");
                assert!(!required, "`tinyproxy` is required and not installed");
                eprintln!("skipped: `tinyproxy` is not installed");
                return None;
            }
            started => started.unwrap(),
        };
        let proxy = Self { child, directory, port };
        for _ in 0..100 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Some(proxy);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("tinyproxy did not come up");
    }

    fn log(&self) -> String {
        let path: PathBuf = self.directory.path().join("log");
        std::fs::read_to_string(path).unwrap_or_default()
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A session to `localhost` through the proxy. That `localhost` is not public, the operator has said to be intended.
fn through(proxy: ProxyChoice, authority: &str) -> Session {
    let private_networks = vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
    let client = Client::new(&ClientOptions { proxy, private_networks, ..options() }).unwrap();
    session_to(client, authority, SessionLimits::default())
}

#[tokio::test]
async fn a_request_goes_through_a_real_proxy_with_its_credentials() {
    let server = Server::start(&["h2", "http/1.1"], ok).await;
    let Some(proxy) = Tinyproxy::start(server.address.port()).await else { return };
    let authority = format!("localhost:{}", server.address.port());
    let session = through(given(&proxy.url(), Some(CREDENTIALS)), &authority);
    let url = format!("https://{authority}/list");
    for _ in 0..2 {
        let answer = session.send(get(&url)).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
    }
    assert_eq!((server.requests().len(), server.connections()), (2, 1));
    let log = proxy.log();
    assert!(log.contains(&format!("CONNECT {authority}")), "{log}");
}

#[tokio::test]
async fn a_real_proxy_that_refuses_the_credentials_is_told_as_such() {
    let server = Server::start(&["http/1.1"], ok).await;
    let Some(proxy) = Tinyproxy::start(server.address.port()).await else { return };
    let authority = format!("localhost:{}", server.address.port());
    for (credentials, part) in [(None, "asks for"), (Some("operator:wrong-word"), "refuses")] {
        let session = through(given(&proxy.url(), credentials), &authority);
        let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
        assert_eq!(error.code(), "proxy-credentials-refused");
        assert!(error.to_string().contains(part) && !error.to_string().contains("wrong-word"), "{error}");
        assert_eq!(session.traffic().requests, 1, "it is not tried again");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_real_proxy_that_does_not_open_this_port_is_told_as_such() {
    let server = Server::start(&["http/1.1"], ok).await;
    let Some(proxy) = Tinyproxy::start(1).await else { return };
    let authority = format!("localhost:{}", server.address.port());
    let session = through(given(&proxy.url(), Some(CREDENTIALS)), &authority);
    let error = session.send(get(&format!("https://{authority}/list"))).await.unwrap_err();
    assert_eq!(error.code(), "proxy-refused");
    assert!(error.to_string().contains("status 403") && error.to_string().contains(&authority), "{error}");
    assert_eq!(server.connections(), 0);
}
