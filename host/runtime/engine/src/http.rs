//! Requests of the component: handed to [`palisade_egress::Session`], whole, and the whole answer handed back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderName, Request, Response, uri::Scheme};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use palisade_egress::{SendError, Session, belongs_to_host};
use palisade_limits as limits;
use tokio::sync::{Semaphore, mpsc};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use crate::text::cut;

/// The boxed future that says whether the exchange's input and output came to a good end.
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Policy of `wasi:http` for one run.
pub(crate) struct Hooks {
    /// What may be sent. `None` before a run, when nothing may.
    session: Option<Session>,
    request_body_bytes: u64,
    /// Where a refusal goes: the run ends with the first.
    pub(crate) refusals: Refusals,
    /// Requests whose bodies the host may hold at once.
    held: Arc<Semaphore>,
}

impl Hooks {
    /// The requests of one run, and where refusals of them arrive.
    pub(crate) fn of_run(session: Session, request_body_bytes: u64) -> (Self, Refused) {
        Self::new(Some(session), request_body_bytes)
    }

    /// No requests at all, and where it arrives that there was one.
    pub(crate) fn before_run() -> (Self, Refused) {
        Self::new(None, 0)
    }

    fn new(session: Option<Session>, request_body_bytes: u64) -> (Self, Refused) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let refusals = Refusals { sender, refused: Arc::default() };
        let held = Arc::new(Semaphore::new(limits::REQUESTS_HELD as usize));
        (Self { session, request_body_bytes, refusals, held }, receiver)
    }
}

/// Sends what the host has put together for the component, under the rules for every request of it.
pub(crate) struct Sender {
    session: Option<Session>,
    refusals: Refusals,
    held: Arc<Semaphore>,
}

impl Hooks {
    /// What sends a request that has its whole body.
    pub(crate) fn sender(&self) -> Sender {
        Sender {
            session: self.session.clone(),
            refusals: self.refusals.clone(),
            held: Arc::clone(&self.held),
        }
    }
}

impl Sender {
    /// Sends the request. Does not come back if the request is refused.
    pub(crate) async fn send(self, request: Request<Bytes>) -> Result<Response<Bytes>, ErrorCode> {
        let Some(session) = self.session else {
            let asked = cut(format!("{} {}", request.method(), request.uri()));
            self.refusals.refuse(Refusal::BeforeRun(asked)).await;
            return Err(ErrorCode::HttpRequestDenied);
        };
        let _held = self.held.acquire_owned().await;
        match session.send(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                let code = match &error {
                    SendError::RequestTooLarge { limit, .. } => ErrorCode::HttpRequestBodySize(Some(*limit)),
                    SendError::Connect { .. } => ErrorCode::ConnectionRefused,
                    SendError::TimedOut { .. } => ErrorCode::HttpResponseTimeout,
                    SendError::Abandoned { .. } => ErrorCode::ConnectionReadTimeout,
                    SendError::Lost { .. } => ErrorCode::ConnectionTerminated,
                    SendError::RunEnding | SendError::DeadlinePassed => ErrorCode::HttpRequestDenied,
                    other => ErrorCode::InternalError(Some(other.code().to_owned())),
                };
                if error.ends_run() {
                    self.refusals.refuse(Refusal::Request(error)).await;
                } else if error.stops_run() {
                    self.refusals.exhausted(error);
                }
                Err(code)
            }
        }
    }
}

/// A request that ends what the component is doing.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// In a run.
    Request(SendError),
    /// In a run that has nothing left to send with: the component may still report.
    Exhausted(SendError),
    /// Before it, where none may be sent: its method and address.
    BeforeRun(String),
}

/// Where refusals arrive.
pub(crate) type Refused = mpsc::UnboundedReceiver<Refusal>;

/// Tells the run that a request was refused, and the component's other calls that it is over.
#[derive(Clone)]
pub(crate) struct Refusals {
    sender: mpsc::UnboundedSender<Refusal>,
    refused: Arc<AtomicBool>,
}

impl Refusals {
    /// Whether a request has been refused: from then on nothing that the component does counts.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::SeqCst)
    }

    /// Tells that the run is to stop.
    fn exhausted(&self, error: SendError) {
        let _ = self.sender.send(Refusal::Exhausted(error));
    }

    /// Tells, and never comes back: the component gets no answer to what ends it.
    async fn refuse(&self, refusal: Refusal) {
        self.refused.store(true, Ordering::SeqCst);
        // Nobody listens once the run has ended, and then it does not matter.
        let _ = self.sender.send(refusal);
        std::future::pending::<()>().await;
    }
}

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let session = self.session.clone();
        Arc::new(move |name: &HeaderName| match &session {
            Some(session) => session.is_reserved_header(name),
            None => belongs_to_host(name),
        })
    }

    /// Every scheme is passed on, so that its refusal is named by the policy like any other.
    fn is_supported_scheme(&mut self, _scheme: &Scheme) -> bool {
        true
    }

    /// The client sets it from the address of the request.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _fut: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Io), Error>> + Send> {
        let session = self.session.clone();
        let refusals = self.refusals.clone();
        let limit = self.request_body_bytes;
        let held = Arc::clone(&self.held);
        Box::new(async move {
            let Some(session) = session else {
                let asked = cut(format!("{} {}", request.method(), request.uri()));
                refusals.refuse(Refusal::BeforeRun(asked)).await;
                return Err(Error::HttpRequestDenied);
            };
            // Before the body is read, and until there is an answer: what the host holds stays bounded. Never closed.
            let _held = held.acquire_owned().await;
            let (parts, body) = request.into_parts();
            let body = match collect(body, limit).await {
                Ok(body) => body,
                Err(error) => {
                    session.notice(&error);
                    return Err(error_code(&error));
                }
            };
            match session.send(Request::from_parts(parts, body)).await {
                Ok(response) => Ok((response.map(whole_body), Box::new(async { Ok(()) }) as Io)),
                Err(error) => {
                    let code = error_code(&error);
                    if error.ends_run() {
                        refusals.refuse(Refusal::Request(error)).await;
                    } else if error.stops_run() {
                        refusals.exhausted(error);
                    }
                    Err(code)
                }
            }
        })
    }
}

