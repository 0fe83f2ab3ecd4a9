//! Requests of the component: handed to [`palisade_egress::Session`], whole, and the whole answer handed back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderName, Request, Response, uri::Scheme};
use http_body_util::{BodyExt as _, Full, Limited};
use palisade_egress::{SendError, Session};
use tokio::sync::mpsc;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

/// The boxed future that says whether the exchange's input and output came to a good end.
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Policy of `wasi:http` for one run.
pub(crate) struct Hooks {
    pub(crate) session: Session,
    pub(crate) request_body_bytes: u64,
    /// Where a refusal goes: the run ends with the first.
    pub(crate) refusals: Refusals,
}

/// Tells the run that a request was refused, and the component's other calls that it is over.
#[derive(Clone)]
pub(crate) struct Refusals {
    sender: mpsc::UnboundedSender<SendError>,
    refused: Arc<AtomicBool>,
}

impl Refusals {
    /// A pair of ends.
    pub(crate) fn channel() -> (Self, mpsc::UnboundedReceiver<SendError>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self { sender, refused: Arc::default() }, receiver)
    }

    /// Whether a request has been refused: from then on nothing that the component does counts.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::SeqCst)
    }

    fn refuse(&self, error: SendError) {
        self.refused.store(true, Ordering::SeqCst);
        // Nobody listens once the run has ended, and then it does not matter.
        let _ = self.sender.send(error);
    }
}

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let session = self.session.clone();
        Arc::new(move |name: &HeaderName| session.is_reserved_header(name))
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
        Box::new(async move {
            let (parts, body) = request.into_parts();
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let Ok(body) = Limited::new(body, most).collect().await else {
                // Its size is not known: it is not read any further.
                let error = SendError::RequestTooLarge { size: limit.saturating_add(1), limit };
                session.notice(&error);
                return Err(error_code(&error));
            };
            match session.send(Request::from_parts(parts, body.to_bytes())).await {
                Ok(response) => Ok((response.map(whole_body), Box::new(async { Ok(()) }) as Io)),
                Err(error) => {
                    let code = error_code(&error);
                    if error.ends_run() {
                        refusals.refuse(error);
                        // The component gets no answer to what ends it.
                        std::future::pending::<()>().await;
                    }
                    Err(code)
                }
            }
        })
    }
}

fn whole_body(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

/// What the component is told. The details are for the operator.
fn error_code(error: &SendError) -> Error {
    match error {
        SendError::Denied(_) | SendError::HeaderOfHost(_) | SendError::TooManyRequests { .. } => {
            Error::HttpRequestDenied
        }
        SendError::HeadersTooLarge { .. } => Error::HttpRequestHeaderSectionSize(None),
        SendError::RequestTooLarge { limit, .. } => Error::HttpRequestBodySize(Some(*limit)),
        SendError::ResponseTooLarge { limit, .. } => Error::HttpResponseBodySize(Some(*limit)),
        SendError::Unresolvable { cause, .. } => {
            Error::DnsError { rcode: Some(cause.clone()), info_code: None }
        }
        SendError::AddressRefused { .. } => Error::DestinationIpProhibited,
        SendError::Connect { .. } => Error::ConnectionRefused,
        SendError::Tls { .. } => Error::TlsCertificateError,
        SendError::TimedOut { .. } | SendError::DeadlinePassed => Error::HttpResponseTimeout,
        SendError::Lost { .. } => Error::ConnectionTerminated,
    }
}
