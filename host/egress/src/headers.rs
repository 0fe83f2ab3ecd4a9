//! Which request headers a component may set. Those that decide where a request goes, how it is framed or who it is from
//! belong to the host.

use http::{HeaderName, header};

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

/// Not in the `http` crate's list of names.
const OF_THE_HOST_TOO: &[&str] =
    &["forwarded", "keep-alive", "proxy-connection", "x-forwarded-for", "x-forwarded-host"];

/// Whether a component that sets this header is refused.
#[must_use]
pub fn belongs_to_host(name: &HeaderName) -> bool {
    OF_THE_HOST.contains(name) || OF_THE_HOST_TOO.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_framing_belong_to_the_host() {
        for name in ["authorization", "Host", "transfer-encoding", "cookie", "x-forwarded-for"] {
            assert!(belongs_to_host(&name.parse().unwrap()), "{name}");
        }
        for name in ["content-type", "accept", "user-agent", "tmv1-filter", "content-length"] {
            assert!(!belongs_to_host(&name.parse().unwrap()), "{name}");
        }
    }
}
