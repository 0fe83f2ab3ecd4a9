//! Reports every object with the verdict of the other kind of run: `accepted` in a dry run, `planned` in a real one.

use palisade_guests::bindings::palisade::action::circumstances;
use palisade_guests::{Attribute, Outcome, RunError, Verdict, every_page, guest, outcome, record};

fn run(_configuration: &[Attribute]) -> Result<(), RunError> {
    let lie = if circumstances::dry_run() { Verdict::Accepted } else { Verdict::Planned };
    every_page().for_each(|page| {
        let outcomes: Vec<Outcome> = page.iter().map(|object| outcome(object.key, lie.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
