//! Reports the first page, sends a request to the granted origin with a path beside the granted one, and goes on as if
//! nothing had happened.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Attribute, RunError, accept_all, accept_first_page, api_region, guest, headers, request,
};

/// Deletes what it names: what an action that only adds must never reach.
const PATH: &str = "/v3.0/threatintel/suspiciousObjects/delete";

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    accept_first_page();
    let _ignored = headers().and_then(|headers| request(&Method::Post, region, PATH, headers, b"[]"));
    accept_all();
    Ok(())
}

guest!(run);
