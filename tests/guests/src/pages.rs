//! The way through a collection: pages read, outcomes recorded. Each helper reports an object exactly once.

use crate::bindings::palisade::action::{circumstances, collection, results};
use crate::{Offered, Outcome, Reason, Verdict};

/// Objects in a page of a guest that stops in the middle: a collection of 25 then has a first page, a second one and a rest.
pub const MIDDLE_PAGE_OBJECTS: u32 = 10;

/// The next page, of at most `limit` objects; empty at the end.
#[must_use]
pub fn take_page(limit: u32) -> Vec<Offered> {
    collection::next(limit)
}

/// The pages that are left, each as large as the host allows.
pub fn every_page() -> impl Iterator<Item = Vec<Offered>> {
    let limit = circumstances::limit("page-objects").and_then(|limit| u32::try_from(limit).ok());
    let limit = limit.unwrap_or(u32::MAX);
    std::iter::from_fn(move || Some(take_page(limit)).filter(|page| !page.is_empty()))
}

/// The verdict on an object that went well: `planned` in a dry run, `accepted` otherwise.
#[must_use]
pub fn confirmed() -> Verdict {
    if circumstances::dry_run() { Verdict::Planned } else { Verdict::Accepted }
}

/// An outcome without submissions, outputs and downloads.
#[must_use]
pub fn outcome(key: u64, verdict: Verdict) -> Outcome {
    Outcome { key, verdict, submissions: Vec::new(), outputs: Vec::new(), downloads: Vec::new() }
}

/// The reason of a verdict.
#[must_use]
pub fn reason(code: &str, message: impl Into<String>) -> Reason {
    Reason { code: code.to_owned(), message: message.into() }
}

/// Records outcomes.
pub fn record(outcomes: &[Outcome]) {
    results::record(outcomes);
}

/// Reports each of these objects as confirmed.
pub fn accept(objects: &[Offered]) {
    let outcomes: Vec<Outcome> = objects.iter().map(|object| outcome(object.key, confirmed())).collect();
    record(&outcomes);
}

/// Reads a first page of [`MIDDLE_PAGE_OBJECTS`] and reports each of its objects as confirmed.
pub fn accept_first_page() {
    accept(&take_page(MIDDLE_PAGE_OBJECTS));
}

/// Reads every page that is left and reports each of its objects as confirmed.
pub fn accept_all() {
    every_page().for_each(|page| accept(&page));
}
