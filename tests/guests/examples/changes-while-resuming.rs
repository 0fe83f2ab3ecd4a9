//! Reports each object as pending, and sends a request that changes the service when it is asked again.

use bindings::wasi::http::outgoing_handler;
use bindings::wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};

fn judge(state: Option<&[u8]>) -> Verdict {
    if state.is_none() {
        return waits(Vec::new());
    }
    let request = OutgoingRequest::new(Fields::new());
    let _ = request.set_method(&Method::Post);
    let _ = request.set_scheme(Some(&Scheme::Https));
    let _ = request.set_authority(Some("api.xdr.trendmicro.com"));
    let _ = request.set_path_with_query(Some("/v3.0/threatintel/suspiciousObjects"));
    if let Ok(answer) = outgoing_handler::handle(request, None) {
        answer.subscribe().block();
    }
    Verdict::Accepted
}

palisade_guests::resuming_guest!(judge);
