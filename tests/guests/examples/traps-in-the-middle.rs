//! Reports the first page, takes a second one, and traps with its objects in hand.

use palisade_guests::{Context, MIDDLE_PAGE_OBJECTS, RunError, Setting, accept_first_page, guest, take_page};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    let _taken = take_page(MIDDLE_PAGE_OBJECTS);
    core::arch::wasm32::unreachable()
}

guest!(run);
