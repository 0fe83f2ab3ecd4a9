//! One HTTP request over `wasi:http`, from its first byte to the last of its answer, waiting wherever it has to.

use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;

/// The path that the bundle's manifest grants to `POST`.
pub const SUSPICIOUS_OBJECTS: &str = "/v3.0/threatintel/suspiciousObjects";

/// Most bytes that one `blocking-write-and-flush` takes, as `wasi:io` fixes it.
const WRITE_BYTES: usize = 4096;

/// Bytes asked for in one read.
const READ_BYTES: u64 = 64 * 1024;

/// An answer, whole.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header fields as the host hands them on.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum RequestError {
    /// The host did not take the request as it was put together; which part.
    NotTaken(&'static str),
    /// The host's word on why nothing came back.
    Code(ErrorCode),
    /// The answer's body broke off.
    BrokenOff,
}

/// The header fields of a request with a JSON body.
///
/// # Errors
/// Where the host refuses one of them.
pub fn headers() -> Result<Fields, RequestError> {
    Fields::from_list(&[("content-type".to_owned(), b"application/json".to_vec())])
        .map_err(|_| RequestError::NotTaken("headers"))
}

/// Sends one request over https and reads its answer whole.
///
/// # Errors
/// [`RequestError`] where there is no whole answer.
pub fn request(
    method: &Method,
    authority: &str,
    path: &str,
    headers: Fields,
    body: &[u8],
) -> Result<Answer, RequestError> {
    read(&send(method, authority, path, headers, body)?)
}

/// Sends one request over https and waits for its answer, of which nothing is read.
///
/// # Errors
/// [`RequestError`] where there is no answer.
pub fn send(
    method: &Method,
    authority: &str,
    path: &str,
    headers: Fields,
    body: &[u8],
) -> Result<IncomingResponse, RequestError> {
    let answer = begin(method, authority, path, headers, body)?;
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(RequestError::Code(code)),
        Some(Err(())) | None => Err(RequestError::BrokenOff),
    }
}

/// Sends one request over https and does not wait for its answer. A body that the host stops taking is no error by itself:
/// the answer says why.
///
/// # Errors
/// [`RequestError`] where the host does not take it.
pub fn begin(
    method: &Method,
    authority: &str,
    path: &str,
    headers: Fields,
    body: &[u8],
) -> Result<FutureIncomingResponse, RequestError> {
    let request = OutgoingRequest::new(headers);
    let not_taken = |part| move |()| RequestError::NotTaken(part);
    request.set_method(method).map_err(not_taken("method"))?;
    request.set_scheme(Some(&Scheme::Https)).map_err(not_taken("scheme"))?;
    request.set_authority(Some(authority)).map_err(not_taken("authority"))?;
    request.set_path_with_query(Some(path)).map_err(not_taken("path"))?;
    let outgoing = request.body().map_err(not_taken("body"))?;
    // Sent before the body is written: the host has room for a part of it only.
    let answer = outgoing_handler::handle(request, None).map_err(RequestError::Code)?;
    write(outgoing, body)?;
    Ok(answer)
}

fn write(outgoing: OutgoingBody, body: &[u8]) -> Result<(), RequestError> {
    let stream = outgoing.write().map_err(|()| RequestError::NotTaken("body"))?;
    let taken = body.chunks(WRITE_BYTES).all(|part| stream.blocking_write_and_flush(part).is_ok());
    // A child of the body, which cannot be finished while it lives.
    drop(stream);
    if taken {
        // Fails where the other side is gone already, and then the answer says why.
        let _ = OutgoingBody::finish(outgoing, None);
    }
    Ok(())
}

fn read(response: &IncomingResponse) -> Result<Answer, RequestError> {
    let incoming = response.consume().map_err(|()| RequestError::BrokenOff)?;
    let stream = incoming.stream().map_err(|()| RequestError::BrokenOff)?;
    let mut body = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(part) => body.extend(part),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(RequestError::BrokenOff),
        }
    }
    Ok(Answer { status: response.status(), headers: response.headers().entries(), body })
}
