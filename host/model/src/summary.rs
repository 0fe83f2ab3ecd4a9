//! What reading one file resulted in.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Column, Format, Note};

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
