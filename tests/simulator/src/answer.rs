//! The service's answers: the shapes of its errors, of the gateway's errors and of a multi-status (API reference, section 1).
//! Items carry no values, and errors no more than the service itself would say.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// The text of a 400 for too many objects, in one request or in the list.
pub(crate) const TOO_MANY_OBJECTS: &str = "The number of objects exceeds the maximum limit";

/// An answer, before faults have been at it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// What an answer consists of.
#[derive(Debug)]
pub(crate) enum Content {
    /// A body that is ready to be sent.
    Bytes(Bytes),
    /// A multi-status, one entry for each item of the request.
    Items(Vec<ItemAnswer>),
}

/// An entry of a multi-status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemAnswer {
    pub(crate) status: u16,
    pub(crate) error: Option<ItemError>,
}

/// What an entry says when it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemError {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
    pub(crate) number: Option<u32>,
}

/// The service's code, message and number for a status of the threat intelligence endpoints.
fn vocabulary(status: u16) -> (&'static str, &'static str, Option<u32>) {
    match status {
        400 => ("BadRequest", "Bad request", Some(4_000_102)),
        403 => ("AccessDenied", "Access denied", Some(4_030_102)),
        404 => ("NotFound", "Not found", None),
        413 => ("RequestEntityTooLarge", "Request entity too large", None),
        429 => ("TooManyRequests", "Too many requests", Some(4_290_102)),
        _ => ("InternalServerError", "Internal server error", Some(5_000_102)),
    }
}

impl ItemAnswer {
    pub(crate) fn done(status: u16) -> Self {
        Self { status, error: None }
    }

    /// A failed item; code and message are the service's own where none are given.
    pub(crate) fn failed(status: u16, code: Option<&str>, message: Option<&str>, numbers: bool) -> Self {
        let (own_code, own_message, number) = vocabulary(status);
        let error = ItemError {
            code: code.map_or(Cow::Borrowed(own_code), |code| Cow::Owned(code.to_owned())),
            message: message.map_or(Cow::Borrowed(own_message), |message| Cow::Owned(message.to_owned())),
            number: number.filter(|_| numbers),
        };
        Self { status, error: Some(error) }
    }
}

impl Answer {
    fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, content: Content::Bytes(body.into()) }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text)
    }

    pub(crate) fn items(items: Vec<ItemAnswer>) -> Self {
        let answer = Self::new(StatusCode::MULTI_STATUS, "application/json", Bytes::new());
        Self { content: Content::Items(items), ..answer }
    }

    /// An error in the service's shape.
    pub(crate) fn error(status: StatusCode, message: Option<&str>, numbers: bool) -> Self {
        let (code, own_message, number) = vocabulary(status.as_u16());
        Self::json(status, &error_body(code, message.unwrap_or(own_message), number.filter(|_| numbers)))
    }

    /// 401, as the gateway gives it; the spelling is the service's.
    pub(crate) fn invalid_credentials() -> Self {
        let body = json!({"error": {
            "code": "InvalidCredentials",
            "message": "Invalid token, Authorization token invaild for header",
            "innererror": {"code": "InvalidToken", "service": "svp"},
        }});
        Self::json(StatusCode::UNAUTHORIZED, &body)
    }

    /// 404 for a path or method that does not exist, as the gateway gives it.
    pub(crate) fn no_such_path() -> Self {
        let body = json!({"error": {
            "code": "NotFound",
            "message": "Not found",
            "innererror": {"code": "NotFound", "service": "svp"},
        }});
        Self::json(StatusCode::NOT_FOUND, &body)
    }

    /// An error of the machinery in front of the service, which answers in HTML.
    pub(crate) fn html(status: StatusCode) -> Self {
        let reason = status.canonical_reason().unwrap_or("Error");
        let code = status.as_u16();
        let body = format!(
            "<html>\r\n<head><title>{code} {reason}</title></head>\r\n<body>\r\n<center><h1>{code} {reason}</h1></center>\r\n\
             </body>\r\n</html>\r\n"
        );
        Self::new(status, "text/html", body)
    }

    /// The answer to a status that a fault asks for: what the service or what stands before it would say.
    pub(crate) fn for_status(status: StatusCode, numbers: bool) -> Self {
        match status.as_u16() {
            401 => Self::invalid_credentials(),
            502..=504 => Self::html(status),
            400.. => Self::error(status, None, numbers),
            _ => Self::json(status, &json!({})),
        }
    }

    /// This answer with one more header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<HeaderValue>) -> Self {
        self.headers.insert(HeaderName::from_static(name), value.into());
        self
    }
}

impl Content {
    /// The body's bytes.
    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Items(items) => render(&items),
        }
    }
}

fn render(items: &[ItemAnswer]) -> Bytes {
    let mut text = String::with_capacity(items.len() * 16 + 2);
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match &item.error {
            None => {
                text.push_str("{\"status\":");
                text.push_str(&item.status.to_string());
                text.push('}');
            }
            Some(error) => {
                let body = error_body(&error.code, &error.message, error.number);
                text.push_str(&json!({"status": item.status, "body": body}).to_string());
            }
        }
    }
    text.push(']');
    Bytes::from(text)
}

fn error_body(code: &str, message: &str, number: Option<u32>) -> Value {
    let mut error = json!({"code": code, "message": message});
    if let (Some(number), Some(error)) = (number, error.as_object_mut()) {
        error.insert("number".to_owned(), number.into());
    }
    json!({ "error": error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: Answer) -> Value {
        serde_json::from_slice(&answer.content.into_bytes()).unwrap()
    }

    #[test]
    fn a_multi_status_has_one_entry_for_each_item() {
        let items = vec![
            ItemAnswer::done(201),
            ItemAnswer::failed(400, None, None, true),
            ItemAnswer::failed(404, None, None, true),
            ItemAnswer::failed(429, Some("Slow"), Some("down"), false),
        ];
        let expected = json!([
            {"status": 201},
            {"status": 400, "body": {"error": {"code": "BadRequest", "message": "Bad request", "number": 4000102}}},
            {"status": 404, "body": {"error": {"code": "NotFound", "message": "Not found"}}},
            {"status": 429, "body": {"error": {"code": "Slow", "message": "down"}}},
        ]);
        assert_eq!(body(Answer::items(items)), expected);
        assert_eq!(body(Answer::items(Vec::new())), json!([]));
    }

    #[test]
    fn errors_have_the_documented_shapes() {
        assert_eq!(
            body(Answer::invalid_credentials()),
            json!({"error": {"code": "InvalidCredentials",
                "message": "Invalid token, Authorization token invaild for header",
                "innererror": {"code": "InvalidToken", "service": "svp"}}})
        );
        assert_eq!(
            body(Answer::error(StatusCode::BAD_REQUEST, Some(TOO_MANY_OBJECTS), false)),
            json!({"error": {"code": "BadRequest", "message": TOO_MANY_OBJECTS}})
        );
        let html = Answer::for_status(StatusCode::BAD_GATEWAY, true);
        assert_eq!(html.headers.get("content-type").unwrap(), "text/html");
    }
}
