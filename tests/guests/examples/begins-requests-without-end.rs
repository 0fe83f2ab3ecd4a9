//! Begins granted requests with bodies of a megabyte one after the other, without end and without waiting for an answer.

use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{Attribute, RunError, SUSPICIOUS_OBJECTS, api_region, begin, guest, headers};

/// As many as the host takes in one request, and little of this component's own memory.
const BODY_BYTES: usize = 1024 * 1024;

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let body = vec![b' '; BODY_BYTES];
    let mut begun = Vec::new();
    loop {
        // Kept: a request whose answer is dropped is not sent.
        begun.push(
            headers().and_then(|headers| begin(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, &body)),
        );
    }
}

guest!(run);
