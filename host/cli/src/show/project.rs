//! A new project for people: where it is and what comes next.

use super::style::GOOD;
use crate::verbs::new::Written;

/// What `new` shows.
pub(crate) fn written(written: &Written) -> String {
    let directory = written.directory.display();
    format!(
        "{GOOD}written{GOOD:#} {directory}: an action in {}, {}\n  `{directory}/README.md` has the commands that build, pack, \
         test, sign and run it\n",
        written.language.label(),
        super::count(written.files.len() as u64, "file"),
    )
}
