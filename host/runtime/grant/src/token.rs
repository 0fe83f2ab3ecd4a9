//! Where an access token comes from: the OAuth 2.0 client credentials grant (RFC 6749, section 4.4), and the token while it is valid.
//! Pure: the HTTP client sends the request. Neither the client's secret nor the token can be displayed.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use percent_encoding::utf8_percent_encode;
use secrecy::{ExposeSecret, SecretString};

use crate::CredentialError;
use crate::credential::{ENCODED, filled};

/// How long before its expiry a token is not used any more: a request may be under way for that long.
const MARGIN: Duration = Duration::from_secs(60);

/// Where an access token comes from.
pub struct TokenSource {
    url: Uri,
    client_id: SecretString,
    client_secret: SecretString,
    scope: Option<String>,
    in_body: bool,
    token: Mutex<Option<Token>>,
}

struct Token {
    value: SecretString,
    until: Instant,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokenSource").field("url", &self.url).finish_non_exhaustive()
    }
}

impl TokenSource {
    /// A source. The client authenticates with HTTP Basic, or in the body of the request.
    ///
    /// # Errors
    /// If the id or the secret is empty.
    pub fn new(
        url: Uri,
        client_id: SecretString,
        client_secret: SecretString,
        scope: Option<String>,
        in_body: bool,
    ) -> Result<Self, CredentialError> {
        filled(&client_id)?;
        filled(&client_secret)?;
        Ok(Self { url, client_id, client_secret, scope, in_body, token: Mutex::new(None) })
    }

    /// Where the token is requested.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.url
    }

    /// The secret with which the client authenticates, and the header that contains it.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let pair = (!self.in_body).then(|| self.pair());
        std::iter::once(self.client_secret.clone()).chain(pair).collect()
    }

    /// Id and secret as RFC 6749, section 2.3.1, combines them: each encoded for a form first.
    fn pair(&self) -> SecretString {
        let encoded = |text: &SecretString| utf8_percent_encode(text.expose_secret(), ENCODED).to_string();
        STANDARD.encode(format!("{}:{}", encoded(&self.client_id), encoded(&self.client_secret))).into()
    }

    /// The value of the header `authorization` of the request for a token; none if the client authenticates in the body.
    #[must_use]
    pub fn authorization(&self) -> Option<SecretString> {
        (!self.in_body).then(|| format!("Basic {}", self.pair().expose_secret()).into())
    }

    /// The body of the request for a token, as `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn body(&self) -> SecretString {
        let mut body = "grant_type=client_credentials".to_owned();
        let mut add = |name: &str, value: &str| {
            body.push_str(&format!("&{name}={}", utf8_percent_encode(value, ENCODED)));
        };
        if let Some(scope) = &self.scope {
            add("scope", scope);
        }
        if self.in_body {
            add("client_id", self.client_id.expose_secret());
            add("client_secret", self.client_secret.expose_secret());
        }
        body.into()
    }

    /// The token, if there is one that is still valid for a while.
    #[must_use]
    pub fn token(&self, now: Instant) -> Option<SecretString> {
        let token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        token.as_ref().filter(|token| now < token.until).map(|token| token.value.clone())
    }

    /// Keeps a token that was issued at this time. Of a short lifetime, half is used.
    pub fn keep(&self, value: SecretString, issued: Instant, lifetime: Duration) {
        let until = issued.checked_add(lifetime.saturating_sub(MARGIN).max(lifetime / 2)).unwrap_or(issued);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(Token { value, until });
    }

    /// Forgets the token: the service has refused it.
    pub fn forget(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(in_body: bool) -> TokenSource {
        let url = "https://login.example.com/token".parse().unwrap();
        TokenSource::new(url, "my id".into(), "p&ss".into(), Some("read write".to_owned()), in_body).unwrap()
    }

    #[test]
    fn the_client_authenticates_in_the_header_or_in_the_body() {
        let header = source(false);
        let expected = format!("Basic {}", STANDARD.encode("my%20id:p%26ss"));
        assert_eq!(header.authorization().unwrap().expose_secret(), expected);
        assert_eq!(header.body().expose_secret(), "grant_type=client_credentials&scope=read%20write");
        let body = source(true);
        assert!(body.authorization().is_none());
        assert!(body.body().expose_secret().ends_with("&client_id=my%20id&client_secret=p%26ss"));
        assert!(!format!("{header:?}").contains("p&ss"));
    }

    #[test]
    fn a_token_is_used_until_shortly_before_it_expires() {
        let (source, issued) = (source(false), Instant::now());
        assert!(source.token(issued).is_none());
        source.keep("t".into(), issued, Duration::from_secs(3_600));
        assert!(source.token(issued + Duration::from_secs(3_539)).is_some());
        assert!(source.token(issued + Duration::from_secs(3_540)).is_none());
        source.keep("t".into(), issued, Duration::from_secs(30));
        assert!(source.token(issued + Duration::from_secs(14)).is_some());
        assert!(source.token(issued + Duration::from_secs(15)).is_none());
        source.keep("t".into(), issued, Duration::from_secs(3_600));
        source.forget();
        assert!(source.token(issued).is_none());
    }
}
