//! Plain text: on each line one value or a list of values, defanged or not, with a comment behind it. What is on a line
//! and is not plainly an indicator makes the line unreadable; free prose is not searched. [`line`](mod@line) has the rule.

mod line;

use std::io::BufRead;

use crate::emitter::Emitter;
use crate::source::{Line, Lines};
use crate::{Location, Object, ReadError, Record, Unreadable};

/// Reads all lines.
pub(crate) fn read(reader: impl BufRead, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { return Ok(()) };
        let location = Location::Line(number);
        match line {
            Line::TooLong(start) => emitter.emit(too_long(location, start))?,
            Line::Whole(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    read_line(text, &location).into_iter().try_for_each(|record| emitter.emit(record))?
                }
                Err(_) => emitter.emit(not_utf8(location, bytes))?,
            },
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

/// The records on one line, one for each value; none on a blank line and on a comment.
fn read_line(text: &str, location: &Location) -> Vec<Record> {
    if is_blank_or_comment(text) {
        return Vec::new();
    }
    match line::parse(text) {
        Ok(line::Content { values, comment }) => values
            .into_iter()
            .map(|(subtype, value)| {
                let mut object = Object::indicator(subtype, value, location.clone());
                object.description.clone_from(&comment);
                Record::Object(object)
            })
            .collect(),
        Err(message) => vec![Record::Unreadable(Unreadable::new(location.clone(), message, text))],
    }
}

/// Whether a line holds nothing, or nothing but a comment.
pub(crate) fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || ["#", "//", ";"].iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests;
