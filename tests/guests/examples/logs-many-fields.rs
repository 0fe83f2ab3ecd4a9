//! Logs messages with 3,900 fields each, until the host has had enough.

use palisade_guests::bindings::palisade::action::log;
use palisade_guests::{Attribute, Level, RunError, accept_first_page, guest};

const MESSAGES: u32 = 10_000;
const FIELDS: usize = 3_900;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let value = "x".repeat(1_000);
    let fields: Vec<(String, String)> =
        (0..FIELDS).map(|number| (format!("field {number}"), value.clone())).collect();
    for _ in 0..MESSAGES {
        log::emit(Level::Warn, "a message", &fields);
    }
    Ok(())
}

guest!(run);
