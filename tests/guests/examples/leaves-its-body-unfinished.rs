//! Begins the body of a request that is granted, and drops it. Every object fails with what came of it, unless the request
//! went through: then the objects are confirmed, and the host has failed.

use palisade_guests::bindings::wasi::http::outgoing_handler;
use palisade_guests::bindings::wasi::http::types::{Method, OutgoingRequest, Scheme};
use palisade_guests::{
    Attribute, RunError, SUSPICIOUS_OBJECTS, Verdict, api_region, confirmed, every_page, guest, headers,
    outcome, reason, record,
};

fn send(region: &str) -> Option<String> {
    let request = OutgoingRequest::new(headers().ok()?);
    request.set_method(&Method::Post).ok()?;
    request.set_scheme(Some(&Scheme::Https)).ok()?;
    request.set_authority(Some(region)).ok()?;
    request.set_path_with_query(Some(SUSPICIOUS_OBJECTS)).ok()?;
    let body = request.body().ok()?;
    let answer = outgoing_handler::handle(request, None).ok()?;
    let stream = body.write().ok()?;
    stream.blocking_write_and_flush(b"[").ok()?;
    drop(stream);
    // Without `finish`.
    drop(body);
    answer.subscribe().block();
    match answer.get() {
        Some(Ok(Err(code))) => Some(format!("{code:?}")),
        _ => None,
    }
}

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let verdict = match send(api_region(configuration)?) {
        Some(code) => Verdict::Failed(reason("not-sent", code)),
        None => confirmed(),
    };
    every_page().for_each(|page| {
        let outcomes: Vec<_> = page.iter().map(|object| outcome(object.key, verdict.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
