//! A recording that is read: ours, one that was edited by hand, or one of a browser.
//!
//! Denies by default: what a replay needs has to be there and make sense, and a message names file and place of what does
//! not. Fields that a replay does not need may be missing, and there may be others.

mod fault;
mod read;

pub use fault::ReadError;

use crate::Provenance;
use crate::exchange::Exchange;

/// The attempts of one run, in the order of the file.
#[derive(Debug, Clone)]
pub struct Recording {
    pub(crate) name: String,
    pub(crate) exchanges: Vec<Exchange>,
    provenance: Option<Provenance>,
    dropped: u64,
}

impl Recording {
    /// Reads a recording. `name` is the file as messages call it. A byte order mark is skipped, as the format demands.
    ///
    /// # Errors
    /// Where the file is too large, is not JSON or not such an archive, or an entry makes no sense.
    pub fn read(bytes: &[u8], name: &str) -> Result<Self, ReadError> {
        read::recording(bytes, name)
    }

    /// The run that was recorded, where the file says so.
    #[must_use]
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }

    /// Attempts that are in the file.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.exchanges.len()
    }

    /// Attempts that are not in the file, because it would have become too large. A replay will miss them.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests;
