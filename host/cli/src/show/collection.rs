//! What the readers see, for people.

use palisade_limits::UNREADABLE_SHOWN;

use super::style::{BAD, DIM, HEADING, MARK};
use super::{Table, count, number, one_line};
use crate::verbs::collection::Sighting;

/// Unreadable records shown one by one.
const UNREADABLE_LINES: usize = 50;

/// What `collection` shows.
pub(crate) fn text(sighting: &Sighting) -> String {
    let mut text = String::new();
    let mut files = Table::new();
    for file in &sighting.files {
        files.row([file.name.clone(), file.format.clone(), count(file.objects, "object")]);
    }
    text.push_str(&files.text());
    for warning in &sighting.warnings {
        text.push_str(&format!("{MARK}warning{MARK:#}: {}\n", one_line(warning)));
    }
    counts(&mut text, "by type", sighting.by_subtype.iter());
    let with_status = sighting.by_status.iter().filter(|(name, _)| !name.is_empty());
    counts(&mut text, "by status", with_status);
    counts(&mut text, "excluded from block lists", sighting.not_for_blocking.iter());
    counts(&mut text, "excluded", sighting.left_out.iter());
    if !sighting.unreadable.is_empty() {
        text.push_str(&format!("\n{BAD}unreadable{BAD:#} ({})\n", number(sighting.unreadable())));
        let mut table = Table::new();
        for record in sighting.unreadable.iter().take(UNREADABLE_LINES) {
            table.row([format!("{} {}", record.file, record.location), record.message.clone()]);
        }
        text.push_str(&table.text());
        let more = sighting.unreadable().saturating_sub(UNREADABLE_LINES as u64);
        if more > 0 {
            text.push_str(&format!(
                "  {DIM}and {} more; `--output json` lists the first {}{DIM:#}\n",
                number(more),
                number(UNREADABLE_SHOWN)
            ));
        }
    }
    text.push_str(&format!("\n{DIM}{} in all{DIM:#}\n", count(sighting.objects(), "object")));
    text
}

fn counts<'counts>(
    text: &mut String,
    heading: &str,
    counts: impl Iterator<Item = (&'counts String, &'counts u64)>,
) {
    let mut table = Table::new().right(1);
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    for (name, number_of) in counts {
        table.row([name.clone(), number(*number_of)]);
    }
    if !table.is_empty() {
        text.push_str(&format!("\n{HEADING}{heading}{HEADING:#}\n{}", table.text()));
    }
}
