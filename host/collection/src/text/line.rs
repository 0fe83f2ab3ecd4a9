//! One line of text: which of it are values, and which is a comment.
//!
//! A line is a list of values, then a comment; both but the first value may be missing. Values are separated by `,`, `;`,
//! `|`, a tab or blanks. A comment is free text behind `#`, `//`, `--`, ` - `, `;`, `|`, a tab or two blanks; behind a
//! single blank or a comma, text is prose, and prose may name a value for any reason: the line is unreadable then. So it
//! is where another value follows the beginning of a comment (unless that begins with `#`, `//` or `--`), where two
//! addresses are written as a range, and where a URL goes on behind a `,`, `;` or `|`, because these may be part of it.
//! Numbers and dates behind a value are passed over. A file name behind a hash is a comment, as `sha256sum` writes it.
//! Behind the null address of a hosts file all words are host names, and the address itself is no value.
//!
//! A line gives all of its values or none.

use palisade_limits::LINE_WORDS;

use crate::guess::{AMBIGUOUS_NAME, NOT_A_VALUE, guess, hash, is_ambiguous_name, is_domain, subtype};
use crate::refang::{refang, rejoined};

/// What stands between the values of a list.
const SEPARATORS: [char; 3] = [',', ';', '|'];
/// What stands around a value in lists that were cut out of something else.
const OPENING: [char; 4] = ['"', '\'', '`', '<'];
const CLOSING: [char; 4] = ['"', '\'', '`', '>'];

const SEVERAL: &str = "more than one value on the line, expected one, or a list of nothing else";
const PROSE: &str =
    "a value followed by text, expected `#`, ` - `, a tab or two blanks between a value and a comment";
const DOUBTFUL_URL: &str = "a URL with `,`, `;` or `|` in it, which may be part of it or separate it from something else; \
    expected a CSV with a header";

/// Type and value.
pub(super) type Value = (&'static str, String);

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// At least one.
    pub(super) values: Vec<Value>,
    /// What is said about all of them.
    pub(super) comment: Option<String>,
}

/// Reads a line that is neither blank nor a comment, or says in a sentence why it cannot be read.
pub(super) fn parse(line: &str) -> Result<Content, String> {
    let line = rejoined(without_bullet(line.trim()));
    let (listed, mark, marked) = cut(&line);
    let words = words(listed)?;
    if mark == Mark::Dash && is_list(marked) {
        return Err(SEVERAL.to_owned());
    }
    let (values, text) = match words.split_first() {
        // `0.0.0.0 evil.example`, a line of a hosts file: blocking the address instead would block this very machine.
        Some((first, names)) if is_null_route(first) && names.first().is_some_and(Word::is_behind_blank) => {
            let (values, text) = split(names, host_name)?;
            if values.iter().any(|(kind, _)| *kind != subtype::FQDN) {
                return Err(SEVERAL.to_owned());
            }
            (values, text)
        }
        _ => split(&words, read_word)?,
    };
    // A name behind a hash is more likely that of its file than a host.
    let hashes = values.iter().filter(|value| is_hash(value)).count();
    if hashes > 0 && hashes < values.len() {
        return Err(SEVERAL.to_owned());
    }
    Ok(Content { values, comment: comment(&format!("{text}{marked}")) })
}

/// How a comment begins that is not to be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// There is none.
    None,
    /// `#`, `//` or `--`.
    Certain,
    /// A dash by itself, which is written in ranges as well.
    Dash,
}

