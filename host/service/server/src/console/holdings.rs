//! What the lists of services hold, for the overview: a meter for each type that was counted, with the run that counted it. What
//! nobody has read is not shown.

use jiff::Timestamp;
use palisade_store::HoldingRow;

use super::wording::first_upper;
use crate::view::{Frame, Meter, Moment, Tone, number};

/// From this part of its limit on, a list is shown as one that is getting full, in percent.
const GETTING_FULL: u64 = 90;

/// The lists of one tenant at one service.
pub(super) struct Held {
    /// The bundle's name.
    pub(super) title: String,
    /// Where they are.
    pub(super) service: String,
    /// The connection and its name; none if it was deleted.
    pub(super) connection: Option<(i64, String)>,
    /// The lists.
    pub(super) lists: Vec<HeldList>,
}

/// What runs have read of one list.
pub(super) struct HeldList {
    /// The list's name.
    pub(super) name: String,
    /// What has a limit.
    pub(super) meters: Vec<Meter>,
    /// What has none: type and entries.
    pub(super) open: Vec<(String, String)>,
    /// The run that read all of it, and its workflow; none where several did.
    pub(super) run: Option<(i64, String)>,
    /// When; the earliest time where several did.
    pub(super) at: Moment,
    /// The same, to compare with.
    read: Timestamp,
}

/// What is known, tenant by tenant; rows of one tenant follow each other.
pub(super) fn held(frame: &Frame, rows: &[HoldingRow]) -> Vec<Held> {
    let same = |a: &HoldingRow, b: &HoldingRow| {
        (&a.tenant, &a.bundle, &a.service) == (&b.tenant, &b.bundle, &b.service)
    };
    let tenants = rows.chunk_by(same).filter_map(|rows| {
        let first = rows.first()?;
        let service = first.service.replace("https://", "");
        let connection = first.connection.clone().map(|(id, name)| (id.0, name));
        Some(Held { title: first.title.clone(), service, connection, lists: lists(frame, rows) })
    });
    tenants.collect()
}

/// The lists of one tenant, each once: where two runs have read different types of it, each type says when.
fn lists(frame: &Frame, rows: &[HoldingRow]) -> Vec<HeldList> {
    let mut lists: Vec<HeldList> = Vec::new();
    for row in rows {
        let name = first_upper(&row.holding.list);
        let place = lists.iter().position(|list| list.name == name);
        let mut list = match place {
            Some(place) => lists.remove(place),
            None => HeldList {
                name,
                meters: Vec::new(),
                open: Vec::new(),
                run: Some((row.run.0, row.workflow_name.clone())),
                at: frame.moment(&row.at),
                read: row.at,
            },
        };
        list.run = list.run.filter(|(run, _)| *run == row.run.0);
        if row.at < list.read {
            list.read = row.at;
            list.at = frame.moment(&row.at);
        }
        let label = row.holding.field.clone().unwrap_or_else(|| "all types".to_owned());
        let told = format!("As of {}, run {}", frame.moment(&row.at).full(), row.run);
        match row.holding.limit {
            Some(limit) => list.meters.push(meter(label, row.holding.entries, limit).title(told)),
            None => list.open.push((label, number(&row.holding.entries))),
        }
        lists.insert(place.unwrap_or(lists.len()), list);
    }
    lists
}

fn meter(label: String, entries: u64, limit: u64) -> Meter {
    let percent = u128::from(entries) * 100;
    let tone = if entries >= limit {
        Tone::Bad
    } else if percent >= u128::from(limit) * u128::from(GETTING_FULL) {
        Tone::Warning
    } else {
        Tone::Active
    };
    Meter::new(label, entries, limit).tone(tone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_getting_full_stands_out() {
        for (entries, tone) in [
            (0, Tone::Active),
            (8_999, Tone::Active),
            (9_000, Tone::Warning),
            (10_000, Tone::Bad),
            (10_500, Tone::Bad),
        ] {
            assert_eq!(meter("domain".to_owned(), entries, 10_000).tone, tone, "{entries}");
        }
    }
}
