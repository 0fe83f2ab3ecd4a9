//! The credential: one secret in one header of the requests that a grant names. It cannot be displayed, and what comes
//! back is searched for it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

/// What stands where a credential stood.
const REDACTED: &[u8] = b"[redacted]";

/// A secret and the header that carries it.
#[derive(Debug, Clone)]
pub struct Credential {
    header: HeaderName,
    /// The whole header value, for example `Bearer ...`.
    value: SecretString,
    /// The spellings of the secret that an answer is searched for: as it is, and as JSON would escape it.
    spellings: Vec<SecretString>,
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
        let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"");
        let mut spellings = vec![SecretString::from(plain)];
        if escaped != plain {
            spellings.push(SecretString::from(escaped));
        }
        Ok(Self { header, value: SecretString::from(value), spellings })
    }

    /// The header that carries it.
    #[must_use]
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// Puts the credential into its header, replacing what stood there.
    pub(crate) fn put_into(&self, headers: &mut HeaderMap) {
        // `new` has checked every byte.
        if let Ok(mut value) = HeaderValue::from_str(self.value.expose_secret()) {
            value.set_sensitive(true);
            headers.insert(self.header.clone(), value);
        }
    }

    /// The bytes with every occurrence of the secret replaced; `None` where there is none, which is the usual case.
    pub(crate) fn redacted(&self, bytes: &[u8]) -> Option<Bytes> {
        let mut result: Option<Vec<u8>> = None;
        for spelling in &self.spellings {
            let current = result.as_deref().unwrap_or(bytes);
            if let Some(replaced) = replace(current, spelling.expose_secret().as_bytes()) {
                result = Some(replaced);
            }
        }
        result.map(Bytes::from)
    }

    /// Replaces every header value that repeats the secret.
    pub(crate) fn redact_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            if let Some(clean) = self.redacted(value.as_bytes()) {
                *value = HeaderValue::from_bytes(&clean).unwrap_or(HeaderValue::from_static("[redacted]"));
            }
        }
    }
}

/// All occurrences of `needle` replaced by [`REDACTED`]; `None` where there is none.
fn replace(haystack: &[u8], needle: &[u8]) -> Option<Vec<u8>> {
    let mut result = Vec::new();
    let mut rest = haystack;
    let mut found = false;
    while let Some(at) = find(rest, needle) {
        found = true;
        let (before, from) = rest.split_at_checked(at)?;
        result.extend_from_slice(before);
        result.extend_from_slice(REDACTED);
        rest = from.get(needle.len()..)?;
    }
    result.extend_from_slice(rest);
    found.then_some(result)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack.get(from..)?.iter().position(|byte| *byte == first)?;
        if haystack.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
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
    fn what_no_header_can_carry_is_refused() {
        assert_eq!(bearer(" \t").unwrap_err(), CredentialError::Empty);
        assert_eq!(bearer("a\r\nX-Other: b").unwrap_err(), CredentialError::NotAHeaderValue);
        assert_eq!(bearer("schlüssel").unwrap_err(), CredentialError::NotAHeaderValue);
    }

    #[test]
    fn an_answer_that_repeats_it_is_redacted() {
        let credential = bearer("k\"ey").unwrap();
        let clean = credential.redacted(br#"{"a":"Bearer k\"ey","b":"kk"ey"}"#).unwrap();
        assert_eq!(&clean[..], br#"{"a":"Bearer [redacted]","b":"k[redacted]"}"#);
        assert!(credential.redacted(b"nothing here").is_none());
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer k\"ey"));
        credential.redact_headers(&mut headers);
        assert_eq!(headers.get("x-echo").unwrap(), "Bearer [redacted]");
    }

    proptest::proptest! {
        #[test]
        fn after_redaction_the_secret_is_gone(before in "[abx]{0,40}", after in "[abx]{0,40}") {
            let credential = bearer("abab").unwrap();
            let text = format!("{before}abab{after}");
            let clean = credential.redacted(text.as_bytes()).unwrap();
            proptest::prop_assert!(find(&clean, b"abab").is_none());
        }
    }
}
