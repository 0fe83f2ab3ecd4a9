//! The credential of the requests that a grant names: secrets, and where in a request they go. It cannot be displayed. Responses are
//! searched for its secrets by the session's redactor.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::PathAndQuery};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use crate::TokenSource;

/// The segment of a path in whose place a credential goes that is a part of the path.
pub const CREDENTIAL_SEGMENT: &str = ":credential";

/// What is encoded in a query and in a path: everything but the unreserved characters of RFC 3986.
pub(crate) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Secrets and where they go.
#[derive(Debug, Clone, Default)]
pub struct Credential {
    names: Vec<HeaderName>,
    /// The whole value of each header, for example `Bearer ...`.
    values: Vec<SecretString>,
    /// A name and its value, encoded for a query.
    query: Option<(String, SecretString)>,
    /// A segment, encoded for a path.
    segment: Option<SecretString>,
    /// What responses are searched for.
    secrets: Vec<SecretString>,
    /// What issues the token that goes into `authorization`.
    token: Option<Arc<TokenSource>>,
}

/// Why a secret cannot be put into a request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CredentialError {
    /// Empty, or white space only.
    #[error("the secret is empty")]
    Empty,
    /// A line break, another control character or something outside ASCII.
    #[error(
        "the secret holds a character that a header cannot carry (a line break, a control character or one outside ASCII)"
    )]
    NotAHeaderValue,
    /// Not a header name.
    #[error("`{0}` is not a header name")]
    NotAHeaderName(String),
    /// A colon in a user name: the password would begin after it (RFC 7617).
    #[error("the user name contains a colon")]
    ColonInUser,
}

impl CredentialError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "secret-empty",
            Self::NotAHeaderValue => "secret-not-a-header-value",
            Self::NotAHeaderName(_) => "header-name-invalid",
            Self::ColonInUser => "user-with-colon",
        }
    }
}

impl Credential {
    /// A credential whose header value is `prefix`, the secret, `suffix`.
    ///
    /// # Errors
    /// If the secret is empty or no header could carry it.
    pub fn new(
        header: &str,
        prefix: &str,
        secret: &SecretString,
        suffix: &str,
    ) -> Result<Self, CredentialError> {
        Self::default().and_header(header, prefix, secret, suffix)
    }

