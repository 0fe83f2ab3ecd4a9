//! What stands around a value in lists that were cut out of something else: quotes, brackets, dashes, full stops of any
//! script. It is removed where it can only be punctuation; where it may be part of the value, the value is not read.

use crate::guess::{guess, has_scheme, subtype};
use crate::refang::refang;
use crate::settle::strip;

/// Quotes and marks that no value begins with.
const OPENING: &[char] = &[
    '"', '\'', '`', '<', '\u{AB}', '\u{B4}', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}', '\u{201C}',
    '\u{201D}', '\u{201E}', '\u{201F}', '\u{2039}', '\u{203A}', '\u{BB}', '\u{2032}', '\u{2033}', '\u{2010}',
    '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}', '\u{2022}', '\u{2023}', '\u{25CF}',
    '\u{25AA}', '\u{25E6}', '\u{300C}', '\u{300E}', '\u{300A}', '\u{3008}', '\u{3010}', '\u{FF02}',
    '\u{FF07}', '\u{FF1C}', '\u{FF08}',
];
/// Quotes and marks that no value ends with.
const CLOSING: &[char] = &[
    '"', '\'', '`', '>', '\u{BB}', '\u{B4}', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201B}', '\u{201C}',
    '\u{201D}', '\u{201E}', '\u{201F}', '\u{2039}', '\u{203A}', '\u{AB}', '\u{2032}', '\u{2033}', '\u{3002}',
    '\u{FF0C}', '\u{3001}', '\u{FF1B}', '\u{FF1A}', '\u{FF01}', '\u{FF1F}', '\u{FF0E}', '\u{FF61}',
    '\u{300D}', '\u{300F}', '\u{300B}', '\u{3009}', '\u{3011}', '\u{FF02}', '\u{FF07}', '\u{FF1E}',
    '\u{FF09}',
];
/// Brackets, which are removed in pairs, and one by one where the other half is missing.
const BRACKETS: &[(char, char)] = &[('(', ')'), ('[', ']'), ('{', '}')];

/// Why a URL with such an end is not read.
pub(crate) const DOUBTFUL_END: &str = "a URL that ends in a dash, which may be punctuation or part of it; \
    expected nothing but the URL";
/// Why a value with an ellipsis is not read.
pub(crate) const CUT_OFF: &str =
    "a value with an ellipsis at its end, which may have been cut off; expected the whole of it";

/// A word without what stands around it.
pub(crate) fn bare(word: &str) -> &str {
    let mut word = strip(word);
    loop {
        let next = strip(without_one(word));
        if next.len() == word.len() {
            return word;
        }
        word = next;
    }
}

/// A value that stands by itself, in a cell, without the marks that only programs for text put around it.
pub(crate) fn without_typographic_marks(value: &str) -> &str {
    let is_mark = |marks: &[char], character: char| !character.is_ascii() && marks.contains(&character);
    let value = strip(value);
    let value = value.trim_start_matches(|first| is_mark(OPENING, first));
    strip(value.trim_end_matches(|last| is_mark(CLOSING, last)))
}

/// The word without one mark or one pair of marks.
fn without_one(word: &str) -> &str {
    let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else { return word };
    if let Some(inner) = word.strip_prefix("**").and_then(|inner| inner.strip_suffix("**")) {
        return inner;
    }
    if let Some(inner) = without_bracket(word, first, last) {
        return inner;
    }
    if OPENING.contains(&first) {
        return word.strip_prefix(first).unwrap_or(word);
    }
    if CLOSING.contains(&last) {
        return word.strip_suffix(last).unwrap_or(word);
    }
    let is_dash = |last| ('\u{2010}'..='\u{2015}').contains(&last);
    if is_dash(last) && !has_scheme(&refang(word)) {
        return word.strip_suffix(last).unwrap_or(word);
    }
    // An address, a hash and a mail address have no full stop at their ends; a name may have one, and it changes nothing.
    if let Some(inner) = word.strip_suffix('.') {
        let kind = guess(&refang(inner));
        if !matches!(kind, None | Some(subtype::FQDN | subtype::URL | subtype::FILENAME)) {
            return inner;
        }
    }
    word
}

