//! Input formats to objects, streamed: a file of indicators goes in, one [`Record`] after the other comes out.
//!
//! Memory is bounded whatever the size of the file: records are handed to the sink as they are read, and one larger than
//! [`palisade_limits::RECORD_BYTES`] is refused. Only JSON documents up to
//! [`palisade_limits::DOCUMENT_IN_MEMORY_BYTES`] are held whole, because that is faster. What a reader cannot understand it never
//! guesses: the record becomes [`Record::Unreadable`], or the file a [`ReadError`].

#![warn(missing_docs)]

mod columns;
mod csv;
mod detect;
mod do_not_block;
mod emitter;
mod encoding;
mod error;
mod file;
mod guess;
mod json;
mod json_value;
mod listed;
mod misp;
mod refang;
mod settle;
mod source;
mod stix;
mod stix_pattern;
mod text;
mod threatq;
mod type_name;
mod unpack;

pub use columns::{Columns, InvalidColumn, ObjectType, Reading};
pub use error::ReadError;
pub use file::CollectionFile;
pub use guess::guess;
pub use refang::refang;
pub use source::Source;
pub use unpack::UnpackFault;

use palisade_model::{Format, Record, Summary};

use detect::{Detected, detect, is_json_lines, refuse_binary};
use emitter::Emitter;
use misp::Misp;
use stix::Stix;
use threatq::ThreatQ;

/// Reads one file to its end and hands each record to `sink` as soon as it is understood. Without a format in `reading` it is
/// found from the content; with several files, each is found for itself.
///
/// # Errors
///
/// [`ReadError`], when the file as a whole cannot be read. Records handed over before stay valid.
pub fn read(
    source: Source,
    reading: impl Into<Reading>,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    read_holding(palisade_limits::DOCUMENT_IN_MEMORY_BYTES, source, &reading.into(), sink)
}

/// [`read`] with another limit of what is held whole: fuzzing compares what is held with what is streamed.
///
/// # Errors
///
/// As [`read`].
#[cfg(feature = "fuzzing")]
pub fn read_within(
    held_bytes: u64,
    source: Source,
    reading: impl Into<Reading>,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    read_holding(held_bytes, source, &reading.into(), sink)
}

fn read_holding(
    held_bytes: u64,
    source: Source,
    reading: &Reading,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    read_open(held_bytes, source, reading, sink).map_err(ReadError::unpacking)
}

fn read_open(
    held_bytes: u64,
    source: Source,
    reading: &Reading,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    let name = source.name().to_owned();
    let source::Opened { head, complete, bytes } = source.open()?;
    refuse_binary(&name, &head)?;
    let format = reading.format;
    if let Some(object_type) = &reading.object_type
        && matches!(format, None | Some(Format::Csv | Format::Text))
        && !head.trim_ascii_start().starts_with(b"{")
        && !head.trim_ascii_start().starts_with(b"[")
    {
        let mut emitter = Emitter::new(name, format.unwrap_or(Format::Text), sink);
        listed::read(bytes, object_type, reading, &mut emitter)?;
        return emitter.finish();
    }
    let detected = match format {
        Some(format) => Detected { format, lines: is_json_lines(&head, complete) },
        None => detect(&name, &head, complete, &reading.columns)?,
    };
    drop(head);
    let mut emitter = Emitter::new(name, detected.format, sink);
    // Text is what a file is that is nothing else.
    if format.is_none() && detected.format == Format::Text {
        emitter = emitter.unproven();
    }
    match detected.format {
        Format::ThreatQ => {
            let threatq = ThreatQ { now: time::OffsetDateTime::now_utc() };
            json::read(held_bytes, &threatq, bytes, detected.lines, &mut emitter)?;
        }
        Format::Stix => {
            let stix = Stix { now: time::OffsetDateTime::now_utc() };
            json::read(held_bytes, &stix, bytes, detected.lines, &mut emitter)?;
        }
        Format::Misp => json::read(held_bytes, &Misp, bytes, detected.lines, &mut emitter)?,
        Format::Csv => csv::read(bytes, &reading.columns, &mut emitter)?,
        Format::Text => text::read(bytes, &mut emitter)?,
    }
    emitter.finish()
}
