//! A file that a verb writes when it is done. It is opened before anything is sent, so that one that cannot be written
//! stops the run at its start, and it stands under its name only when it is complete.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

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
    temporary: PathBuf,
    file: File,
}

impl OutputFile {
    pub(crate) fn create(path: PathBuf, purpose: Purpose) -> Result<Self, Failure> {
        if path.is_dir() {
            return Err(purpose.failure(&path, &io::ErrorKind::IsADirectory.into()));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary).map_err(|error| purpose.failure(&path, &error))?;
        Ok(Self { purpose, path, temporary, file })
    }

    /// Writes it and gives it its name.
    pub(crate) fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut out = BufWriter::new(&self.file);
        content(&mut out)
            .and_then(|()| out.flush())
            .and_then(|()| std::fs::rename(&self.temporary, &self.path))
            .map_err(|error| self.purpose.failure(&self.path, &error))
    }
}

impl Drop for OutputFile {
    /// Gone already where the file was written.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.temporary);
    }
}
