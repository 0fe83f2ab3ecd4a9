//! The end of `palisade run` and of `palisade resume`: what became of every object, and what is left for later.

use std::io;
use std::path::{Path, PathBuf};

use palisade_run::{ArtefactDirectory, FoundFile, Report, Status, Uploads};

use crate::answer::{Answer, Channel};
use crate::failure::Failure;
use crate::{json, show};

/// Exit status: objects are pending.
const PENDING: u8 = 5;

/// A run that has ended, whatever became of it. That its report or its recording could not be written does not undo it.
pub(crate) struct Finished {
    pub(crate) report: Report,
    /// What could not be written of what was asked for.
    pub(crate) unwritten: Vec<Failure>,
    /// What was left out or warned of counts as a problem.
    pub(crate) strict: bool,
    /// What another process needs to continue the run.
    pub(crate) pending: Option<PathBuf>,
}

impl Finished {
    /// Removes the pending file of a run in which nothing is left to do. It stays if the report could not be written: to resume the
    /// run writes it again.
    pub(crate) fn tidy(mut self) -> Self {
        if self.report.totals.pending == 0
            && self.unwritten.is_empty()
            && let Some(path) = self.pending.take()
            && let Err(error) = std::fs::remove_file(&path)
        {
            self.unwritten.push(Failure::file(
                "pending-file-not-removed",
                "cannot remove the pending file",
                &path,
                &error,
            ));
        }
        self
    }

    fn left(&self) -> String {
        self.pending.as_deref().map(|path| show::report::pending(&self.report, path)).unwrap_or_default()
    }
}

impl Answer for Finished {
    fn text(&self) -> String {
        let failures: String = self.unwritten.iter().map(show::failure::text).collect();
        let strict = if self.strict { show::report::strict(&self.report) } else { String::new() };
        format!("{}{strict}{}{failures}", show::report::text(&self.report), self.left())
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        json::write(out, &self.report)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }

    fn status(&self) -> u8 {
        match self.report.run.status {
            // Not all that was asked for has been done.
            _ if !self.unwritten.is_empty() => 4,
            Status::Waiting => PENDING,
            Status::Clean if self.strict && !show::report::is_complete(&self.report) => 3,
            Status::Clean => 0,
            Status::WithProblems => 3,
            Status::EndedEarly => 4,
        }
    }
}

/// A value as a file has it: JSON, and a line break behind it.
pub(crate) fn write_json(out: &mut dyn io::Write, value: &impl serde::Serialize) -> io::Result<()> {
    json::write(out, value)?;
    out.write_all(b"\n")
}

/// The directory for files that the action returns.
pub(crate) fn artefacts(path: &Path) -> Result<ArtefactDirectory, Failure> {
    ArtefactDirectory::open(path).map_err(|error| {
        Failure::file("artefacts-not-writable", "cannot write to the directory of artefacts", path, &error)
    })
}

/// The file for objects that the action finds.
pub(crate) fn found(path: &Path) -> Result<FoundFile, Failure> {
    FoundFile::open(path).map_err(|error| {
        Failure::file("found-not-writable", "cannot use the file for what the action finds", path, &error)
    })
}

/// Files that the action may send.
pub(crate) fn uploads(paths: &[PathBuf]) -> Result<Uploads, Failure> {
    Uploads::of(paths).map_err(|(path, error)| {
        Failure::file("artefact-unreadable", "cannot read the artefact", &path, &error)
    })
}

/// An absolute path, for a process with another working directory.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
