//! Finds where a spelling of a text ends. Follows every reading of every position at once.

use crate::spelling::{Search, Unit, behind_line_break, is_introducer, readings};

/// Looks for spellings of texts. Keeps its memory from one look to the next.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    current: Vec<(usize, usize)>,
    next: Vec<(usize, usize)>,
}

impl Matcher {
    /// Where the longest spelling of `wanted` that begins at `at` ends.
    pub(crate) fn end(
        &mut self,
        text: &[u8],
        at: usize,
        wanted: &[u8],
        search: &mut Search,
    ) -> Option<usize> {
        let mut longest = None;
        self.current.clear();
        self.current.push((0, at));
        while !self.current.is_empty() {
            self.next.clear();
            for (matched, at) in self.current.iter().copied() {
                if matched == wanted.len() {
                    longest = longest.max(Some(at));
                    continue;
                }
                let Some(wanted) = wanted.get(matched..) else { continue };
                advance(text, at, matched, wanted, &mut self.next, search);
                let behind = if matched == 0 { at } else { behind_line_break(text, at, search) };
                if behind != at {
                    advance(text, behind, matched, wanted, &mut self.next, search);
                }
            }
            if self.next.len() > 1 {
                self.next.sort_unstable();
                self.next.dedup();
            }
            std::mem::swap(&mut self.current, &mut self.next);
        }
        longest.filter(|end| *end > at)
    }
}

/// Whether a spelling of something that begins with `wanted` may begin with `byte`.
pub(crate) fn may_begin(byte: u8, wanted: u8) -> bool {
    byte == wanted || is_introducer(byte) || (byte == b'+' && wanted == b' ')
}

/// Adds every place to which one more unit of `wanted` leads from `at`.
fn advance(
    text: &[u8],
    at: usize,
    matched: usize,
    wanted: &[u8],
    next: &mut Vec<(usize, usize)>,
    search: &mut Search,
) {
    let (Some(raw), Some(first)) = (text.get(at).copied(), wanted.first().copied()) else { return };
    search.take(1);
    if raw == first || (raw == b'+' && first == b' ') {
        next.push((matched + 1, at + 1));
    }
    if !is_introducer(raw) {
        return;
    }
    for (unit, end) in readings(text, at, search).iter().filter(|(_, end)| *end > at + 1) {
        match unit {
            Unit::Byte(byte) if byte == first || (byte == b'+' && first == b' ') => {
                next.push((matched + 1, end))
            }
            Unit::Byte(_) => {}
            Unit::Character(character) => {
                let mut buffer = [0; 4];
                let encoded = character.encode_utf8(&mut buffer);
                if wanted.starts_with(encoded.as_bytes()) {
                    next.push((matched + encoded.len(), end));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, wanted: &str) -> Option<usize> {
        Matcher::default().end(text.as_bytes(), 0, wanted.as_bytes(), &mut Search::of(text.len()))
    }

    #[test]
    fn every_usual_spelling_is_recognised_to_its_end() {
        for (text, wanted) in [
            ("a/b", "a/b"),
            (r"a\/b", "a/b"),
            (r"a\u002Fb", "a/b"),
            (r"a\\u002fb", "a/b"),
            (r"a\x2fb", "a/b"),
            (r"a\u{2f}b", "a/b"),
            (r"a\U0000002fb", "a/b"),
            (r"a\057b", "a/b"),
            (r"\a\/\b", "a/b"),
            ("a%2fb", "a/b"),
            ("%61%2F%62", "a/b"),
            ("a%252Fb", "a/b"),
            ("a%u002Fb", "a/b"),
            ("a%5Cu002fb", "a/b"),
            ("a%5c%2fb", "a/b"),
            ("a&#92;u002fb", "a/b"),
            ("a&#47;b", "a/b"),
            ("a&#x2f;b", "a/b"),
            ("a&#x0002f;b", "a/b"),
            ("a&sol;b", "a/b"),
            ("a&amp;#47;b", "a/b"),
            ("a&amp;amp;#x2f;b", "a/b"),
            ("a=2Fb", "a/b"),
            ("a=252Fb", "a/b"),
            ("a=\r\n/b", "a/b"),
            ("a&quot;b", "a\"b"),
            (r#"a\"b"#, "a\"b"),
            (r#"a\\\"b"#, "a\"b"),
            (r#"a\\\\\\\"b"#, "a\"b"),
            (r"a\\b", r"a\b"),
            (r"a\\\\b", r"a\b"),
            ("a%25b", "a%b"),
            ("a%2525b", "a%b"),
            ("a%41b", "a%41b"),
            ("a%2541b", "a%41b"),
            ("a%2541b", "aAb"),
            ("a+b", "a b"),
            ("a%2Bb", "a b"),
            ("a\r\nb", "ab"),
            ("a\n  b", "ab"),
            (r"a\r\nb", "ab"),
            (r"a\nb", "ab"),
            ("a%0D%0Ab", "ab"),
            (r"\u00fc", "ü"),
            ("%C3%BC", "ü"),
            ("&#252;", "ü"),
            (r"\ud83d\ude00", "😀"),
        ] {
            assert_eq!(end(text, wanted), Some(text.len()), "{text:?} for {wanted:?}");
        }
    }

    #[test]
    fn what_is_another_text_is_not_recognised() {
        for (text, wanted) in [
            ("a", "ab"),
            ("aXb", "ab"),
            ("a%2eb", "a/b"),
            (r"a\u0030b", "a/b"),
            (r"a\u002", "a/"),
            (r"\ud83dx", "😀"),
            ("a&lt;b", "a>b"),
            ("a&unknown;b", "a/b"),
            ("a=2", "a/"),
            ("a\n", "ab"),
            ("", "a"),
        ] {
            assert_eq!(end(text, wanted), None, "{text:?} for {wanted:?}");
        }
    }
}
