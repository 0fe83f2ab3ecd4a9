//! The honest baseline: reads every page and reports each object once, as `accepted`, or `planned` in a dry run.

use palisade_guests::{Context, RunError, Setting, accept_all, guest};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_all(context);
    Ok(())
}

guest!(run);
