//! Compressed input: gzip, and a zip with one file in it. Recognised by its first bytes, unpacked while it is read, and never
//! beyond its limits; what is compressed twice, encrypted, damaged or of several files is refused by name.

mod zip;

use std::fmt;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use palisade_limits::{UNPACKED_BYTES, UNPACKED_RATIO, UNPACKED_RATIO_FREE_BYTES};
use thiserror::Error;

/// How gzip begins, with the only method that it has.
const GZIP: &[u8] = b"\x1F\x8B";
/// How a zip begins: with its first entry, or, if it holds none, with its end.
const ZIP: &[&[u8]] = &[b"PK\x03\x04", b"PK\x05\x06"];

/// Why compressed input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnpackFault {
    /// The bytes are not what their compression allows, or are not all there.
    #[error("it is damaged or cut off ({0})")]
    Damaged(String),
    /// A zip with a password.
    #[error("`{0}` in it is encrypted")]
    Encrypted(String),
    /// A zip without a file.
    #[error("the zip holds no file")]
    NoFile,
    /// A zip with more than one file.
    #[error("the zip holds more than one file")]
    SeveralFiles,
    /// A spreadsheet or a text document, which is a zip as well.
    #[error("it is an office document")]
    OfficeDocument,
    /// A compression that is not read.
    #[error("`{name}` in it is compressed by method {method}, expected 0 (stored) or 8 (Deflate)")]
    Method {
        /// The file in the zip.
        name: String,
        /// The number of the method (APPNOTE.TXT, 4.4.5).
        method: u16,
    },
    /// The unpacked content is compressed as well.
    #[error("what is unpacked is compressed again")]
    Nested,
    /// It unpacks to very much more than it is.
    #[error("it unpacks to more than {UNPACKED_RATIO} times its size")]
    Ratio,
    /// It unpacks to too much.
    #[error("it unpacks to more than {UNPACKED_BYTES} bytes")]
    TooLarge,
}

impl UnpackFault {
    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "fetch the file again",
            Self::Encrypted(_) => "unpack it with its password and give the file that is in it",
            Self::NoFile => "check that the download or the export is complete",
            Self::SeveralFiles => "unpack it and give the files in it one by one",
            Self::OfficeDocument => "save the sheet as CSV, or the indicators of the document as text",
            Self::Method { .. } | Self::Nested | Self::Ratio | Self::TooLarge => {
                "unpack it and give the file that is in it"
            }
        }
    }

    /// The fault behind an error of reading, if it is one.
    pub(crate) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<UnpackFault> for io::Error {
    fn from(fault: UnpackFault) -> Self {
        Self::other(fault)
    }
}

/// Whether the bytes begin as compressed input does.
pub(crate) fn is_packed(head: &[u8]) -> bool {
    head.starts_with(GZIP) || ZIP.iter().any(|signature| head.starts_with(signature))
}

/// The content of compressed input; `head` is how it begins, and `packed` all of it.
pub(crate) fn unpack(head: &[u8], packed: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let consumed = Arc::new(AtomicU64::new(0));
    let packed = BufReader::new(Counted { reader: packed, count: Arc::clone(&consumed) });
    let content: Box<dyn Read + Send> = if head.starts_with(GZIP) {
        Box::new(MultiGzDecoder::new(packed))
    } else {
        Box::new(zip::open(packed)?)
    };
    Ok(Box::new(Limited { content, consumed, produced: 0 }))
}

/// Counts what is read.
struct Counted<R> {
    reader: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.fetch_add(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(read)
    }
}

/// Ends what unpacks to too much, and names what is damaged.
struct Limited {
    content: Box<dyn Read + Send>,
    consumed: Arc<AtomicU64>,
    produced: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer).map_err(named)?;
        self.produced = self.produced.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        let most = self.consumed.load(Ordering::Relaxed).saturating_mul(UNPACKED_RATIO);
        if self.produced > UNPACKED_BYTES {
            return Err(UnpackFault::TooLarge.into());
        }
        if self.produced > UNPACKED_RATIO_FREE_BYTES && self.produced > most {
            return Err(UnpackFault::Ratio.into());
        }
        Ok(read)
    }
}

/// What a decoder says about bytes that it does not understand; an error of the source stays what it is.
fn named(error: io::Error) -> io::Error {
    if UnpackFault::of(&error).is_some() {
        return error;
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged("the data ends in the middle"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => damaged(error),
        _ => error,
    }
}

fn damaged(cause: impl fmt::Display) -> io::Error {
    UnpackFault::Damaged(palisade_model::excerpt(&cause.to_string())).into()
}

#[cfg(test)]
mod tests;
