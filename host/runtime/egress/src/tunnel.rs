//! A tunnel through an HTTP proxy (`CONNECT`, RFC 9110, section 9.3.6): the proxy learns host and port and passes bytes
//! on; TLS to the service goes through it from end to end.
//!
//! Nothing of the request is sent to the proxy. What it answers is bounded like any other answer's head, and a proxy that
//! speaks before the service could have done so is refused.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri, header};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use palisade_limits as limits;
use tokio::net::TcpStream;

use crate::SendError;
use crate::proxy::Proxy;

/// A connection, to a proxy perhaps with TLS of its own.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Asks the proxy at the other end of `stream` for a connection to `authority`, which is `host:port`. What comes back is
/// the same stream, with the service at its end.
///
/// # Errors
/// [`SendError::ProxyCredentials`], [`SendError::ProxyRefused`], [`SendError::ProxyUnreachable`].
pub(crate) async fn open(stream: Stream, proxy: &Proxy, authority: &str) -> Result<Stream, SendError> {
    let unreachable = |cause: String| SendError::ProxyUnreachable { proxy: proxy.name(), cause };
    let failed = |error: hyper::Error| unreachable(format!("no tunnel was opened: {error}"));
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(usize::try_from(limits::HEADER_FIELDS).unwrap_or(usize::MAX))
        .max_buf_size(usize::try_from(limits::HEADER_BYTES).unwrap_or(usize::MAX))
        .handshake(stream)
        .await
        .map_err(failed)?;
    // Ends by itself when the tunnel is taken over, and when sender and answer are dropped.
    tokio::spawn(connection.with_upgrades());
    let request = request(authority, proxy).map_err(|error| unreachable(error.to_string()))?;
    let answer = sender.send_request(request).await.map_err(failed)?;
    judge(&answer, proxy, authority)?;
    let upgraded = hyper::upgrade::on(answer).await.map_err(failed)?;
    let parts = upgraded
        .downcast::<Stream>()
        .map_err(|_| unreachable("the tunnel is of another kind than expected".to_owned()))?;
    if parts.read_buf.is_empty() {
        Ok(parts.io)
    } else {
        Err(unreachable("it sent something of its own into the tunnel".to_owned()))
    }
}

fn request(authority: &str, proxy: &Proxy) -> Result<Request<Empty<Bytes>>, http::Error> {
    let target = Uri::builder().authority(authority).build()?;
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .uri(target)
        .header(header::HOST, authority)
        .body(Empty::new())?;
    if let Some(authorization) = proxy.authorization() {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, authorization.clone());
    }
    Ok(request)
}

fn judge(answer: &Response<Incoming>, proxy: &Proxy, authority: &str) -> Result<(), SendError> {
    match answer.status() {
        status if status.is_success() => Ok(()),
        // tinyproxy answers 407 where credentials are missing, and 401 where they are wrong.
        StatusCode::PROXY_AUTHENTICATION_REQUIRED | StatusCode::UNAUTHORIZED => {
            Err(SendError::ProxyCredentials { proxy: proxy.name(), given: proxy.authorization().is_some() })
        }
        status => Err(SendError::ProxyRefused {
            proxy: proxy.name(),
            target: authority.to_owned(),
            status: status.as_u16(),
        }),
    }
}
