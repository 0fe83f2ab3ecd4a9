//! Reports the first page, sends a request to a host that no grant names, and goes on as if nothing had happened.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{Context, RunError, Setting, accept_all, accept_first_page, guest, headers, request};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    let _ignored =
        headers().and_then(|headers| request(&Method::Get, "not-granted.example", "/", headers, &[]));
    accept_all(context);
    Ok(())
}

guest!(run);
