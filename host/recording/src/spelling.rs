//! In how many ways one text can stand inside of another: as it is, or as JSON, a URL, HTML or UTF-16 would write it, with
//! line breaks in between, and mixed. An echo comes back in whatever form the service's own error page uses.
//!
//! Escapes inside of escapes are followed [`ESCAPE_NESTING_BYTES`](palisade_limits::ESCAPE_NESTING_BYTES) deep; what
//! is wrapped deeper is not recognised.

use palisade_limits as limits;

/// Looks for spellings of texts. Keeps its memory from one look to the next.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    current: Vec<usize>,
    next: Vec<usize>,
}

impl Matcher {
    /// Where the longest spelling of `wanted` that begins at `at` ends.
    pub(crate) fn end(&mut self, text: &[u8], at: usize, wanted: &[u8]) -> Option<usize> {
        self.current.clear();
        self.current.push(at);
        for (index, byte) in wanted.iter().enumerate() {
            self.next.clear();
            for at in &self.current {
                let from = *at;
                ends(text, from, *byte, &mut self.next);
                let behind = if index == 0 { from } else { behind_line_breaks(text, from) };
                if behind != from {
                    ends(text, behind, *byte, &mut self.next);
                }
            }
            self.next.sort_unstable();
            self.next.dedup();
            std::mem::swap(&mut self.current, &mut self.next);
            if self.current.is_empty() {
                return None;
            }
        }
        self.current.last().copied().filter(|end| *end > at)
    }
}

/// Whether a spelling of something that begins with `wanted` may begin with `byte`.
pub(crate) fn may_begin(byte: u8, wanted: u8) -> bool {
    byte == wanted || matches!(byte, b'\\' | b'%' | b'&' | 0) || (byte == b'+' && wanted == b' ')
}

/// Adds every place at which a spelling of `wanted` that begins at `at` ends.
fn ends(text: &[u8], at: usize, wanted: u8, ends: &mut Vec<usize>) {
    let Some(rest) = text.get(at..) else { return };
    let Some((first, behind)) = rest.split_first() else { return };
    if *first == wanted || (*first == b'+' && wanted == b' ') {
        ends.push(at + 1);
        // UTF-16, least significant byte first.
        if behind.first() == Some(&0) {
            ends.push(at + 2);
        }
    }
    match first {
        0 if behind.first() == Some(&wanted) => ends.push(at + 2),
        b'%' => percent(behind, wanted, |length| ends.push(at + 1 + length)),
        b'&' => ends.extend(reference(behind, wanted).map(|length| at + 1 + length)),
        b'\\' => backslashes(rest, wanted, |length| ends.push(at + length)),
        _ => {}
    }
}

/// `%2B`, and `%252B`, what stands behind the first percent sign.
fn percent(mut text: &[u8], wanted: u8, mut end: impl FnMut(usize)) {
    let mut length = 2;
    while length as u64 <= limits::ESCAPE_NESTING_BYTES {
        if hexadecimal(text, 2) == Some(u32::from(wanted)) {
            end(length);
        }
        let Some(behind) = text.strip_prefix(b"25") else { return };
        text = behind;
        length += 2;
    }
}

/// `&#43;`, `&#x2b;` and `&quot;`, what stands behind the ampersand.
fn reference(text: &[u8], wanted: u8) -> Option<usize> {
    // The longest is `#x0002b;`, and padding with noughts has no end: this is what programs write.
    let (inside, _) = text.split_at_checked(text.iter().take(8).position(|byte| *byte == b';')?)?;
    let named = match inside {
        b"quot" => wanted == b'"',
        b"apos" => wanted == b'\'',
        b"amp" => wanted == b'&',
        b"lt" => wanted == b'<',
        b"gt" => wanted == b'>',
        _ => false,
    };
    let numbered = || {
        let digits = std::str::from_utf8(inside.strip_prefix(b"#")?).ok()?;
        match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        }
    };
    (named || numbered() == Some(u32::from(wanted))).then_some(inside.len() + 1)
}

