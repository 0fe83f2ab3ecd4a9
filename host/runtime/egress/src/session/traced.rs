//! The span of one attempt, for traces. Denied by default: the path itself, the query, headers and bodies. What was granted says
//! where the request went, and none of it came from the component.

use bytes::Bytes;
use http::{Response, request::Parts};
use tracing::Span;

use crate::{Grant, SendError};

/// Begins it, as a part of `parent`.
pub(super) fn begin(parent: &Span, parts: &Parts, grant: &Grant, sent_before: u64) -> Span {
    let template = || {
        let rule = grant.paths.iter().find(|rule| rule.matches(parts.uri.path()));
        rule.map(ToString::to_string).unwrap_or_default()
    };
    tracing::info_span!(
        target: "palisade::trace::http",
        parent: parent,
        "request to a service",
        otel.name = format!("{} {}", parts.method, template()),
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        http.request.method = parts.method.as_str(),
        http.request.resend_count = (sent_before > 0).then_some(sent_before),
        http.response.status_code = tracing::field::Empty,
        url.template = template(),
        server.address = grant.origin.host(),
        server.port = grant.origin.port(),
        error.type = tracing::field::Empty,
    )
}

/// Says how it went.
pub(super) fn end(span: &Span, result: &Result<Response<Bytes>, SendError>) {
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if status.is_client_error() || status.is_server_error() {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", status.as_str());
            }
        }
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.code());
        }
    }
}
