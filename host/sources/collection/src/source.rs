//! Where bytes come from: a file, standard input or any reader, with the name that messages use.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::PathBuf;

use encoding_rs_io::DecodeReaderBytes;
use palisade_limits::{RECORD_BYTES, SNIFF_BYTES, STREAM_BYTES};

use crate::ReadError;
use crate::unpack::{UnpackFault, is_packed, unpack};

/// One input with its name.
pub struct Source {
    name: String,
    input: Input,
}

/// What is behind a source.
enum Input {
    /// A file that is opened when it is read.
    Path(PathBuf),
    /// Something that is open already.
    Reader(Box<dyn Read + Send>),
}

/// The bytes of an open source, from the first one after a byte order mark.
pub(crate) type Bytes = BufReader<Chain<Cursor<Vec<u8>>, Box<dyn Read + Send>>>;

/// An open source, of which the beginning is known.
pub(crate) struct Opened {
    /// The first [`SNIFF_BYTES`] bytes, or fewer if there are no more.
    pub(crate) head: Vec<u8>,
    /// The head is all there is.
    pub(crate) complete: bool,
    /// Everything, the head included.
    pub(crate) bytes: Bytes,
}

impl Source {
    /// A file.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { name: path.display().to_string(), input: Input::Path(path) }
    }

    /// Any reader; it is buffered here. `name` is what messages call it.
    #[must_use]
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self { name: name.into(), input: Input::Reader(Box::new(reader)) }
    }

    /// Standard input, called `-`.
    #[must_use]
    pub fn standard_input() -> Self {
        Self::reader("-", io::stdin())
    }

    /// What a command line names: `-` is standard input, anything else a file.
    #[must_use]
    pub fn from_argument(argument: &OsStr) -> Self {
        if argument == "-" { Self::standard_input() } else { Self::path(PathBuf::from(argument)) }
    }

    /// The name that messages use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens it and looks at its beginning. Compressed input is unpacked on the way.
    pub(crate) fn open(self) -> Result<Opened, ReadError> {
        let Self { name, input } = self;
        let mut reader: Box<dyn Read + Send> = match input {
            Input::Reader(reader) => Box::new(Bounded::new(reader)),
            Input::Path(path) => match palisade_files::open(&path) {
                Ok(file) if file.metadata().is_ok_and(|found| found.is_file()) => Box::new(file),
                Ok(file) => Box::new(Bounded::new(file)),
                Err(cause) if cause.kind() == io::ErrorKind::IsADirectory => {
                    return Err(ReadError::Directory { name });
                }
                Err(cause) => return Err(ReadError::Open { name, cause }),
            },
        };
        let mut head = match beginning(&mut reader) {
            Ok(head) => head,
            Err(cause) => return Err(ReadError::Io { name, cause }),
        };
        if is_packed(&head) {
            match unpacked(&head, reader) {
                Ok((unpacked_head, content)) => (head, reader) = (unpacked_head, content),
                Err(cause) => return Err(ReadError::Io { name, cause }),
            }
        }
        if UTF_16.iter().any(|mark| head.starts_with(mark)) && !head.starts_with(UTF_32) {
            let whole = Cursor::new(head).chain(reader);
            // The mark says which of the two it is.
            let mut text: Box<dyn Read + Send> = Box::new(DecodeReaderBytes::new(whole));
            match beginning(&mut text) {
                Ok(decoded) => (head, reader) = (decoded, text),
                Err(cause) => return Err(ReadError::Io { name, cause }),
            }
        }
        let complete = u64::try_from(head.len()).is_ok_and(|length| length < SNIFF_BYTES);
        if head.starts_with(BYTE_ORDER_MARK) {
            head.drain(..BYTE_ORDER_MARK.len());
        }
        let bytes = BufReader::new(Cursor::new(head.clone()).chain(reader));
        Ok(Opened { head, complete, bytes })
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

/// An input that may never end, read up to [`STREAM_BYTES`].
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(reader: R) -> Self {
        Self { reader, left: STREAM_BYTES }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(TooLong))?;
        Ok(read)
    }
}

/// An input went on beyond [`STREAM_BYTES`].
#[derive(Debug, thiserror::Error)]
#[error("it has more than {STREAM_BYTES} bytes")]
pub(crate) struct TooLong;

