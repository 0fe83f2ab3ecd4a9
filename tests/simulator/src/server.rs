//! The listeners: accepting connections, the TLS handshake, and HTTP/1.1 or HTTP/2 on each. Only loopback addresses are
//! bound. A connection ends with its client, with a fault, or with the simulator.

use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::exchange::{Connection, exchange};
use crate::limits::{HANDSHAKE, HEAD};
use crate::state::Shared;

/// The window of an HTTP/2 stream and connection, in bytes: a whole request body of the largest size goes out without waiting
/// for room, as a gateway nearby would let it.
const WINDOW: u32 = 2 * 1024 * 1024;

/// Serves a listener until `stop` says so.
pub(crate) fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    simulator_parts::serve(listener, stop, move |stream| connection(stream, tls.clone(), Arc::clone(&shared)))
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let Ok(local) = stream.local_addr() else { return };
    let close = Arc::new(Notify::new());
    let connection = Connection { shared, tls: tls.is_some(), local, close: Arc::clone(&close) };
    let served = async move {
        match tls {
            None => http(stream, connection).await,
            Some(acceptor) => {
                if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    http(stream, connection).await;
                }
            }
        }
    };
    tokio::select! {
        () = served => {}
        () = close.notified() => {}
    }
}

async fn http<S>(stream: S, connection: Connection)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = Arc::new(connection);
    let service = service_fn(move |request| exchange(Arc::clone(&connection), request));
    let mut builder = Builder::new(TokioExecutor::new());
    // `pytmv1` finds `Location` only if it is written so.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).title_case_headers(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW);
    // A connection that ends in an error has ended all the same; what it asked for is on record.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}
