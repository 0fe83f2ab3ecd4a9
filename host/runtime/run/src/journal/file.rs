//! A journal in a file: one entry on each line, behind a checksum of it.
//!
//! The file belongs to one process at a time, which holds a lock on it. A line that was being written when the process ended is
//! recognised by its checksum and left out. Whoever continues the run begins with a new file that holds what still matters; it takes
//! the place of the old one at once.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use palisade_limits as limits;
use tempfile::NamedTempFile;

use super::{Begun, Entry, Journal, Kept};

/// Hexadecimal digits of a checksum.
const DIGITS: usize = 8;

/// Why a run cannot be continued, or not be kept, in a file.
#[derive(Debug, thiserror::Error)]
pub enum PendingFileError {
    /// The file cannot be created.
    #[error("the pending file `{}` cannot be written: {cause}", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// There is one already: it may be that of a run that has not ended.
    #[error("the pending file `{}` exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the pending file `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process continues the run.
    #[error("another process is working with the pending file `{}`", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A line before the last one was changed after it was written.
    #[error("the pending file `{}` is damaged in line {line}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1 on.
        line: u64,
    },
    /// Of another program or another version.
    #[error("the pending file `{}` was written by `{found}`, this is `{expected}`", path.display())]
    OtherHost {
        /// The file.
        path: PathBuf,
        /// What wrote it.
        found: String,
        /// What reads it.
        expected: &'static str,
    },
    /// Of another bundle.
    #[error("the run belongs to the bundle {kept}, found {now}")]
    OtherBundle {
        /// Id, version and digest of the bundle of the run.
        kept: String,
        /// The same of the bundle that was given.
        now: String,
    },
}

impl PendingFileError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWritten { .. } => "pending-file-not-written",
            Self::Exists { .. } => "pending-file-exists",
            Self::Unreadable { .. } => "pending-file-unreadable",
            Self::InUse { .. } => "pending-file-in-use",
            Self::Damaged { .. } => "pending-file-damaged",
            Self::OtherHost { .. } => "pending-file-of-another-host",
            Self::OtherBundle { .. } => "pending-file-of-another-bundle",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotWritten { .. } | Self::Unreadable { .. } => return None,
            Self::Exists { .. } => "resume the run that it belongs to, or name another file",
            Self::InUse { .. } => "wait until the other process has ended, or end it",
            Self::Damaged { .. } => {
                "check at the service what became of the objects; the run cannot be resumed from this file"
            }
            Self::OtherHost { found, .. } => return Some(format!("resume the run with `{found}`")),
            Self::OtherBundle { .. } => "name the bundle with which the run began",
        };
        Some(hint.to_owned())
    }
}

/// A journal in a file.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has been kept yet. The file gets its name with the first entries.
    New(Option<NamedTempFile>),
    /// The lock is held as long as the file is open.
    Open {
        file: File,
        first: u64,
        length: u64,
        /// The last line may be torn. Another one behind it would make the file unreadable.
        is_torn: bool,
    },
}

impl JournalFile {
    /// Prepares a file for a new run. It appears when the run begins.
    ///
    /// # Errors
    /// [`PendingFileError::Exists`], and [`PendingFileError::NotWritten`] if nothing can be written there.
    pub fn create(path: &Path) -> Result<Self, PendingFileError> {
        // A file that is to be found again must not depend on the directory of a process.
        let path = std::path::absolute(path)
            .map_err(|cause| PendingFileError::NotWritten { path: path.to_owned(), cause })?;
        if std::fs::symlink_metadata(&path).is_ok() {
            return Err(PendingFileError::Exists { path });
        }
        let file =
            unfinished(&path).map_err(|cause| PendingFileError::NotWritten { path: path.clone(), cause })?;
        Ok(Self { path, state: State::New(Some(file)) })
    }

