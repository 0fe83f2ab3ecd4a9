//! The appliance's answers: lists in their envelope, errors in both of their shapes, and bodies that break off.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use simulator_parts::{AnswerBody, Delivery};

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
        let delivery = if truncated {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            Delivery::Truncated { bytes: None }
        } else {
            Delivery::Whole
        };
        let mut response = Response::new(AnswerBody::new(body, delivery));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }
}