/// `\"`, `\/`, `\\`, `\u002b`, and each of them escaped once more.
fn backslashes(text: &[u8], wanted: u8, mut end: impl FnMut(usize)) {
    let run = run_of_backslashes(text);
    if wanted == b'\\' {
        (2..=run).for_each(&mut end);
    }
    let Some(behind) = text.get(run..) else { return };
    if matches!(wanted, b'"' | b'\'' | b'/') && behind.first() == Some(&wanted) {
        end(run + 1);
    }
    if let Some(digits) = behind.strip_prefix(b"u")
        && hexadecimal(digits, 4) == Some(u32::from(wanted))
    {
        end(run + 5);
    }
}

fn run_of_backslashes(text: &[u8]) -> usize {
    let most = usize::try_from(limits::ESCAPE_NESTING_BYTES).unwrap_or(1);
    text.iter().take(most).take_while(|byte| **byte == b'\\').count()
}

/// Where the line breaks end that begin at `at`, as they are or as JSON writes them: long Base64 is folded.
fn behind_line_breaks(text: &[u8], mut at: usize) -> usize {
    // A carriage return and a line feed.
    for _ in 0..2 {
        let rest = text.get(at..).unwrap_or_default();
        let run = run_of_backslashes(rest);
        at += match (run, rest.get(run)) {
            (0, Some(b'\r' | b'\n')) => 1,
            (1.., Some(b'r' | b'n')) => run + 1,
            _ => return at,
        };
    }
    at
}

fn hexadecimal(text: &[u8], digits: usize) -> Option<u32> {
    text.get(..digits)?
        .iter()
        .try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, wanted: &str) -> Option<usize> {
        Matcher::default().end(text.as_bytes(), 0, wanted.as_bytes())
    }

    #[test]
    fn every_usual_spelling_is_recognised_to_its_end() {
        for (text, wanted) in [
            ("a/b", "a/b"),
            (r"a\/b", "a/b"),
            (r"a\u002Fb", "a/b"),
            (r"a\\u002fb", "a/b"),
            ("a%2fb", "a/b"),
            ("%61%2F%62", "a/b"),
            ("a%252Fb", "a/b"),
            ("a&#47;b", "a/b"),
            ("a&#x2f;b", "a/b"),
            ("a&quot;b", "a\"b"),
            (r#"a\"b"#, "a\"b"),
            (r#"a\\\"b"#, "a\"b"),
            (r"a\\b", r"a\b"),
            (r"a\\\\b", r"a\b"),
            ("a%25b", "a%b"),
            ("a%2525b", "a%b"),
            ("a%41b", "a%41b"),
            ("a%2541b", "a%41b"),
            ("a%2541b", "aAb"),
            ("a+b", "a b"),
            ("a\0b\0", "ab"),
            ("\0a\0b", "ab"),
            ("a\r\nb", "ab"),
            (r"a\nb", "ab"),
        ] {
            assert_eq!(end(text, wanted), Some(text.len()), "{text:?} for {wanted:?}");
        }
    }

    #[test]
    fn what_is_another_text_is_not_recognised() {
        for (text, wanted) in
            [("a", "ab"), ("aXb", "ab"), ("a%2eb", "a/b"), (r"a\u0030b", "a/b"), ("a&lt;b", "a>b"), ("", "a")]
        {
            assert_eq!(end(text, wanted), None, "{text:?} for {wanted:?}");
        }
    }

    #[test]
    fn a_wall_of_escapes_costs_no_more_than_its_length() {
        for wall in ["\\", "%25", "&#", "\0"] {
            let text = wall.repeat(200_000);
            let mut matcher = Matcher::default();
            let begun = std::time::Instant::now();
            for at in 0..text.len() {
                matcher.end(text.as_bytes(), at, b"\\%secret");
            }
            assert!(begun.elapsed().as_secs() < 20, "{wall:?} took {:?}", begun.elapsed());
        }
    }
}
