//! Reports the first page, sends a request to the granted path with another method, and goes on as if nothing had happened.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Context, RunError, SUSPICIOUS_OBJECTS, Setting, accept_all, accept_first_page, api_region, guest,
    headers, request,
};

fn run(context: &Context, configuration: &[Setting]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    accept_first_page(context);
    let _ignored =
        headers().and_then(|headers| request(&Method::Delete, region, SUSPICIOUS_OBJECTS, headers, &[]));
    accept_all(context);
    Ok(())
}

guest!(run);
