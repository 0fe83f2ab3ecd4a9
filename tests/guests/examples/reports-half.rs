//! Reads every page, reports the first, third, fifth object of each and so on, and says that all went well.

use palisade_guests::{Context, Outcome, RunError, Setting, confirmed, every_page, guest, outcome, record};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    every_page(context).for_each(|page| {
        let outcomes: Vec<Outcome> =
            page.iter().step_by(2).map(|object| outcome(object.key, confirmed(context))).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
