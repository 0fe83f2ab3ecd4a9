//! What a URL is, whatever its spelling: the form by which a protected URL is compared with others.
//!
//! Left out is what leads to the same resource in any spelling: `http` or `https` and their ports, user information, the
//! fragment, an empty query, dot segments, empty segments, parameters of segments (`;…`) and slashes at the end. Escapes are
//! resolved, except those of characters with a meaning of their own. A query that says something counts.

use url::Url;

use super::fold;
use super::url::{Pieces, browsers_readings, canonical_host, generic, special};

/// Every form in which the URL can be read: as browsers read it, and as simpler readers take it apart.
pub(crate) fn identities(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    let browsers = browsers_readings(value).filter_map(|url| of_browser(&url));
    let others = [of_pieces(&generic(value)), of_pieces(&special(value))];
    for identity in browsers.chain(others) {
        if !identity.is_empty() && !all.contains(&identity) {
            all.push(identity);
        }
    }
    all
}

fn of_browser(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(join(url.scheme(), host, url.port(), url.path(), url.query()))
}

fn of_pieces(pieces: &Pieces<'_>) -> String {
    let without_fragment = pieces.tail.split('#').next().unwrap_or_default();
    let (path, query) = match without_fragment.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (without_fragment, None),
    };
    let port = pieces.port.strip_prefix(':').and_then(|digits| digits.parse().ok());
    let scheme = pieces.scheme.unwrap_or_default().to_ascii_lowercase();
    join(&scheme, pieces.host, port, path, query)
}

fn join(scheme: &str, host: &str, port: Option<u16>, path: &str, query: Option<&str>) -> String {
    // A list holds a URL with or without its scheme, and what is served by `http` is served by `https` too.
    let scheme = match scheme {
        "" | "http" | "https" => String::new(),
        other => [other, "://"].concat(),
    };
    let port = match port {
        None | Some(80 | 443) => String::new(),
        Some(port) => format!(":{port}"),
    };
    let query = match query {
        None | Some("") => String::new(),
        Some(query) => ["?", &unescaped(query)].concat(),
    };
    fold(&[scheme, canonical_host(host), port, plain_path(path), query].concat())
}

/// The path without what makes no difference.
fn plain_path(path: &str) -> String {
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split(['/', '\\']) {
        // A parameter's sign that is escaped is part of the name.
        let name = unescaped(segment.split(';').next().unwrap_or_default());
        match name.as_str() {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(name),
        }
    }
    segments.iter().map(|segment| ["/", segment].concat()).collect()
}

/// The text with its escapes resolved, but those of `%`, `/`, `\`, `?`, `#` and `;`, which are kept apart from the characters
/// themselves.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            // What browsers remove.
            (b'\t' | b'\n' | b'\r', _) => {}
            (b'%', [high, low, further @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = further;
                    let byte = high << 4 | low;
                    if matches!(byte, b'%' | b'/' | b'\\' | b'?' | b'#' | b';') {
                        bytes.extend_from_slice(format!("%{byte:02x}").as_bytes());
                    } else {
                        bytes.push(byte);
                    }
                }
                _ => bytes.push(b'%'),
            },
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_url_has_one_identity_in_common() {
        for value in [
            "http://contoso.test/login",
            "https://contoso.test/login",
            "contoso.test/login",
            "//contoso.test/login",
            "HTTPS://CONTOSO.Test/login",
            "https://contoso.test/%6cogin",
            "https://contoso.test/%6Cog%69n",
            "https://contoso.test/LOGIN",
            "https://contoso.test/login/",
            "https://contoso.test/login#top",
            "https://contoso.test/login#?x=1",
            "https://contoso.test/login?",
            "https://contoso.test/login?#",
            "https://user@contoso.test/login",
            "https://user:secret@contoso.test/login",
            "https://@contoso.test/login",
            "https://contoso.test:443/login",
            "https://contoso.test:0443/login",
            "https://contoso.test:/login",
            "http://contoso.test:80/login",
            "https://contoso.test./login",
            "https://contoso%2etest/login",
            "https://ｃontoso。test/login",
            "https://conto\u{ad}so.test/login",
            "https://contoso.test//login",
            "https://contoso.test/./login",
            "https://contoso.test/%2e/login",
            "https://contoso.test/a/../login",
            "https://contoso.test/a/%2E%2e/login",
            "https://contoso.test/a/..;/login",
            "https://contoso.test/login;jsessionid=1",
            "https://contoso.test/;x/login",
            "https:\\\\contoso.test\\login",
            "https:/contoso.test/login",
            "https:contoso.test/login",
            "https://contoso.test/lo\tgin",
            "contoso.test:443/login?",
        ] {
            assert!(
                identities(value).contains(&"contoso.test/login".to_owned()),
                "{value}: {:?}",
                identities(value)
            );
        }
    }

    #[test]
    fn an_address_has_one_identity_in_every_spelling() {
        for value in [
            "http://192.0.2.1/x",
            "http://0xc0.0.2.1/x",
            "http://3221225985/x",
            "http://[::ffff:192.0.2.1]/x",
        ] {
            assert!(
                identities(value).contains(&"192.0.2.1/x".to_owned()),
                "{value}: {:?}",
                identities(value)
            );
        }
        for value in ["http://[2001:DB8::1]:80/x", "http://[2001:db8:0:0::1]/x"] {
            assert!(
                identities(value).contains(&"[2001:db8::1]/x".to_owned()),
                "{value}: {:?}",
                identities(value)
            );
        }
    }

    #[test]
    fn what_leads_elsewhere_has_another_identity() {
        for value in [
            "https://contoso.test/login?x=1",
            "https://contoso.test/login2",
            "https://contoso.test/lo/gin",
            "https://contoso.test/lo%2fgin",
            "https://contoso.test:8443/login",
            "ftp://contoso.test/login",
            "https://www.contoso.test/login",
            "https://contoso.test/%256cogin",
            "https://contoso.test/login%3f",
            "https://contoso.test/login%23",
            "https://contoso.test/login%3bx",
        ] {
            assert!(!identities(value).contains(&"contoso.test/login".to_owned()), "{value}");
        }
    }
}
