//! One line of text: which of it are values, and which is a comment.
//!
//! A line is a list of values, then a comment; both but the first value may be missing. Values are separated by `,`, `;`,
//! `|`, a tab or blanks. A comment is free text behind `#`, `//`, `--`, ` - `, `;`, `|`, a tab or two blanks; `#` and `//`
//! need a blank in front of them, because `evil.example##.ad` is a rule of an advertisement filter. Behind a single blank
//! or a comma, text is prose, and prose may name a value for any reason: the line is unreadable then. So it is where
//! another value follows the beginning of a comment (unless that begins with `#`, `//` or `--`), where two addresses are
//! written as a range, where an address and a name stand side by side, and where a URL goes on behind a `,`, `;`, `|` or a
//! blank, because these may be part of it. Numbers and dates behind a value are passed over. A file name behind a hash is a
//! comment, as `sha256sum` writes it. The name of a type may stand in front of the values.
//!
//! A line gives all of its values or none.

use super::label::{labelled, mailbox, tagged_checksum};
use super::punctuation::{bare, doubt};
use super::words::{Gap, SEPARATORS, Word, words};
use crate::guess::{
    AMBIGUOUS_NAME, NOT_A_VALUE, UNLISTED_NAME, guess, has_scheme, hash, is_domain, reason_against, subtype,
};
use crate::refang::{refang, rejoined};

const SEVERAL: &str = "more than one value on the line, expected one, or a list of nothing else";
const PROSE: &str =
    "a value followed by text, expected `#`, ` - `, a tab or two blanks between a value and a comment";
const DOUBTFUL_URL: &str = "a URL with `,`, `;` or `|` in it, which may be part of it or separate it from something else; \
    expected a CSV with a header";
const URL_AND_BLANK: &str = "a URL followed by a blank and more words, which may be part of it; expected a tab, `#` or two \
    blanks between a URL and a comment";

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
    let line = without_table(&line);
    if let Some((kind, digest, file)) = tagged_checksum(line) {
        return Ok(Content { values: vec![(kind, digest.to_owned())], comment: comment(file) });
    }
    if let Some((address, name)) = mailbox(line) {
        let value = refang(bare(address));
        if guess(&value) == Some(subtype::EMAIL_ADDRESS) {
            return Ok(Content { values: vec![(subtype::EMAIL_ADDRESS, value)], comment: comment(name) });
        }
    }
    let Some(label) = labelled(line) else { return list(line, read_word) };
    let content = list(label.rest, if label.is_of_names() { host_name } else { read_word })?;
    match content.values.iter().find(|(kind, value)| !label.fits(kind, value)) {
        Some((kind, value)) => Err(format!(
            "`{}` in front of `{}`, which is of the type {kind}",
            palisade_model::excerpt(label.name()),
            palisade_model::excerpt(value)
        )),
        None => Ok(content),
    }
}

/// A list of values with its comment.
fn list(line: &str, read: fn(&Word<'_>) -> Meaning) -> Result<Content, String> {
    let (listed, mark, marked) = cut(line);
    let words = words(listed)?;
    if mark == Mark::Dash && is_list(marked) {
        return Err(SEVERAL.to_owned());
    }
    let (values, text) = split(&words, read)?;
    // A name behind a hash is more likely that of its file than a host.
    let hashes = values.iter().filter(|value| is_hash(value)).count();
    if hashes > 0 && hashes < values.len() {
        return Err(SEVERAL.to_owned());
    }
    Ok(Content { values, comment: comment(&format!("{text}{marked}")) })
}

/// The line without the bars at its ends with which tables are drawn.
fn without_table(line: &str) -> &str {
    let inner = line.strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inner.filter(|inner| !inner.starts_with('|')).map_or(line, str::trim)
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
        at = start.saturating_add(end);
    }
    (line, Mark::None, "")
}

