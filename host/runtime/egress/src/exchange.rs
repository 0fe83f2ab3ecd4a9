//! One attempt of one request: send, read the whole answer, within the limits of time and size. An answer is handed on
//! only when it is complete, so that a connection lost in the middle can be repeated and a repeated credential be found.

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use palisade_limits as limits;

use crate::client::Pool;
use crate::{SendError, headers};

/// Sends the request once.
pub(crate) async fn exchange(
    pool: &Pool,
    request: Request<Full<Bytes>>,
    response_limit: u64,
    whole: Duration,
) -> Result<Response<Bytes>, SendError> {
    let host = request.uri().host().unwrap_or_default().to_owned();
    let attempt = async {
        let head = Duration::from_secs(limits::FIRST_BYTE_SECONDS);
        let response = within(&host, "answer", head, pool.request(request)).await?;
        let response = response.map_err(|error| classify(&host, &error))?;
        let (parts, body) = response.into_parts();
        if !headers::are_within_limits(&parts.headers) {
            return Err(headers_too_large(&host));
        }
        Ok(Response::from_parts(parts, read_body(&host, body, response_limit).await?))
    };
    within(&host, "complete its answer", whole, attempt).await?
}

pub(crate) fn headers_too_large(host: &str) -> SendError {
    SendError::ResponseHeadersTooLarge {
        host: host.to_owned(),
        limit: limits::HEADER_BYTES,
        fields: limits::HEADER_FIELDS,
    }
}

async fn read_body(host: &str, mut body: Incoming, limit: u64) -> Result<Bytes, SendError> {
    let too_large = || SendError::ResponseTooLarge { host: host.to_owned(), limit };
    let pause = Duration::from_secs(limits::BETWEEN_BYTES_SECONDS);
    let mut collected = BytesMut::new();
    while let Some(frame) = within(host, "continue its response", pause, body.frame()).await? {
        let frame = frame.map_err(|error| lost(host, &error))?;
        if let Ok(data) = frame.into_data() {
            if (collected.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            collected.extend_from_slice(&data);
        }
    }
    Ok(collected.freeze())
}

/// A body that broke off.
pub(crate) fn lost(host: &str, error: &hyper::Error) -> SendError {
    SendError::Lost { host: host.to_owned(), cause: chain(error) }
}

pub(crate) async fn within<T>(
    host: &str,
    what: &'static str,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Result<T, SendError> {
    tokio::time::timeout(limit, future).await.map_err(|_| SendError::TimedOut {
        host: host.to_owned(),
        what,
        limit,
    })
}

/// What hyper's error means: our connector's own errors come back out as they went in.
pub(crate) fn classify(host: &str, error: &hyper_util::client::legacy::Error) -> SendError {
    let host = host.to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(ours) = cause.downcast_ref::<SendError>() {
            return ours.clone();
        }
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse_too_large) {
            return headers_too_large(&host);
        }
        if let Some(tls) = tls_error(cause) {
            return SendError::Tls { host, cause: tls };
        }
        source = cause.source();
    }
    let cause = error.source().map_or_else(|| error.to_string(), chain);
    if error.is_connect() { SendError::Connect { host, cause } } else { SendError::Lost { host, cause } }
}

/// rustls hides in one I/O error or several, whose own sources skip it.
fn tls_error(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(tls.to_string());
    }
    tls_error(cause.downcast_ref::<std::io::Error>()?.get_ref()?)
}

/// An error without the address of a library's own documentation, which rustls adds to a connection that was closed early: it is
/// written for whoever programs with the library.
fn without_link(text: &str) -> String {
    text.split_once(": https://docs.rs/").map_or(text, |(text, _)| text).to_owned()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = without_link(&error.to_string());
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = without_link(&cause.to_string());
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[test]
    fn a_cause_has_no_link_to_the_documentation_of_a_library() {
        let cause = std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/latest/rustls/x.html#unexpected-eof",
        );
        assert_eq!(chain(&cause), "peer closed connection without sending TLS close_notify");
    }
}
