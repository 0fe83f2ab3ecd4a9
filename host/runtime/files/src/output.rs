//! Output that is complete or absent.
//!
//! A regular file is replaced by a complete one that keeps its permissions and its owner; until then it stays as it was. What is
//! not a regular file (a pipe, a device, a descriptor such as `/dev/fd/3`) is never replaced but written to. A symbolic link stays
//! one; the file that it leads to is replaced. Whether all of this is possible is found out when the output is opened.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// The path that means standard output.
pub const STANDARD_OUTPUT: &str = "-";

/// Links that are followed one after the other: as many as Linux follows.
const LINKS: usize = 40;

/// An output that was opened and not yet written.
#[derive(Debug)]
pub struct Output(Sink);

#[derive(Debug)]
enum Sink {
    /// Standard output, by its own handle: another one would have a place of its own in a regular file.
    Standard,
    /// Something that is written to as it is.
    Through(File),
    /// A file that gets its name when it is complete.
    Complete { unfinished: NamedTempFile, path: PathBuf },
    /// A regular file in a directory that takes no other, for example one that is mounted on its own.
    InPlace(PathBuf),
}

impl Output {
    /// Opens an output. Waits until something reads from a named pipe.
    ///
    /// # Errors
    /// If it cannot be written to, or is a directory.
    pub fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new(STANDARD_OUTPUT) {
            return Ok(Self(Sink::Standard));
        }
        if path.as_os_str().is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is empty"));
        }
        let sink = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) => existing(path, &found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => new(path)?,
            Err(error) => return Err(error),
        };
        Ok(Self(sink))
    }

    /// Writes the whole content, and gives a file its name.
    ///
    /// # Errors
    /// If it cannot be written. A file that was to be replaced is unchanged then.
    pub fn write(self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self.0 {
            Sink::Standard => write(io::stdout().lock(), content),
            Sink::Through(file) => write(file, content),
            Sink::InPlace(path) => write(OpenOptions::new().write(true).truncate(true).open(path)?, content),
            Sink::Complete { unfinished, path } => {
                write(unfinished.as_file(), content)?;
                let Err(error) = unfinished.persist(&path) else { return Ok(()) };
                // A file that is mounted on its own cannot be replaced, but written.
                let Ok(mut target) = OpenOptions::new().write(true).truncate(true).open(&path) else {
                    return Err(error.error);
                };
                io::copy(&mut error.file.reopen()?, &mut target)?;
                Ok(())
            }
        }
    }
}

fn write(out: impl Write, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    content(&mut out)?;
    out.flush()
}

/// What is there already.
fn existing(path: &Path, found: &Metadata) -> io::Result<Sink> {
    if is_standard_output(found) {
        return Ok(Sink::Standard);
    }
    if !found.is_file() {
        return Ok(Sink::Through(OpenOptions::new().write(true).open(path)?));
    }
    if is_descriptor(path) {
        // Whoever opened the file goes on with it: replacing it would leave them with the old one.
        return Ok(Sink::Through(OpenOptions::new().append(true).open(path)?));
    }
    // Renaming would replace a file that nobody may write.
    drop(OpenOptions::new().write(true).open(path)?);
    let path = end_of_links(path)?;
    match unfinished(&path).and_then(|file| keep_attributes(file, found)) {
        Ok(unfinished) => Ok(Sink::Complete { unfinished, path }),
        Err(_) => Ok(Sink::InPlace(path)),
    }
}

/// A file that is not there yet, be it at the end of a link.
fn new(path: &Path) -> io::Result<Sink> {
    let path = end_of_links(path)?;
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let unfinished = unfinished(&path)?;
    Ok(Sink::Complete { unfinished, path })
}

/// An empty file beside the other, made exclusively, with a name that nobody can know before.
fn unfinished(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".palisade-").suffix(".part").rand_bytes(16);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any program gives a new file; the system takes away what the user's mask forbids.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    // The path of the unfinished file means nothing to people who named another: the system's own error, or its kind.
    std::fs::metadata(directory)?;
    builder.tempfile_in(directory).map_err(|error| io::Error::from(error.kind()))
}

#[cfg(unix)]
fn keep_attributes(unfinished: NamedTempFile, of: &Metadata) -> io::Result<NamedTempFile> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    let file = unfinished.as_file();
    // Nobody reads it with other permissions than those of the file that it replaces.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (of.uid(), of.gid()) {
        fchown(file, Some(of.uid()), Some(of.gid()))?;
    }
    file.set_permissions(std::fs::Permissions::from_mode(of.mode() & 0o7777))?;
    Ok(unfinished)
}

#[cfg(not(unix))]
fn keep_attributes(unfinished: NamedTempFile, _: &Metadata) -> io::Result<NamedTempFile> {
    Ok(unfinished)
}

/// Where a chain of symbolic links ends: a file that is there, or the name of one that is not.
pub(crate) fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let target = std::fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(target);
            }
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(path),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Whether a path names an open file of a process, such as `/dev/stdout`, `/dev/fd/3` and `/proc/self/fd/3`.
fn is_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(directory) = std::fs::canonicalize(parent) else { return false };
        if directory == Path::new("/dev/fd") || (directory.starts_with("/proc") && directory.ends_with("fd"))
        {
            return true;
        }
        let Ok(target) = std::fs::read_link(&path) else { return false };
        path = directory.join(target);
    }
    false
}

/// Standard output as a file, to be asked what it is.
#[cfg(unix)]
pub(crate) fn standard_output() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
pub(crate) fn standard_output() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn is_standard_output(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let own = standard_output().and_then(|file| file.metadata());
    own.is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn is_standard_output(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
