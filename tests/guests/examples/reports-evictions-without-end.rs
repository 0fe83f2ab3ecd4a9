//! Reports entries that a service would remove, 12 kB each, until the host has had enough.

use palisade_guests::bindings::palisade::action::results;
use palisade_guests::bindings::palisade::action::types::Eviction;
use palisade_guests::{Context, RunError, Setting, accept_first_page, guest};

/// In lists of 1 MB.
const LISTS: u32 = 1_000;
const ENTRIES: usize = 90;
const BYTES: usize = 4_000;

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    accept_first_page(context);
    let long = "x".repeat(BYTES);
    let entry = Eviction { field: long.clone(), value: long.clone(), expires: Some(long) };
    let list = vec![entry; ENTRIES];
    for _ in 0..LISTS {
        results::evicting(&list);
    }
    Ok(())
}

guest!(run);