/// What stands before the first mark of a comment, the mark, and what follows it.
fn cut(line: &str) -> (&str, Mark, &str) {
    let mut at = 0_usize;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let word = rest.trim_start();
        let start = at.saturating_add(rest.len().saturating_sub(word.len()));
        let end = word.find(char::is_whitespace).unwrap_or(word.len());
        let word = word.get(..end).unwrap_or_default();
        let split = |at: usize| line.split_at_checked(at).unwrap_or((line, ""));
        if start > 0 && ["#", "//", "--"].iter().any(|mark| word.starts_with(mark)) {
            let (listed, marked) = split(start);
            return (listed, Mark::Certain, marked);
        }
        if start > 0 && ["-", "–", "—"].contains(&word) {
            let (listed, marked) = split(start);
            return (listed, Mark::Dash, marked);
        }
        // `evil.example#seen`; in a URL, the mark is content.
        if let Some(inside) = word.find('#').filter(|_| !word.contains("://"))
            && guess(&refang(word)).is_none()
        {
            let (listed, marked) = split(start.saturating_add(inside));
            return (listed, Mark::Certain, marked);
        }
        at = start.saturating_add(end);
    }
    (line, Mark::None, "")
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
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
struct Word<'line> {
    gap: Gap,
    text: &'line str,
    /// The line from this word on.
    from: &'line str,
}

impl Word<'_> {
    fn is_behind_blank(&self) -> bool {
        matches!(self.gap, Gap::Blank | Gap::Wide)
    }
}

/// The words of a line, without the separators around them.
fn words(line: &str) -> Result<Vec<Word<'_>>, String> {
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

/// Whether a separator in a word may be part of a URL: it follows a path or a query, and no other URL follows it.
fn is_doubtful(word: &str) -> bool {
    if !word.contains(SEPARATORS) {
        return false;
    }
    let mut parts = word.split(SEPARATORS).filter(|part| !part.is_empty()).peekable();
    while let Some(part) = parts.next() {
        let Some(next) = parts.peek() else { return false };
        let url = refang(bare(part));
        let behind_scheme = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let has_path = behind_scheme.contains(['/', '?', '#']) && guess(&url) == Some(subtype::URL);
        let is_followed_by_url = || next.contains("//") && guess(&refang(bare(next))) == Some(subtype::URL);
        if has_path && (behind_scheme.contains("://") || !is_followed_by_url()) {
            return true;
        }
    }
    false
}

