//! Reports the first page, sends a request to the granted path with another method, and goes on as if nothing had happened.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Attribute, RunError, SUSPICIOUS_OBJECTS, accept_all, accept_first_page, api_region, guest, headers,
    request,
};

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    accept_first_page();
    let _ignored =
        headers().and_then(|headers| request(&Method::Delete, region, SUSPICIOUS_OBJECTS, headers, &[]));
    accept_all();
    Ok(())
}

guest!(run);
