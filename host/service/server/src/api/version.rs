//! Versions of resources over HTTP: `ETag` in a response, `If-Match` in a request that changes something. A change that names an
//! older version is refused with 412. Denied by default: a change whose `If-Match` cannot be read.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use palisade_store::Version;
use utoipa::IntoParams;

use crate::Failure;

/// The header with the version of what a response holds.
pub(crate) fn etag(version: impl std::fmt::Display) -> [(HeaderName, String); 1] {
    [(ETAG, format!("\"{version}\""))]
}

/// The header with which a change names the version that it began with.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read by `Expected`")]
pub(crate) struct IfMatch {
    /// The `ETag` of the version that the change began with. If the resource has another version, the call is refused with 412.
    /// Without the header, or with `*`, any version is changed.
    #[param(rename = "If-Match", max_length = 200, pattern = r#"^(\*|"[!#-~]*")$"#, example = "\"3\"")]
    version: Option<String>,
}

/// What a change expects of the resource: the text of one entity tag, without its quotation marks; none for any version.
pub(crate) struct Expected(Option<String>);

impl Expected {
    /// The version; one that no resource has for a tag that is not ours, so that the change is refused.
    pub(crate) fn version(&self) -> Option<Version> {
        self.0.as_ref().map(|tag| tag.parse().unwrap_or(Version(-1)))
    }

    /// The text of the tag, for a resource whose version is not a number.
    pub(crate) fn text(self) -> Option<String> {
        self.0
    }
}

/// A change that began with another version than the resource has.
pub(crate) fn mismatch(what: &str, expected: &str, found: &str) -> Failure {
    let message = format!(
        "the {what} has changed since it was read: expected version {expected}, found version {found}"
    );
    Failure::new(StatusCode::PRECONDITION_FAILED, "version-mismatch", message)
        .with_hint("read it again and repeat the change")
}

impl<S: Sync> FromRequestParts<S> for Expected {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let malformed = || {
            let message = "`If-Match` is not valid: expected one entity tag such as `\"3\"`, or `*`";
            Failure::new(StatusCode::BAD_REQUEST, "malformed", message)
        };
        if values.next().is_some() {
            return Err(malformed());
        }
        match value.to_str().map_err(|_| malformed())?.trim() {
            "*" => Ok(Self(None)),
            tag => {
                let inner =
                    tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or_else(malformed)?;
                if inner.contains('"') { Err(malformed()) } else { Ok(Self(Some(inner.to_owned()))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn read(values: &[&str]) -> Result<Option<Version>, Failure> {
        let mut request = Request::builder();
        for value in values {
            request = request.header(IF_MATCH, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        Ok(Expected::from_request_parts(&mut parts, &()).await?.version())
    }

    #[tokio::test]
    async fn one_version_or_any_is_expected_and_nothing_is_guessed() {
        assert_eq!(read(&[]).await.unwrap(), None);
        assert_eq!(read(&["*"]).await.unwrap(), None);
        assert_eq!(read(&["\"3\""]).await.unwrap(), Some(Version(3)));
        assert_eq!(read(&["\"another's\""]).await.unwrap(), Some(Version(-1)));
        for wrong in [&["3"][..], &["W/\"3\""], &["\"3\", \"4\""], &["\"3\"", "\"4\""], &[""], &["\""]] {
            assert_eq!(read(wrong).await.unwrap_err().code(), "malformed", "{wrong:?}");
        }
    }
}
