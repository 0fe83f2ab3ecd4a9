//! Requests of the component: handed to [`palisade_egress::Session`], whole, and the whole answer handed back.

use std::sync::Arc;

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
    pub(crate) refused: mpsc::UnboundedSender<SendError>,
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
        let refused = self.refused.clone();
        let limit = usize::try_from(self.request_body_bytes).unwrap_or(usize::MAX);
        Box::new(async move {
            let (parts, body) = request.into_parts();
            // One byte more than allowed is let in, so that the policy sees and names the excess.
            let body = Limited::new(body, limit.saturating_add(1))
                .collect()
                .await
                .map_err(|_| Error::HttpRequestBodySize(Some(limit as u64)))?
                .to_bytes();
            match session.send(Request::from_parts(parts, body)).await {
                Ok(response) => Ok((response.map(whole_body), Box::new(async { Ok(()) }) as Io)),
                Err(error) => {
                    let code = error_code(&error);
                    if error.is_refusal() {
                        // Nobody listens once the run has ended, and then it does not matter.
                        let _ = refused.send(error);
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
