//! The appliance's answers: lists in their envelope, errors in both of their shapes, and bodies that break off.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use serde_json::{Value, json};
use tokio::time::{Sleep, sleep};

/// How long bytes of a truncated answer get to leave before the connection breaks: otherwise the client might see a
/// connection that closed before the answer, which is another fault.
const FLUSH: Duration = Duration::from_millis(50);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Only half of the body is sent, and the connection breaks.
    pub(crate) truncated: bool,
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status, headers, body: body.into(), truncated: false }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    /// A page as browsers show it.
    pub(crate) fn html(status: StatusCode, title: &str) -> Self {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
        );
        Self::new(status, "text/html; charset=utf-8", page)
    }

    /// An error as a list.
    pub(crate) fn error(status: StatusCode, message: &str) -> Self {
        Self::json(status, &json!({"errors": [message]}))
    }

    /// An error of one field of the request.
    pub(crate) fn field_error(field: &str, message: &str) -> Self {
        Self::json(StatusCode::BAD_REQUEST, &json!({"data": {"errors": {field: [message]}}}))
    }

    /// What the appliance or what stands before it says with a status.
    pub(crate) fn for_status(status: StatusCode) -> Self {
        match status.as_u16() {
            502..=504 => Self::html(status, status.canonical_reason().unwrap_or("Error")),
            400.. => Self::error(status, status.canonical_reason().unwrap_or("Error")),
            _ => Self::json(status, &json!({})),
        }
    }

    /// As HTTP sends it.
    pub(crate) fn into_response(self) -> Response<AnswerBody> {
        let Self { status, mut headers, body, truncated } = self;
        let sent = if truncated {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            body.slice(..body.len() / 2)
        } else {
            body
        };
        let mut response = Response::new(AnswerBody { rest: sent, breaks: truncated, pause: None });
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}

/// The body of an answer.
pub(crate) struct AnswerBody {
    rest: Bytes,
    breaks: bool,
    pause: Option<Pin<Box<Sleep>>>,
}

/// The body broke off, because a fault said so.
#[derive(Debug)]
pub(crate) struct BrokeOff;

impl fmt::Display for BrokeOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer broke off, as the fault says")
    }
}

impl std::error::Error for BrokeOff {}

impl From<Infallible> for BrokeOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        }
        if !self.breaks {
            return Poll::Ready(None);
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(FLUSH)));
        ready!(pause.as_mut().poll(context));
        Poll::Ready(Some(Err(BrokeOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        if self.breaks { SizeHint::new() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
