//! Reports the first page, then the second one in a list that begins with an object of the first.

use palisade_guests::{
    Attribute, MIDDLE_PAGE_OBJECTS, RunError, accept, accept_all, confirmed, guest, outcome, record,
    take_page,
};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let first = take_page(MIDDLE_PAGE_OBJECTS);
    accept(&first);
    let second = take_page(MIDDLE_PAGE_OBJECTS);
    let again = first.iter().take(1);
    let outcomes: Vec<_> = again.chain(&second).map(|object| outcome(object.key, confirmed())).collect();
    record(&outcomes);
    accept_all();
    Ok(())
}

guest!(run);
