//! Reports the first page and gives up with the code `test-stop`.

use palisade_guests::{Attribute, RunError, Stop, accept_first_page, guest, reason};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let problem = reason("test-stop", "the guest stops after its first page");
    Err(RunError::Stopped(Stop { problem, hint: Some("do not use this guest".to_owned()) }))
}

guest!(run);
