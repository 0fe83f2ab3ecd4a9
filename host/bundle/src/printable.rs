//! What may be shown on a terminal or in a form.
//!
//! Denies by default: whatever comes out of a bundle is shown with its control characters written out, so that no bundle can
//! rewrite what its operator sees.

/// Whether a character can disguise what is shown: control characters, and the marks that change the direction of writing or
/// have no width.
#[must_use]
pub fn disguises(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text with such characters written out as `\u{..}`.
pub(crate) fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, one| {
        if disguises(one) {
            shown.extend(one.escape_unicode());
        } else {
            shown.push(one);
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_terminal_cannot_be_told_anything() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\nd"), "a\\u{1b}[2Jb\\u{202e}c\\u{a}d");
        assert_eq!(printable("Grüße, `x`"), "Grüße, `x`");
    }
}
