//! Which request headers a component may set, and how large a header section may be. Those that decide where a request
//! goes, how it is framed or who it is from belong to the host, and so do those by which a server takes another method or
//! path for the one that was granted.

use http::{HeaderMap, HeaderName, header};
use palisade_limits as limits;

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

/// Not in the `http` crate's list of names. The last five replace the method or the path of a request in widespread
/// frameworks and servers.
const OF_THE_HOST_TOO: &[&str] = &[
    "forwarded",
    "http2-settings",
    "keep-alive",
    "x-real-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Families of names: hop by hop to a proxy, and what proxies say of the client.
const PREFIXES_OF_THE_HOST: &[&str] = &["proxy-", "x-forwarded-"];

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
        for name in ["X-HTTP-Method-Override", "x-method-override", "X-Original-URL", "x-rewrite-url"] {
            assert!(belongs_to_host(&name.parse().unwrap()), "{name}");
        }
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
