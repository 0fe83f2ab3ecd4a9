//! What the comparison of a dry run found, as counts for each step.

use palisade_store::{Compared, StepRow};

use super::steps::Fact;
use crate::view::number;

/// The counts of one step.
pub(super) struct Part {
    /// The step's title; none where there is one step only.
    pub(super) title: Option<String>,
    pub(super) facts: Vec<Fact>,
}

/// The counts of the steps that have compared.
pub(super) fn parts(steps: &[StepRow], compared: &[(u32, Compared)]) -> Vec<Part> {
    let title = |place: u32| {
        let step = steps.iter().find(|step| step.place == place)?;
        (steps.len() > 1).then(|| format!("{place}. {}", step.title))
    };
    compared.iter().map(|(place, found)| Part { title: title(*place), facts: facts(found) }).collect()
}

fn facts(compared: &Compared) -> Vec<Fact> {
    let counts =
        [("Added", compared.added), ("Refreshed", compared.refreshed), ("Unchanged", compared.unchanged)];
    let counts = counts.into_iter().map(|(name, count)| Fact::new(name, number(&count)));
    let also =
        compared.also_on.iter().map(|(list, count)| Fact::new(format!("Also on: {list}"), number(count)));
    counts.chain(also).collect()
}
