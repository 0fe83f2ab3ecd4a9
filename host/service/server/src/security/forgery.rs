//! Requests that another site makes a browser send (cross-site request forgery). A browser says where a request comes from, and
//! a form carries a text that only our own pages know. Denied by default: a change without both.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use palisade_limits as limits;
use tokio::sync::OwnedSemaphorePermit;

use super::opaque;
use crate::bodies::UploadPlaces;
use crate::{Failure, Fault};

/// The header in which a script sends what a form carries.
pub(crate) const HEADER: &str = "x-csrf-token";
/// The field of a form.
pub(crate) const FIELD: &str = "csrf";

/// For which host the request is; set for every request that passed.
#[derive(Debug, Clone)]
pub(crate) struct Served(pub(crate) Authority);

/// The first field of this upload has yet to be compared with the session's text.
#[derive(Debug, Clone)]
pub(crate) struct Unproved(String);

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, "forgery-suspected", message)
        .with_hint("go back, load the page again, and repeat what you did")
}

/// Whether the browser says that one of our own pages made the request.
///
/// `Origin` alone would not do: our pages say `no-referrer`, and then a browser writes `null`.
pub(crate) fn same_site(headers: &HeaderMap, served: Option<&Served>, tls: bool) -> Result<(), Failure> {
    if let Some(site) = headers.get("sec-fetch-site") {
        return match site.as_bytes() {
            // `none` is somebody who repeats a request by hand.
            b"same-origin" | b"none" => Ok(()),
            _ => Err(refused("the request comes from another site")),
        };
    }
    let (Some(origin), Some(Served(authority))) = (headers.get(ORIGIN), served) else {
        return Err(refused("the request does not say which page made it"));
    };
    let scheme = if tls { "https" } else { "http" };
    if origin.as_bytes() == format!("{scheme}://{authority}").as_bytes() {
        Ok(())
    } else {
        Err(refused("the request comes from another site"))
    }
}

/// Compares what the request carries with the session's text; the body of a form is read for it, of at most so many bytes, and put
/// back. Without a number it is an upload, which is not held.
pub(crate) async fn proved(request: Request, csrf: &str, held: Option<u64>) -> Result<Request, Failure> {
    if let Some(given) = request.headers().get(HEADER) {
        return compare(given.to_str().unwrap_or_default(), csrf).map(|()| request);
    }
    let media = media_type(request.headers());
    if media == "multipart/form-data" && held.is_none() {
        let mut request = request;
        request.extensions_mut().insert(Unproved(csrf.to_owned()));
        return Ok(request);
    }
    if media != "application/x-www-form-urlencoded" {
        return Err(refused("the request carries no proof that one of our pages made it"));
    }
    let (parts, body) = request.into_parts();
    let most = usize::try_from(held.unwrap_or(limits::FORM_BYTES)).unwrap_or(usize::MAX);
    let bytes = to_bytes(body, most).await.map_err(|_| too_large())?;
    let given = form_urlencoded::parse(&bytes).find(|(name, _)| name == FIELD);
    compare(given.as_ref().map_or("", |(_, value)| value), csrf)?;
    let mut request = Request::from_parts(parts, Body::from(bytes.clone()));
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Ok(request)
}

fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the form is too large or ended early")
}

fn compare(given: &str, csrf: &str) -> Result<(), Failure> {
    if !csrf.is_empty() && opaque::same(given, csrf) {
        return Ok(());
    }
    Err(refused("the form is out of date or not one of ours"))
}

/// The type of a body, without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The fields of a form with files, after the first one, `csrf`, has been found right. Fields are streamed: nothing is held of
/// a file but its current piece.
pub struct Upload {
    multipart: Multipart,
    places: Option<UploadPlaces>,
}

