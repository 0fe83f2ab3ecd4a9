//! Reports the first page and gives up with the code `test-stop`.

use palisade_guests::{Context, RunError, Setting, accept_first_page, guest, problem};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    Err(RunError::Stopped(problem("test-stop", "the guest stops after its first page")))
}

guest!(run);
