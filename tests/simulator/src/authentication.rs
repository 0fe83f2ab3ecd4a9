//! Who asks: a request without a usable key is answered 401 (API reference, section 1).

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::settings::{ApiKey, KeyStatus};

/// The usable key that a request carries, if any. `host` is the request's own, without a port.
pub(crate) fn authenticate<'a>(headers: &HeaderMap, host: &str, keys: &'a [ApiKey]) -> Option<&'a ApiKey> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = token.trim();
    keys.iter().find(|key| {
        !token.is_empty()
            && key.value == token
            && key.status == KeyStatus::Enabled
            && (key.hosts.is_empty() || key.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        [(AUTHORIZATION, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn only_usable_keys_are_known() {
        let keys = [
            ApiKey::new("good"),
            ApiKey { status: KeyStatus::Expired, ..ApiKey::new("expired") },
            ApiKey { status: KeyStatus::Disabled, ..ApiKey::new("disabled") },
            ApiKey { hosts: vec!["api.eu.xdr.trendmicro.com".to_owned()], ..ApiKey::new("european") },
            ApiKey::new(""),
        ];
        let known = |value: &str| authenticate(&headers(value), "api.xdr.trendmicro.com", &keys).is_some();
        assert!(known("Bearer good"));
        for value in [
            "good",
            "Basic good",
            "Bearer bad",
            "Bearer expired",
            "Bearer disabled",
            "Bearer european",
            "Bearer ",
        ] {
            assert!(!known(value), "{value}");
        }
        assert!(authenticate(&headers("Bearer european"), "API.eu.xdr.trendmicro.com", &keys).is_some());
        assert!(authenticate(&HeaderMap::new(), "", &keys).is_none());
    }
}
