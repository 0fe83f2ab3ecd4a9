//! What is seen of requests from outside: a line in the log and a number for each, under an id that the answer carries too; and
//! that a panic ends one request and not the service. Denied by default: paths, queries, headers and bodies in the log, because
//! a link, a cookie and a token are secrets. A route's pattern is what is logged, and what is traced.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::{Instrument as _, Span};

use crate::security::opaque;
use crate::{App, Failure, assets, operations};

/// The header of an answer that names its line in the log.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Under which id a request is in the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Logs and counts.
pub(crate) async fn middleware(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id: String = opaque::random().unwrap_or_default().chars().take(16).collect();
    let method = known(request.method());
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!("request", id = %id, method, route = %route);
    let traced = traced(&app, &request, method, &route);
    // The one for traces is the inner one: what is done for the request belongs to it.
    let mut response = next.run(request).instrument(traced.clone()).instrument(span.clone()).await;
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let (status, took) = (response.status(), begun.elapsed());
    app.metrics().answered(method, &route, status.as_u16(), took);
    let failure = response.extensions().get::<Failure>();
    let code = failure.map(Failure::code);
    traced.record("http.response.status_code", status.as_u16());
    traced.record("error.type", code);
    if status.is_server_error() {
        traced.record("otel.status_code", "ERROR");
    }
    span.in_scope(|| {
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match failure.and_then(Failure::cause) {
            Some(cause) => tracing::error!(status = status.as_u16(), milliseconds, code, cause, "failed"),
            None => tracing::info!(status = status.as_u16(), milliseconds, code, "answered"),
        }
    });
    response
}

/// The span of a request for traces, part of the trace that the request names, if any. What machines ask all the time, and files
/// that pages are made of, are not traced.
fn traced(app: &App, request: &Request, method: &'static str, route: &str) -> Span {
    let path = request.uri().path();
    if operations::is_for_machines(path) || assets::is_asset(path) {
        return Span::none();
    }
    let span = tracing::info_span!(
        target: "palisade::trace::http",
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    );
    app.join_trace(request.headers(), &span);
    span
}

/// A method that somebody made up is not written down.
fn known(method: &Method) -> &'static str {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    methods.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}

/// Answers for a handler that panics.
pub(crate) async fn catch_panics(request: Request, next: Next) -> Response {
    let mut answer = pin!(next.run(request));
    poll_fn(|context| {
        // What a handler has been at is dropped with it; what is shared is behind locks that recover.
        match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(panic) => {
                let said = panic.downcast_ref::<&str>().map(ToString::to_string);
                let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
                Poll::Ready(Failure::internal(format!("a handler panicked: {said}")).into_response())
            }
        }
    })
    .await
}
