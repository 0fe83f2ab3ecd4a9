//! What a comparison found, for people: what would be added, refreshed and displaced.

use std::collections::BTreeMap;

use palisade_model::Comparison;
use palisade_run::{EvictionsReport, Report};

use super::style::{DIM, HEADING, MARK};
use super::{Table, count, number, one_line};

/// Entries shown of each kind.
const SHOWN: usize = 5;

/// The comparison, if the run made one, and what the run would displace.
pub(crate) fn text(report: &Report) -> String {
    let compared: Vec<(&str, &Comparison)> = report
        .objects
        .iter()
        .flat_map(|object| &object.outcome.submissions)
        .filter_map(|submission| Some((submission.value.as_str(), submission.comparison.as_ref()?)))
        .collect();
    let mut text = String::new();
    if report.run.compared && !compared.is_empty() {
        text.push_str(&format!("{HEADING}plan{HEADING:#}\n{}", plan(&compared)));
    }
    text.push_str(&evictions(&report.evictions, report.run.compared));
    text
}

fn plan(compared: &[(&str, &Comparison)]) -> String {
    let of = |wanted: fn(&Comparison) -> bool| {
        compared.iter().filter(move |(_, comparison)| wanted(comparison)).collect::<Vec<_>>()
    };
    let added = of(|comparison| comparison.held.is_none());
    let refreshed = of(|comparison| comparison.held.is_some() && !comparison.changes.is_empty());
    let present = of(|comparison| comparison.held.is_some() && comparison.changes.is_empty());
    let also = of(|comparison| !comparison.also_on.is_empty());
    let mut table = Table::new().right(1);
    let mut row = |name: &str, values: usize, facts: String| {
        table.row([name.to_owned(), number(values as u64), facts]);
    };
    row("to add", added.len(), String::new());
    row("to refresh", refreshed.len(), changes(&refreshed));
    row("already there", present.len(), String::new());
    if !also.is_empty() {
        row("also elsewhere", also.len(), elsewhere(&also));
    }
    let mut text = table.text();
    let mut examples = Table::new();
    for (value, comparison) in refreshed.iter().take(SHOWN) {
        let changes: Vec<String> = comparison
            .changes
            .iter()
            .map(|change| {
                let before = change.before.as_deref().unwrap_or("nothing");
                format!("{} {before} → {}", change.name, change.after)
            })
            .collect();
        examples.row([(*value).to_owned(), changes.join(", ")]);
    }
    text.push_str(&examples.text());
    if refreshed.len() > SHOWN {
        let more = number((refreshed.len() - SHOWN) as u64);
        text.push_str(&format!("  {DIM}and {more} more to refresh{DIM:#}\n"));
    }
    text
}

/// `riskLevel 12, expiredDateTime 40`
fn changes(refreshed: &[&(&str, &Comparison)]) -> String {
    let names =
        refreshed.iter().flat_map(|(_, comparison)| &comparison.changes).map(|change| change.name.as_str());
    counted(names)
}

fn elsewhere(also: &[&(&str, &Comparison)]) -> String {
    let on = counted(also.iter().flat_map(|(_, comparison)| &comparison.also_on).map(String::as_str));
    let first: Vec<&str> = also.iter().take(SHOWN).map(|(value, _)| *value).collect();
    format!("{on}: {}{}", first.join(", "), if also.len() > SHOWN { ", ..." } else { "" })
}

fn counted<'names>(names: impl Iterator<Item = &'names str>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let counts: Vec<String> =
        counts.into_iter().map(|(name, count)| format!("{} {}", one_line(name), number(count))).collect();
    counts.join(", ")
}

fn evictions(evictions: &EvictionsReport, compared: bool) -> String {
    if evictions.count == 0 {
        return String::new();
    }
    let mut text = format!(
        "{MARK}displaced{MARK:#}: to make room, the service would remove {}\n",
        count(evictions.count, "entry").replace("entrys", "entries")
    );
    let mut table = Table::new();
    for entry in evictions.entries.iter().take(SHOWN) {
        let expires = entry.expires.as_deref().map(|time| format!("expires {time}")).unwrap_or_default();
        table.row([entry.field.clone(), entry.value.clone(), expires]);
    }
    text.push_str(&table.text());
    if evictions.count > SHOWN as u64 {
        let more = number(evictions.count - SHOWN as u64);
        // Only a comparison can write a plan.
        let places = if compared { "`--report` and `--plan` list" } else { "`--report` lists" };
        text.push_str(&format!("  {DIM}and {more} more; {places} all of them{DIM:#}\n"));
    }
    text
}