impl Upload {
    /// The next field.
    ///
    /// # Errors
    /// Where the body is cut off, too slow, too large or no form.
    pub async fn next_field(&mut self) -> Result<Option<Field<'_>>, Failure> {
        self.multipart.next_field().await.map_err(|error| broken(&error))
    }

    /// A place for what is about to arrive, which is held as long as the files are; waits for one a while.
    ///
    /// # Errors
    /// If others have all of them.
    pub(crate) async fn place(&self) -> Result<Option<OwnedSemaphorePermit>, Failure> {
        let Some(UploadPlaces(places)) = &self.places else { return Ok(None) };
        let wait = Duration::from_secs(limits::PENDING_WAIT_SECONDS);
        match tokio::time::timeout(wait, Arc::clone(places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Some(place)),
            _ => Err(Failure::busy("other uploads are being received")),
        }
    }

    /// The next piece of a file.
    ///
    /// # Errors
    /// Where the body is cut off, too slow or too large.
    pub(crate) async fn piece(field: &mut Field<'_>) -> Result<Option<axum::body::Bytes>, Failure> {
        field.chunk().await.map_err(|error| broken(&error))
    }

    /// A field that is text, of at most this many bytes.
    ///
    /// # Errors
    /// Where it is longer, no text, or the body is cut off.
    pub async fn text(mut field: Field<'_>, bytes: usize) -> Result<String, Failure> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut text = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
            text.extend_from_slice(&piece);
            if text.len() > bytes {
                return Err(Failure::invalid(vec![Fault::new(name, format!("Use at most {bytes} bytes."))]));
            }
        }
        String::from_utf8(text)
            .map_err(|_| Failure::invalid(vec![Fault::new(name, "This is not UTF-8 text.")]))
    }
}

fn broken(error: &axum::extract::multipart::MultipartError) -> Failure {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the upload is too large")
        }
        status if status.is_server_error() => {
            Failure::new(StatusCode::BAD_REQUEST, "upload-broken", "the upload ended early")
        }
        status => Failure::new(status, "upload-broken", "the upload is not a valid form"),
    }
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let unproved = request.extensions().get::<Unproved>().cloned();
        let places = request.extensions().get::<UploadPlaces>().cloned();
        let multipart = Multipart::from_request(request, state).await.map_err(|_| {
            let message = "expected `Content-Type: multipart/form-data`";
            Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-media-type", message)
        })?;
        let mut upload = Self { multipart, places };
        if let Some(Unproved(csrf)) = unproved {
            let given = match upload.next_field().await? {
                Some(field) if field.name() == Some(FIELD) => Self::text(field, 200).await?,
                _ => String::new(),
            };
            compare(&given, &csrf)?;
        }
        Ok(upload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(axum::http::HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        same_site(&map, Some(&Served("palisade.example:8443".parse().unwrap())), true).is_ok()
    }

    #[test]
    fn a_request_of_our_own_page_passes() {
        assert!(judged(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(judged(&[("sec-fetch-site", "none")]));
        assert!(judged(&[("origin", "https://palisade.example:8443")]));
    }

    #[test]
    fn a_request_of_any_other_page_does_not() {
        for headers in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://palisade.example:8443")],
            &[("origin", "null")],
            &[("origin", "http://palisade.example:8443")],
            &[("origin", "https://palisade.example")],
            &[("origin", "https://palisade.example:8443.attacker.example")],
        ] {
            assert!(!judged(headers), "{headers:?}");
        }
    }

    #[tokio::test]
    async fn a_form_is_put_back_as_it_was() {
        let body = "a=1&csrf=right&b=%20";
        let request = Request::builder()
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
            .body(Body::from(body))
            .unwrap();
        let request = proved(request, "right", Some(100)).await.unwrap();
        assert_eq!(to_bytes(request.into_body(), 100).await.unwrap(), body);
    }

    #[tokio::test]
    async fn a_wrong_or_missing_text_is_refused() {
        for (media, body) in [
            ("application/x-www-form-urlencoded", "csrf=wrong"),
            ("application/x-www-form-urlencoded", "csrf=wrong&csrf=right"),
            ("application/x-www-form-urlencoded", ""),
            ("text/plain", "csrf=right"),
            ("multipart/form-data; boundary=x", "csrf=right"),
            ("application/json", "{}"),
        ] {
            let request = Request::builder().header(CONTENT_TYPE, media).body(Body::from(body)).unwrap();
            assert!(proved(request, "right", Some(100)).await.is_err(), "{media} {body}");
        }
        let empty = Request::builder()
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("csrf="))
            .unwrap();
        assert!(proved(empty, "", Some(100)).await.is_err());
    }
}
