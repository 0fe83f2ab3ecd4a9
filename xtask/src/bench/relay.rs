//! A relay between a client and the server that counts what passes: bytes on the wire, TLS and headers included, by the same
//! measure for every client. It understands nothing of what it carries, and listens on loopback only.

use std::io::{Read, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::Result;

/// A running relay; it ends when this is dropped.
pub(super) struct Relay {
    /// Where clients are to go.
    pub(super) address: SocketAddr,
    counts: Arc<Counts>,
}

/// What has passed.
#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
    connections: AtomicU64,
    ended: AtomicBool,
}

/// What has passed since the last time that this was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// Bytes from the client.
    pub(super) sent: u64,
    /// Bytes to the client.
    pub(super) received: u64,
    /// Connections that the client has opened.
    pub(super) connections: u64,
}

impl Relay {
    /// Starts one in front of a server.
    pub(super) fn start(server: &str) -> Result<Self> {
        let server: SocketAddr = server.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.ended.load(Ordering::Relaxed) {
                    break;
                }
                shared.connections.fetch_add(1, Ordering::Relaxed);
                // A connection that cannot be carried ends for its client too.
                let _ = client.and_then(|client| carry(client, server, &shared));
            }
        });
        Ok(Self { address, counts })
    }

    /// What has passed, and begins to count anew.
    pub(super) fn passed(&self) -> Passed {
        Passed {
            sent: self.counts.sent.swap(0, Ordering::Relaxed),
            received: self.counts.received.swap(0, Ordering::Relaxed),
            connections: self.counts.connections.swap(0, Ordering::Relaxed),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.counts.ended.store(true, Ordering::Relaxed);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

fn carry(client: TcpStream, server: SocketAddr, counts: &Arc<Counts>) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let directions = [
        (client.try_clone()?, server.try_clone()?, (|counts| &counts.sent) as fn(&Counts) -> &AtomicU64),
        (server, client, |counts| &counts.received),
    ];
    for (from, to, counter) in directions {
        let counts = Arc::clone(counts);
        thread::spawn(move || copy(from, to, counter(&counts)));
    }
    Ok(())
}

/// Copies until one side ends; the other is told.
fn copy(mut from: TcpStream, mut to: TcpStream, counter: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        counter.fetch_add(length as u64, Ordering::Relaxed);
        if buffer.get(..length).is_none_or(|bytes| to.write_all(bytes).is_err()) {
            break;
        }
    }
    // Either side may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}
