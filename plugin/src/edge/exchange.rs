//! One request and its answer over `wasi:http`, as far as it goes without waiting: a page of a list, or a batch.
//!
//! The request carries no credential, no host and no length: those are the host's. An answer that does not end properly,
//! or is longer than the host allows, is lost as a whole.

use crate::limits;
use crate::session::{Arrival, RequestNumber};

use super::bindings::wasi::http::outgoing_handler;
use super::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, Scheme, http_error_code,
};
use super::bindings::wasi::io::poll::Pollable;
use super::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};

const USER_AGENT: &str = concat!("palisade-vision-one/", env!("CARGO_PKG_VERSION"));

/// Where requests go and how large an answer may be.
pub(super) struct Target {
    pub(super) authority: String,
    pub(super) answer_bytes: usize,
}

/// What is asked.
pub(super) enum Request {
    /// To take this JSON.
    Post { path: &'static str, body: Vec<u8> },
    /// For a page, with the header that narrows it.
    Get { path_and_query: String, header: Option<(&'static str, String)> },
}

/// One request under way.
pub(super) struct Exchange {
    number: RequestNumber,
    answer_bytes: usize,
    stage: Stage,
}

enum Stage {
    Sending { writer: Writer, answer: FutureIncomingResponse },
    Waiting { answer: FutureIncomingResponse },
    Reading(Reader),
}

/// The stream is a child of the body and is dropped first.
struct Writer {
    stream: OutputStream,
    body: OutgoingBody,
    bytes: Vec<u8>,
    written: usize,
    flushing: bool,
}

struct Reader {
    stream: InputStream,
    _body: IncomingBody,
    status: u16,
    bytes: Vec<u8>,
}

/// What became of a stage.
enum Advanced {
    Next(Stage),
    Blocked(Stage),
    Arrived(Arrival),
}

impl Exchange {
    /// Starts the request.
    pub(super) fn start(target: &Target, number: RequestNumber, asked: Request) -> Result<Self, String> {
        let (method, path_and_query, header, bytes) = match asked {
            Request::Post { path, body } => {
                let header = ("content-type".to_owned(), b"application/json;charset=utf-8".to_vec());
                (Method::Post, path.to_owned(), Some(header), Some(body))
            }
            Request::Get { path_and_query, header } => {
                let header = header.map(|(name, value)| (name.to_owned(), value.into_bytes()));
                (Method::Get, path_and_query, header, None)
            }
        };
        let mut headers = vec![
            ("accept".to_owned(), b"application/json".to_vec()),
            ("user-agent".to_owned(), USER_AGENT.as_bytes().to_vec()),
        ];
        headers.extend(header);
        let headers =
            Fields::from_list(&headers).map_err(|_| "the host refused the request's headers".to_owned())?;
        let request = OutgoingRequest::new(headers);
        let refused = |()| "the host refused the request's address".to_owned();
        request.set_method(&method).map_err(refused)?;
        request.set_scheme(Some(&Scheme::Https)).map_err(refused)?;
        request.set_authority(Some(&target.authority)).map_err(refused)?;
        request.set_path_with_query(Some(&path_and_query)).map_err(refused)?;
        let no_body = |()| "the host gave no body for the request".to_owned();
        let body = request.body().map_err(no_body)?;
        let stream = bytes.as_ref().map(|_| body.write()).transpose().map_err(no_body)?;
        let answer = outgoing_handler::handle(request, None).map_err(|code| described(&code))?;
        let stage = match (bytes, stream) {
            (Some(bytes), Some(stream)) => {
                let writer = Writer { stream, body, bytes, written: 0, flushing: false };
                Stage::Sending { writer, answer }
            }
            // The body ends at once, so that the request is on its way before anybody waits for it.
            _ => {
                OutgoingBody::finish(body, None).map_err(|code| described(&code))?;
                Stage::Waiting { answer }
            }
        };
        Ok(Self { number, answer_bytes: target.answer_bytes, stage })
    }

    /// Adds what has to happen before the exchange can go on.
    pub(super) fn subscribe(&self, pollables: &mut Vec<Pollable>) {
        match &self.stage {
            Stage::Sending { writer, answer } => {
                pollables.push(writer.stream.subscribe());
                pollables.push(answer.subscribe());
            }
            Stage::Waiting { answer } => pollables.push(answer.subscribe()),
            Stage::Reading(reader) => pollables.push(reader.stream.subscribe()),
        }
    }

    /// Goes on until it would have to wait, or gives what it came to.
    pub(super) fn advance(self) -> Result<Self, (RequestNumber, Arrival)> {
        let Self { number, answer_bytes, mut stage } = self;
        loop {
            let advanced = match stage {
                Stage::Sending { writer, answer } => send(writer, answer),
                Stage::Waiting { answer } => receive(answer),
                Stage::Reading(reader) => reader.read(answer_bytes),
            };
            match advanced {
                Advanced::Next(next) => stage = next,
                Advanced::Blocked(stage) => return Ok(Self { number, answer_bytes, stage }),
                Advanced::Arrived(arrival) => return Err((number, arrival)),
            }
        }
    }
}

fn send(mut writer: Writer, answer: FutureIncomingResponse) -> Advanced {
    match writer.write() {
        Written::Blocked => match answered(&answer) {
            // The service may answer before it has read everything, for example with 413.
            Some(advanced) => advanced,
            None => Advanced::Blocked(Stage::Sending { writer, answer }),
        },
        Written::Everything => {
            let Writer { stream, body, .. } = writer;
            drop(stream);
            match OutgoingBody::finish(body, None) {
                Ok(()) => Advanced::Next(Stage::Waiting { answer }),
                Err(code) => Advanced::Arrived(Arrival::Lost(described(&code))),
            }
        }
        // Why, the answer says.
        Written::Broken => Advanced::Next(Stage::Waiting { answer }),
    }
}

enum Written {
    Everything,
    Blocked,
    Broken,
}

impl Writer {
    fn write(&mut self) -> Written {
        loop {
            let permitted = match self.stream.check_write() {
                Ok(0) => return Written::Blocked,
                Ok(permitted) => usize::try_from(permitted).unwrap_or(usize::MAX),
                Err(_) => return Written::Broken,
            };
            let end = self.bytes.len().min(self.written.saturating_add(permitted));
            let done = match self.bytes.get(self.written..end) {
                Some(part) if !part.is_empty() => {
                    self.written = end;
                    self.stream.write(part)
                }
                _ if self.flushing => return Written::Everything,
                _ => {
                    self.flushing = true;
                    self.stream.flush()
                }
            };
            if done.is_err() {
                return Written::Broken;
            }
        }
    }
}

fn receive(answer: FutureIncomingResponse) -> Advanced {
    match answered(&answer) {
        Some(advanced) => advanced,
        None => Advanced::Blocked(Stage::Waiting { answer }),
    }
}

fn answered(answer: &FutureIncomingResponse) -> Option<Advanced> {
    Some(match answer.get()? {
        Ok(Ok(response)) => open(&response),
        Ok(Err(code)) => Advanced::Arrived(unanswered(&code)),
        Err(()) => Advanced::Arrived(Arrival::Lost("its answer was already taken".to_owned())),
    })
}

fn open(response: &IncomingResponse) -> Advanced {
    let opened = response.consume().and_then(|body| Ok((body.stream()?, body)));
    match opened {
        Ok((stream, body)) => {
            let status = response.status();
            Advanced::Next(Stage::Reading(Reader { stream, _body: body, status, bytes: Vec::new() }))
        }
        Err(()) => Advanced::Arrived(Arrival::Lost("its answer has no body".to_owned())),
    }
}

impl Reader {
    fn read(mut self, most: usize) -> Advanced {
        loop {
            match self.stream.read(limits::READ_BYTES) {
                Ok(part) if part.is_empty() => return Advanced::Blocked(Stage::Reading(self)),
                Ok(part) if self.bytes.len().saturating_add(part.len()) > most => {
                    return Advanced::Arrived(Arrival::Lost(format!(
                        "its answer has more than {most} bytes"
                    )));
                }
                Ok(part) if self.bytes.is_empty() => self.bytes = part,
                Ok(part) => self.bytes.extend_from_slice(&part),
                Err(StreamError::Closed) => {
                    return Advanced::Arrived(Arrival::Answer { status: self.status, body: self.bytes });
                }
                Err(StreamError::LastOperationFailed(error)) => {
                    let reason = match http_error_code(&error) {
                        Some(code) => described(&code),
                        None => "its answer broke off".to_owned(),
                    };
                    return Advanced::Arrived(Arrival::Lost(reason));
                }
            }
        }
    }
}

/// What a request without an answer came to. The contract says what the first three mean.
fn unanswered(code: &ErrorCode) -> Arrival {
    match code {
        ErrorCode::HttpRequestDenied => Arrival::Refused,
        ErrorCode::ConnectionReadTimeout => Arrival::Abandoned,
        ErrorCode::ConnectionLimitReached => Arrival::Held,
        code => Arrival::Lost(described(code)),
    }
}

/// What happened, in words.
fn described(code: &ErrorCode) -> String {
    let text = match code {
        ErrorCode::DnsTimeout => "the name of the service was not resolved in time",
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => "the name of the service was not resolved",
        ErrorCode::DestinationUnavailable => "the service is not reachable",
        ErrorCode::DestinationIpProhibited => "the service's address is not one that the host allows",
        ErrorCode::DestinationIpUnroutable => "there is no route to the service",
        ErrorCode::ConnectionRefused => "the service refused the connection",
        ErrorCode::ConnectionTerminated => "the connection was closed",
        ErrorCode::ConnectionTimeout => "the connection was not made in time",
        ErrorCode::ConnectionReadTimeout => "the answer stopped coming",
        ErrorCode::ConnectionWriteTimeout => "the request could not be sent in time",
        ErrorCode::ConnectionLimitReached => "the host allows no further connection",
        ErrorCode::TlsProtocolError | ErrorCode::TlsAlertReceived(_) => "TLS failed",
        ErrorCode::TlsCertificateError => "the service's certificate is not trusted",
        ErrorCode::HttpRequestDenied => "the host does not allow the request",
        ErrorCode::HttpRequestBodySize(_) => "the request is larger than the host allows",
        ErrorCode::HttpResponseIncomplete => "the answer broke off",
        ErrorCode::HttpResponseBodySize(_) => "the answer is larger than the host allows",
        ErrorCode::HttpResponseTimeout => "the service did not answer in time",
        ErrorCode::HttpProtocolError => "the service did not keep to HTTP",
        ErrorCode::InternalError(Some(text)) => {
            return format!("the host reports {}", crate::contract::quoted(text));
        }
        other => return format!("the host reports {}", crate::contract::quoted(&format!("{other:?}"))),
    };
    text.to_owned()
}
