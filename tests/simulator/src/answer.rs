//! The service's answers: the shapes of its errors by family of calls, of the gateway's errors and of a multi-status (API
//! reference, section 1). Items carry no values, and errors no more than the service itself would say.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use simulator_parts::{GeneratedFile, Source};

/// The text of a 400 for too many objects, in one request or in the list.
pub(crate) const TOO_MANY_OBJECTS: &str = "The number of objects exceeds the maximum limit";

/// The calls that have their words in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// The gateway in front of the service, which answers the connectivity call itself.
    Gateway,
    /// Both object lists.
    ThreatIntelligence,
    /// Actions, tasks and custom scripts.
    Response,
    /// The sandbox.
    Sandbox,
    /// Alerts and notes.
    Workbench,
    /// The inventory whose errors have an inner one.
    EndpointSecurity,
    /// Everything else.
    Other,
}

impl Family {
    /// The family of a path.
    pub(crate) fn of(path: &str) -> Self {
        let path = path.strip_prefix("/v3.0/").unwrap_or_default();
        let path = path.strip_prefix("xdr/").unwrap_or(path);
        match path.split('/').next().unwrap_or_default() {
            "healthcheck" => Self::Gateway,
            "threatintel" => Self::ThreatIntelligence,
            "response" => Self::Response,
            "sandbox" => Self::Sandbox,
            "workbench" => Self::Workbench,
            "endpointSecurity" => Self::EndpointSecurity,
            _ => Self::Other,
        }
    }

    /// Code, message and number for a status.
    fn words(self, status: u16) -> (&'static str, &'static str, Option<u32>) {
        let code = match status {
            404 if self == Self::EndpointSecurity => "BadRequest",
            400 => "BadRequest",
            403 => "AccessDenied",
            404 => "NotFound",
            408 => "RequestTimeout",
            412 => "ConditionNotMet",
            413 => "RequestEntityTooLarge",
            429 => "TooManyRequests",
            _ => "InternalServerError",
        };
        let message = match (self, status) {
            (Self::Response, 400) => "Invalid request format.",
            (Self::Response, 403) => "Insufficient permissions.",
            (Self::Response, 404) => "Not found.",
            (Self::Response, 500) => "Internal server error.",
            (Self::Sandbox, 429) => "Rate limit exceeded",
            (_, 400) => "Bad request",
            (_, 403) => "Access denied",
            (_, 404) => "Not found",
            (_, 408) => "Request timeout",
            (_, 412) => "Condition not met",
            (_, 413) => "Request entity too large",
            (_, 429) => "Too many requests",
            _ => "Internal server error",
        };
        let number = match (self, status) {
            (Self::ThreatIntelligence, 400) => Some(4_000_102),
            (Self::ThreatIntelligence, 403) => Some(4_030_102),
            (Self::ThreatIntelligence, 429) => Some(4_290_102),
            (Self::ThreatIntelligence, 500) => Some(5_000_102),
            (Self::Workbench, 400) => Some(3_090_003),
            (Self::Workbench, 404) => Some(3_090_007),
            (Self::Workbench, 412) => Some(3_090_018),
            (Self::Workbench, 500) => Some(3_090_999),
            _ => None,
        };
        (code, message, number)
    }

    /// The body of an error; code and message are the family's own if none are given.
    fn error(self, status: u16, code: Option<&str>, message: Option<&str>, numbers: bool) -> Value {
        let (own_code, own_message, number) = self.words(status);
        let (code, message) = (code.unwrap_or(own_code), message.unwrap_or(own_message));
        let mut error = json!({"code": code, "message": message});
        if let Some(fields) = error.as_object_mut() {
            if let Some(number) = number.filter(|_| numbers) {
                fields.insert("number".to_owned(), number.into());
            }
            let inner = match self {
                Self::Gateway => Some(json!({"code": code, "service": "svp"})),
                Self::EndpointSecurity => Some(json!({"code": code, "message": message})),
                _ => None,
            };
            if let Some(inner) = inner {
                fields.insert("innererror".to_owned(), inner);
            }
        }
        json!({ "error": error })
    }
}

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
    /// A part of a file that is computed while it is sent.
    Generated {
        /// The file.
        file: GeneratedFile,
        /// The place of the first byte.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
}

/// An entry of a multi-status.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ItemAnswer {
    pub(crate) status: u16,
    /// The header that the entry has, if any.
    header: Option<(&'static str, String)>,
    body: Option<Value>,
}

/// The header that names a task.
const OPERATION_LOCATION: &str = "Operation-Location";

impl ItemAnswer {
    pub(crate) fn done(status: u16) -> Self {
        Self { status, header: None, body: None }
    }

    /// An entry for what was accepted and has a task.
    pub(crate) fn accepted(task: String) -> Self {
        Self::done(202).at(task)
    }

    /// A failed item of this family; code and message are the service's own if none are given.
    pub(crate) fn failed(
        family: Family,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
        numbers: bool,
    ) -> Self {
        Self::done(status).with(family.error(status, code, message, numbers))
    }

    /// This entry, with the link to a task.
    pub(crate) fn at(self, task: String) -> Self {
        Self { header: Some((OPERATION_LOCATION, task)), ..self }
    }

