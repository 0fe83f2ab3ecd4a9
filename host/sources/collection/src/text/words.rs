//! A line of text as words, each with what separates it from the one before.

use palisade_limits::LINE_WORDS;

use super::line::is_doubtful;

/// What stands between the values of a list.
pub(super) const SEPARATORS: [char; 3] = [',', ';', '|'];

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// One blank, or the beginning of the line.
    Blank,
    /// A tab, or several blanks.
    Wide,
    /// `;` or `|`.
    Mark,
    /// `,`.
    Comma,
}

impl Gap {
    fn of(between: &str) -> Self {
        if between.contains(',') {
            Self::Comma
        } else if between.contains(SEPARATORS) {
            Self::Mark
        } else if between.contains('\t') || between.chars().nth(1).is_some() {
            Self::Wide
        } else {
            Self::Blank
        }
    }
}

/// One word of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'line> {
    pub(super) gap: Gap,
    pub(super) text: &'line str,
    /// The line from this word on.
    pub(super) from: &'line str,
}

impl Word<'_> {
    pub(super) fn is_behind_blank(&self) -> bool {
        matches!(self.gap, Gap::Blank | Gap::Wide)
    }
}

/// The words of a line, without the separators around them.
pub(super) fn words(line: &str) -> Result<Vec<Word<'_>>, String> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let from = rest.trim_start_matches(|next: char| next.is_whitespace() || SEPARATORS.contains(&next));
        if from.is_empty() {
            return Ok(words);
        }
        let between = rest.get(..rest.len().saturating_sub(from.len())).unwrap_or_default();
        let gap = if words.is_empty() { Gap::Blank } else { Gap::of(between) };
        let end = from.find(char::is_whitespace).unwrap_or(from.len());
        let text = from.get(..end).unwrap_or_default().trim_end_matches(SEPARATORS);
        rest = from.get(text.len()..).unwrap_or_default();
        if is_doubtful(text) {
            words.push(Word { gap, text, from });
        } else {
            let mut gap = gap;
            let mut from = from;
            for part in text.split_inclusive(SEPARATORS) {
                let word = part.trim_end_matches(SEPARATORS);
                if !word.is_empty() {
                    words.push(Word { gap, text: word, from });
                }
                from = from.get(part.len()..).unwrap_or_default();
                gap = if gap == Gap::Comma && word.is_empty() { gap } else { Gap::of(part) };
            }
        }
        if u64::try_from(words.len()).is_ok_and(|count| count > LINE_WORDS) {
            return Err(format!("more than {LINE_WORDS} words on the line"));
        }
    }
}
