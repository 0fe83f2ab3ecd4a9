//! The listener: accepting connections, the TLS handshake, HTTP/1.1 or HTTP/2 on each, and one answer to each request. Only
//! loopback addresses are bound.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use simulator_parts::{AnswerBody, PAUSE, Received};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::administration;
use crate::answer::Answer;
use crate::routes::{self, Call};
use crate::state::Shared;

/// How long a TLS handshake may take. A client that connects and says nothing must not hold a task for ever.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long an HTTP/1.1 connection may stay without a complete request head. Longer than any client's pool keeps one.
const HEAD: Duration = Duration::from_secs(120);
/// The largest request body, in bytes: a collection that an administration call brings.
const BODY_BYTES: usize = 256 * 1024 * 1024;

/// Serves a listener until `stop` says so.
pub(crate) fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
) -> JoinHandle<()> {
    simulator_parts::serve(listener, stop, move |stream| connection(stream, tls.clone(), Arc::clone(&shared)))
}

async fn connection(stream: TcpStream, tls: TlsAcceptor, shared: Arc<Shared>) {
    let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await else { return };
    let service = service_fn(move |request| exchange(Arc::clone(&shared), request));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new());
    // A connection that ends in an error has ended all the same; what it asked for is on record.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_BYTES).collect().await else {
        return Ok(routes::too_large().into_response());
    };
    let body = body.to_bytes();
    let path = parts.uri.path().to_owned();
    if let Some(call) = path.strip_prefix(administration::PREFIX) {
        return Ok(administration::answer(&shared, &parts.method, call, &body).into_response());
    }
    let authority = parts.uri.authority().map(http::uri::Authority::host);
    let header = || parts.headers.get(http::header::HOST)?.to_str().ok()?.split(':').next();
    let host = authority.or_else(header).unwrap_or_default().to_owned();
    let query = parts.uri.query().unwrap_or_default();
    let call = Call { method: &parts.method, path: &path, query, headers: &parts.headers, body: &body };
    let (number, plan) = {
        let mut state = shared.state();
        let number = state.records.add(Received {
            number: 0,
            at: OffsetDateTime::now_utc(),
            method: parts.method.clone(),
            path: path.clone(),
            query: query.to_owned(),
            host,
            version: parts.version,
            tls: true,
            headers: parts.headers.clone(),
            body: body.clone(),
            status: None,
            refusals: Vec::new(),
        });
        (number, state.faults.plan(call.endpoint()))
    };
    if plan.pause_milliseconds > 0 {
        sleep(Duration::from_millis(plan.pause_milliseconds).min(PAUSE)).await;
    }
    let answer: Answer = {
        let mut state = shared.state();
        let answer = routes::answer(&mut state, &call, &plan);
        state.records.answered(number, answer.status.as_u16());
        answer
    };
    Ok(answer.into_response())
}
