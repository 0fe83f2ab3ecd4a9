//! The way through a collection: pages taken, outcomes reported. Each helper reports an object exactly once.

use crate::bindings::palisade::action::{collection, results};
use crate::{Context, Object, Outcome, Problem, Verdict};

/// Objects in a page of a guest that stops in the middle: a collection of 25 then has a first page, a second one and a rest.
pub const MIDDLE_PAGE_OBJECTS: u32 = 10;

/// The next page, of at most `limit` objects; empty at the end.
#[must_use]
pub fn take_page(limit: u32) -> Vec<Object> {
    collection::next(limit)
}

/// The pages that are left, each as large as the host allows.
pub fn every_page(context: &Context) -> impl Iterator<Item = Vec<Object>> {
    let limit = context.limits.page_objects;
    std::iter::from_fn(move || Some(take_page(limit)).filter(|page| !page.is_empty()))
}

/// What an object gets that went well: `planned` in a dry run, `accepted` otherwise.
#[must_use]
pub fn confirmed(context: &Context) -> Verdict {
    if context.dry_run { Verdict::Planned } else { Verdict::Accepted }
}

/// An outcome without submissions.
#[must_use]
pub fn outcome(key: u64, verdict: Verdict) -> Outcome {
    Outcome { key, verdict, submissions: Vec::new() }
}

/// A problem with one object.
#[must_use]
pub fn problem(code: &str, message: impl Into<String>) -> Problem {
    Problem { code: code.to_owned(), message: message.into() }
}

/// Reports outcomes.
pub fn record(outcomes: &[Outcome]) {
    results::record(outcomes);
}

/// Reports each of these objects as confirmed.
pub fn accept(context: &Context, objects: &[Object]) {
    let outcomes: Vec<Outcome> =
        objects.iter().map(|object| outcome(object.key, confirmed(context))).collect();
    record(&outcomes);
}

/// Takes a first page of [`MIDDLE_PAGE_OBJECTS`] and reports each of its objects as confirmed.
pub fn accept_first_page(context: &Context) {
    accept(context, &take_page(MIDDLE_PAGE_OBJECTS));
}

/// Takes every page that is left and reports each of its objects as confirmed.
pub fn accept_all(context: &Context) {
    every_page(context).for_each(|page| accept(context, &page));
}
