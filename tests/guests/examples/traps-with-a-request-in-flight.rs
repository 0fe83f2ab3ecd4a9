//! Sends the objects of one page, takes another page, and traps while the answer is on its way.

use palisade_guests::bindings::wasi::clocks::monotonic_clock;
use palisade_guests::bindings::wasi::http::types::Method;
use palisade_guests::{
    Attribute, MIDDLE_PAGE_OBJECTS, RunError, SUSPICIOUS_OBJECTS, api_region, begin, guest, headers,
    take_page,
};

/// Time for the request to leave.
const WAIT_NANOSECONDS: u64 = 700_000_000;

fn run(configuration: &[Attribute]) -> Result<(), RunError> {
    let region = api_region(configuration)?;
    let page = take_page(MIDDLE_PAGE_OBJECTS);
    let items: Vec<String> =
        page.iter().map(|object| format!("{{\"domain\":\"{}\"}}", object.object.value)).collect();
    let body = format!("[{}]", items.join(","));
    let _begun = headers()
        .and_then(|headers| begin(&Method::Post, region, SUSPICIOUS_OBJECTS, headers, body.as_bytes()));
    let _taken = take_page(MIDDLE_PAGE_OBJECTS);
    monotonic_clock::subscribe_duration(WAIT_NANOSECONDS).block();
    core::arch::wasm32::unreachable()
}

guest!(run);
