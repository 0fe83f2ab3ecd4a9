//! Waits for an instant that is years away: no code runs, so that the epoch alone does not end it.

use palisade_guests::bindings::wasi::clocks::monotonic_clock;
use palisade_guests::{Attribute, RunError, guest};

/// Ten years in nanoseconds: far away, and still an instant that every clock can tell.
const WAIT_NANOSECONDS: u64 = 10 * 365 * 24 * 60 * 60 * 1_000_000_000;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    monotonic_clock::subscribe_duration(WAIT_NANOSECONDS).block();
    Ok(())
}

guest!(run);
