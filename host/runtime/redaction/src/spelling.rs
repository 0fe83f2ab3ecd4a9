//! The ways in which one text can be written inside another: literally, or escaped for JSON, programming languages, URLs,
//! HTML or quoted-printable, folded over several lines, mixed, and nested up to
//! [`ESCAPE_NESTING`](palisade_limits::ESCAPE_NESTING) levels.
//!
//! A position can have several readings: `%41` is either three characters or an `A`. All of them are followed.

use palisade_limits as limits;

/// Readings of one position that are kept. Ordinary text has one to four; eight backslashes in a row have nine.
const READINGS: usize = 12;

/// Backslashes of a row that are followed: a quote inside four nested JSON documents has fifteen.
const ROW: usize = 16;

/// Bytes of such a row, whose backslashes may be escaped.
const ROW_BYTES: usize = 64;

/// The longest escape that is not escaped itself: `&#x0000000002b;`.
const NEAR: usize = 16;

/// Digits of a character reference, padding included.
const REFERENCE_DIGITS: usize = 10;

/// Blanks at the beginning of a folded line.
const INDENTATION: usize = 16;

/// One search: the steps that it may still take, which makes its cost linear in the length of the text, and the readings
/// that are known of the places it has just been at.
#[derive(Debug)]
pub(crate) struct Search {
    steps: u64,
    /// Which text is being searched, and how many were so far: a decoded text is searched in the middle of another.
    text: u64,
    texts: u64,
    known: Vec<Option<Known>>,
}

/// The readings of one place of one text.
#[derive(Debug, Clone, Copy)]
struct Known {
    text: u64,
    depth: u64,
    readings: Readings,
}

impl Search {
    /// With enough steps for `bytes` of text.
    pub(crate) fn of(bytes: usize) -> Self {
        let steps = limits::REDACTION_STEPS_PER_BYTE.saturating_mul(bytes as u64);
        Self { steps: limits::REDACTION_STEPS.saturating_add(steps), text: 0, texts: 0, known: Vec::new() }
    }

    /// Takes some.
    pub(crate) fn take(&mut self, steps: u64) {
        self.steps = self.steps.saturating_sub(steps);
    }

    /// Whether there are no steps left, so that the search is not complete.
    pub(crate) fn is_used_up(&self) -> bool {
        self.steps == 0
    }

    /// Searches another text, and then goes back to this one.
    pub(crate) fn inside<T>(&mut self, search: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.text;
        self.texts += 1;
        self.text = self.texts;
        let result = search(self);
        self.text = outer;
        result
    }

    fn known(&self, at: usize, depth: u64) -> Option<Readings> {
        let known = self.known.get(slot(at, depth)).copied().flatten()?;
        (known.text == self.text && known.depth == depth && known.readings.at == at).then_some(known.readings)
    }

    fn keep(&mut self, depth: u64, readings: Readings) {
        if self.known.is_empty() {
            self.known.resize(KNOWN, None);
        }
        if let Some(place) = self.known.get_mut(slot(readings.at, depth)) {
            *place = Some(Known { text: self.text, depth, readings });
        }
    }
}

/// Places whose readings are known.
const KNOWN: usize = 256;

fn slot(at: usize, depth: u64) -> usize {
    at.wrapping_mul(5).wrapping_add(usize::try_from(depth).unwrap_or(0)) % KNOWN
}

/// What a position reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One byte.
    Byte(u8),
    /// A character outside ASCII, given by its code point.
    Character(char),
}

impl Unit {
    fn of(code: u32) -> Option<Self> {
        match u8::try_from(code) {
            Ok(byte) if byte.is_ascii() => Some(Self::Byte(byte)),
            _ => char::from_u32(code).map(Self::Character),
        }
    }
}

/// The readings of one position, each with where it ends. Copied often: a unit is its code, a byte that is not ASCII has the
/// highest bit, and an end is counted from the position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Readings {
    at: usize,
    items: [(u32, u32); READINGS],
    length: usize,
}

/// Marks a byte that is not ASCII, other than the character with the same number.
const BYTE: u32 = 1 << 31;

impl Readings {
    const fn none(at: usize) -> Self {
        Self { at, items: [(0, 0); READINGS], length: 0 }
    }

