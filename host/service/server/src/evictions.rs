//! The entries that a service would remove to make room for a run, or removed: page by page, for the console and the API.

use palisade_store::{Page, RunRow, StepRow};
use serde_json::Value;

/// The code of a step that stopped before it sent anything, because the service would remove more than is allowed.
const STOPPED_BEFORE: &str = "would-evict";

/// One entry of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Eviction {
    /// The service's name for what it is.
    pub(crate) field: String,
    /// Its value.
    pub(crate) value: String,
    /// When it would expire, as the service writes it.
    pub(crate) expires: Option<String>,
}

/// The entries of a step that a page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Evictions {
    pub(crate) entries: Vec<Eviction>,
    /// How many are listed on all pages.
    pub(crate) listed: u64,
    /// How many there are, those that are not listed included.
    pub(crate) count: u64,
}

/// One page of the entries of a step.
pub(crate) fn evictions(step: &StepRow, page: Page) -> Evictions {
    let found = step.end.as_ref().and_then(|end| end.warnings.get("evictions"));
    let all = found.and_then(|found| found.get("entries")).and_then(Value::as_array);
    let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let shown = all.into_iter().flatten().skip(place(page.offset)).take(place(page.limit));
    let listed = all.map_or(0, |all| all.len() as u64);
    let count = found.and_then(|found| found.get("count")).and_then(Value::as_u64);
    Evictions { entries: shown.map(entry).collect(), listed, count: count.unwrap_or(listed) }
}

fn entry(entry: &Value) -> Eviction {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    Eviction {
        field: text("field").unwrap_or_default(),
        value: text("value").unwrap_or_default(),
        expires: text("expires"),
    }
}

/// Whether the entries are still there, because nothing was sent: the run was a dry run, or the step stopped before.
pub(crate) fn would_remove(run: &RunRow, step: &StepRow) -> bool {
    run.dry_run || step.end.as_ref().is_some_and(|end| end.code.as_deref() == Some(STOPPED_BEFORE))
}

/// What a step reports, without the list of entries: that has pages of its own.
pub(crate) fn without_entries(mut warnings: Value) -> Value {
    if let Some(found) = warnings.get_mut("evictions").and_then(Value::as_object_mut) {
        found.remove("entries");
    }
    warnings
}
