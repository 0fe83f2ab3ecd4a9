//! JSON documents and JSON Lines: walks down to the lists that hold records and hands over one element at a
//! time. Which key leads to records is the [`Dialect`]'s to say; everything else is passed over without being held.
//!
//! A fault of syntax ends a document, because nothing behind it can be trusted; in JSON Lines it ends the line.

mod fault;
mod meter;
mod scope;
mod walk;

pub(crate) use meter::is_blank;
pub(crate) use walk::kind;

use std::io::{self, Cursor, Read};
use std::rc::Rc;

use serde::de::DeserializeSeed;
use serde_json::{Deserializer, Map, Value};

use crate::ReadError;
use crate::detect::is_json_lines;
use crate::do_not_block::Mark;
use crate::emitter::Emitter;
use meter::Meter;
use palisade_model::{Format, Location, Record, Unreadable};
use walk::Walk;

/// What stands behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An object, or a list of them, that holds keys of its own.
    Container,
    /// A list of records.
    Records,
    /// How many records there are in all.
    Total,
    /// A part of the record that the object itself is, if it turns out to be one.
    Part,
    /// Nothing of interest.
    Ignored,
}

/// What tells one family of JSON files from another.
pub(crate) trait Dialect {
    /// The format.
    fn format(&self) -> Format;
    /// The keys that lead to records, for the message when there is none.
    fn expected(&self) -> &'static str;
    /// What stands behind a key.
    fn role(&self, key: &str) -> Role;
    /// Whether an object without any container is a record by itself, judged by its parts.
    fn is_record(&self, parts: &Map<String, Value>) -> bool;
    /// Whether a container may be withdrawn with everything that it holds.
    fn may_be_withdrawn(&self) -> bool {
        false
    }
    /// What a key of a container with this value says against everything that the container holds.
    fn withdrawn(&self, _key: &str, _value: &Value) -> Option<Mark> {
        None
    }
    /// What one record says: an object for each of its values, or why not.
    fn read(&self, record: &Map<String, Value>, location: &Location, reading: &mut Reading);
}

/// What a dialect makes of one record.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The record's values.
    pub(crate) records: Vec<Record>,
    /// Fields that hold what the format does not allow, and without which the record was read.
    pub(crate) ignored: Vec<&'static str>,
}

impl Reading {
    /// Adds a value.
    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
    }
}

/// Reads a whole file, documents up to `held_bytes` held whole and larger ones streamed, which gives the same. `lines` says
/// that it is known to be JSON Lines.
pub(crate) fn read(
    held_bytes: u64,
    dialect: &dyn Dialect,
    mut reader: impl Read,
    lines: bool,
    emitter: &mut Emitter<'_>,
) -> Result<(), ReadError> {
    let found = if lines {
        read_lines(dialect, &mut Meter::new(reader), emitter)?
    } else {
        // Room for all of it at once: memory that is never written to costs nothing, growing would cost twice.
        let mut head = Vec::with_capacity(usize::try_from(held_bytes).unwrap_or(0).saturating_add(1));
        let result = reader.by_ref().take(held_bytes.saturating_add(1)).read_to_end(&mut head);
        let length = result.map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        if u64::try_from(length).is_ok_and(|length| length > held_bytes) {
            stream(dialect, Cursor::new(head).chain(reader), emitter)?
        } else if is_json_lines(&head, true) {
            read_lines(dialect, &mut Meter::new(head.as_slice()), emitter)?
        } else {
            read_held(dialect, &head, emitter)?
        }
    };
    if found {
        return Ok(());
    }
    // A file without a single one of the format's containers is none of the format.
    Err(ReadError::NothingFound {
        name: emitter.name().to_owned(),
        format: dialect.format(),
        expected: dialect.expected(),
    })
}

/// Reads a document that is held whole; true if it held what its format holds.
fn read_held(dialect: &dyn Dialect, text: &[u8], emitter: &mut Emitter<'_>) -> Result<bool, ReadError> {
    let mut walk = Walk::new(dialect, emitter, None, Rc::default());
    let mut parser = Deserializer::from_slice(text);
    let result = walk.root().deserialize(&mut parser);
    let (stopped, path, found) = walk.into_parts();
    result.and_then(|()| parser.end()).map_err(|error| {
        let at = fault::Position::of(&error, 1);
        let found = at.byte_in(text);
        stopped.unwrap_or_else(|| fault::classify(error, emitter.name(), &path, at, found, false))
    })?;
    Ok(found)
}

