//! The credential: one secret in one header of the requests that a grant names. It cannot be displayed. Responses are
//! searched for it by the session's redactor.

use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// A secret and the header that carries it.
#[derive(Debug, Clone)]
pub struct Credential {
    header: HeaderName,
    /// The whole header value, for example `Bearer ...`.
    value: SecretString,
    /// What responses are searched for.
    secret: SecretString,
}

/// Why a secret cannot be put into a header.
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
}

impl CredentialError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "secret-empty",
            Self::NotAHeaderValue => "secret-not-a-header-value",
            Self::NotAHeaderName(_) => "header-name-invalid",
        }
    }
}

impl Credential {
    /// A credential whose header value is `prefix`, the secret, `suffix`.
    ///
    /// # Errors
    /// Where the secret is empty or no header could carry it.
    pub fn new(
        header: &str,
        prefix: &str,
        secret: &SecretString,
        suffix: &str,
    ) -> Result<Self, CredentialError> {
        let plain = secret.expose_secret();
        if plain.trim().is_empty() {
            return Err(CredentialError::Empty);
        }
        let header = header.parse().map_err(|_| CredentialError::NotAHeaderName(header.to_owned()))?;
        let value = format!("{prefix}{plain}{suffix}");
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(CredentialError::NotAHeaderValue);
        }
        Ok(Self { header, value: SecretString::from(value), secret: secret.clone() })
    }

    /// The header that carries it.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// The secret alone.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Puts the credential into its header, replacing what stood there.
    pub fn put_into(&self, headers: &mut HeaderMap) {
        // `new` has checked every byte.
        if let Ok(mut value) = HeaderValue::from_str(self.value.expose_secret()) {
            value.set_sensitive(true);
            headers.insert(self.header.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(secret: &str) -> Result<Credential, CredentialError> {
        Credential::new("authorization", "Bearer ", &SecretString::from(secret), "")
    }

    #[test]
    fn it_cannot_be_displayed() {
        let shown = format!("{:?}", bearer("abc.def.ghi").unwrap());
        assert!(!shown.contains("abc") && !shown.contains("def"), "{shown}");
    }

    #[test]
    fn it_goes_into_its_header_and_is_marked_sensitive() {
        let mut headers = HeaderMap::new();
        bearer("abc").unwrap().put_into(&mut headers);
        let value = headers.get("authorization").unwrap();
        assert_eq!(value, "Bearer abc");
        assert!(value.is_sensitive());
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
            (credential.header().as_str(), headers.get("x-a").unwrap().as_bytes()),
            ("x-a", b"abz".as_slice())
        );
    }

    #[test]
    fn what_no_header_can_carry_is_refused() {
        assert_eq!(bearer(" \t").unwrap_err(), CredentialError::Empty);
        assert_eq!(bearer("a\r\nX-Other: b").unwrap_err(), CredentialError::NotAHeaderValue);
        assert_eq!(bearer("schlüssel").unwrap_err(), CredentialError::NotAHeaderValue);
    }
}
