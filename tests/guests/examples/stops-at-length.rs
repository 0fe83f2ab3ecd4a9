//! Gives up with a problem and a hint of a megabyte each.

use palisade_guests::{Context, RunError, Setting, Stop, guest, problem};

/// Characters of three bytes each.
const CHARACTERS: usize = 350_000;

fn run(_context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    let long = "€".repeat(CHARACTERS);
    Err(RunError::Stopped(Stop { problem: problem("test-stop", long.as_str()), hint: Some(long) }))
}

guest!(run);
