//! Reports the first page, then the second one in a list that begins with a key that nobody handed out.

use palisade_guests::{
    Attribute, MIDDLE_PAGE_OBJECTS, RunError, accept_all, accept_first_page, confirmed, guest, outcome,
    record, take_page,
};

/// Larger than the number of objects of any collection.
const UNKNOWN_KEY: u64 = u64::MAX;

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    accept_first_page();
    let second = take_page(MIDDLE_PAGE_OBJECTS);
    let keys = std::iter::once(UNKNOWN_KEY).chain(second.iter().map(|object| object.key));
    let outcomes: Vec<_> = keys.map(|key| outcome(key, confirmed())).collect();
    record(&outcomes);
    accept_all();
    Ok(())
}

guest!(run);
