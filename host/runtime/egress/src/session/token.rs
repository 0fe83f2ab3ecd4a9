//! The request for an access token. It goes the way of every request, by the same rules of addresses, and is neither recorded nor
//! logged with its contents. The token is redacted from then on.

use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::Full;
use palisade_grant::TokenSource;
use palisade_limits as limits;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Session, Wire};
use crate::{Client, Credential, SendError, exchange};

/// The answer of a token endpoint (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Issued {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<f64>,
}

impl Session {
    /// Makes sure that a credential has a valid token, if it needs one.
    pub(super) async fn with_token(&self, credential: &Credential) -> Result<(), SendError> {
        let (Some(source), Wire::Network(client)) = (credential.token_source(), &self.inner.wire) else {
            return Ok(());
        };
        // One request for a token is enough for all that wait for it.
        let _only = self.inner.fetching.lock().await;
        if source.token(Instant::now()).is_some() {
            return Ok(());
        }
        let issued = Instant::now();
        let (token, lifetime) = self.fetch(client, source).await?;
        tracing::debug!(url = %source.url(), valid_for = ?lifetime, at = ?SystemTime::now(), "access token");
        self.redactor.add(&token);
        source.keep(token, issued, lifetime);
        Ok(())
    }

    async fn fetch(
        &self,
        client: &Client,
        source: &TokenSource,
    ) -> Result<(SecretString, Duration), SendError> {
        let host = || source.url().host().unwrap_or_default().to_owned();
        let unreadable = |cause: &str| SendError::TokenUnreadable { host: host(), cause: cause.to_owned() };
        let body = Bytes::copy_from_slice(source.body().expose_secret().as_bytes());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = source.url().clone();
        let headers = request.headers_mut();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(value) = source.authorization() {
            let mut value = HeaderValue::from_str(value.expose_secret())
                .map_err(|_| unreadable("the credential does not fit into a header"))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        let left = self.inner.deadline.saturating_duration_since(tokio::time::Instant::now());
        let (limit, whole) = (limits::TOKEN_RESPONSE_BYTES, self.inner.limits.exchange.min(left));
        let answer = exchange::exchange(&client.pool, request, limit, whole).await?;
        if answer.status() != StatusCode::OK {
            return Err(SendError::TokenRefused { host: host(), status: answer.status().as_u16() });
        }
        let issued: Issued = serde_json::from_slice(answer.body())
            .map_err(|_| unreadable("the response is not a JSON document with `access_token`"))?;
        let bearer = issued.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer {
            return Err(unreadable("the token is not of the type `Bearer`"));
        }
        let token = SecretString::from(issued.access_token);
        let plain = token.expose_secret();
        if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unreadable("the token does not fit into a header"));
        }
        let seconds = issued.expires_in.unwrap_or(limits::TOKEN_SECONDS as f64);
        let lifetime = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        Ok((token, lifetime.min(Duration::from_secs(limits::TOKEN_CEILING_SECONDS))))
    }
}
