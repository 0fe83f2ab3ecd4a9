//! What the readers see, for people.

use super::style::{BAD, DIM, HEADING, MARK};
use super::{Table, count, number, one_line};
use crate::verbs::collection::Sighting;

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
    counts(&mut text, "excluded", sighting.left_out.iter());
    if !sighting.unreadable.is_empty() {
        text.push_str(&format!("\n{BAD}unreadable{BAD:#} ({})\n", number(sighting.unreadable.len() as u64)));
        let mut table = Table::new();
        for record in &sighting.unreadable {
            table.row([format!("{} {}", record.file, record.location), record.message.clone()]);
        }
        text.push_str(&table.text());
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
