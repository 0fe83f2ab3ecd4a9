//! Which answers are compressed. Denied by default: pages, because they hold the text that protects forms beside what a request can
//! choose, and the length of the compressed page would give it away (BREACH); answers with a secret; streams of events.

use axum::http::header::CONTENT_TYPE;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use palisade_limits as limits;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

use crate::api::idempotency::KeptAs;

type Judged = And<SizeAbove, NotForContentType>;

/// Compresses with gzip, which every client of HTTP understands.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let judged: Judged = SizeAbove::new(limits::COMPRESSED_BYTES).and(NotForContentType::IMAGES);
    CompressionLayer::new().gzip(true).compress_when(judged.and(is_open))
}

/// Whether an answer holds nothing that its length could give away.
fn is_open(_: StatusCode, _: Version, headers: &HeaderMap, extensions: &Extensions) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let text = ["application/json", "application/problem+json", "application/x-ndjson", "application/yaml"]
        .contains(&kind)
        || ["text/css", "text/csv", "text/javascript", "application/javascript"].contains(&kind)
        || kind.starts_with("application/openmetrics-text");
    text && extensions.get::<KeptAs>().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(kind: &'static str, extensions: &Extensions) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(kind));
        is_open(StatusCode::OK, Version::HTTP_11, &headers, extensions)
    }

    #[test]
    fn pages_streams_and_answers_with_a_secret_are_not_compressed() {
        let none = Extensions::new();
        for kind in ["application/json", "text/csv; charset=utf-8", "application/x-ndjson", "text/css"] {
            assert!(open(kind, &none), "{kind}");
        }
        for kind in ["text/html; charset=utf-8", "text/event-stream", "image/png", "application/zip", ""] {
            assert!(!open(kind, &none), "{kind}");
        }
        let mut secret = Extensions::new();
        secret.insert(KeptAs(serde_json::Value::Null));
        assert!(!open("application/json", &secret));
    }
}
