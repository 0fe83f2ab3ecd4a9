//! An error for people: each thing that is wrong on its own line with its code, then what to do about it.

use super::style::{BAD, MARK};
use super::{lines, one_line};
use crate::failure::Failure;

/// The error as text.
pub(crate) fn text(failure: &Failure) -> String {
    let mut text = String::new();
    let mut line = |code: &str, line: &str| {
        text.push_str(&format!("{BAD}error[{code}]{BAD:#}: {}\n", one_line(line)));
    };
    if failure.problems.is_empty() {
        failure.message.lines().for_each(|text| line(failure.code, text));
    } else {
        failure.problems.iter().for_each(|problem| line(problem.code, &problem.message));
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("{MARK}hint{MARK:#}: {}\n", lines(hint)));
    }
    text
}
