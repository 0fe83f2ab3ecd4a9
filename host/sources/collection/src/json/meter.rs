//! A reader that counts: where it stands, how large the present record has become, and where a line ends. It lets a
//! parser that knows nothing of limits read only so much.
//!
//! The parser asks for single bytes, so the way of one byte is kept short: everything is looked at once for each chunk,
//! and lines are counted only when somebody asks. A record is therefore refused up to one chunk late.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use palisade_limits::RECORD_BYTES;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of the present line that are kept for an excerpt.
const LINE_START_BYTES: usize = 4 * palisade_model::EXCERPT_CHARACTERS;

/// What the walker and the meter share while the parser holds the meter.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Position of the chunk in the file.
    base: Cell<u64>,
    /// Index of the next byte in the chunk.
    next: Cell<usize>,
    /// Where the present record began; none outside of a record.
    record_start: Cell<Option<u64>>,
    /// The record was too large.
    is_exceeded: Cell<bool>,
    /// Position behind the byte at which parsing failed.
    failed_at: Cell<Option<u64>>,
}

impl Shared {
    fn position(&self) -> u64 {
        self.base.get().saturating_add(u64::try_from(self.next.get()).unwrap_or(u64::MAX))
    }

    /// A record, a key or a part begins: from here on, only [`RECORD_BYTES`] may be read.
    pub(super) fn begin_record(&self) {
        self.record_start.set(Some(self.position()));
    }

    /// It is complete; what follows is not held and may be of any size.
    pub(super) fn end_record(&self) {
        self.record_start.set(None);
    }

    /// Parsing failed at the byte that was read last. To be said at once: on its way out the parser reads on.
    pub(super) fn failed(&self) {
        if self.failed_at.get().is_none() {
            self.failed_at.set(Some(self.position()));
        }
    }
}

/// Whether the byte is white space of JSON (RFC 8259, section 2). A form feed is none, other than for ASCII.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The counting reader.
pub(super) struct Meter<R> {
    reader: R,
    shared: Rc<Shared>,
    chunk: Vec<u8>,
    /// Where reading stops for the time being: the end of the chunk, or of the line.
    stop: usize,
    /// Line endings in front of the chunk.
    lines_before: u64,
    /// Bytes between the last line ending in front of the chunk and the chunk.
    column_before: u64,
    /// In JSON Lines: the line's beginning. None in a document.
    line_start: Option<Vec<u8>>,
}

impl<R: Read> Meter<R> {
    /// Counts from line 1, column 1.
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            shared: Rc::default(),
            chunk: Vec::new(),
            stop: 0,
            lines_before: 0,
            column_before: 0,
            line_start: None,
        }
    }

    /// The part that a walker keeps.
    pub(super) fn shared(&self) -> Rc<Shared> {
        Rc::clone(&self.shared)
    }

    /// Whether reading ended because a record was too large.
    pub(super) fn is_exceeded(&self) -> bool {
        self.shared.is_exceeded.get()
    }

    /// The byte that did not fit, as long as it is still in the chunk.
    pub(super) fn fault(&self) -> Option<u8> {
        let position = self.shared.failed_at.get().unwrap_or_else(|| self.shared.position());
        let index = position.checked_sub(self.shared.base.get())?.checked_sub(1)?;
        self.chunk.get(usize::try_from(index).ok()?).copied()
    }

    /// The line of the next byte, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.lines_before.saturating_add(count(self.consumed(), b'\n')).saturating_add(1)
    }

    /// The column of the next byte, counted from 1.
    pub(super) fn column(&self) -> u64 {
        column_behind(self.column_before, self.consumed()).saturating_add(1)
    }

    /// From here on, reading ends with the line.
    pub(super) fn begin_line(&mut self) {
        self.line_start = Some(Vec::new());
        self.shared.failed_at.set(None);
        self.find_stop();
    }

    /// The first byte on the rest of the line that is no white space.
    pub(super) fn rest_of_line(&mut self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        while self.read(&mut byte)? > 0 {
            let [byte] = byte;
            if !is_blank(byte) {
                return Ok(Some(byte));
            }
        }
        Ok(None)
    }

    /// Passes over what is left of the line; its beginning, as text.
    pub(super) fn end_line(&mut self) -> io::Result<String> {
        self.shared.end_record();
        self.shared.is_exceeded.set(false);
        loop {
            self.shared.next.set(self.stop);
            if self.stop < self.chunk.len() || !self.refill()? {
                break;
            }
        }
        let start = self.line_start.take().unwrap_or_default();
        self.find_stop();
        Ok(String::from_utf8_lossy(&start).into_owned())
    }

    /// Passes over white space and lines of it; the byte that follows, which stays unread.
    pub(super) fn skip_blank(&mut self) -> io::Result<Option<u8>> {
        loop {
            let rest = self.chunk.get(self.shared.next.get()..).unwrap_or_default();
            let blank = rest.iter().take_while(|byte| is_blank(**byte)).count();
            self.shared.next.set(self.shared.next.get().saturating_add(blank));
            if let Some(byte) = rest.get(blank) {
                return Ok(Some(*byte));
            }
            if !self.refill()? {
                return Ok(None);
            }
        }
    }

    fn consumed(&self) -> &[u8] {
        self.chunk.get(..self.shared.next.get()).unwrap_or_default()
    }

    /// Reads the next chunk; false at the end of the file.
    fn refill(&mut self) -> io::Result<bool> {
        let position = self.shared.position();
        let start = self.shared.record_start.get();
        if start.is_some_and(|start| position.saturating_sub(start) > RECORD_BYTES) {
            self.shared.is_exceeded.set(true);
            return Err(io::Error::other("the record is too large"));
        }
        let lines = self.lines_before.saturating_add(count(&self.chunk, b'\n'));
        let column = column_behind(self.column_before, &self.chunk);
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.resize(CHUNK_BYTES, 0);
        let length = loop {
            match self.reader.read(&mut chunk) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        chunk.truncate(length);
        self.chunk = chunk;
        self.lines_before = lines;
        self.column_before = column;
        self.shared.base.set(position);
        self.shared.next.set(0);
        self.find_stop();
        Ok(length > 0)
    }

    /// Finds out how far reading may go in this chunk, and keeps the beginning of the line.
    fn find_stop(&mut self) {
        self.stop = self.chunk.len();
        if let Some(start) = &mut self.line_start {
            let next = self.shared.next.get();
            let rest = self.chunk.get(next..).unwrap_or_default();
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            self.stop = next.saturating_add(line.len());
            let wanted = LINE_START_BYTES.saturating_sub(start.len());
            start.extend(line.iter().take(wanted));
        }
    }

    /// The byte behind the chunk or the line.
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop < self.chunk.len() || !self.refill()? || self.stop == 0 {
            return Ok(0);
        }
        self.read(buffer)
    }
}

