//! Sends one granted request after the other, without end and whatever the answers are.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{Attribute, RunError, SUSPICIOUS_OBJECTS, api_region, guest, headers, request};

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    loop {
        // Waits for each answer: a request that is dropped before it may never have been sent.
        let _ignored =
            headers().and_then(|headers| request(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, b"[]"));
    }
}

guest!(run);
