//! Input formats to objects, streamed: a file of indicators goes in, one [`Record`] after the other comes out.
//!
//! Memory is bounded whatever the size of the file: records are handed to the sink as they are read, and one larger than
//! [`palisade_limits::RECORD_BYTES`] is refused. Only JSON documents up to
//! [`palisade_limits::DOCUMENT_IN_MEMORY_BYTES`] are held whole, because that is faster. What a reader cannot understand it never
//! guesses: the record becomes [`Record::Unreadable`], or the file a [`ReadError`].

mod csv;
mod detect;
mod emitter;
mod error;
mod format;
mod guess;
mod json;
mod json_value;
mod misp;
mod object;
mod refang;
mod source;
mod stix;
mod stix_pattern;
mod text;
mod threatq;
mod type_name;

pub use error::ReadError;
pub use format::{Format, UnknownFormat};
pub use guess::guess;
pub use object::{EXCERPT_CHARACTERS, INDICATOR, LeftOut, Location, Object, Record, Unreadable, excerpt};
pub use refang::refang;
pub use source::Source;

use std::collections::BTreeMap;

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
    /// Records that are not for use.
    pub left_out: u64,
    /// Fields that hold what their format does not allow, by name, with the number of objects that were read without them
    /// or, where the format has a range, with the nearest value.
    pub ignored: BTreeMap<&'static str, u64>,
}

impl Summary {
    /// All that was handed to the sink.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.objects.saturating_add(self.unreadable).saturating_add(self.left_out)
    }

    /// How many objects the file announces and does not hold: the export was one page of several.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.total_announced.unwrap_or(0).saturating_sub(self.seen())
    }

    /// One sentence for each field of [`ignored`](Self::ignored), lower case, without a full stop.
    fn ignored_sentences(&self) -> impl Iterator<Item = String> {
        self.ignored.iter().map(|(field, count)| {
            let records = if *count == 1 { "1 record holds" } else { &format!("{count} records hold") };
            let format = self.format;
            let name = &self.name;
            format!(
                "`{name}`: {records} a `{field}` that {format} does not allow; a number beyond its range counts as the \
                 nearest one in it, anything else as missing"
            )
        })
    }
}

/// What is to be known about a collection's files beyond their counts: fields that were not used, and pages that were not
/// given. One sentence for each, lower case, without a full stop.
///
/// Each page of a collection announces the whole of it: files that announce the same number are complete together.
#[must_use]
pub fn warnings(files: &[Summary]) -> Vec<String> {
    let seen_of = |announced: u64| -> u64 {
        files.iter().filter(|file| file.total_announced == Some(announced)).map(Summary::seen).sum()
    };
    let mut warnings = Vec::new();
    for file in files {
        if let Some(announced) = file.total_announced.filter(|announced| seen_of(*announced) < *announced) {
            warnings.push(format!(
                "`{}` announces {announced} objects and holds {}: it is one page of several, and the others were not given",
                file.name,
                file.seen()
            ));
        }
        warnings.extend(file.ignored_sentences());
    }
    warnings
}

/// Reads one file to its end and hands each record to `sink` as soon as it is understood. Without a `format` it is found
/// from the content; with several files, each is found for itself.
///
/// # Errors
///
/// [`ReadError`], when the file as a whole cannot be read. Records handed over before stay valid.
pub fn read(
    source: Source,
    format: Option<Format>,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    read_holding(palisade_limits::DOCUMENT_IN_MEMORY_BYTES, source, format, sink)
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
    format: Option<Format>,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    read_holding(held_bytes, source, format, sink)
}

fn read_holding(
    held_bytes: u64,
    source: Source,
    format: Option<Format>,
    sink: &mut dyn FnMut(Record),
) -> Result<Summary, ReadError> {
    let name = source.name().to_owned();
    let source::Opened { head, complete, bytes } = source.open()?;
    refuse_binary(&name, &head)?;
    let detected = match format {
        Some(format) => Detected { format, lines: is_json_lines(&head, complete) },
        None => detect(&name, &head, complete)?,
    };
    drop(head);
    let mut emitter = Emitter::new(name, detected.format, sink);
    // Text is what a file is that is nothing else.
    if format.is_none() && detected.format == Format::Text {
        emitter = emitter.unproven();
    }
    match detected.format {
        Format::ThreatQ => json::read(held_bytes, &ThreatQ, bytes, detected.lines, &mut emitter)?,
        Format::Stix => {
            let stix = Stix { now: time::OffsetDateTime::now_utc() };
            json::read(held_bytes, &stix, bytes, detected.lines, &mut emitter)?;
        }
        Format::Misp => json::read(held_bytes, &Misp, bytes, detected.lines, &mut emitter)?,
        Format::Csv => csv::read(bytes, &mut emitter)?,
        Format::Text => text::read(bytes, &mut emitter)?,
    }
    emitter.finish()
}
