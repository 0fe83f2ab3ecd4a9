//! A file that a verb writes when it is done. It is opened before anything is sent, so that one that cannot be written
//! stops the run at its start.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use palisade_files::Output;

use crate::failure::Failure;

/// What the file is, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `--report`
    Report,
    /// `--plan`
    Plan,
    /// `--record`
    Recording,
}

impl Purpose {
    fn failure(self, path: &Path, error: &io::Error) -> Failure {
        let (code, what) = match self {
            Self::Report => ("report-not-written", "the report cannot be written to"),
            Self::Plan => ("plan-not-written", "the plan cannot be written to"),
            Self::Recording => ("recording-not-written", "the recording cannot be written to"),
        };
        Failure::file(code, what, path, error)
    }
}

/// The file before it is complete.
pub(crate) struct OutputFile {
    purpose: Purpose,
    path: PathBuf,
    output: Output,
}

impl OutputFile {
    /// Opens it. Waits until something reads from a named pipe.
    pub(crate) fn open(path: PathBuf, purpose: Purpose) -> Result<Self, Failure> {
        let output = Output::open(&path).map_err(|error| purpose.failure(&path, &error))?;
        Ok(Self { purpose, path, output })
    }

    /// Writes all of it.
    pub(crate) fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let Self { purpose, path, output } = self;
        output.write(content).map_err(|error| purpose.failure(&path, &error))
    }
}