    fn add(&mut self, unit: Unit, end: usize) {
        let code = match unit {
            Unit::Byte(byte) if byte.is_ascii() => u32::from(byte),
            Unit::Byte(byte) => u32::from(byte) | BYTE,
            Unit::Character(character) => u32::from(character),
        };
        let Ok(end) = u32::try_from(end - self.at) else { return };
        if self.items.iter().take(self.length).any(|known| *known == (code, end)) {
            return;
        }
        if let Some(item) = self.items.get_mut(self.length) {
            *item = (code, end);
            self.length += 1;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Unit, usize)> + '_ {
        self.items.iter().take(self.length).filter_map(|(code, end)| {
            let unit = match u8::try_from(code & !BYTE) {
                Ok(byte) if byte.is_ascii() || code & BYTE != 0 => Unit::Byte(byte),
                _ => Unit::of(*code)?,
            };
            Some((unit, self.at + usize::try_from(*end).ok()?))
        })
    }
}

/// Whether an escape may begin with this byte.
pub(crate) fn is_introducer(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%' | b'&' | b'=')
}

/// Everything that the position `at` may read as.
pub(crate) fn readings(text: &[u8], at: usize, search: &mut Search) -> Readings {
    nested(text, at, limits::ESCAPE_NESTING, search)
}

fn nested(text: &[u8], at: usize, depth: u64, search: &mut Search) -> Readings {
    let mut found = Readings::none(at);
    let Some(raw) = text.get(at).copied() else { return found };
    search.take(1);
    found.add(Unit::Byte(raw), at + 1);
    if depth == 0 || !is_introducer(raw) || search.is_used_up() {
        return found;
    }
    if let Some(known) = search.known(at, depth) {
        return known;
    }
    // The introducer of an escape may be escaped itself.
    let introducers = nested(text, at, depth - 1, search);
    introducers.iter().for_each(|(unit, end)| found.add(unit, end));
    if depth == 1 || has_more(text, at, &introducers) {
        escapes(text, depth - 1, &introducers, &mut found, search);
    }
    search.keep(depth, found);
    found
}

/// Adds what the escapes stand for that begin with one of these introducers.
fn escapes(text: &[u8], depth: u64, introducers: &Readings, found: &mut Readings, search: &mut Search) {
    let mut source = Source { text, depth, search };
    let first = |wanted: u8| {
        introducers.iter().filter(|(unit, _)| *unit == Unit::Byte(wanted)).map(|(_, end)| end).min()
    };
    if let Some(end) = first(b'\\') {
        source.backslash(end, found);
    }
    for (unit, end) in introducers.iter() {
        match unit {
            Unit::Byte(b'%') => source.percent(end, found),
            Unit::Byte(b'&') => source.reference(end, found),
            Unit::Byte(b'=') => source.quoted_printable(end, found),
            Unit::Byte(_) | Unit::Character(_) => {}
        }
    }
}

/// Whether one more level can give other readings: an escape stands for an introducer, or has an introducer inside.
fn has_more(text: &[u8], at: usize, known: &Readings) -> bool {
    let near = text.get(at + 1..text.len().min(at + NEAR)).unwrap_or_default();
    let is_other = |(unit, end)| matches!(unit, Unit::Byte(byte) if is_introducer(byte)) && end > at + 1;
    near.iter().copied().any(is_introducer) || known.iter().any(is_other)
}

/// The text of an escape sequence, whose characters may be escaped themselves.
struct Source<'a> {
    text: &'a [u8],
    depth: u64,
    search: &'a mut Search,
}

