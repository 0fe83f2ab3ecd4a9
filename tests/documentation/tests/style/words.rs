//! The phrases to avoid, and where a text has them.

use std::fs;

use palisade_e2e::root;

/// The phrases of the table in `STYLE.md`, in lower case.
pub(crate) fn phrases() -> Vec<String> {
    let page = fs::read_to_string(root().join("STYLE.md")).unwrap();
    let table = page.split("\n| avoid |").nth(1).unwrap().split("\n\n").next().unwrap();
    let cells = table.lines().filter_map(|row| row.strip_prefix('|')?.split('|').next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_lowercase).collect()
}

/// The phrases in a text, each with its line.
pub(crate) fn faults(text: &str, phrases: &[String]) -> Vec<(usize, String)> {
    let text = text.to_lowercase();
    // A line break inside of a paragraph separates words like a blank does.
    let flat = text.replace('\n', " ");
    let line_of = |at: usize| 1 + text.get(..at).unwrap_or_default().matches('\n').count();
    let is_in_word = |letter: char| letter.is_alphanumeric() || ['-', '_'].contains(&letter);
    let mut found = Vec::new();
    for phrase in phrases {
        for (at, _) in flat.match_indices(phrase.as_str()) {
            let (before, after) = (flat.get(..at).unwrap(), flat.get(at + phrase.len()..).unwrap());
            let is_whole = !before.ends_with(is_in_word) && !after.starts_with(is_in_word);
            let is_allowed =
                phrase == "is no" && (after.starts_with(" longer") || before.ends_with("there "));
            if is_whole && !is_allowed {
                found.push((line_of(at), phrase.clone()));
            }
        }
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('|') && line.split('|').any(|cell| cell.trim() == "the same") {
            found.push((number, "the same, in the cell of a table".to_owned()));
        }
    }
    found.sort();
    found
}
