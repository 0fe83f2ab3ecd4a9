//! Which request headers a component may set, and how large a header section may be.
//!
//! Denies by default: a component may set the headers of [`FOR_COMPONENTS`] and those that its manifest names for the
//! request. Servers and frameworks know many headers that replace the method or path of a request, and no list of these
//! is complete. Headers that decide where a request goes, how it is framed or who it is from belong to the host, and no
//! manifest can name them.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use palisade_limits as limits;
use palisade_redaction::{REDACTED, Redactor};

/// Headers that the host sets itself. `content-length` is not among them: the host computes it anew from the body, so
/// that a wrong one does no harm, and languages whose HTTP libraries always set it can be used.
const OF_THE_HOST: &[HeaderName] = &[
    header::AUTHORIZATION,
    header::CONNECTION,
    header::COOKIE,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
];

/// Not in the `http` crate's list of names. From `x-http-method` on they replace the method, path or host of a request in
/// widespread frameworks and servers, so that no manifest may name them.
const OF_THE_HOST_TOO: &[&str] = &[
    "forwarded",
    "http2-settings",
    "keep-alive",
    "x-real-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-host",
    "x-http-destinationurl",
    "x-http-host-override",
    "x-http-path-override",
    "x-original-host",
    "x-original-method",
    "x-original-path",
    "x-original-uri",
    "x-original-url",
    "x-override-url",
    "x-proxy-url",
    "x-request-uri",
    "x-rewrite-uri",
    "x-rewrite-url",
    "x-url-scheme",
];

/// Families of names: hop by hop to a proxy, and what proxies say of the client.
const PREFIXES_OF_THE_HOST: &[&str] = &["proxy-", "x-forwarded-"];

/// Headers that a component may set without naming them in its manifest: content negotiation, conditions, repeats and
/// tracing. `accept-encoding` and `content-length` are dropped: some HTTP libraries always set them.
pub const FOR_COMPONENTS: [&str; 24] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "origin",
    "pragma",
    "prefer",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-request-id",
];

/// Whether a component may set this header in a request whose grant names `declared`.
pub(crate) fn may_be_set(name: &HeaderName, declared: &[HeaderName]) -> bool {
    FOR_COMPONENTS.contains(&name.as_str()) || declared.contains(name)
}

/// Replaces every header value that repeats a secret.
pub(crate) fn redact(headers: &mut HeaderMap, redactor: &Redactor) {
    for value in headers.values_mut() {
        if let Some(clean) = redactor.redacted(value.as_bytes()) {
            *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static(REDACTED));
        }
    }
}

/// Whether a component that sets this header is refused.
#[must_use]
pub fn belongs_to_host(name: &HeaderName) -> bool {
    OF_THE_HOST.contains(name)
        || OF_THE_HOST_TOO.contains(&name.as_str())
        || PREFIXES_OF_THE_HOST.iter().any(|prefix| name.as_str().starts_with(prefix))
}

/// Whether a header section, of a request or an answer, keeps to [`limits::HEADER_BYTES`] (names and values added up) and
/// [`limits::HEADER_FIELDS`].
pub(crate) fn are_within_limits(headers: &HeaderMap) -> bool {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    bytes as u64 <= limits::HEADER_BYTES && headers.len() as u64 <= limits::HEADER_FIELDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_granted_method_and_path_cannot_be_replaced_by_a_header() {
        for name in [
            "X-HTTP-Method-Override",
            "x-method-override",
            "X-Original-URL",
            "x-rewrite-url",
            "x-original-uri",
            "x-override-url",
            "x-http-destinationurl",
        ] {
            let name = name.parse().unwrap();
            assert!(belongs_to_host(&name) && !may_be_set(&name, &[]), "{name}");
        }
    }

    #[test]
    fn a_header_that_nobody_named_may_not_be_set() {
        let declared = [HeaderName::from_static("tmv1-filter")];
        for (name, expected) in [
            ("content-type", true),
            ("TMV1-Filter", true),
            ("tmv1-query", false),
            ("x-anything", false),
            ("x-waws-unencoded-url", false),
        ] {
            assert_eq!(may_be_set(&name.parse().unwrap(), &declared), expected, "{name}");
        }
        for name in FOR_COMPONENTS {
            assert!(!belongs_to_host(&HeaderName::from_static(name)), "{name}");
        }
    }

    #[test]
    fn a_header_section_is_bounded_in_bytes_and_in_fields() {
        let section = |fields: u64, bytes: u64| {
            let mut headers = HeaderMap::new();
            let names = (0..fields).map(|field| HeaderName::try_from(format!("x-{field:04}")).unwrap());
            names.for_each(|name| drop(headers.insert(name, HeaderValue::from_static("v"))));
            let used: usize = headers.keys().map(|name| name.as_str().len() + 1).sum();
            let length = (usize::try_from(bytes).unwrap() + 1).saturating_sub(used).max(1);
            let value = HeaderValue::from_str(&"v".repeat(length)).unwrap();
            headers.insert(HeaderName::from_static("x-0000"), value);
            headers
        };
        let (bytes, fields) = (limits::HEADER_BYTES, limits::HEADER_FIELDS);
        assert!(are_within_limits(&HeaderMap::new()));
        for (fields, bytes, expected) in [
            (2, bytes, true),
            (2, bytes + 1, false),
            (fields, 0, true),
            (fields + 1, 0, false),
            (fields + 1, bytes + 1, false),
        ] {
            assert_eq!(are_within_limits(&section(fields, bytes)), expected, "{fields} {bytes}");
        }
    }

    #[test]
    fn a_header_that_repeats_a_secret_is_redacted() {
        let redactor = Redactor::new(&[secrecy::SecretString::from("k\"ey-of-this")]);
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer k\"ey-of-this"));
        headers.insert("x-other", HeaderValue::from_static("%6b%22ey-of-this"));
        redact(&mut headers, &redactor);
        assert_eq!(headers.get("x-echo").unwrap(), "Bearer [redacted]");
        assert_eq!(headers.get("x-other").unwrap(), REDACTED);
    }

    #[test]
    fn credentials_and_framing_belong_to_the_host() {
        for name in
            ["authorization", "Host", "transfer-encoding", "cookie", "X-Forwarded-Proto", "Proxy-Connection"]
        {
            assert!(belongs_to_host(&name.parse().unwrap()), "{name}");
        }
        for name in ["content-type", "accept", "user-agent", "tmv1-filter", "content-length"] {
            assert!(!belongs_to_host(&name.parse().unwrap()), "{name}");
        }
    }
}
