//! Reports the first page, then the second one in a list that begins with an object of the first.

use palisade_guests::{
    Context, MIDDLE_PAGE_OBJECTS, RunError, Setting, accept, accept_all, confirmed, guest, outcome, record,
    take_page,
};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    let first = take_page(MIDDLE_PAGE_OBJECTS);
    accept(context, &first);
    let second = take_page(MIDDLE_PAGE_OBJECTS);
    let again = first.iter().take(1);
    let outcomes: Vec<_> =
        again.chain(&second).map(|object| outcome(object.key, confirmed(context))).collect();
    record(&outcomes);
    accept_all(context);
    Ok(())
}

guest!(run);
