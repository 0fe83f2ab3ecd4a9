//! CSV: columns found by their names in the header, which may be a comment, or named by the user. Without a column for the
//! value nothing is read; without one for the type it is guessed from the value, unless the column of the value is named
//! after a type. Columns that say that a value is not to be blocked are heeded; columns that hold values and are not read
//! are named in a warning.

mod header;
mod names;
mod pending;
mod preamble;
mod row;

use std::io::BufRead;

pub(crate) use header::{DELIMITERS, FirstLine, accepted_names, is_header};
pub(crate) use pending::{Pending, Progress, fields_of};
pub(crate) use preamble::{Above, Preamble};

use header::Header;
use row::Tally;
use time::OffsetDateTime;

use crate::emitter::Emitter;
use crate::encoding::{Decoded, decoded};
use crate::settle::strip;
use crate::source::{Line, Lines};
use crate::text::{beginning, is_type_name, not_utf8, too_long};
use crate::{Columns, ReadError};
use palisade_model::{Location, Note, Record};

/// Reads the header and all records.
pub(crate) fn read(
    reader: impl BufRead,
    columns: &Columns,
    emitter: &mut Emitter<'_>,
) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    let mut preamble = Preamble::default();
    let mut header: Option<Header> = None;
    let mut pending = Pending::new(b',');
    let mut rows = Rows { now: OffsetDateTime::now_utc(), tally: Tally::default() };
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { break };
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong(start) if pending.is_empty() && header.is_some() => {
                emitter.emit(too_long(Location::Line(number), start))?;
                continue;
            }
            Line::TooLong(start) => start,
        };
        if pending.is_empty() && header.is_some() && is_passed_over(bytes, header.as_ref()) {
            continue;
        }
        let Some(known) = &header else {
            let (found, is_record) = match preamble.line(&decoded(bytes).text, columns) {
                Above::Nothing => continue,
                Above::Header(found) => (found, false),
                Above::Record(found) => (found, true),
                Above::Other(first) => return Err(no_header(first, bytes, number, emitter.name())),
            };
            pending = Pending::new(found.delimiter);
            if is_record {
                pending.start(number);
                rows.line(bytes, &mut pending, &found, emitter)?;
            }
            header = Some(found);
            continue;
        };
        if let Some(renamed) = heading(bytes, known).filter(|_| pending.is_empty()) {
            header = Some(renamed);
            continue;
        }
        if pending.is_empty() {
            pending.start(number);
        }
        rows.line(bytes, &mut pending, known, emitter)?;
    }
    let Some(header) = header else {
        return Err(no_header(FirstLine::Other, b"", 1, emitter.name()));
    };
    let mut columns = header.seen();
    for (note, count) in rows.tally.notes() {
        if let Note::Column { name } = &note
            && let Some(column) = columns.iter_mut().find(|column| column.name == *name)
        {
            column.unread = count;
        }
        emitter.note_times(note, count);
    }
    emitter.columns(columns);
    if pending.is_empty() { Ok(()) } else { Err(pending.unclosed(emitter.name())) }
}

/// Whether a line between records is none: blank, a comment, or the line below the head of a table.
fn is_passed_over(line: &[u8], header: Option<&Header>) -> bool {
    let line = line.trim_ascii();
    let is_rule = || line.iter().all(|byte| b"|-: +".contains(byte));
    line.is_empty()
        || line.starts_with(b"#")
        || header.is_some_and(|header| header.delimiter == b'|') && is_rule()
}

/// The header below a line that names another type, in a list with one column.
fn heading(line: &[u8], header: &Header) -> Option<Header> {
    let [column] = header.values.as_slice() else { return None };
    if header.columns() > 1 || !column.is_typed {
        return None;
    }
    let text = std::str::from_utf8(line).ok()?;
    let name = strip(text).trim_matches(['"', '[', ']', ':', '=', '*', ' ']);
    is_type_name(name).then(|| header.renamed(name))
}

/// The error for a first line that is not a header.
fn no_header(first: FirstLine, bytes: &[u8], line: u64, name: &str) -> ReadError {
    let name = name.to_owned();
    let found = || palisade_model::excerpt(&beginning(bytes));
    match first {
        FirstLine::Several(columns) => {
            let columns = columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
            ReadError::CsvSeveralValues { name, line, found: palisade_model::excerpt(&columns) }
        }
        FirstLine::Missing(column) => ReadError::CsvColumnMissing {
            name,
            line,
            column: palisade_model::excerpt(&column),
            found: found(),
        },
        FirstLine::Header(_) | FirstLine::Other => {
            ReadError::CsvHeader { name, line, found: found(), accepted: accepted_names() }
        }
    }
}

/// What is known while the records are read.
struct Rows {
    now: OffsetDateTime,
    tally: Tally,
}

impl Rows {
    /// Feeds a line to a record, and hands on what the record holds if that completes it.
    fn line(
        &mut self,
        bytes: &[u8],
        pending: &mut Pending,
        header: &Header,
        emitter: &mut Emitter<'_>,
    ) -> Result<(), ReadError> {
        let table = bytes.trim_ascii().strip_prefix(b"|").filter(|_| header.delimiter == b'|');
        let bytes = table.map_or(bytes, |row| row.strip_suffix(b"|").unwrap_or(row));
        match pending.add(bytes) {
            Progress::Open => Ok(()),
            Progress::TooLong => Err(pending.unclosed(emitter.name())),
            Progress::Complete => {
                let records = self.records(pending, header, emitter);
                pending.clear();
                records.into_iter().try_for_each(|record| emitter.emit(record))
            }
        }
    }

    /// What the complete record says; nothing where all its fields are empty.
    fn records(&mut self, pending: &Pending, header: &Header, emitter: &mut Emitter<'_>) -> Vec<Record> {
        let location = Location::Line(pending.first_line);
        let decoded: Vec<_> = pending.fields().map(decoded).collect();
        let is_guessed = decoded.iter().any(|field| field.is_guessed);
        // Which letters these bytes stand for is not known, and a value must be.
        let is_value = |column: usize| {
            Some(column) == header.kind || header.values.iter().any(|value| value.column == column)
        };
        if (0..).zip(&decoded).any(|(column, field)| field.is_guessed && is_value(column)) {
            return vec![not_utf8(location, pending.bytes())];
        }
        if decoded.iter().all(|field| strip(&field.text).is_empty()) {
            return Vec::new();
        }
        if is_guessed {
            emitter.note(Note::Encoding);
        }
        let fields: Vec<&str> = decoded.iter().map(|field| strip(&field.text)).collect();
        let is_stripped = |value: &header::ValueColumn| {
            let is_shorter = |field: &Decoded<'_>| strip(&field.text).len() < field.text.trim().len();
            decoded.get(value.column).is_some_and(is_shorter)
        };
        if header.values.iter().any(is_stripped) {
            emitter.note_stripped();
        }
        row::convert(&fields, header, &location, self.now, &mut self.tally)
    }
}

#[cfg(test)]
mod tests;
