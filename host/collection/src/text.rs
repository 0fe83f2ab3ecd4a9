//! Plain text: one value on each line, defanged or not, with comments. What is on a line and is not plainly an indicator
//! makes the line unreadable; free prose is not searched.

use std::io::BufRead;

use crate::emitter::Emitter;
use crate::guess::{guess, subtype};
use crate::refang::{refang, words};
use crate::source::{Line, Lines};
use crate::{Location, Object, ReadError, Record, Unreadable};

/// Reads all lines.
pub(crate) fn read(reader: impl BufRead, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { return Ok(()) };
        let location = Location::Line(number);
        let record = match line {
            Line::TooLong(start) => Some(too_long(location, start)),
            Line::Whole(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => read_line(text, location),
                Err(_) => Some(not_utf8(location, bytes)),
            },
        };
        if let Some(record) = record {
            emitter.emit(record)?;
        }
    }
}

/// The record for a line longer than a record may be, of which only the start was kept.
pub(crate) fn too_long(location: Location, start: &[u8]) -> Record {
    let message = format!("the line is longer than {} bytes", palisade_limits::RECORD_BYTES);
    Record::Unreadable(Unreadable::new(location, message, &beginning(start)))
}

/// The record for bytes that are not text.
pub(crate) fn not_utf8(location: Location, bytes: &[u8]) -> Record {
    Record::Unreadable(Unreadable::new(location, "not valid UTF-8, expected text", &beginning(bytes)))
}

/// As much of the bytes as an excerpt can need, as text.
pub(crate) fn beginning(bytes: &[u8]) -> String {
    let most = crate::EXCERPT_CHARACTERS.saturating_mul(4);
    String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes)).into_owned()
}

/// The record on one line; none on a blank line and on a comment.
fn read_line(line: &str, location: Location) -> Option<Record> {
    let line = line.trim();
    if line.is_empty() || ["#", "//", ";"].iter().any(|mark| line.starts_with(mark)) {
        return None;
    }
    let words = words(without_bullet(line));
    let mut rest = words.iter().map(String::as_str);
    let first = rest.next().unwrap_or_default();
    let mut found = read_word(first);
    if found.as_ref().is_some_and(is_null_route)
        && let Some(name) = rest.clone().next().filter(|word| !word.starts_with('#'))
    {
        // `0.0.0.0 evil.example`, a line of a hosts file: the name is what is listed. Blocking the address instead would
        // block this very machine.
        rest.next();
        found = read_word(name).filter(|(subtype, _)| *subtype == subtype::FQDN);
    }
    let Some((subtype, value)) = found else {
        let message = format!(
            "expected a domain, address, URL, e-mail address or hash, found `{}`",
            crate::excerpt(first)
        );
        return Some(Record::Unreadable(Unreadable::new(location, message, line)));
    };
    let mut object = Object::indicator(subtype, value, location);
    object.description = comment(rest);
    Some(Record::Object(object))
}

/// The line without the mark of a list: `- `, `* `, `• `, `12. `, `12) `.
fn without_bullet(line: &str) -> &str {
    let Some((mark, rest)) = line.split_once(char::is_whitespace) else { return line };
    let is_number = mark
        .strip_suffix(['.', ')'])
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if is_number || ["-", "*", "+", "•", "–"].contains(&mark) { rest.trim_start() } else { line }
}

/// Type and value of a word, without the quotes, brackets and separators that lists are written with.
fn read_word(word: &str) -> Option<(&'static str, String)> {
    let bare =
        word.trim_start_matches(['"', '\'', '`', '<']).trim_end_matches(['"', '\'', '`', '>', ',', ';']);
    let value = refang(bare);
    if let Some(subtype) = guess(&value) {
        return Some((subtype, value));
    }
    // A comment or a further column that follows without a space. In a URL these characters are content.
    let (value, _) = value.split_once([',', ';', '#', '|']).filter(|(value, _)| !value.contains("://"))?;
    let value = value.trim_end_matches(['"', '\'', '`', '>']);
    guess(value).map(|subtype| (subtype, value.to_owned()))
}

