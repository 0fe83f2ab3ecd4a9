//! Reports the first page, takes a second one, and traps with its objects in hand.

use palisade_guests::{Attribute, MIDDLE_PAGE_OBJECTS, RunError, accept_first_page, guest, take_page};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let _taken = take_page(MIDDLE_PAGE_OBJECTS);
    core::arch::wasm32::unreachable()
}

guest!(run);
