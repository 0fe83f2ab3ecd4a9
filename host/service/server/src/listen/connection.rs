//! One connection: the handshake, HTTP/1.1 or HTTP/2 as TLS has agreed on, and its end: by the client, by silence, by the service.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use palisade_limits as limits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::activity::{Activity, Moving, Watched};
use crate::Peer;

/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Serves one connection until its end.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    stopping: watch::Receiver<bool>,
) {
    // Without it, an answer may wait 40 ms for the client's acknowledgement.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(acceptor) = tls else {
        return http(stream, peer, false, router, stopping).await;
    };
    let Ok(Ok(stream)) = timeout(head(), acceptor.accept(stream)).await else { return };
    let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    http(stream, peer, second, router, stopping).await;
}

fn head() -> Duration {
    Duration::from_secs(limits::HTTP_HEAD_SECONDS)
}

async fn http<S>(stream: S, peer: SocketAddr, second: bool, router: Router, stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let seen = Arc::clone(&activity);
    let service = service_fn(move |request| answer(router.clone(), Arc::clone(&seen), peer, request));
    let stream = TokioIo::new(stream);
    if second {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(u32::try_from(limits::HTTP_STREAMS).unwrap_or(u32::MAX))
            .initial_stream_window_size(u32::try_from(limits::HTTP_WINDOW_BYTES).ok())
            .initial_connection_window_size(u32::try_from(limits::HTTP_WINDOW_BYTES).ok())
            .max_header_list_size(u32::try_from(limits::HTTP_HEAD_BYTES).unwrap_or(u32::MAX))
            .keep_alive_interval(head())
            .keep_alive_timeout(head());
        let connection = builder.serve_connection(stream, service);
        watched(connection, |connection| connection.graceful_shutdown(), &activity, stopping).await;
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(head())
            .max_header_size(usize::try_from(limits::HTTP_HEAD_BYTES).unwrap_or(usize::MAX));
        let connection = builder.serve_connection(stream, service);
        watched(connection, |connection| connection.graceful_shutdown(), &activity, stopping).await;
    }
}

/// Lets a connection run until it ends, or is found to hold its place for nothing.
async fn watched<C, E>(
    connection: C,
    shut: impl Fn(Pin<&mut C>),
    activity: &Activity,
    mut stopping: watch::Receiver<bool>,
) where
    C: Future<Output = Result<(), E>>,
{
    let mut connection = pin!(connection);
    let mut look = tokio::time::interval(LOOK);
    let mut closing = false;
    loop {
        tokio::select! {
            // An error is the client's, or a timeout: what it asked for is in the log.
            _ = &mut connection => return,
            _ = stopping.wait_for(|stopping| *stopping), if !closing => {
                closing = true;
                shut(connection.as_mut());
            }
            _ = look.tick() => {
                // A little after HTTP/1.1's own limit, whose answer is kinder.
                if activity.stalled() || activity.idle(head() + 2 * LOOK) {
                    return;
                }
            }
        }
    }
}

async fn answer(
    mut router: Router,
    activity: Arc<Activity>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Watched>, Infallible> {
    let open = activity.begin();
    let mut request = request.map(|body| Body::new(Moving::new(body)));
    request.extensions_mut().insert(Peer(peer));
    let response = router.call(request).await?;
    Ok(response.map(|body| Watched::new(body, open)))
}
