//! Finds fragments of secrets: a secret that is split over two headers, two fields of a document or two messages stands
//! in none of them as a whole.
//!
//! A fragment is at least [`REDACTED_FRAGMENT_BYTES`](palisade_limits::REDACTED_FRAGMENT_BYTES) bytes of a secret that look
//! random, at any place of a text, literal or escaped. Words, and the header of a JSON Web Token, which all tokens of an
//! issuer share, occur in other texts and are not fragments.

use std::ops::Range;

use palisade_limits as limits;
use secrecy::{ExposeSecret, SecretSlice};

use crate::spelling::{Search, Unit, behind_line_break, is_introducer, readings};

/// Bytes that are compared at once.
const GRAM: usize = 8;

/// Bits of the filter that most places do not pass: a secret of 1,000 characters sets 1.5 % of them.
const FILTER_BITS: u32 = 16;

/// How often the kind of character changes in a fragment, at least: random digits and letters change at every second one,
/// words and numbers joined to each other once or twice.
const CHANGES: usize = 3;

/// Bytes behind an ampersand among which a reference to a character has a sign that other text has not.
const REFERENCE: usize = 8;

/// Escaped text is read in pieces of this many characters, so that its memory is bounded.
const PIECE: usize = 64 * 1024;

/// The fragments of all secrets.
#[derive(Default)]
pub(crate) struct Fragments {
    secrets: Vec<SecretSlice<u8>>,
    /// The first bytes of each fragment, in order.
    grams: SecretSlice<u64>,
    /// To which secret each of them belongs, where it begins there, and the length of the shortest fragment.
    places: Vec<Place>,
    filter: Vec<u64>,
    longest: usize,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    secret: usize,
    offset: usize,
    least: usize,
}

impl Fragments {
    pub(crate) fn of(secrets: &[&str]) -> Self {
        let mut found = Vec::new();
        for (index, secret) in secrets.iter().enumerate() {
            let Some(least) = least(secret) else { continue };
            let windows = secret.as_bytes().windows(least).enumerate().skip(public(secret));
            for (offset, window) in windows.filter(|(_, window)| looks_random(window)) {
                let gram = window.iter().take(GRAM).fold(0, |gram, byte| push(gram, *byte));
                found.push((gram, Place { secret: index, offset, least }));
            }
        }
        if found.is_empty() {
            return Self::default();
        }
        found.sort_unstable_by_key(|(gram, _)| *gram);
        let mut filter = vec![0; 1 << (FILTER_BITS - 6)];
        for (gram, _) in &found {
            let (word, bit) = slot(*gram);
            filter.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
        let (grams, places): (Vec<u64>, Vec<Place>) = found.into_iter().unzip();
        Self {
            secrets: secrets.iter().map(|secret| SecretSlice::from(secret.as_bytes().to_vec())).collect(),
            grams: SecretSlice::from(grams),
            places,
            filter,
            longest: secrets.iter().map(|secret| secret.len()).max().unwrap_or_default(),
        }
    }

    /// The places of all fragments.
    pub(crate) fn find(&self, text: &[u8], search: &mut Search) -> Vec<Range<usize>> {
        if self.places.is_empty() {
            return Vec::new();
        }
        let mut found = self.scan(text);
        if text.iter().any(|byte| is_introducer(*byte) || matches!(byte, b'\r' | b'\n')) {
            self.find_escaped(text, &mut found, search);
        }
        found
    }

    /// The places in the text that is left if every escape is read as deeply as possible and line breaks are left out.
    fn find_escaped(&self, text: &[u8], found: &mut Vec<Range<usize>>, search: &mut Search) {
        let (mut values, mut places) = (Vec::new(), Vec::new());
        let mut at = 0;
        while at < text.len() && !search.is_used_up() {
            let end = read(text, at, &mut values, search);
            places.resize(values.len(), at);
            at = end;
            if values.len() >= PIECE + self.longest || at >= text.len() {
                for range in self.scan(&values) {
                    let place = |index: usize| places.get(index).copied().unwrap_or(at);
                    found.push(place(range.start)..place(range.end));
                }
                // A fragment may go on in the next piece.
                let forget = values.len().saturating_sub(self.longest);
                values.drain(..forget);
                places.drain(..forget);
            }
        }
    }

    fn scan(&self, values: &[u8]) -> Vec<Range<usize>> {
        let (mut found, mut gram, mut behind) = (Vec::new(), 0, 0);
        for (last, byte) in values.iter().enumerate() {
            gram = push(gram, *byte);
            let (word, bit) = slot(gram);
            if self.filter.get(word).is_none_or(|word| word & bit == 0) {
                continue;
            }
            let Some(start) = (last + 1).checked_sub(GRAM).filter(|start| *start >= behind) else { continue };
            if let Some(length) = self.length(values.get(start..).unwrap_or_default(), gram) {
                behind = start + length;
                found.push(start..behind);
            }
        }
        found
    }

    /// How long the longest fragment is with which `values` begin.
    fn length(&self, values: &[u8], gram: u64) -> Option<usize> {
        let grams = self.grams.expose_secret();
        let first = grams.partition_point(|known| *known < gram);
        let same = grams.iter().zip(&self.places).skip(first).take_while(|(known, _)| **known == gram);
        let lengths = same.filter_map(|(_, place)| {
            let secret = self.secrets.get(place.secret)?.expose_secret().get(place.offset..)?;
            let length = secret.iter().zip(values).take_while(|(a, b)| a == b).count();
            (length >= place.least).then_some(length)
        });
        lengths.max()
    }
}

/// The length of the shortest fragment of a secret that is recognised; none of a secret that is not longer.
pub(crate) fn least(secret: &str) -> Option<usize> {
    let short = secret.len() < 2 * limits::REDACTED_FRAGMENT_BYTES as usize;
    let least =
        if short { limits::REDACTED_SHORT_FRAGMENT_BYTES } else { limits::REDACTED_FRAGMENT_BYTES } as usize;
    (secret.len() > least).then_some(least)
}

/// How many bytes at the beginning of a secret are known to everybody: the header of a JSON Web Token.
fn public(secret: &str) -> usize {
    match secret.split_once('.') {
        Some((header, rest)) if header.starts_with("eyJ") && rest.contains('.') => header.len() + 1,
        _ => 0,
    }
}

fn push(gram: u64, byte: u8) -> u64 {
    (gram << 8) | u64::from(byte)
}

/// The word of the filter to which a gram belongs, and its bit there.
fn slot(gram: u64) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - FILTER_BITS);
    (usize::try_from(hash >> 6).unwrap_or_default(), 1 << (hash & 63))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    Lower,
    Digit,
}

