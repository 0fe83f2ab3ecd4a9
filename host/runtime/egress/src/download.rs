//! Files that a service offers: fetched by GET, without a credential, piece by piece. They pass the same filter of addresses as every
//! request, and no redirect is followed. Whether a link may be followed at all is decided before, by the caller.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use palisade_limits as limits;

use crate::exchange::{classify, headers_too_large, lost, within};
use crate::{Client, SendError, headers};

/// An answer whose body has not been read.
#[derive(Debug)]
pub struct Download {
    /// HTTP status.
    pub status: StatusCode,
    /// Header fields.
    pub headers: HeaderMap,
    host: String,
    body: Incoming,
}

impl Client {
    /// Asks for a file from its byte `from` on. `validator` is the entity tag of what precedes it: a server that has another file by
    /// now answers with the whole of it.
    ///
    /// # Errors
    /// [`SendError`] if there is no answer.
    pub async fn download(
        &self,
        url: &Uri,
        from: u64,
        validator: Option<&HeaderValue>,
    ) -> Result<Download, SendError> {
        let host = url.host().unwrap_or_default().to_owned();
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = url.clone();
        if from > 0 {
            let range = HeaderValue::try_from(format!("bytes={from}-"));
            range.into_iter().for_each(|range| drop(request.headers_mut().insert(header::RANGE, range)));
            if let Some(validator) = validator {
                request.headers_mut().insert(header::IF_RANGE, validator.clone());
            }
        }
        let head = Duration::from_secs(limits::FIRST_BYTE_SECONDS);
        let response = within(&host, "answer", head, self.pool.request(request)).await?;
        let (parts, body) = response.map_err(|error| classify(&host, &error))?.into_parts();
        if !headers::are_within_limits(&parts.headers) {
            return Err(headers_too_large(&host));
        }
        Ok(Download { status: parts.status, headers: parts.headers, host, body })
    }
}

impl Download {
    /// The next piece of the body; nothing at its end.
    ///
    /// # Errors
    /// [`SendError`] if the connection is lost, or is silent for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SendError> {
        let pause = Duration::from_secs(limits::BETWEEN_BYTES_SECONDS);
        while let Some(frame) = within(&self.host, "continue its response", pause, self.body.frame()).await? {
            let frame = frame.map_err(|error| lost(&self.host, &error))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}