    /// This entry, with a body; fields of one that it has already stay.
    pub(crate) fn with(mut self, body: Value) -> Self {
        match (&mut self.body, body) {
            (Some(Value::Object(fields)), Value::Object(more)) => fields.extend(more),
            (own, body) => *own = Some(body),
        }
        self
    }

    fn json(&self) -> Value {
        let mut entry = json!({"status": self.status});
        if let Some(fields) = entry.as_object_mut() {
            if let Some((name, value)) = &self.header {
                fields.insert("headers".to_owned(), json!([{"name": name, "value": value}]));
            }
            if let Some(body) = &self.body {
                fields.insert("body".to_owned(), body.clone());
            }
        }
        entry
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

    /// A whole file of a media type.
    pub(crate) fn file(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK, content_type, bytes)
    }

    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), content: Content::Bytes(Bytes::new()) }
    }

    pub(crate) fn items(items: Vec<ItemAnswer>) -> Self {
        let answer = Self::new(StatusCode::MULTI_STATUS, "application/json", Bytes::new());
        Self { content: Content::Items(items), ..answer }
    }

    /// An error in the shape of a family.
    pub(crate) fn error(family: Family, status: StatusCode, message: Option<&str>, numbers: bool) -> Self {
        Self::json(status, &family.error(status.as_u16(), None, message, numbers))
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
        Self::error(Family::Gateway, StatusCode::NOT_FOUND, None, false)
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
    pub(crate) fn for_status(family: Family, status: StatusCode, numbers: bool) -> Self {
        match status.as_u16() {
            401 => Self::invalid_credentials(),
            502..=504 => Self::html(status),
            400.. => Self::error(family, status, None, numbers),
            201 | 204 => Self::empty(status),
            _ => Self::json(status, &json!({})),
        }
    }

    /// This answer with one more header; one whose value is not of HTTP is left out.
    pub(crate) fn with_header<V: TryInto<HeaderValue>>(mut self, name: &'static str, value: V) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }
}

impl Content {
    /// The body.
    pub(crate) fn into_source(self) -> Source {
        match self {
            Self::Bytes(bytes) => Source::Bytes(bytes),
            Self::Items(items) => Source::Bytes(render(&items)),
            Self::Generated { file, offset, length } => Source::Generated { file, offset, length },
        }
    }

    /// The body without its last byte.
    pub(crate) fn shortened(self) -> Self {
        match self.into_source() {
            Source::Bytes(bytes) => Self::Bytes(bytes.slice(..bytes.len().saturating_sub(1))),
            Source::Generated { file, offset, length } => {
                Self::Generated { file, offset, length: length.saturating_sub(1) }
            }
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
        text.push_str(&item.json().to_string());
    }
    text.push(']');
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(answer: Answer) -> Value {
        let Source::Bytes(bytes) = answer.content.into_source() else { return Value::Null };
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_multi_status_has_one_entry_for_each_item() {
        let failed = |status, code, message, numbers| {
            ItemAnswer::failed(Family::ThreatIntelligence, status, code, message, numbers)
        };
        let items = vec![
            ItemAnswer::done(201),
            failed(400, None, None, true),
            failed(404, None, None, true),
            failed(429, Some("Slow"), Some("down"), false),
            ItemAnswer::failed(Family::Response, 400, Some("TaskError"), None, true).at("a".to_owned()),
        ];
        let expected = json!([
            {"status": 201},
            {"status": 400, "body": {"error": {"code": "BadRequest", "message": "Bad request", "number": 4000102}}},
            {"status": 404, "body": {"error": {"code": "NotFound", "message": "Not found"}}},
            {"status": 429, "body": {"error": {"code": "Slow", "message": "down"}}},
            {"status": 400, "headers": [{"name": "Operation-Location", "value": "a"}],
             "body": {"error": {"code": "TaskError", "message": "Invalid request format."}}},
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
        let answer =
            Answer::error(Family::ThreatIntelligence, StatusCode::BAD_REQUEST, Some(TOO_MANY_OBJECTS), false);
        assert_eq!(body(answer), json!({"error": {"code": "BadRequest", "message": TOO_MANY_OBJECTS}}));
        let html = Answer::for_status(Family::Other, StatusCode::BAD_GATEWAY, true);
        assert_eq!(html.headers.get("content-type").unwrap(), "text/html");
        for (path, status, error) in [
            (
                "/v3.0/healthcheck/connectivity",
                500,
                json!({"code": "InternalServerError",
                "message": "Internal server error", "innererror": {"code": "InternalServerError", "service": "svp"}}),
            ),
            (
                "/v3.0/search/emailActivities",
                408,
                json!({"code": "RequestTimeout", "message": "Request timeout"}),
            ),
            (
                "/v3.0/workbench/alerts/1",
                412,
                json!({"code": "ConditionNotMet", "message": "Condition not met", "number": 3_090_018}),
            ),
            (
                "/v3.0/xdr/response/tasks/1",
                403,
                json!({"code": "AccessDenied", "message": "Insufficient permissions."}),
            ),
            (
                "/v3.0/endpointSecurity/endpoints/1",
                404,
                json!({"code": "BadRequest", "message": "Not found",
                "innererror": {"code": "BadRequest", "message": "Not found"}}),
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                body(Answer::for_status(Family::of(path), status, true)),
                json!({"error": error}),
                "{path}"
            );
        }
    }
}