/// Reads a document of any size, or JSON Lines whose first line is longer than what was looked at when the format was
/// decided.
fn stream(dialect: &dyn Dialect, reader: impl Read, emitter: &mut Emitter<'_>) -> Result<bool, ReadError> {
    let mut meter = Meter::new(reader);
    let found = read_document(dialect, &mut meter, emitter)?;
    let ended_on = meter.line();
    match skip_blank(&mut meter, emitter)? {
        None => Ok(found),
        Some(_) if ended_on == 1 && meter.line() > 1 => Ok(found | read_lines(dialect, &mut meter, emitter)?),
        Some(byte) => Err(fault::trailing(emitter.name(), meter.line(), meter.column(), byte)),
    }
}

/// Reads JSON Lines from here on.
fn read_lines<R: Read>(
    dialect: &dyn Dialect,
    meter: &mut Meter<R>,
    emitter: &mut Emitter<'_>,
) -> Result<bool, ReadError> {
    let mut found = false;
    while skip_blank(meter, emitter)?.is_some() {
        found |= read_line(dialect, meter, emitter)?;
    }
    Ok(found)
}

/// Passes over white space; the byte that follows it, or none at the end.
fn skip_blank<R: Read>(meter: &mut Meter<R>, emitter: &Emitter<'_>) -> Result<Option<u8>, ReadError> {
    meter.skip_blank().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })
}

/// Reads one document that spans the rest of the file; true if it held what its format holds.
fn read_document<R: Read>(
    dialect: &dyn Dialect,
    meter: &mut Meter<R>,
    emitter: &mut Emitter<'_>,
) -> Result<bool, ReadError> {
    skip_blank(meter, emitter)?;
    let first_line = meter.line();
    let shared = meter.shared();
    let mut walk = Walk::new(dialect, emitter, None, shared);
    let result = walk.root().deserialize(&mut Deserializer::from_reader(&mut *meter));
    let (stopped, path, found) = walk.into_parts();
    result.map_err(|error| {
        let at = fault::Position::of(&error, first_line);
        stopped.unwrap_or_else(|| {
            fault::classify(error, emitter.name(), &path, at, meter.fault(), meter.is_exceeded())
        })
    })?;
    Ok(found)
}

/// Reads one line of JSON Lines; a bad one is one unreadable record.
fn read_line<R: Read>(
    dialect: &dyn Dialect,
    meter: &mut Meter<R>,
    emitter: &mut Emitter<'_>,
) -> Result<bool, ReadError> {
    let line = meter.line();
    meter.begin_line();
    let shared = meter.shared();
    let mut walk = Walk::new(dialect, emitter, Some(line), shared);
    let result = walk.root().deserialize(&mut Deserializer::from_reader(&mut *meter));
    let (stopped, path, found) = walk.into_parts();
    if let Some(stopped) = stopped {
        return Err(stopped);
    }
    let failed = |cause: io::Error| ReadError::Io { name: emitter.name().to_owned(), cause };
    let message = match result {
        Ok(()) => meter.rest_of_line().map_err(failed)?.map(|byte| {
            format!("not valid JSON: expected the end of the line, found {}", fault::shown(byte))
        }),
        Err(error) => {
            let at = fault::Position::of(&error, line);
            match fault::classify(error, emitter.name(), &path, at, meter.fault(), meter.is_exceeded()) {
                ReadError::Syntax { column, message, .. } => {
                    Some(format!("column {column}: not valid JSON: {message}"))
                }
                ReadError::Truncated { .. } => Some("not valid JSON: the line ends in the middle".to_owned()),
                ReadError::RecordTooLarge { limit, .. } => {
                    Some(format!("the record is larger than {limit} bytes"))
                }
                other => return Err(other),
            }
        }
    };
    let start = meter.end_line().map_err(failed)?;
    if let Some(message) = message {
        emitter.emit(Record::Unreadable(Unreadable::new(Location::Line(line), message, &start)))?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
