//! Reports the first page and gives up with the code `test-stop`.

use palisade_guests::{Context, RunError, Setting, Stop, accept_first_page, guest, problem};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    let problem = problem("test-stop", "the guest stops after its first page");
    Err(RunError::Stopped(Stop { problem, hint: Some("do not use this guest".to_owned()) }))
}

guest!(run);