    /// The same credential with one more header.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn and_header(
        mut self,
        header: &str,
        prefix: &str,
        secret: &SecretString,
        suffix: &str,
    ) -> Result<Self, CredentialError> {
        let plain = filled(secret)?;
        let header = header.parse().map_err(|_| CredentialError::NotAHeaderName(header.to_owned()))?;
        let value = format!("{prefix}{plain}{suffix}");
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(CredentialError::NotAHeaderValue);
        }
        self.names.push(header);
        self.values.push(SecretString::from(value));
        self.secrets.push(secret.clone());
        Ok(self)
    }

    /// HTTP Basic authentication with user name and password in UTF-8 (RFC 7617).
    ///
    /// # Errors
    /// If one of them is empty, or the user name contains a colon.
    pub fn basic(user: &SecretString, password: &SecretString) -> Result<Self, CredentialError> {
        let (user, plain) = (filled(user)?, filled(password)?);
        if user.contains(':') {
            return Err(CredentialError::ColonInUser);
        }
        let pair = SecretString::from(STANDARD.encode(format!("{user}:{plain}")));
        let value = SecretString::from(format!("Basic {}", pair.expose_secret()));
        Ok(Self {
            names: vec![header::AUTHORIZATION],
            values: vec![value],
            secrets: vec![password.clone(), pair],
            ..Self::default()
        })
    }

    /// A parameter of the query.
    ///
    /// # Errors
    /// If the secret is empty.
    pub fn query(name: &str, secret: &SecretString) -> Result<Self, CredentialError> {
        let value = utf8_percent_encode(filled(secret)?, ENCODED).to_string();
        let query = Some((name.to_owned(), SecretString::from(value)));
        Ok(Self { query, secrets: vec![secret.clone()], ..Self::default() })
    }

    /// A segment of the path, which consists of `prefix`, the secret, `suffix`. It replaces [`CREDENTIAL_SEGMENT`].
    ///
    /// # Errors
    /// If the secret is empty.
    pub fn path_segment(prefix: &str, secret: &SecretString, suffix: &str) -> Result<Self, CredentialError> {
        let plain = format!("{prefix}{}{suffix}", filled(secret)?);
        let segment = SecretString::from(utf8_percent_encode(&plain, ENCODED).to_string());
        Ok(Self { segment: Some(segment), secrets: vec![secret.clone()], ..Self::default() })
    }

    /// An access token, as `Bearer` in the header `authorization`.
    #[must_use]
    pub fn token(source: TokenSource) -> Self {
        let secrets = source.secrets();
        let (names, token) = (vec![header::AUTHORIZATION], Some(Arc::new(source)));
        Self { names, secrets, token, ..Self::default() }
    }

    /// What issues the token of this credential, if it has one.
    #[must_use]
    pub fn token_source(&self) -> Option<&TokenSource> {
        self.token.as_deref()
    }

    /// The headers that carry it.
    #[must_use]
    pub fn headers(&self) -> &[HeaderName] {
        &self.names
    }

    /// The secrets alone, without what is around them.
    #[must_use]
    pub fn secrets(&self) -> &[SecretString] {
        &self.secrets
    }

    /// Whether the credential can be put into a request with this path: a path has one place for it if it needs one, and else none.
    #[must_use]
    pub fn has_place_in(&self, path: &str) -> bool {
        let places = path.split('/').filter(|segment| *segment == CREDENTIAL_SEGMENT).count();
        places == usize::from(self.segment.is_some())
    }

    /// Puts the credential into its headers, replacing what they had.
    pub fn put_into(&self, headers: &mut HeaderMap) {
        let token = self.token.as_ref().and_then(|source| source.token(Instant::now()));
        if let Some(token) = token
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        for (name, value) in self.names.iter().zip(&self.values) {
            // `and_header` has checked every byte.
            if let Ok(mut value) = HeaderValue::from_str(value.expose_secret()) {
                value.set_sensitive(true);
                headers.insert(name.clone(), value);
            }
        }
    }

    /// The address with what of the credential belongs into it; the address itself if nothing does.
    #[must_use]
    pub fn put_into_uri(&self, uri: &Uri) -> Uri {
        if self.query.is_none() && self.segment.is_none() {
            return uri.clone();
        }
        let path: Vec<&str> = uri
            .path()
            .split('/')
            .map(|segment| match &self.segment {
                Some(secret) if segment == CREDENTIAL_SEGMENT => secret.expose_secret(),
                _ => segment,
            })
            .collect();
        let mut target = path.join("/");
        let own = self.query.as_ref().map(|(name, value)| format!("{name}={}", value.expose_secret()));
        let query: Vec<&str> =
            uri.query().filter(|query| !query.is_empty()).into_iter().chain(own.as_deref()).collect();
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query.join("&"));
        }
        let mut parts = uri.clone().into_parts();
        // Made of an address and of encoded characters: it is one.
        parts.path_and_query = PathAndQuery::try_from(target).ok();
        Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
    }
}

