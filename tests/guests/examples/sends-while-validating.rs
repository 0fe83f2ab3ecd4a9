//! Sends a request while it judges its configuration, and waits for the answer.

use bindings::wasi::http::outgoing_handler;
use bindings::wasi::http::types::{Fields, Method, OutgoingRequest, Scheme};

fn judge() -> Vec<Reason> {
    let request = OutgoingRequest::new(Fields::new());
    let _ = request.set_method(&Method::Post);
    let _ = request.set_scheme(Some(&Scheme::Https));
    let _ = request.set_authority(Some("api.xdr.trendmicro.com"));
    let _ = request.set_path_with_query(Some("/v3.0/threatintel/suspiciousObjects"));
    if let Ok(answer) = outgoing_handler::handle(request, None) {
        answer.subscribe().block();
    }
    Vec::new()
}

palisade_guests::validating_guest!(judge);
