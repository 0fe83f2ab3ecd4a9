//! The two cookies: the session's, which no script reads and no other site sends, and the choice of light or dark. Denied by
//! default: under TLS a session cookie that came over anything else (`__Host-`), two cookies of one name.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Name of the cookie that holds a choice of colours.
pub(crate) const THEME: &str = "palisade-theme";

/// Name of the session's cookie.
pub(crate) fn session_name(tls: bool) -> &'static str {
    if tls { "__Host-palisade" } else { "palisade" }
}

/// The value of a cookie. One name with two values is somebody's trick, and has none.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// Sets the session's cookie, for as long as the session lasts at most.
pub(crate) fn set_session(tls: bool, value: &str, seconds: u64) -> String {
    set(tls, session_name(tls), value, seconds)
}

/// Takes the session's cookie away.
pub(crate) fn clear_session(tls: bool) -> String {
    set(tls, session_name(tls), "", 0)
}

/// Remembers a choice of colours for a year.
pub(crate) fn set_theme(tls: bool, value: &str) -> String {
    set(tls, THEME, value, 365 * 24 * 3_600)
}

fn set(tls: bool, name: &str, value: &str, seconds: u64) -> String {
    let secure = if tls { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, axum::http::HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let headers = headers(&["a=1; palisade=x; b=2", "xpalisade=y"]);
        assert_eq!(read(&headers, "palisade"), Some("x"));
        assert_eq!(read(&headers, "alisade"), None);
    }

    #[test]
    fn a_name_with_two_values_has_none() {
        assert_eq!(read(&headers(&["palisade=x; palisade=y"]), "palisade"), None);
        assert_eq!(read(&headers(&["palisade=x", "palisade=y"]), "palisade"), None);
    }

    #[test]
    fn the_session_cookie_has_its_flags() {
        let cookie = set_session(true, "abc", 60);
        assert_eq!(cookie, "__Host-palisade=abc; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
        assert!(!set_session(false, "abc", 60).contains("Secure"));
    }
}