/// The text of a secret that is not empty.
pub(crate) fn filled(secret: &SecretString) -> Result<&str, CredentialError> {
    let plain = secret.expose_secret();
    if plain.trim().is_empty() { Err(CredentialError::Empty) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(secret: &str) -> Result<Credential, CredentialError> {
        Credential::new("authorization", "Bearer ", &SecretString::from(secret), "")
    }

    #[test]
    fn it_cannot_be_displayed() {
        let secret = SecretString::from("abc.def.ghi");
        for credential in [
            bearer("abc.def.ghi").unwrap(),
            Credential::basic(&SecretString::from("user"), &secret).unwrap(),
            Credential::query("key", &secret).unwrap(),
            Credential::path_segment("bot", &secret, "").unwrap(),
        ] {
            let shown = format!("{credential:?}");
            assert!(!shown.contains("abc") && !shown.contains("def"), "{shown}");
        }
    }

    #[test]
    fn it_goes_into_its_headers_and_is_marked_sensitive() {
        let mut headers = HeaderMap::new();
        let second = SecretString::from("def");
        bearer("abc").unwrap().and_header("x-second", "", &second, "").unwrap().put_into(&mut headers);
        let value = headers.get("authorization").unwrap();
        assert_eq!(value, "Bearer abc");
        assert!(value.is_sensitive());
        assert_eq!(headers.get("x-second").unwrap(), "def");
    }

    #[test]
    fn user_and_password_are_one_header_and_both_forms_are_secret() {
        let of = |user: &str, password: &str| {
            Credential::basic(&SecretString::from(user), &SecretString::from(password))
        };
        let credential = of("Aladdin", "open sesame").unwrap();
        let mut headers = HeaderMap::new();
        credential.put_into(&mut headers);
        assert_eq!(headers.get("authorization").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let secrets: Vec<&str> = credential.secrets().iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(secrets, ["open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]);
        assert_eq!(of("a:b", "c").unwrap_err().code(), "user-with-colon");
    }

    #[test]
    fn a_secret_in_an_address_is_encoded() {
        let secret = SecretString::from("a/b?c d");
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let query = Credential::query("key", &secret).unwrap();
        for (before, after) in [
            ("https://a.example/x", "https://a.example/x?key=a%2Fb%3Fc%20d"),
            ("https://a.example/x?y=1", "https://a.example/x?y=1&key=a%2Fb%3Fc%20d"),
        ] {
            assert_eq!(query.put_into_uri(&uri(before)), after);
        }
        let segment = Credential::path_segment("bot", &secret, "").unwrap();
        let before = uri("https://a.example/:credential/send?y=1");
        assert_eq!(segment.put_into_uri(&before), "https://a.example/bota%2Fb%3Fc%20d/send?y=1");
    }

    #[test]
    fn a_path_has_one_place_for_a_secret_or_none() {
        let segment = Credential::path_segment("", &SecretString::from("s"), "").unwrap();
        for (path, places) in [("/x", 0), ("/:credential", 1), ("/:credential/x/:credential", 2)] {
            assert_eq!(segment.has_place_in(path), places == 1, "{path}");
            assert_eq!(bearer("s").unwrap().has_place_in(path), places == 0, "{path}");
        }
    }

    #[test]
    fn each_error_has_its_code_and_a_prefix_and_a_suffix_are_part_of_the_value() {
        let new = |header: &str, secret: &str| {
            Credential::new(header, "a", &SecretString::from(secret), "z").map_err(|error| error.code())
        };
        assert_eq!(new("x-a", " ").err(), Some("secret-empty"));
        assert_eq!(new("x-a", "b\n").err(), Some("secret-not-a-header-value"));
        assert_eq!(new("x a", "b").err(), Some("header-name-invalid"));
        let credential = new("X-A", "b").unwrap();
        let mut headers = HeaderMap::new();
        credential.put_into(&mut headers);
        assert_eq!(
            (credential.headers(), headers.get("x-a").unwrap().as_bytes()),
            (&[HeaderName::from_static("x-a")][..], b"abz".as_slice())
        );
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        assert_eq!(bearer(" \t").unwrap_err(), CredentialError::Empty);
        assert_eq!(bearer("a\r\nX-Other: b").unwrap_err(), CredentialError::NotAHeaderValue);
        assert_eq!(bearer("schlüssel").unwrap_err(), CredentialError::NotAHeaderValue);
    }
}
