//! Reports every object with the verdict of the other kind of run: `accepted` in a dry run, `planned` in a real one.

use palisade_guests::{Context, Outcome, RunError, Setting, Verdict, every_page, guest, outcome, record};

fn run(context: &Context, _configuration: &[Setting]) -> Result<(), RunError> {
    let lie = if context.dry_run { Verdict::Accepted } else { Verdict::Planned };
    every_page(context).for_each(|page| {
        let outcomes: Vec<Outcome> = page.iter().map(|object| outcome(object.key, lie.clone())).collect();
        record(&outcomes);
    });
    Ok(())
}

guest!(run);