impl Source<'_> {
    /// The character at `at`, read as deeply as possible.
    fn character(&mut self, at: usize) -> Option<(u8, usize)> {
        let raw = self.text.get(at).copied()?;
        self.search.take(1);
        if !is_introducer(raw) {
            return Some((raw, at + 1));
        }
        let all = nested(self.text, at, self.depth, self.search);
        let bytes = all.iter().filter_map(|(unit, end)| match unit {
            Unit::Byte(byte) => Some((byte, end)),
            Unit::Character(_) => None,
        });
        bytes.max_by_key(|(_, end)| *end)
    }

    /// A number of at least `least` and at most `most` digits.
    fn number(&mut self, mut at: usize, radix: u32, least: usize, most: usize) -> Option<(u32, usize)> {
        let (mut number, mut digits) = (0_u32, 0);
        while digits < most
            && let Some((byte, end)) = self.character(at)
            && let Some(digit) = char::from(byte).to_digit(radix)
        {
            number = number.saturating_mul(radix).saturating_add(digit);
            (at, digits) = (end, digits + 1);
        }
        (digits >= least).then_some((number, at))
    }

    /// `\"`, `\/`, `\\`, `\u002b`, `\u{2b}`, `\x2b`, `\U0000002b`, `\053`, and rows of backslashes, from behind the first.
    fn backslash(&mut self, mut end: usize, found: &mut Readings) {
        found.add(Unit::Byte(b'\\'), end);
        let (mut row, begin) = (1, end);
        let (letter, behind) = loop {
            match self.character(end) {
                Some((b'\\', next)) => {
                    row += 1;
                    end = next;
                    found.add(Unit::Byte(b'\\'), end);
                    if row >= ROW || end - begin > ROW_BYTES {
                        return;
                    }
                }
                Some(other) => break other,
                None => return,
            }
        };
        let code = match letter {
            b'u' => self.unicode(behind),
            b'U' => self.number(behind, 16, 8, 8),
            b'x' => self.number(behind, 16, 2, 2),
            b'0'..=b'7' => self.number(end, 8, 2, 3),
            _ => None,
        };
        if let Some((code, end)) = code
            && let Some(unit) = Unit::of(code)
        {
            found.add(unit, end);
        }
        match letter {
            b'n' => found.add(Unit::Byte(b'\n'), behind),
            b'r' => found.add(Unit::Byte(b'\r'), behind),
            b't' => found.add(Unit::Byte(b'\t'), behind),
            _ => {}
        }
        found.add(Unit::Byte(letter), behind);
    }

    /// `002b`, `{2b}`, and the two halves of a character beyond the basic plane.
    fn unicode(&mut self, at: usize) -> Option<(u32, usize)> {
        if let Some((b'{', inside)) = self.character(at) {
            let (code, end) = self.number(inside, 16, 1, 6)?;
            let (closing, end) = self.character(end)?;
            return (closing == b'}').then_some((code, end));
        }
        let (code, end) = self.number(at, 16, 4, 4)?;
        if !(0xd800..0xdc00).contains(&code) {
            return Some((code, end));
        }
        let (b'\\', letter) = self.character(end)? else { return None };
        let (b'u', digits) = self.character(letter)? else { return None };
        let (low, end) = self.number(digits, 16, 4, 4)?;
        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        Some((0x1_0000 + ((code - 0xd800) << 10) + low, end))
    }

    /// `2b` and `u002b`, from behind the percent sign.
    fn percent(&mut self, at: usize, found: &mut Readings) {
        if let Some((b'u' | b'U', digits)) = self.character(at) {
            if let Some((code, end)) = self.number(digits, 16, 4, 4)
                && let Some(unit) = Unit::of(code)
            {
                found.add(unit, end);
            }
        } else {
            self.quoted_printable(at, found);
        }
    }

    /// `2B`, from behind the equals sign or the percent sign.
    fn quoted_printable(&mut self, at: usize, found: &mut Readings) {
        if let Some((code, end)) = self.number(at, 16, 2, 2)
            && let Ok(byte) = u8::try_from(code)
        {
            found.add(Unit::Byte(byte), end);
        }
    }

    /// `#43;`, `#x2b;` and `plus;`, from behind the ampersand. Browsers also read numbers without the semicolon.
    fn reference(&mut self, at: usize, found: &mut Readings) {
        let Some((first, behind)) = self.character(at) else { return };
        if first == b'#' {
            let number = match self.character(behind) {
                Some((b'x' | b'X', digits)) => self.number(digits, 16, 1, REFERENCE_DIGITS),
                _ => self.number(behind, 10, 1, REFERENCE_DIGITS),
            };
            let Some((code, end)) = number else { return };
            let Some(unit) = Unit::of(code) else { return };
            match self.character(end) {
                Some((b';', end)) => found.add(unit, end),
                _ => found.add(unit, end),
            }
        } else if first.is_ascii_alphabetic() {
            let (mut name, mut length, mut byte, mut end) = ([0_u8; 8], 0, first, behind);
            while byte.is_ascii_alphabetic() {
                let Some(letter) = name.get_mut(length) else { return };
                *letter = byte;
                length += 1;
                let Some(next) = self.character(end) else { return };
                (byte, end) = next;
            }
            let name = name.get(..length).unwrap_or_default();
            if byte == b';'
                && let Some(byte) = named(name)
            {
                found.add(Unit::Byte(byte), end);
            }
        }
    }
}

