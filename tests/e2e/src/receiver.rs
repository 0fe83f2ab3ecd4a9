//! A receiver of webhooks: HTTPS on loopback with a certificate of its own, which keeps what it gets and answers as the test
//! says. It ends with the test's process; each connection ends by itself.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use tempfile::NamedTempFile;

/// The receiver's host: the name in its certificate.
pub const WEBHOOK_HOST: &str = "hooks.example.com";
/// Longest silence of a client before it is given up.
const SILENCE: Duration = Duration::from_secs(30);
/// Longest body: more than any request of the product may have.
const BODY_BYTES: usize = 4 << 20;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Method and path, as the request line has them.
    pub target: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
}

impl Delivery {
    /// The values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

type Deliveries = Arc<Mutex<Vec<Delivery>>>;

/// A running receiver.
pub struct Receiver {
    port: u16,
    certificate: NamedTempFile,
    deliveries: Deliveries,
}

impl Receiver {
    /// Accepts everything.
    #[must_use]
    pub fn start() -> Self {
        Self::answering(|_| 200)
    }

    /// Answers each delivery with the status that `answer` gives.
    #[must_use]
    pub fn answering(answer: impl Fn(&Delivery) -> u16 + Send + Sync + 'static) -> Self {
        let made = rcgen::generate_simple_self_signed([WEBHOOK_HOST.to_owned()]).expect("a certificate");
        let mut certificate = NamedTempFile::new().expect("a temporary file");
        certificate.write_all(made.cert.pem().as_bytes()).expect("the certificate is written");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider knows the versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let deliveries = Deliveries::default();
        let (tls, answer, kept) = (Arc::new(tls), Arc::new(answer), Arc::clone(&deliveries));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (tls, answer, kept) = (Arc::clone(&tls), Arc::clone(&answer), Arc::clone(&kept));
                // A connection that breaks off delivers nothing.
                thread::spawn(move || serve(stream, tls, &*answer, &kept));
            }
        });
        Self { port, certificate, deliveries }
    }

    /// What `--connect-to` needs to find it.
    #[must_use]
    pub fn connect_to(&self) -> String {
        format!("{WEBHOOK_HOST}:443:127.0.0.1:{}", self.port)
    }

    /// Where its certificate is.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        self.certificate.path()
    }

    /// What it got so far, in order.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().expect("nobody panics with it").clone()
    }

    /// The objects of all deliveries, in order.
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let objects = |delivery: Delivery| delivery.body["objects"].as_array().expect("objects").clone();
        self.deliveries().into_iter().flat_map(objects).collect()
    }
}

/// Takes one request, answers it and closes the connection; `None` where it breaks off.
fn serve(
    stream: TcpStream,
    tls: Arc<ServerConfig>,
    answer: &dyn Fn(&Delivery) -> u16,
    kept: &Mutex<Vec<Delivery>>,
) -> Option<()> {
    stream.set_read_timeout(Some(SILENCE)).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(tls).ok()?, stream));
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|count| *count > 0)?;
        Some(line.trim_end().to_owned())
    };
    let request = line()?;
    let mut headers = Vec::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let target = request.rsplit_once(' ')?.0.to_owned();
    let mut delivery = Delivery { target, headers, body: Value::Null };
    let length: usize = delivery.header("content-length").first()?.parse().ok()?;
    let mut body = vec![0; length.min(BODY_BYTES)];
    stream.read_exact(&mut body).ok()?;
    delivery.body = serde_json::from_slice(&body).ok()?;
    let status = answer(&delivery);
    kept.lock().expect("nobody panics with it").push(delivery);
    let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let stream = stream.get_mut();
    stream.write_all(head.as_bytes()).ok()?;
    stream.conn.send_close_notify();
    stream.flush().ok()
}
