//! Text from outside, made safe for whatever shows it: terminals, logs, spreadsheets, forms and labels.
//!
//! Denies by default: a character that could steer a terminal, end a line or disguise what is written is written out.
//! There is no other place that decides this.

#![warn(missing_docs)]

mod cell;
mod log;
mod screen;

pub use cell::cell;
pub use log::{LineForm, Lines};
pub use screen::{JsonText, json, screen};

/// Whether a character can disguise what is shown: control characters, and characters that change the direction of
/// writing, have no width or are not assigned to any text.
#[must_use]
pub fn disguises(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// The text with such characters written out as `\u{..}`.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    text.chars().for_each(|character| write_out(character, &mut shown));
    shown
}

/// The text on one line, with blanks in place of such characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|character| if disguises(character) { ' ' } else { character }).collect()
}

fn write_out(character: char, shown: &mut String) {
    if disguises(character) {
        shown.extend(character.escape_unicode());
    } else {
        shown.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_cannot_be_told_anything() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\nd"), "a\\u{1b}[2Jb\\u{202e}c\\u{a}d");
        assert_eq!(printable("Grüße, `x`"), "Grüße, `x`");
        assert_eq!(one_line("a\u{1b}[31mb\r\nc"), "a [31mb  c");
    }

    proptest::proptest! {
        #[test]
        fn nothing_disguising_is_left(text in "\\PC{0,40}|[\\x00-\\x1f\\x7f-\\x9f\u{202a}-\u{202e}a]{0,40}") {
            for shown in [printable(&text), one_line(&text), cell(&text)] {
                proptest::prop_assert!(!shown.contains(disguises), "{:?}", shown);
            }
        }
    }
}