/// Whether a text is none that people write: words, also with a capital first, numbers, and a few of them joined.
fn looks_random(text: &[u8]) -> bool {
    let kinds = text.iter().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(Kind::Upper),
        b'a'..=b'z' => Some(Kind::Lower),
        b'0'..=b'9' => Some(Kind::Digit),
        _ => None,
    });
    let pairs = kinds.clone().zip(kinds.skip(1));
    let changes = pairs.filter(|pair| pair.0 != pair.1 && *pair != (Kind::Upper, Kind::Lower)).count();
    changes >= CHANGES
}

/// Adds what the position `at` reads as, and gives where the next one is.
fn read(text: &[u8], at: usize, values: &mut Vec<u8>, search: &mut Search) -> usize {
    let Some(raw) = text.get(at).copied() else { return at + 1 };
    if let Some((byte, end)) = simple(text.get(at..).unwrap_or_default()) {
        values.push(byte);
        return at + end;
    }
    let escapes = readings(text, at, search);
    let escapes = escapes.iter().filter(|(_, end)| *end > at + 1);
    // Of several readings the first one that secrets have: `&#73&#53` is `I5` and not the character 735, `\\u0034\u0031` is
    // `41` and not the escape `\41`. A character behind
    // its own backslash, as the `u` of `\u0034`, comes last.
    let rank = |end: usize, byte: u8| {
        let before = text.get(..end).unwrap_or_default();
        let is_itself = before.ends_with(&[b'\\', byte])
            || matches!(byte, b'u' | b'U' | b'x') && before.ends_with(&[byte]);
        let is_usual = byte.is_ascii_alphanumeric() || b"-_.+/~".contains(&byte);
        (!is_usual, is_itself, end)
    };
    let character = escapes.filter_map(|(unit, end)| match unit {
        Unit::Byte(byte) if byte.is_ascii_graphic() => Some((end, byte)),
        Unit::Byte(_) | Unit::Character(_) => None,
    });
    let character = character.min_by_key(|(end, byte)| rank(*end, *byte));
    if character.is_none() || is_line_break(text, at) {
        let behind = behind_line_break(text, at, search);
        if behind != at {
            return behind;
        }
    }
    let (end, byte) = character.unwrap_or((at + 1, raw));
    values.push(byte);
    end
}

/// The character with which `text` begins, and its length, if one look tells: most introducers introduce nothing.
fn simple(text: &[u8]) -> Option<(u8, usize)> {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || is_introducer(byte) || matches!(byte, b'\r' | b'\n');
    match text {
        [b'\r' | b'\n', ..] => None,
        [b'\\', next, ..] if !next.is_ascii_alphanumeric() && !is_part(*next) => Some((*next, 2)),
        [raw @ (b'%' | b'='), next, ..] if !is_part(*next) && !matches!(next, b'u' | b'U') => Some((*raw, 1)),
        [raw @ b'&', rest @ ..]
            if !rest.iter().take(REFERENCE).any(|byte| matches!(byte, b'#' | b';' | b'\\' | b'%')) =>
        {
            Some((*raw, 1))
        }
        [raw, ..] if !is_introducer(*raw) => Some((*raw, 1)),
        _ => None,
    }
}

/// Whether a line break is meant where an escape may also be read as the letter itself: `\n`, not `\\u006e`.
fn is_line_break(text: &[u8], at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let letter = rest.iter().find(|byte| **byte != b'\\');
    rest.first() == Some(&b'\\') && matches!(letter, Some(b'n' | b'r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_that_people_write_are_no_fragments() {
        for text in [
            "correct horse battery staple",
            "contoso-security-2024",
            "https://hooks.example",
            "Summer2024Com",
            "20241130123456",
            "ContosoGroupProduction",
            "AAAAAAAAAAAAAAAA",
        ] {
            assert!(!looks_random(text.as_bytes()), "{text}");
        }
        for text in ["5f4dcc3b5aa765d6", "eyJhbGciOiJIUzI1", "R7tVf2kPq9XwZ4mB", "a8S3kd0fLq2P"] {
            assert!(looks_random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_header_of_a_token_is_public() {
        assert_eq!(public("eyJ0eXAi.eyJjaWQi.c2ln"), 9);
        assert_eq!(public("eyJ0eXAi.eyJjaWQi"), 0);
        assert_eq!(public("a.b.c"), 0);
    }
}
