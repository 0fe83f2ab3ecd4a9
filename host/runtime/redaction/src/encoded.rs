//! Encodings that hide a text as a whole: Base64 of either alphabet, Base32, hexadecimal, UTF-16 and lists of numbers. Runs of their
//! characters are decoded from every alignment. The characters may be escaped, and broken over several lines.

use std::ops::{Range, RangeInclusive};

use crate::spelling::{self, Search};

/// A run is decoded in pieces of at least this many characters, so that its memory is bounded.
const PIECE: usize = 64 * 1024;

/// How often the longest secret fits into what two neighbouring pieces share: every character of it may be an escape of
/// six characters, in hexadecimal.
const SHARED: usize = 16;

/// One of these encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Base64,
    Base32,
    Hexadecimal,
    Utf16,
    Numbers,
}

impl Encoding {
    pub(crate) const ALL: [Self; 5] =
        [Self::Base64, Self::Base32, Self::Hexadecimal, Self::Utf16, Self::Numbers];

    /// Characters of the shortest run that can hold `bytes`.
    fn least(self, bytes: usize) -> usize {
        match self {
            Self::Base64 => bytes * 8 / 6,
            Self::Base32 => bytes * 8 / 5,
            Self::Hexadecimal => bytes * 2,
            Self::Utf16 | Self::Numbers => bytes,
        }
    }

    /// Whether a byte may stand inside a run: as a character, as a part of an escape, or between two characters.
    fn may_hold(self, byte: u8) -> bool {
        match self {
            // Only its padding is ever escaped.
            Self::Base32 => base32_value(byte).is_some() || b"\\\r\n".contains(&byte),
            Self::Base64 | Self::Hexadecimal => {
                byte.is_ascii_alphanumeric() || b"+/-_=\\%&#;{}:, \t\r\n".contains(&byte)
            }
            Self::Numbers => byte.is_ascii_digit() || b", \r\n".contains(&byte),
            Self::Utf16 => true,
        }
    }

    /// How a run can be aligned.
    fn alignments(self) -> usize {
        match self {
            Self::Base64 => 4,
            Self::Base32 => 8,
            Self::Hexadecimal => 2,
            Self::Utf16 | Self::Numbers => 1,
        }
    }

    fn decode(self, values: &[u8], alignment: usize, bytes: &mut Vec<u8>) {
        bytes.clear();
        let values = values.get(alignment..).unwrap_or_default();
        match self {
            Self::Base64 => {
                for group in values.chunks(4) {
                    let mut bits = group.iter().fold(0_u32, |bits, value| (bits << 6) | u32::from(*value));
                    bits <<= 6 * (4 - group.len());
                    let [_, decoded @ ..] = bits.to_be_bytes();
                    bytes.extend(decoded.iter().take((group.len() * 6) / 8));
                }
            }
            Self::Base32 => {
                for group in values.chunks(8) {
                    let mut bits = group.iter().fold(0_u64, |bits, value| (bits << 5) | u64::from(*value));
                    bits <<= 5 * (8 - group.len());
                    let [_, _, _, decoded @ ..] = bits.to_be_bytes();
                    bytes.extend(decoded.iter().take((group.len() * 5) / 8));
                }
            }
            Self::Hexadecimal => bytes.extend(
                values.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte: u8, digit| (byte << 4) | digit)),
            ),
            Self::Utf16 | Self::Numbers => bytes.extend_from_slice(values),
        }
    }

    /// The characters of a run that hold these decoded bytes.
    fn characters(self, alignment: usize, bytes: &Range<usize>) -> Range<usize> {
        match self {
            Self::Base64 => alignment + bytes.start * 8 / 6..alignment + (bytes.end * 8).div_ceil(6),
            Self::Base32 => alignment + bytes.start * 8 / 5..alignment + (bytes.end * 8).div_ceil(5),
            Self::Hexadecimal => alignment + bytes.start * 2..alignment + bytes.end * 2,
            Self::Utf16 | Self::Numbers => bytes.clone(),
        }
    }

    fn step(self, text: &[u8], at: usize, in_run: bool, search: &mut Search) -> Step {
        match self {
            Self::Base64 => characters(text, at, in_run, base64_value, search),
            Self::Base32 => characters(text, at, in_run, base32_value, search),
            Self::Hexadecimal => hexadecimal(text, at, in_run, search),
            Self::Utf16 => utf16(text, at, in_run),
            Self::Numbers => number(text, at, in_run),
        }
    }
}

/// What a position of a run is.
enum Step {
    /// A character with this value.
    Value(u8, usize),
    /// Nothing, up to this position: a line break or a separator.
    Skip(usize),
    /// The end of the run.
    Break,
}

/// Decodes each run that can hold `shortest` bytes and hands the decoded bytes to `inside`, which returns the ranges to
/// redact. Returns these as ranges of `text`.
pub(crate) fn each(
    encoding: Encoding,
    text: &[u8],
    lengths: &RangeInclusive<usize>,
    search: &mut Search,
    mut inside: impl FnMut(&[u8], &mut Search) -> Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let least = encoding.least(*lengths.start()).max(1);
    if !may_hold_run(encoding, text, least) {
        return Vec::new();
    }
    let mut run = Run { encoding, least, ..Run::default() };
    let shared = lengths.end().saturating_mul(SHARED);
    let piece = PIECE.max(shared.saturating_mul(2));
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && !search.is_used_up() {
        match encoding.step(text, at, !run.values.is_empty(), search) {
            Step::Value(value, end) => {
                run.values.push(value);
                run.places.push(at);
                at = end;
                run.end = end;
                if run.values.len() >= piece {
                    run.search(&mut found, search, &mut inside);
                    run.keep(shared);
                }
            }
            Step::Skip(end) => at = end,
            Step::Break => {
                run.search(&mut found, search, &mut inside);
                run.keep(0);
                at += 1;
            }
        }
    }
    run.search(&mut found, search, &mut inside);
    found
}