/// The whole body of a request. One that is too large is not read any further.
async fn collect(body: WasiBody, limit: u64) -> Result<Bytes, SendError> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    match Limited::new(body, most).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(SendError::RequestTooLarge { size: limit.saturating_add(1), limit })
        }
        Err(error) => Err(SendError::RequestIncomplete { cause: cut(error.to_string()) }),
    }
}

fn whole_body(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

/// What the component is told. The details are for the operator. A request that is denied was not sent, and none will be: the
/// contract says so, and that a read timeout means that nobody waits for the answer to a request that was sent.
fn error_code(error: &SendError) -> Error {
    match error {
        SendError::Denied(_)
        | SendError::HeaderOfHost(_)
        | SendError::HeaderNotAllowed(_)
        | SendError::BodyNotAllowed { .. }
        | SendError::NotRecorded(_)
        | SendError::RunEnding
        | SendError::DeadlinePassed
        | SendError::TooManyRequests { .. } => Error::HttpRequestDenied,
        SendError::Abandoned { .. } => Error::ConnectionReadTimeout,
        SendError::HeadersTooLarge { .. } => Error::HttpRequestHeaderSectionSize(None),
        SendError::RequestTooLarge { limit, .. } => Error::HttpRequestBodySize(Some(*limit)),
        SendError::RequestIncomplete { .. } => Error::HttpProtocolError,
        SendError::AnswersNotRead { .. } => Error::InternalError(Some(error.to_string())),
        SendError::ResponseHeadersTooLarge { .. } => Error::HttpResponseHeaderSectionSize(None),
        SendError::ResponseCompressed { .. } => Error::HttpProtocolError,
        SendError::ResponseTooLarge { limit, .. } => Error::HttpResponseBodySize(Some(*limit)),
        SendError::Unresolvable { cause, .. } => {
            Error::DnsError { rcode: Some(cause.clone()), info_code: None }
        }
        SendError::AddressRefused { .. } => Error::DestinationIpProhibited,
        SendError::Connect { .. }
        | SendError::ProxyUnreachable { .. }
        | SendError::ProxyCredentials { .. }
        | SendError::ProxyRefused { .. }
        | SendError::TokenRefused { .. }
        | SendError::TokenUnreadable { .. } => Error::ConnectionRefused,
        SendError::ConnectTimedOut { .. } => Error::ConnectionTimeout,
        SendError::Tls { .. } => Error::TlsCertificateError,
        SendError::ThrottledPastDeadline { .. } => Error::ConnectionLimitReached,
        SendError::TimedOut { .. } => Error::HttpResponseTimeout,
        SendError::Lost { .. } => Error::ConnectionTerminated,
        SendError::Recorded { code, .. } => recorded_error_code(code),
    }
}

/// The same for what a recording has instead of an answer.
fn recorded_error_code(code: &str) -> Error {
    match code {
        "host-unresolvable" => Error::DnsError { rcode: None, info_code: None },
        "address-refused" => Error::DestinationIpProhibited,
        "connection-failed" | "proxy-unreachable" | "proxy-credentials-refused" | "proxy-refused" => {
            Error::ConnectionRefused
        }
        "connection-timed-out" => Error::ConnectionTimeout,
        "tls-failed" => Error::TlsCertificateError,
        "throttled-past-deadline" => Error::ConnectionLimitReached,
        "timed-out" => Error::HttpResponseTimeout,
        "response-compressed" => Error::HttpProtocolError,
        "response-too-large" => Error::HttpResponseBodySize(None),
        "response-headers-too-large" => Error::HttpResponseHeaderSectionSize(None),
        palisade_egress::ABANDONED => Error::ConnectionReadTimeout,
        _ => Error::ConnectionTerminated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_one_that_is_too_large() {
        let whole = || whole_body(Bytes::from_static(b"twelve bytes"));
        assert_eq!(collect(whole(), 12).await.unwrap(), "twelve bytes");
        assert_eq!(collect(whole(), 11).await.unwrap_err().code(), "request-too-large");
        // What the sandbox makes of a body that the component drops before its end.
        let broken = whole()
            .map_frame(|frame| frame)
            .map_err(|error| error)
            .with_trailers(async { Some(Err(Error::HttpProtocolError)) });
        assert_eq!(collect(broken.boxed_unsync(), 12).await.unwrap_err().code(), "request-body-incomplete");
    }
}
