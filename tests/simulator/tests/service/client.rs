//! A client that trusts the simulator's authority and nothing else.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use vision_one_simulator::{ApiKey, Settings, Simulator};

pub(crate) const KEY: &str = "a-key.with-both.roles";
pub(crate) const HOST: &str = "api.eu.xdr.trendmicro.com";
pub(crate) const OBJECTS: &str = "/v3.0/threatintel/suspiciousObjects";
pub(crate) const OBJECTS_DELETE: &str = "/v3.0/threatintel/suspiciousObjects/delete";
pub(crate) const EXCEPTIONS: &str = "/v3.0/threatintel/suspiciousObjectExceptions";
pub(crate) const EXCEPTIONS_DELETE: &str = "/v3.0/threatintel/suspiciousObjectExceptions/delete";
pub(crate) const CONNECTIVITY: &str = "/v3.0/healthcheck/connectivity";

/// An answer that came to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    /// The status of each item of a multi-status.
    pub(crate) fn statuses(&self) -> Vec<u64> {
        assert_eq!(self.status, 207, "{:?}", self.body);
        self.json().as_array().unwrap().iter().map(|item| item["status"].as_u64().unwrap()).collect()
    }
}

/// A simulator and how to talk to it.
pub(crate) struct Service {
    pub(crate) simulator: Simulator,
    pub(crate) key: String,
    pub(crate) host: String,
    pub(crate) http2: bool,
}

pub(crate) async fn service(change: impl FnOnce(&mut Settings)) -> Service {
    let mut settings = Settings { keys: vec![ApiKey::new(KEY)], ..Settings::default() };
    change(&mut settings);
    let simulator = Simulator::start(settings).await.unwrap();
    Service { simulator, key: KEY.to_owned(), host: HOST.to_owned(), http2: true }
}

impl Service {
    pub(crate) fn request(&self, method: Method, target: &str) -> http::request::Builder {
        Request::builder().method(method).uri(target).header("authorization", format!("Bearer {}", self.key))
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(self.request(Method::GET, target).body(Full::default()).unwrap()).await.unwrap()
    }

    pub(crate) async fn get_filtered(&self, target: &str, filter: &str) -> Answer {
        let request = self.request(Method::GET, target).header("TMV1-Filter", filter);
        self.send(request.body(Full::default()).unwrap()).await.unwrap()
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.try_post(target, body).await.unwrap()
    }

    pub(crate) async fn try_post(&self, target: &str, body: &Value) -> Result<Answer, hyper::Error> {
        self.send(self.request(Method::POST, target).body(Full::from(body.to_string())).unwrap()).await
    }

    /// Sends a request, whose target is a path, on a connection of its own.
    pub(crate) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, hyper::Error> {
        let stream = TcpStream::connect(self.simulator.address()).await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.simulator.ca_pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let protocol: &[u8] = if self.http2 { b"h2" } else { b"http/1.1" };
        config.alpn_protocols = vec![protocol.to_vec()];
        let name = ServerName::try_from(self.host.clone()).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
        let stream = TokioIo::new(stream);
        if self.http2 {
            *request.uri_mut() = format!("https://{}{}", self.host, request.uri()).parse().unwrap();
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
            tokio::spawn(connection);
            collect(sender.send_request(request).await?).await
        } else {
            request.headers_mut().insert("host", self.host.parse().unwrap());
            let (mut sender, connection) = http1::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            collect(sender.send_request(request).await?).await
        }
    }
}

async fn collect(response: http::Response<hyper::body::Incoming>) -> Result<Answer, hyper::Error> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: parts.status, version: parts.version, headers: parts.headers, body })
}

/// So many different addresses, from a number on.
pub(crate) fn addresses(first: u32, count: u32) -> Vec<Value> {
    (first..first + count)
        .map(|number| serde_json::json!({"ip": std::net::Ipv4Addr::from(0x0a00_0000 + number).to_string()}))
        .collect()
}