    /// Opens the file of a run that another process began, and reads what it has kept. From then on no other process can.
    ///
    /// # Errors
    /// [`PendingFileError`]; nothing has been changed.
    pub fn open(path: &Path) -> Result<(Self, Kept), PendingFileError> {
        let unreadable = |cause| PendingFileError::Unreadable { path: path.to_owned(), cause };
        let path = std::path::absolute(path).map_err(unreadable)?;
        let file = lock(&path)?;
        let kept = read(&path, &file)?;
        let length = file.metadata().map_err(unreadable)?.len();
        // What was read is replaced when the run continues, be there a torn line at its end or not.
        Ok((Self { path, state: State::Open { file, first: 0, length, is_torn: true } }, kept))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Journal for JournalFile {
    fn replace(&mut self, entries: &mut dyn Iterator<Item = Entry>) -> io::Result<()> {
        let prepared = match &mut self.state {
            State::New(file) => file.take(),
            State::Open { .. } => None,
        };
        let is_new = prepared.is_some();
        let unfinished = prepared.map_or_else(|| unfinished(&self.path), Ok)?;
        // Before it has the name, so that nobody else can have the lock.
        unfinished.as_file().try_lock().map_err(io::Error::from)?;
        let mut out = BufWriter::new(unfinished.as_file());
        for entry in entries {
            write_line(&mut out, &entry)?;
        }
        out.flush()?;
        drop(out);
        unfinished.as_file().sync_all()?;
        let file =
            if is_new { unfinished.persist_noclobber(&self.path) } else { unfinished.persist(&self.path) };
        let file = file.map_err(|error| error.error)?;
        sync_directory(&self.path)?;
        let length = file.metadata()?.len();
        self.state = State::Open { file, first: length, length, is_torn: false };
        Ok(())
    }

    fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let State::Open { file, length, is_torn, .. } = &mut self.state else {
            return Err(io::Error::other("nothing has been kept yet"));
        };
        if *is_torn {
            return Err(io::Error::other("an earlier entry could not be written"));
        }
        let mut lines = Vec::new();
        entries.iter().try_for_each(|entry| write_line(&mut lines, entry))?;
        *is_torn = true;
        file.write_all(&lines)?;
        file.sync_data()?;
        *is_torn = false;
        *length = length.saturating_add(lines.len() as u64);
        Ok(())
    }

    fn is_long(&self) -> bool {
        match &self.state {
            State::New(_) => false,
            State::Open { first, length, .. } => {
                *length > limits::PENDING_FILE_GROWTH_BYTES.max(first.saturating_mul(2))
            }
        }
    }
}

fn write_line(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    let text = serde_json::to_vec(entry)?;
    write!(out, "{:08x} ", crc32fast::hash(&text))?;
    out.write_all(&text)?;
    out.write_all(b"\n")
}

/// The entry on a line; nothing if the line is not as it was written.
fn read_line(line: &[u8]) -> Option<Entry> {
    let (digits, text) = line.strip_suffix(b"\n")?.split_at_checked(DIGITS)?;
    let text = text.strip_prefix(b" ")?;
    let checksum = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    if crc32fast::hash(text) == checksum { serde_json::from_slice(text).ok() } else { None }
}

fn read(path: &Path, file: &File) -> Result<Kept, PendingFileError> {
    let unreadable = |cause| PendingFileError::Unreadable { path: path.to_owned(), cause };
    let damaged = |line| PendingFileError::Damaged { path: path.to_owned(), line };
    let mut reader = BufReader::new(file);
    let mut kept: Option<Kept> = None;
    let mut torn = None;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let most = limits::PENDING_FILE_LINE_BYTES;
        let length = (&mut reader).take(most).read_until(b'\n', &mut line).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        match (read_line(&line), kept.as_mut(), torn) {
            (Some(_), _, Some(torn)) => return Err(damaged(torn)),
            (Some(Entry::Run(begun)), None, None) => kept = Some(Kept::begun(of_this_host(path, *begun)?)),
            (Some(entry), Some(kept), None) => kept.take(entry),
            (Some(_), None, None) => return Err(damaged(number)),
            // The first such line can be the one that was being written.
            (None, _, _) => torn = torn.or(Some(number)),
        }
    }
    kept.ok_or_else(|| damaged(1))
}

fn of_this_host(path: &Path, begun: Begun) -> Result<Begun, PendingFileError> {
    if begun.schema == Begun::SCHEMA && begun.host == Begun::HOST {
        return Ok(begun);
    }
    Err(PendingFileError::OtherHost { path: path.to_owned(), found: begun.host, expected: Begun::HOST })
}

/// The file, with the lock on it.
fn lock(path: &Path) -> Result<File, PendingFileError> {
    let unreadable = |cause| PendingFileError::Unreadable { path: path.to_owned(), cause };
    loop {
        let file = File::options().read(true).write(true).open(path).map_err(unreadable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(PendingFileError::InUse { path: path.to_owned() });
            }
            Err(std::fs::TryLockError::Error(cause)) => return Err(unreadable(cause)),
        }
        // Another process may have replaced it since it was opened.
        if is_at(&file, path).map_err(unreadable)? {
            return Ok(file);
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (open, named) = (file.metadata()?, std::fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (named.dev(), named.ino()))
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

/// An empty file beside the other, which only its owner can read.
fn unfinished(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".palisade-").suffix(".part").rand_bytes(16);
    builder.tempfile_in(directory)
}

/// Makes the name of a new file durable.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
