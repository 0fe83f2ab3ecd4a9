//! One attempt as a replay sees it: what a request has to be, and what it is answered.

use bytes::Bytes;
use http::{HeaderMap, Method, Response, Uri, uri::Scheme};
use serde_json::Value;

use crate::MATCHED_HEADERS;

/// What a recorded request came to.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// It has an answer, whatever its status.
    Answered(Response<Bytes>),
    /// It has none.
    Failed(RecordedError),
}

/// Why a recorded request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedError {
    /// Stable code, as the client gave it when the run was recorded.
    pub code: String,
    /// The sentence that the operator saw.
    pub message: String,
}

/// A recorded attempt.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Asked,
    /// The reason where the body of the answer is not in the file.
    pub(crate) outcome: Result<Recorded, String>,
}

/// What two requests are compared by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Scheme and host in lower case, without the scheme's own port.
    pub(crate) url: String,
    /// The values of [`MATCHED_HEADERS`].
    pub(crate) headers: Vec<Option<String>>,
    pub(crate) body: Compared,
}

/// A body: JSON is the same in whatever order of keys and with whatever spaces, anything else byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Compared {
    /// Text of the document with its keys in order and without spaces.
    Json(Bytes),
    Bytes(Bytes),
}

impl Asked {
    pub(crate) fn new(method: &Method, url: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let joined = |name: &&str| {
            let values: Vec<_> = headers
                .get_all(*name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (!values.is_empty()).then(|| values.join(", ").trim().to_owned())
        };
        Self {
            method: method.clone(),
            url: comparable_url(url),
            headers: MATCHED_HEADERS.iter().map(joined).collect(),
            body: Compared::new(body),
        }
    }
}

impl Compared {
    fn new(body: &[u8]) -> Self {
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        let value: Option<Value> =
            if matches!(first, Some(b'{' | b'[')) { serde_json::from_slice(body).ok() } else { None };
        let Some(mut value) = value else { return Self::Bytes(Bytes::copy_from_slice(body)) };
        value.sort_all_objects();
        Self::Json(Bytes::from(value.to_string()))
    }

    /// The bytes that are compared.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Json(bytes) | Self::Bytes(bytes) => bytes,
        }
    }
}

fn comparable_url(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let own_port = match url.scheme() {
        Some(scheme) if *scheme == Scheme::HTTPS => Some(443),
        Some(scheme) if *scheme == Scheme::HTTP => Some(80),
        _ => None,
    };
    let host = url.host().unwrap_or_default().to_ascii_lowercase();
    let port = url.port_u16().filter(|port| Some(*port) != own_port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    format!("{scheme}://{host}{port}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str, body: &str) -> Asked {
        Asked::new(&Method::POST, &url.parse().unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn spellings_of_one_request_are_one_request() {
        let one = asked("https://a.example/x?Y=1", r#"{"a": 1, "b": [true]}"#);
        assert_eq!(one, asked("https://A.example:443/x?Y=1", "{\"b\":[true],\n\"a\":1}"));
    }

    #[test]
    fn different_requests_stay_different() {
        let one = asked("https://a.example/x", r#"[1,2]"#);
        for (url, body) in [
            ("https://a.example/X", "[1,2]"),
            ("https://a.example:8443/x", "[1,2]"),
            ("http://a.example/x", "[1,2]"),
            ("https://a.example/x?", "[1,2]"),
            ("https://a.example/x", "[2,1]"),
            ("https://a.example/x", "[1,2"),
            ("https://a.example/x", "\"[1,2]\""),
        ] {
            assert_ne!(one, asked(url, body), "{url} {body}");
        }
        assert_ne!(asked("https://a.example/x", "a b"), asked("https://a.example/x", "a  b"));
    }
}