/// How an input begins.
fn beginning(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(SNIFF_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// How the content of compressed input begins, and what follows.
fn unpacked(head: &[u8], rest: Box<dyn Read + Send>) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut content = unpack(head, Cursor::new(head.to_vec()).chain(rest))?;
    let head = beginning(&mut content)?;
    if is_packed(&head) {
        return Err(UnpackFault::Nested.into());
    }
    Ok((head, content))
}

/// The byte order mark of UTF-8, which editors on Windows put in front.
const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// Those of UTF-16, in which spreadsheets save as "Unicode text".
const UTF_16: &[&[u8]] = &[&[0xFF, 0xFE], &[0xFE, 0xFF]];

/// The one of UTF-32 that begins as one of UTF-16 does.
const UTF_32: &[u8] = &[0xFF, 0xFE, 0, 0];

/// One line of a file.
pub(crate) enum Line<'bytes> {
    /// Without its line ending.
    Whole(&'bytes [u8]),
    /// Longer than a record may be; only its beginning is here, the rest was passed over.
    TooLong(&'bytes [u8]),
}

/// Lines one after the other, none of them held beyond the size of a record.
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    limit: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines of at most [`RECORD_BYTES`].
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), number: 0, limit: RECORD_BYTES }
    }

    /// The next line with its number, counted from 1; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let most = self.limit.saturating_add(2);
        let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let ended = self.buffer.last() == Some(&b'\n');
        let line = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !ended && u64::try_from(read).is_ok_and(|read| read == most) {
            self.reader.skip_until(b'\n')?;
            return Ok(Some((self.number, Line::TooLong(line))));
        }
        Ok(Some((self.number, Line::Whole(line))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, limit: u64) -> Vec<(u64, bool, String)> {
        let mut lines = Lines { reader: text.as_bytes(), buffer: Vec::new(), number: 0, limit };
        let mut all = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            let (whole, bytes) = match line {
                Line::Whole(bytes) => (true, bytes),
                Line::TooLong(bytes) => (false, bytes),
            };
            all.push((number, whole, String::from_utf8_lossy(bytes).into_owned()));
        }
        all
    }

    #[test]
    fn lines_are_numbered_and_lose_their_endings() {
        assert_eq!(
            lines("a\r\n\nb", 100),
            [(1, true, "a".to_owned()), (2, true, String::new()), (3, true, "b".to_owned())]
        );
    }

    #[test]
    fn a_line_beyond_the_limit_is_passed_over_and_the_next_one_is_whole() {
        let read = lines(&format!("{}\nshort\n{}", "x".repeat(50), "y".repeat(50)), 10);
        assert_eq!(read.len(), 3);
        assert!(!read[0].1 && read[0].2.len() == 12);
        assert_eq!(read[1], (2, true, "short".to_owned()));
        assert!(!read[2].1);
    }

    #[test]
    fn an_input_without_an_end_is_cut_off() {
        for input in [&b"evil.example\n"[..], b"a", b"# comment\n"] {
            let endless = EndlessCopies { input, at: 0 };
            let mut bounded = Bounded { reader: endless, left: 1 << 20 };
            let error = io::copy(&mut bounded, &mut io::sink()).unwrap_err();
            assert!(error.get_ref().is_some_and(|cause| cause.is::<TooLong>()), "{error}");
        }
        let error =
            crate::ReadError::Io { name: "-".to_owned(), cause: io::Error::other(TooLong) }.unpacking();
        assert_eq!(error.code(), "collection-endless");
    }

    struct EndlessCopies {
        input: &'static [u8],
        at: usize,
    }

    impl Read for EndlessCopies {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            for byte in buffer.iter_mut() {
                *byte = self.input[self.at % self.input.len()];
                self.at += 1;
            }
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_content_and_the_head_is_not_lost() {
        let opened = Source::reader("x", &b"\xEF\xBB\xBFabc"[..]).open().unwrap();
        assert_eq!(opened.head, b"abc");
        assert!(opened.complete);
        let mut text = String::new();
        let mut bytes = opened.bytes;
        bytes.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }

    #[test]
    fn utf_16_with_a_byte_order_mark_is_read_as_text() {
        let text = "Indikator\tTyp\r\nböse.example\tDomain\r\n".repeat(10_000);
        let units: Vec<u16> = std::iter::once(0xFEFF).chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [little, big] {
            let mut read = String::new();
            Source::reader("x", Cursor::new(bytes)).open().unwrap().bytes.read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn a_directory_and_a_missing_file_are_errors_that_name_them() {
        let error = Source::path("/").open().err().unwrap();
        assert_eq!(error.code(), "collection-is-directory");
        let error = Source::path("/no/such/file").open().err().unwrap();
        assert_eq!(error.code(), "collection-not-opened");
        assert!(error.to_string().contains("/no/such/file"));
    }
}
