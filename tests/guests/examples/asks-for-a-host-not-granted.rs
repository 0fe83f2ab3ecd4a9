//! Reports the first page, sends a request to a host that no grant names, and goes on as if nothing had happened.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{Attribute, RunError, accept_all, accept_first_page, guest, headers, request};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let _ignored =
        headers().and_then(|headers| request(&Method::Get, "not-granted.example", "/", headers, &[]));
    accept_all();
    Ok(())
}

guest!(run);
