//! Text of a source, shortened for one line of a message.

/// Characters of a bad record that are quoted: enough to find it, short enough for one line of a terminal.
pub const EXCERPT_CHARACTERS: usize = 100;

/// The beginning of a text on one line, without control characters.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut characters = text.trim().chars();
    let mut start: String = characters
        .by_ref()
        .take(EXCERPT_CHARACTERS)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if characters.next().is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        assert_eq!(excerpt("  a\nb\u{1b}[31m "), "a b [31m");
        let long = excerpt(&"é".repeat(500));
        assert_eq!(long.chars().count(), EXCERPT_CHARACTERS + 1);
        assert!(long.ends_with('…'));
    }
}