/// The addresses that hosts files send unwanted names to.
fn is_null_route((subtype, value): &(&'static str, String)) -> bool {
    [subtype::IP_ADDRESS, subtype::IPV6_ADDRESS].contains(subtype)
        && ["0.0.0.0", "127.0.0.1", "::1"].contains(&value.as_str())
}

/// What stands behind the value, without the mark in front of it. A bare number is a count, not a comment.
fn comment<'words>(words: impl Iterator<Item = &'words str>) -> Option<String> {
    let text = words.collect::<Vec<_>>().join(" ");
    let text = text.trim_start_matches(['#', ';', '/', '-', '|', ',', '–', ' ']);
    text.contains(char::is_alphabetic).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn object(line: &str) -> (String, String, Option<String>) {
        match read_line(line, Location::Line(1)) {
            Some(Record::Object(object)) => (object.subtype, object.value, object.description),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn values_are_found_with_whatever_stands_around_them() {
        for (line, subtype, value, comment) in [
            (
                "185.178.209[.]193\tCobalt Strike C2\t",
                "IP Address",
                "185.178.209.193",
                Some("Cobalt Strike C2"),
            ),
            ("192.0.2.1\t10", "IP Address", "192.0.2.1", None),
            ("  evil[.]com   # seen in May", "FQDN", "evil.com", Some("seen in May")),
            ("evil.com#seen", "FQDN", "evil.com", None),
            ("evil.com;malware", "FQDN", "evil.com", None),
            ("- hxxp://evil[.]com/a#b", "URL", "http://evil.com/a#b", None),
            ("12. evil.com", "FQDN", "evil.com", None),
            ("\"evil.com\",", "FQDN", "evil.com", None),
            ("<https://evil.com/x>", "URL", "https://evil.com/x", None),
            ("user [at] evil [dot] com", "Email Address", "user@evil.com", None),
            ("0.0.0.0 evil.com", "FQDN", "evil.com", None),
            ("127.0.0.1 # sinkhole", "IP Address", "127.0.0.1", Some("sinkhole")),
            ("9gag.red/gag/gag12.php", "URL", "9gag.red/gag/gag12.php", None),
        ] {
            assert_eq!(
                object(line),
                (subtype.to_owned(), value.to_owned(), comment.map(str::to_owned)),
                "{line}"
            );
        }
    }

    #[test]
    fn comments_and_blank_lines_are_nothing() {
        for line in ["", "   ", "# evil.com", "// evil.com", "; evil.com", "\t"] {
            assert_eq!(read_line(line, Location::Line(1)), None, "{line}");
        }
    }

    #[test]
    fn prose_is_unreadable_and_says_what_was_expected() {
        for line in ["Find the whole paper", "== Part 1", "link:part1.adoc[Part 1]", "127.0.0.1 localhost"] {
            let Some(Record::Unreadable(unreadable)) = read_line(line, Location::Line(1)) else {
                panic!("{line}")
            };
            assert!(unreadable.message.starts_with("expected a domain"), "{unreadable:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_one_bad_line() {
        let mut records = Vec::new();
        let mut sink = |record| records.push(record);
        let mut emitter = Emitter::new("x".to_owned(), crate::Format::Text, &mut sink);
        read(&b"evil.com\r\n\xFF\xFE\r\n192.0.2.1"[..], &mut emitter).unwrap();
        let summary = emitter.finish().unwrap();
        assert_eq!((summary.objects, summary.unreadable), (2, 1));
        assert!(matches!(&records[1], Record::Unreadable(bad) if bad.location == Location::Line(2)));
    }

    proptest! {
        #[test]
        fn any_line_is_answered(line in r"\PC{0,80}") {
            let _ = read_line(&line, Location::Line(1));
        }
    }
}
