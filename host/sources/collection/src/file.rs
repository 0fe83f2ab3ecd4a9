//! A file of a collection as the source of a run.

use palisade_model::{Diagnostic, Record, RecordSource, SourceError, Summary};

use crate::{ReadError, Reading, Source, read};

/// A file, with what is known about its format.
#[derive(Debug)]
pub struct CollectionFile {
    source: Source,
    reading: Reading,
}

impl CollectionFile {
    /// A file that is read as `reading` says.
    #[must_use]
    pub fn new(source: Source, reading: impl Into<Reading>) -> Self {
        Self { source, reading: reading.into() }
    }
}

impl RecordSource for CollectionFile {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn read(self: Box<Self>, sink: &mut dyn FnMut(Record)) -> Result<Summary, SourceError> {
        read(self.source, self.reading, sink).map_err(SourceError::new)
    }
}

impl Diagnostic for ReadError {
    fn code(&self) -> &'static str {
        Self::code(self)
    }

    fn hint(&self) -> Option<String> {
        Self::hint(self)
    }
}