/// What a word is.
enum Meaning {
    Value(Value),
    /// A number or a date.
    Number,
    /// Possibly a value, with the sentence that says why that cannot be decided.
    Undecided(&'static str),
    Text,
}

/// What a word means, without the quotes and brackets that lists are written with.
fn read_word(word: &Word<'_>) -> Meaning {
    if is_doubtful(word.text) {
        return Meaning::Undecided(DOUBTFUL_URL);
    }
    let value = refang(bare(word.text));
    match guess(&value) {
        Some(kind) => Meaning::Value((kind, value)),
        None if is_ambiguous_name(&value) => Meaning::Undecided(AMBIGUOUS_NAME),
        None if is_number(&value) => Meaning::Number,
        None => Meaning::Text,
    }
}

/// The same in a hosts file, where every name is that of a host.
fn host_name(word: &Word<'_>) -> Meaning {
    let name = refang(bare(word.text));
    if is_domain(&name) { Meaning::Value((subtype::FQDN, name)) } else { read_word(word) }
}

/// Words with nothing but a blank between them: they stand and fall together.
enum Group<'line> {
    /// Nothing but values, and numbers behind them.
    Values(Vec<Value>),
    /// Hashes, and from here on the name of the file that they are of.
    Named(Vec<Value>, &'line str),
    /// Nothing but numbers.
    Numbers,
    /// A value, and text behind it.
    Prose,
    /// Text.
    Text,
}

/// The values at the beginning of a line, and the text behind them.
fn split<'line>(
    words: &[Word<'line>],
    read: fn(&Word<'_>) -> Meaning,
) -> Result<(Vec<Value>, &'line str), String> {
    let mut values: Vec<Value> = Vec::new();
    let mut text = None;
    let mut is_marked = false;
    for group in words.chunk_by(|_, next| next.gap == Gap::Blank) {
        let Some(first) = group.first() else { continue };
        let is_apart = first.gap != Gap::Comma;
        match read_group(group, read, values.last().is_some_and(is_hash))? {
            Group::Values(_) if text.is_some() => return Err(SEVERAL.to_owned()),
            Group::Values(found) => values.extend(found),
            Group::Named(found, name) => {
                values.extend(found);
                (text, is_marked) = (text.or(Some(name)), true);
            }
            Group::Numbers | Group::Text if values.is_empty() => {
                return Err(format!("{NOT_A_VALUE}, found `{}`", crate::excerpt(first.text)));
            }
            Group::Prose if text.is_none() => return Err(PROSE.to_owned()),
            Group::Text if !is_apart && !is_marked => return Err(PROSE.to_owned()),
            Group::Numbers | Group::Text | Group::Prose => {
                text = text.or(Some(first.from));
                is_marked = is_marked || is_apart;
            }
        }
    }
    if values.is_empty() { Err(NOT_A_VALUE.to_owned()) } else { Ok((values, text.unwrap_or_default())) }
}

/// What a group is; an error where it is a single word of which that cannot be decided.
fn read_group<'line>(
    group: &[Word<'line>],
    read: fn(&Word<'_>) -> Meaning,
    mut follows_hash: bool,
) -> Result<Group<'line>, String> {
    let mut values = Vec::new();
    let mut has_numbers = false;
    for word in group {
        let meaning = read(word);
        if follows_hash && is_filename(word, &meaning) {
            return Ok(Group::Named(values, word.from));
        }
        match meaning {
            Meaning::Value(value) if !has_numbers => {
                follows_hash = is_hash(&value);
                values.push(value);
            }
            Meaning::Number => has_numbers = true,
            Meaning::Undecided(message) if group.len() == 1 => return Err(message.to_owned()),
            Meaning::Undecided(_) | Meaning::Value(_) | Meaning::Text if values.is_empty() => {
                return Ok(Group::Text);
            }
            Meaning::Undecided(_) | Meaning::Value(_) | Meaning::Text => return Ok(Group::Prose),
        }
    }
    Ok(if values.is_empty() { Group::Numbers } else { Group::Values(values) })
}

fn is_hash((_, value): &Value) -> bool {
    hash(value).is_some()
}

/// The name behind a hash; `*` in front of it says that the file was read as binary data.
fn is_filename(word: &Word<'_>, meaning: &Meaning) -> bool {
    let is_name = match meaning {
        Meaning::Value((kind, _)) => *kind == subtype::FILENAME,
        Meaning::Undecided(message) => *message == AMBIGUOUS_NAME,
        Meaning::Number | Meaning::Text => false,
    };
    is_name || word.text.starts_with('*') && word.is_behind_blank()
}

/// Whether text is a list of values and nothing else; the names of files say what a value is about.
fn is_list(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '–', '—', ' ']);
    let is_value = |word: &Word<'_>| match read_word(word) {
        Meaning::Value((kind, _)) => kind != subtype::FILENAME,
        _ => false,
    };
    words(text).is_ok_and(|words| !words.is_empty() && words.iter().all(is_value))
}

/// The line without the mark of a list: `- `, `* `, `• `, `12. `, `12) `.
fn without_bullet(line: &str) -> &str {
    let Some((mark, rest)) = line.split_once(char::is_whitespace) else { return line };
    let is_number = mark
        .strip_suffix(['.', ')'])
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number || ["-", "*", "+", "•", "–"].contains(&mark) { rest.trim_start() } else { line }
}

/// A word without the quotes and brackets around it.
fn bare(word: &str) -> &str {
    word.trim_start_matches(OPENING).trim_end_matches(CLOSING)
}

/// A count or a date: digits, with marks between them that no address has.
fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_digit())
        && value.chars().all(|next| next.is_ascii_digit() || matches!(next, '.' | '-' | ':' | '/' | '%'))
        && value.matches('.').count() <= 2
}

/// The addresses that hosts files send unwanted names to.
fn is_null_route(word: &Word<'_>) -> bool {
    ["0.0.0.0", "127.0.0.1", "::1"].contains(&refang(bare(word.text)).as_str())
}

/// What stands behind the values, without the mark in front of it. Numbers alone are no comment.
fn comment(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['#', ';', '/', '-', '|', ',', '–', '—', '*', ' ']);
    text.contains(char::is_alphabetic).then(|| text.to_owned())
}