/// HTML's names of the characters of ASCII.
fn named(name: &[u8]) -> Option<u8> {
    Some(match name {
        b"quot" | b"QUOT" => b'"',
        b"amp" | b"AMP" => b'&',
        b"lt" | b"LT" => b'<',
        b"gt" | b"GT" => b'>',
        b"apos" => b'\'',
        b"excl" => b'!',
        b"num" => b'#',
        b"dollar" => b'$',
        b"percnt" => b'%',
        b"lpar" => b'(',
        b"rpar" => b')',
        b"ast" | b"midast" => b'*',
        b"plus" => b'+',
        b"comma" => b',',
        b"period" => b'.',
        b"sol" => b'/',
        b"colon" => b':',
        b"semi" => b';',
        b"equals" => b'=',
        b"quest" => b'?',
        b"commat" => b'@',
        b"lsqb" | b"lbrack" => b'[',
        b"bsol" => b'\\',
        b"rsqb" | b"rbrack" => b']',
        b"Hat" => b'^',
        b"lowbar" | b"UnderBar" => b'_',
        b"grave" => b'`',
        b"lcub" | b"lbrace" => b'{',
        b"verbar" | b"vert" | b"VerticalLine" => b'|',
        b"rcub" | b"rbrace" => b'}',
        b"Tab" => b'\t',
        b"NewLine" => b'\n',
        _ => return None,
    })
}

/// Where the line break ends that begins at `at`, with the indentation behind it: as it is, escaped, or as the soft line
/// break of quoted-printable. `at` if there is none.
pub(crate) fn behind_line_break(text: &[u8], at: usize, search: &mut Search) -> usize {
    let is_break = |at: usize| matches!(text.get(at), Some(b'\r' | b'\n'));
    let mut end = if text.get(at) == Some(&b'=') && is_break(at + 1) { at + 1 } else { at };
    let mut found = false;
    // A carriage return and a line feed.
    for _ in 0..2 {
        match text.get(end).copied() {
            Some(b'\r' | b'\n') => end += 1,
            Some(raw) if is_introducer(raw) => {
                let all = readings(text, end, search);
                let breaks = all.iter().filter(|(unit, _)| matches!(unit, Unit::Byte(b'\r' | b'\n')));
                match breaks.map(|(_, end)| end).max() {
                    Some(behind) => end = behind,
                    None => break,
                }
            }
            _ => break,
        }
        found = true;
    }
    if !found {
        return at;
    }
    let blanks = text.get(end..).unwrap_or_default().iter().take(INDENTATION);
    end + blanks.take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The character that an escape at `at` stands for, read as deeply as possible, and its end; none if there is no escape
/// that `accept` takes.
pub(crate) fn unescaped(
    text: &[u8],
    at: usize,
    accept: impl Fn(u8) -> bool,
    search: &mut Search,
) -> Option<(u8, usize)> {
    let raw = text.get(at).copied()?;
    // `key=ab…` is more often a value behind a name than quoted-printable, which needs to escape two signs of Base64 only.
    let is_escape = match raw {
        b'=' => text.get(at + 1..at + 3).is_some_and(|digits| matches!(digits, b"2B" | b"2F")),
        other => is_introducer(other),
    };
    if !is_escape {
        return None;
    }
    let all = readings(text, at, search);
    let bytes = all.iter().filter_map(|(unit, end)| match unit {
        Unit::Byte(byte) if end > at + 1 && accept(byte) => Some((byte, end)),
        Unit::Byte(_) | Unit::Character(_) => None,
    });
    bytes.max_by_key(|(_, end)| *end)
}
