//! Reports entries that a service would remove, 12 kB each, until the host has had enough.

use palisade_guests::bindings::palisade::action::model::Eviction;
use palisade_guests::bindings::palisade::action::results;
use palisade_guests::{Attribute, RunError, accept_first_page, guest};

/// In lists of 1 MB.
const LISTS: u32 = 1_000;
const ENTRIES: usize = 90;
const BYTES: usize = 4_000;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let long = "x".repeat(BYTES);
    let entry = Eviction { field: long.clone(), value: long.clone(), expires: Some(long) };
    let list = vec![entry; ENTRIES];
    for _ in 0..LISTS {
        results::evicting(&list);
    }
    Ok(())
}

guest!(run);