/// The word without its brackets; none where it has none, or where they are part of it: `[2001:db8::1]`, `a(b)`.
fn without_bracket(word: &str, first: char, last: char) -> Option<&str> {
    for (open, close) in BRACKETS {
        let opened = word.matches(*open).count();
        let closed = word.matches(*close).count();
        if first == *open && last == *close && opened == 1 {
            let inner = word.strip_prefix(*open)?.strip_suffix(*close)?;
            return (!inner.contains("::") && inner.matches(':').count() < 2 && inner.len() > 3)
                .then_some(inner);
        }
        // `[.example` and `example.]` are torn joints of defanged names, not brackets.
        if last == *close && closed > opened && !word.ends_with(&format!(".{close}")) {
            return word.strip_suffix(*close);
        }
        if first == *open && opened > closed && !word.starts_with(&format!("{open}.")) {
            return word.strip_prefix(*open);
        }
    }
    None
}

/// Why a value, bare and made whole, is not to be read although it looks like one: it may not be all of it.
pub(crate) fn doubt(value: &str) -> Option<&'static str> {
    if value.ends_with('\u{2026}') || value.ends_with("...") || value.starts_with('\u{2026}') {
        return Some(CUT_OFF);
    }
    let (_, path) = value.split_once("://").unwrap_or(("", value));
    let ends_doubtfully =
        value.ends_with(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}']);
    (ends_doubtfully && path.contains(['/', '?', '#'])).then_some(DOUBTFUL_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_around_a_value_are_removed() {
        for (word, expected) in [
            ("\u{201c}a.example\u{201d}", "a.example"),
            ("\u{201e}a.example\u{201c}", "a.example"),
            ("\u{ab}a.example\u{bb}", "a.example"),
            ("`a.example`", "a.example"),
            ("**a.example**", "a.example"),
            ("**`a.example`**", "a.example"),
            ("(192.0.2.1)", "192.0.2.1"),
            ("[a.example]", "a.example"),
            ("a.example)", "a.example"),
            ("(a.example", "a.example"),
            ("\u{ff08}a.example\u{ff09}", "a.example"),
            ("a.example\u{3002}", "a.example"),
            ("\u{2013}a.example\u{2014}", "a.example"),
            ("192.0.2.1.", "192.0.2.1"),
            ("http://a.example/x\u{201d}", "http://a.example/x"),
            ("http://a.example/x)", "http://a.example/x"),
            ("\u{feff}a.example\u{200b}", "a.example"),
        ] {
            assert_eq!(bare(word), expected, "{word}");
        }
    }

    #[test]
    fn what_may_be_part_of_a_value_stays() {
        for word in [
            "[2001:db8::1]",
            "[2001:db8::1]:443",
            "http://a.example/a(b)",
            "http://a.example/a[1]",
            "evil[.]com",
            "evil.]com",
            "*.a.example",
            "a.example.",
            "http://a.example/x.",
            "http://a.example/x\u{2014}",
            "-a.example",
            "_dmarc.a.example",
        ] {
            assert_eq!(bare(word), word, "{word}");
        }
    }

    #[test]
    fn a_value_that_may_have_been_cut_off_is_in_doubt() {
        for (value, expected) in [
            ("http://a.example/x\u{2026}", Some(CUT_OFF)),
            ("a.example\u{2026}", Some(CUT_OFF)),
            ("http://a.example/x...", Some(CUT_OFF)),
            ("http://a.example/x.", None),
            ("http://a.example/x\u{2014}", Some(DOUBTFUL_END)),
            ("http://a.example.", None),
            ("a.example.", None),
            ("http://a.example/x", None),
        ] {
            assert_eq!(doubt(value), expected, "{value}");
        }
    }
}