impl<R: Read> Read for Meter<R> {
    /// One byte at a time: the parser asks for no more.
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let next = self.shared.next.get();
        if next >= self.stop {
            return self.read_on(buffer);
        }
        if let (Some(target), Some(byte)) = (buffer.first_mut(), self.chunk.get(next)) {
            *target = *byte;
            self.shared.next.set(next.wrapping_add(1));
            return Ok(1);
        }
        Ok(0)
    }
}

/// How often a byte occurs.
fn count(bytes: &[u8], wanted: u8) -> u64 {
    u64::try_from(bytes.iter().filter(|byte| **byte == wanted).count()).unwrap_or(u64::MAX)
}

/// Bytes behind the last line ending, given how many there were in front.
fn column_behind(before: u64, bytes: &[u8]) -> u64 {
    let tail =
        u64::try_from(bytes.iter().rev().take_while(|byte| **byte != b'\n').count()).unwrap_or(u64::MAX);
    if bytes.contains(&b'\n') { tail } else { before.saturating_add(tail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(meter: &mut Meter<impl Read>) -> String {
        let mut text = Vec::new();
        let mut byte = [0];
        while meter.read(&mut byte).unwrap() > 0 {
            text.extend(byte);
        }
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn lines_and_columns_are_counted_across_chunks() {
        let text = format!("a\n{}\n  xyz", "b".repeat(3 * CHUNK_BYTES));
        let mut meter = Meter::new(text.as_bytes());
        let mut byte = [0];
        for _ in 0..text.len() - 2 {
            assert_eq!(meter.read(&mut byte).unwrap(), 1);
        }
        assert_eq!((meter.line(), meter.column(), meter.fault()), (3, 4, Some(b'x')));
    }

    #[test]
    fn reading_ends_with_the_line_and_goes_on_with_the_next() {
        let long = "b".repeat(2 * CHUNK_BYTES);
        let text = format!("a1\n{long}\nc\n\n");
        let mut meter = Meter::new(text.as_bytes());
        for (line, expected) in [(1, "a1"), (2, long.as_str()), (3, "c")] {
            assert!(meter.skip_blank().unwrap().is_some());
            assert_eq!(meter.line(), line);
            meter.begin_line();
            assert_eq!(rest(&mut meter), expected);
            assert!(expected.starts_with(&meter.end_line().unwrap()));
        }
        assert_eq!(meter.skip_blank().unwrap(), None);
    }

    #[test]
    fn what_is_left_of_a_line_is_passed_over() {
        let text = format!("ab{}\ncd", " ".repeat(CHUNK_BYTES));
        let mut meter = Meter::new(text.as_bytes());
        meter.skip_blank().unwrap();
        meter.begin_line();
        let mut byte = [0];
        assert_eq!(meter.read(&mut byte).unwrap(), 1);
        assert_eq!(meter.end_line().unwrap().trim(), "ab");
        assert_eq!(meter.skip_blank().unwrap(), Some(b'c'));
        assert_eq!(meter.line(), 2);
    }

    #[test]
    fn only_a_record_is_bounded() {
        let length = usize::try_from(RECORD_BYTES).unwrap() + 2 * CHUNK_BYTES;
        let text = "x".repeat(length);
        assert_eq!(rest(&mut Meter::new(text.as_bytes())).len(), length);

        let mut meter = Meter::new(text.as_bytes());
        meter.shared().begin_record();
        let mut byte = [0];
        let read = (0..length).take_while(|_| meter.read(&mut byte).is_ok()).count();
        assert!(meter.is_exceeded() && read <= usize::try_from(RECORD_BYTES).unwrap() + CHUNK_BYTES);
    }
}