/// Whether a text can hold a run of `least` characters: nearly no text can, and this look costs a hundredth of the search.
fn may_hold_run(encoding: Encoding, text: &[u8], least: usize) -> bool {
    if encoding == Encoding::Utf16 {
        return text.contains(&0);
    }
    let mut stretch = 0;
    text.iter().any(|byte| {
        stretch = if encoding.may_hold(*byte) { stretch + 1 } else { 0 };
        stretch >= least
    })
}

/// Characters that belong together.
struct Run {
    encoding: Encoding,
    least: usize,
    values: Vec<u8>,
    /// Where each of them stands.
    places: Vec<usize>,
    /// Where the last of them ends.
    end: usize,
    decoded: Vec<u8>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            encoding: Encoding::Base64,
            least: 1,
            values: Vec::new(),
            places: Vec::new(),
            end: 0,
            decoded: Vec::new(),
        }
    }
}

impl Run {
    fn search(
        &mut self,
        found: &mut Vec<Range<usize>>,
        search: &mut Search,
        inside: &mut impl FnMut(&[u8], &mut Search) -> Vec<Range<usize>>,
    ) {
        if self.values.len() < self.least {
            return;
        }
        for alignment in 0..self.encoding.alignments() {
            self.encoding.decode(&self.values, alignment, &mut self.decoded);
            search.take(self.decoded.len() as u64);
            for bytes in inside(&self.decoded, search) {
                let characters = self.encoding.characters(alignment, &bytes);
                let place = |index: usize| self.places.get(index).copied();
                let Some(start) = place(characters.start) else { continue };
                found.push(start..place(characters.end).unwrap_or(self.end));
            }
        }
    }

    /// Forgets all but the last characters.
    fn keep(&mut self, last: usize) {
        let forget = self.values.len().saturating_sub(last);
        self.values.drain(..forget);
        self.places.drain(..forget);
    }
}

fn base64_value(byte: u8) -> Option<u8> {
    Some(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn base32_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' => Some(byte.to_ascii_uppercase() - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

fn hexadecimal_value(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn characters(
    text: &[u8],
    at: usize,
    in_run: bool,
    value: fn(u8) -> Option<u8>,
    search: &mut Search,
) -> Step {
    let Some(raw) = text.get(at).copied() else { return Step::Break };
    if let Some(value) = value(raw) {
        return Step::Value(value, at + 1);
    }
    if !spelling::is_introducer(raw) && !matches!(raw, b'\r' | b'\n') {
        return Step::Break;
    }
    if in_run {
        let behind = spelling::behind_line_break(text, at, search);
        if behind != at {
            return Step::Skip(behind);
        }
    }
    let read = spelling::unescaped(text, at, |byte| value(byte).is_some(), search);
    read.and_then(|(byte, end)| Some(Step::Value(value(byte)?, end))).unwrap_or(Step::Break)
}

/// Digits, also with one separator between two of them, as dumps and fingerprints have.
fn hexadecimal(text: &[u8], at: usize, in_run: bool, search: &mut Search) -> Step {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_hexdigit);
    match text.get(at..).unwrap_or_default() {
        [b' ' | b':' | b'-' | b',', b'0', b'x' | b'X', ..] if in_run && is_digit(at + 3) => {
            Step::Skip(at + 3)
        }
        [b',', b' ', b'0', b'x' | b'X', ..] if in_run && is_digit(at + 4) => Step::Skip(at + 4),
        [b' ' | b':' | b'-' | b',', ..] if in_run && is_digit(at + 1) => Step::Skip(at + 1),
        _ => characters(text, at, in_run, hexadecimal_value, search),
    }
}

/// Characters of ASCII with a zero byte before or behind each, or with three of them, as UTF-32 has.
fn utf16(text: &[u8], at: usize, in_run: bool) -> Step {
    match text.get(at..).unwrap_or_default() {
        [0, value, 0, ..] | [0, value] if *value != 0 => Step::Value(*value, at + 2),
        [value, 0, ..] if *value != 0 => Step::Value(*value, at + 2),
        [0, 0, 0, value, ..] if *value != 0 => Step::Value(*value, at + 4),
        [0, 0, ..] => Step::Skip(at + 2),
        [0, value, ..] => Step::Value(*value, at + 2),
        // The last one, if the character before the run was taken for the first.
        [value, ..] if in_run && at.checked_sub(1).and_then(|before| text.get(before)) == Some(&0) => {
            Step::Value(*value, at + 1)
        }
        _ => Step::Break,
    }
}

/// A number below 256 and the separator behind it, as JSON writes the bytes of a buffer.
fn number(text: &[u8], at: usize, in_run: bool) -> Step {
    let rest = text.get(at..).unwrap_or_default();
    let digits = rest.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 3 {
        let separators =
            rest.iter().take(8).take_while(|byte| matches!(byte, b',' | b' ' | b'\r' | b'\n')).count();
        return if in_run && (1..8).contains(&separators) {
            Step::Skip(at + separators)
        } else {
            Step::Break
        };
    }
    let value = rest.iter().take(digits).fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
    match u8::try_from(value) {
        Ok(value) => Step::Value(value, at + digits),
        Err(_) => Step::Break,
    }
}
