//! One POST over `wasi:http`, from its body to the status of the answer. Carries no credential: the host adds it.

use crate::action::bindings::wasi::http::outgoing_handler;
use crate::action::bindings::wasi::http::types::{
    ErrorCode, Fields, Method, OutgoingBody, OutgoingRequest, Scheme,
};

/// `blocking-write-and-flush` takes no more at once.
const CHUNK: usize = 4096;

/// Sends JSON to a path of an origin and gives the status of the answer, whose body is not read; or says why there is none.
pub(crate) fn post(origin: &str, path: &str, body: &[u8]) -> Result<u16, String> {
    let why = |code: ErrorCode| format!("{code:?}");
    let refused = |()| "the host refused the request's address".to_owned();
    let headers = Fields::from_list(&[("content-type".to_owned(), b"application/json".to_vec())])
        .map_err(|_| "the host refused the request's headers".to_owned())?;
    let request = OutgoingRequest::new(headers);
    request.set_method(&Method::Post).map_err(refused)?;
    request.set_scheme(Some(&Scheme::Https)).map_err(refused)?;
    request.set_authority(Some(origin.trim_start_matches("https://"))).map_err(refused)?;
    request.set_path_with_query(Some(path)).map_err(refused)?;
    let outgoing = request.body().map_err(refused)?;
    let stream = outgoing.write().map_err(refused)?;
    let answer = outgoing_handler::handle(request, None).map_err(why)?;
    // A service may answer before it has read everything; what happened, the answer says.
    let written = body.chunks(CHUNK).try_for_each(|part| stream.blocking_write_and_flush(part));
    drop(stream);
    if written.is_ok() {
        let _ = OutgoingBody::finish(outgoing, None);
    }
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Ok(response))) => Ok(response.status()),
        Some(Ok(Err(code))) => Err(why(code)),
        Some(Err(())) | None => Err("it was already taken".to_owned()),
    }
}
