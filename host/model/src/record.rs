//! What a source reports for each of its records.
//!
//! Every record becomes exactly one of three things, and nothing disappears between them: an [`Object`], an
//! [`Unreadable`] record, or one that is [`LeftOut`] because its own source says that it is not for use.

use serde::{Deserialize, Serialize};

use crate::{Location, Object, excerpt};

/// What a reader hands to its sink, one for each record of the file (a record with several values gives several).
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A record that was understood.
    Object(Object),
    /// A record that was not.
    Unreadable(Unreadable),
    /// A record that was understood and is not for use.
    LeftOut(LeftOut),
}

/// One record that could not be understood, in a file that otherwise could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Where the record stands.
    pub location: Location,
    /// What was expected and what was found: one sentence, lower case, without a full stop.
    pub message: String,
    /// The beginning of the record as the file has it, at most [`EXCERPT_CHARACTERS`] characters.
    pub excerpt: String,
}

impl Unreadable {
    /// Builds one from the whole of what was found, of which only the beginning is kept.
    #[must_use]
    pub fn new(location: Location, message: impl Into<String>, found: &str) -> Self {
        Self { location, message: message.into(), excerpt: excerpt(found) }
    }
}

/// One record that is readable and by its own file's word is not for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where the record stands.
    pub location: Location,
    /// The record's identifier in its own platform.
    pub platform_id: Option<String>,
    /// Stable: `not-an-indicator`, `not-for-detection`, `deleted`, `revoked`, `expired`, `inactive`, `benign`, `allowed` or
    /// `false-positive`.
    pub code: &'static str,
    /// One sentence for people, lower case, without a full stop.
    pub message: String,
    /// The value or, where there is none, the beginning of the record.
    pub excerpt: String,
}

/// Why the source of an object does not want it blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoNotBlock {
    /// Stable: `allowed`, `benign`, `false-positive`, or one of the codes of [`LeftOut`].
    pub code: &'static str,
    /// One sentence, lower case, without a full stop.
    pub message: String,
}
