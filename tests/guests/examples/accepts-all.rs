//! The honest baseline: reads every page and reports each object once, as `accepted`, or `planned` in a dry run.

use palisade_guests::{Attribute, RunError, accept_all, guest};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_all();
    Ok(())
}

guest!(run);
