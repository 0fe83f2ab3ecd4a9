//! Listening on an address of this machine alone. A connection ends with its client, by itself, or with the simulator.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::StartError;

/// How long to wait after a connection could not be accepted (too many open files, for instance) before trying again.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Binds an address of this machine alone.
///
/// # Errors
/// [`StartError::NotLoopback`] and [`StartError::Bind`].
pub async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    if !address.ip().is_loopback() {
        return Err(StartError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })
}

/// Hands each connection to `connection`, until `stop` says so.
pub fn serve<Served>(
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
    connection: impl Fn(TcpStream) -> Served + Send + 'static,
) -> JoinHandle<()>
where
    Served: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        loop {
            let stream = tokio::select! {
                _ = stop.changed() => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(_) => {
                        sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            // Without it, each answer may wait 40 ms for the client's acknowledgement.
            if stream.set_nodelay(true).is_err() {
                continue;
            }
            let (served, mut stop) = (connection(stream), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = served => {}
                    _ = stop.changed() => {}
                }
            });
        }
    })
}
