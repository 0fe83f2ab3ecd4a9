//! Input that ends: a file or a pipe, up to a number of bytes.
//!
//! Devices are refused, because they may be endless (`/dev/zero`) or wait for somebody (a terminal). The null device is the one
//! exception: it is the usual way to name an empty file. A pipe is read to its end, so that process substitution works.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The reason that the system gave, or that it is a directory or a device.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It has more bytes than it may have.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that it may have.
        limit: u64,
    },
}

impl From<ReadFault> for io::Error {
    fn from(fault: ReadFault) -> Self {
        match fault {
            ReadFault::Io(error) => error,
            ReadFault::TooLarge { .. } => Self::new(io::ErrorKind::FileTooLarge, fault.to_string()),
        }
    }
}

/// Opens a file or a pipe for reading. Waits until something writes to a named pipe.
///
/// # Errors
/// If it cannot be opened, or is a directory or a device.
pub fn open(path: &Path) -> io::Result<File> {
    // Before it is opened, because that alone can have an effect on a device. After it, because the name may lead elsewhere by then.
    check(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Reads a file or a pipe of at most `limit` bytes.
///
/// # Errors
/// As [`open`], and if it has more bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadFault> {
    let file = open(path)?;
    let expected = file.metadata()?.len();
    if expected > limit {
        return Err(ReadFault::TooLarge { limit });
    }
    // One allocation of the right size: growing would hold the file twice. A pipe has no size.
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0).saturating_add(1));
    // One byte more than allowed shows that there are too many.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        Ok(bytes)
    } else {
        Err(ReadFault::TooLarge { limit })
    }
}

/// Reads a text in UTF-8 of at most `limit` bytes.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, ReadFault> {
    String::from_utf8(read(path, limit)?)
        .map_err(|_| ReadFault::Io(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text")))
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if is_device(metadata) && !is_null(metadata) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device"));
    }
    Ok(())
}

#[cfg(unix)]
fn is_device(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
fn is_device(_: &Metadata) -> bool {
    false
}

/// Whether it is the null device, by whatever name.
#[cfg(unix)]
pub(crate) fn is_null(metadata: &Metadata) -> bool {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
    metadata.file_type().is_char_device()
        && std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev())
}

#[cfg(not(unix))]
pub(crate) fn is_null(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "abcd").unwrap();
        assert_eq!(read(&path, 4).unwrap(), b"abcd");
        assert!(matches!(read(&path, 3), Err(ReadFault::TooLarge { limit: 3 })));
        assert_eq!(read_text(&path, 4).unwrap(), "abcd");
    }

    #[cfg(unix)]
    mod unix {
        use super::*;

        #[test]
        fn devices_and_directories_are_refused_and_the_null_device_is_empty() {
            for path in ["/dev/zero", "/dev/urandom", "/dev/full"] {
                assert!(matches!(read(Path::new(path), 1 << 30), Err(ReadFault::Io(_))), "{path}");
            }
            assert!(matches!(read(Path::new("/"), 10), Err(ReadFault::Io(_))));
            assert_eq!(read(Path::new("/dev/null"), 10).unwrap(), b"");
        }

        #[test]
        fn a_pipe_is_read_to_its_end_and_no_further_than_the_limit() {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("pipe");
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
            for (limit, is_read) in [(10, true), (5, true), (4, false)] {
                let writing = std::thread::spawn({
                    let path = path.clone();
                    move || std::fs::write(path, "abcde")
                });
                assert_eq!(read(&path, limit).is_ok(), is_read, "{limit}");
                let _ = writing.join().unwrap();
            }
        }
    }
}
