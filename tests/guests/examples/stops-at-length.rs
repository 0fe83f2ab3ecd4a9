//! Gives up with a problem and a hint of a megabyte each.

use palisade_guests::{Attribute, RunError, Stop, guest, reason};

/// Characters of three bytes each.
const CHARACTERS: usize = 350_000;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let long = "€".repeat(CHARACTERS);
    Err(RunError::Stopped(Stop { problem: reason("test-stop", long.as_str()), hint: Some(long) }))
}

guest!(run);
