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
mod format;
mod guess;
mod json;
mod json_value;
mod misp;
mod note;
mod object;
mod refang;
mod settle;
mod source;
mod stix;
mod stix_pattern;
mod text;
mod threatq;
mod type_name;
mod unpack;
mod warnings;

pub use columns::{Column, ColumnRole, Columns, InvalidColumn, Reading};
pub use do_not_block::DoNotBlock;
pub use error::ReadError;
pub use format::{Format, UnknownFormat};
pub use guess::guess;
pub use note::Note;
pub use object::{EXCERPT_CHARACTERS, INDICATOR, LeftOut, Location, Object, Record, Unreadable, excerpt};
pub use refang::refang;
pub use source::Source;
pub use unpack::UnpackFault;
pub use warnings::warnings;

use std::collections::{BTreeMap, BTreeSet};

use detect::{Detected, detect, is_json_lines, refuse_binary};
use emitter::Emitter;
use misp::Misp;
use stix::Stix;
use threatq::ThreatQ;

/// What reading one file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The file's name, as messages show it.
    pub name: String,
    /// The format that it was read as, given or found.
    pub format: Format,
    /// How many objects the file says there are (ThreatQ's `total`; the largest one of several pages).
    pub total_announced: Option<u64>,
    /// Objects handed to the sink.
    pub objects: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Those of [`unreadable`](Self::unreadable) that were counted and not handed to the sink, because there are so many.
    pub unreadable_not_listed: u64,
    /// Records that are not for use.
    pub left_out: u64,
    /// Fields that hold what their format does not allow, by name, with the number of objects that were read without them
    /// or, where the format has a range, with the nearest value.
    pub ignored: BTreeMap<&'static str, u64>,
    /// Values around which invisible characters stood, and were removed.
    pub stripped: u64,
    /// Domain names whose top level is not on the public suffix list.
    pub unlisted: u64,
    /// The first such top levels.
    pub unlisted_suffixes: BTreeSet<String>,
    /// What else was noticed, with how often.
    pub notes: BTreeMap<Note, u64>,
    /// The first columns of a CSV file, in its order; nothing for other formats.
    pub columns: Vec<Column>,
}

impl Summary {
    /// Of a file of which nothing has been read.
    #[must_use]
    pub fn new(name: impl Into<String>, format: Format) -> Self {
        Self {
            name: name.into(),
            format,
            total_announced: None,
            objects: 0,
            unreadable: 0,
            unreadable_not_listed: 0,
            left_out: 0,
            ignored: BTreeMap::new(),
            stripped: 0,
            unlisted: 0,
            unlisted_suffixes: BTreeSet::new(),
            notes: BTreeMap::new(),
            columns: Vec::new(),
        }
    }

    /// All that was found in the file.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.objects.saturating_add(self.unreadable).saturating_add(self.left_out)
    }

    /// How many objects the file announces and does not hold: the export was one page of several.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.total_announced.unwrap_or(0).saturating_sub(self.seen())
    }
}

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