/// Whether a separator in a word may be part of a URL: it follows a path or a query, and no other URL follows it.
pub(super) fn is_doubtful(word: &str) -> bool {
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
    if let Some(reason) = doubt(&value)
        && guess(value.trim_matches(['.', '…'])).is_some()
    {
        return Meaning::Undecided(reason);
    }
    match guess(&value) {
        Some(kind) => Meaning::Value((kind, value)),
        None => match reason_against(&value) {
            Some(reason) => Meaning::Undecided(reason),
            None if is_number(&value) => Meaning::Number,
            None => Meaning::Text,
        },
    }
}

/// The same where every name is that of a host.
fn host_name(word: &Word<'_>) -> Meaning {
    let name = refang(bare(word.text));
    if is_host(&name) { Meaning::Value((subtype::FQDN, name)) } else { read_word(word) }
}

/// Whether a name is that of a host, where something says that it is one.
pub(super) fn is_host(name: &str) -> bool {
    is_domain(name) || reason_against(name) == Some(UNLISTED_NAME)
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
        let last = values.last();
        let follows_path = last.is_some_and(|(kind, value)| *kind == subtype::URL && has_path(value));
        let family_before = last.map(|(kind, _)| family(kind)).filter(|_| first.gap == Gap::Wide);
        match read_group(group, read, values.last().is_some_and(is_hash))? {
            Group::Values(_) if text.is_some() => return Err(SEVERAL.to_owned()),
            Group::Values(found) if !are_alike(family_before, &found) => return Err(SEVERAL.to_owned()),
            Group::Values(found)
                if follows_path
                    && !is_apart
                    && found.first().is_some_and(|(kind, _)| *kind != subtype::URL) =>
            {
                return Err(DOUBTFUL_URL.to_owned());
            }
            Group::Values(found) => values.extend(found),
            Group::Named(found, name) => {
                values.extend(found);
                (text, is_marked) = (text.or(Some(name)), true);
            }
            Group::Numbers | Group::Text if values.is_empty() => {
                return Err(format!("{NOT_A_VALUE}, found `{}`", palisade_model::excerpt(first.text)));
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
    let mut values: Vec<Value> = Vec::new();
    let mut has_numbers = false;
    for word in group {
        let meaning = read(word);
        if let Some((subtype::URL, before)) = values.last()
            && !matches!(&meaning, Meaning::Value((subtype::URL, next)) if has_scheme(next) || !has_scheme(before))
        {
            return Err(URL_AND_BLANK.to_owned());
        }
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

/// Whether values side by side are of one family: a list. An address beside a name says where the name leads.
fn are_alike(before: Option<u8>, values: &[Value]) -> bool {
    let mut families = before.into_iter().chain(values.iter().map(|(kind, _)| family(kind)));
    let first = families.next();
    families.all(|next| Some(next) == first)
}

fn family(kind: &str) -> u8 {
    match kind {
        subtype::IP_ADDRESS | subtype::IPV6_ADDRESS | subtype::CIDR_BLOCK => 0,
        subtype::FQDN | subtype::URL => 1,
        subtype::EMAIL_ADDRESS => 2,
        subtype::FILENAME => 3,
        _ => 4,
    }
}

fn has_path(url: &str) -> bool {
    url.split_once("://").map_or(url, |(_, rest)| rest).contains(['/', '?', '#'])
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
pub(super) fn without_bullet(line: &str) -> &str {
    let Some((mark, rest)) = line.split_once(char::is_whitespace) else { return line };
    let is_number = mark
        .strip_suffix(['.', ')'])
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number || ["-", "*", "+", "•", "–", "—", "·", "‣", "▪", "●", "◦"].contains(&mark) {
        rest.trim_start()
    } else {
        line
    }
}

/// A count or a date: digits, with marks between them that no address has.
fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_digit())
        && value.chars().all(|next| next.is_ascii_digit() || matches!(next, '.' | '-' | ':' | '/' | '%'))
        && value.matches('.').count() <= 2
}

/// What stands behind the values, without the mark in front of it. Numbers alone are no comment.
pub(super) fn comment(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['#', ';', '/', '-', '|', ',', '–', '—', '*', ' ']);
    text.contains(char::is_alphabetic).then(|| text.to_owned())
}
