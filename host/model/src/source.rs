//! Where objects come from, as a run sees it.

use std::fmt;

use crate::{Diagnostic, Record, Summary};

/// A source that is read once, from its beginning to its end.
pub trait RecordSource: fmt::Debug + Send {
    /// The name that reports show, for example the file's.
    fn name(&self) -> &str;

    /// Reads the source to its end and passes each record to `sink` as soon as it is understood.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the source as a whole cannot be read. Records that were passed before stay valid.
    fn read(self: Box<Self>, sink: &mut dyn FnMut(Record)) -> Result<Summary, SourceError>;
}

/// Why a source as a whole cannot be read.
#[derive(Debug)]
pub struct SourceError(Box<dyn Diagnostic + Send + Sync>);

impl SourceError {
    /// The error of one kind of source.
    #[must_use]
    pub fn new(error: impl Diagnostic + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for SourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Diagnostic for SourceError {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn hint(&self) -> Option<String> {
        self.0.hint()
    }
}
