//! Sends one granted request after the other, without end and whatever the answers are.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{Context, RunError, SUSPICIOUS_OBJECTS, Setting, api_region, guest, headers, request};

fn run(_context: &Context, configuration: &[Setting]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    loop {
        // Waits for each answer: a request that is dropped before it may never have been sent.
        let _ignored =
            headers().and_then(|headers| request(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, b"[]"));
    }
}

guest!(run);
