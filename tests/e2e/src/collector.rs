//! A collector of traces: plain HTTP on the loopback, which keeps what it gets. It ends with the test's process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Longest silence of a client before it is given up.
const SILENCE: Duration = Duration::from_secs(30);

/// One transfer as it arrived.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Request line and headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

/// A running collector.
pub struct Collector {
    port: u16,
    transfers: Arc<Mutex<Vec<Transfer>>>,
}

impl Default for Collector {
    fn default() -> Self {
        Self::start()
    }
}

impl Collector {
    /// Takes everything.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let transfers: Arc<Mutex<Vec<Transfer>>> = Arc::default();
        let kept = Arc::clone(&transfers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // A connection that breaks off delivers nothing.
                thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { port, transfers }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it got so far, in order.
    #[must_use]
    pub fn transfers(&self) -> Vec<Transfer> {
        self.transfers.lock().expect("nobody panics with it").clone()
    }
}

/// Takes one request, answers it and closes the connection; `None` where it breaks off.
fn serve(stream: TcpStream, kept: &Mutex<Vec<Transfer>>) -> Option<()> {
    stream.set_read_timeout(Some(SILENCE)).ok()?;
    let mut stream = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0_u64);
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|count| *count > 0)?;
        if line.trim_end().is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = Vec::new();
    (&mut stream).take(length).read_to_end(&mut body).ok()?;
    kept.lock().expect("nobody panics with it").push(Transfer { head, body });
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.get_mut().write_all(head.as_bytes()).ok()
}
