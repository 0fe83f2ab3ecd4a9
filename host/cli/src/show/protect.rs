//! Compiled lists for people.

use super::style::{DIM, GOOD, MARK};
use super::{Table, bytes, count, number, one_line};
use crate::verbs::protect::Compiled;

/// Warnings shown; all of them are in the JSON.
const WARNINGS_SHOWN: usize = 20;

/// What `protect build` shows.
pub(crate) fn compiled(compiled: &Compiled) -> String {
    let mut table = Table::new().right(1);
    for list in &compiled.lists {
        table.row([one_line(&list.name), number(list.entries), one_line(&list.version)]);
    }
    let entries = compiled.lists.iter().map(|list| list.entries).sum();
    let mut text = format!(
        "{}{GOOD}compiled{GOOD:#} {} of {} into {} ({})\n",
        table.text(),
        count(entries, "value"),
        count(compiled.lists.len() as u64, "list"),
        compiled.path.display(),
        bytes(compiled.size),
    );
    for warning in compiled.warnings.iter().take(WARNINGS_SHOWN) {
        text.push_str(&format!("{MARK}warning{MARK:#}: {}\n", one_line(warning)));
    }
    let hidden = compiled.warnings.len().saturating_sub(WARNINGS_SHOWN) as u64;
    if hidden > 0 {
        text.push_str(&format!("{DIM}and {} more; all of them with --output json{DIM:#}\n", number(hidden)));
    }
    text
}
