//! One record of a CSV file as it is put together from lines: with a quoted field it may go on over several of them.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::ReadError;

/// A record that has begun.
pub(crate) struct Pending {
    parser: Reader,
    delimiter: u8,
    is_open: bool,
    pub(crate) first_line: u64,
    text: Vec<u8>,
    text_length: usize,
    ends: Vec<usize>,
    fields: usize,
}

/// What a further line has made of a record.
pub(crate) enum Progress {
    /// A quoted field goes on.
    Open,
    /// It is complete.
    Complete,
    /// It is larger than a record may be.
    TooLong,
}

impl Pending {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            is_open: false,
            first_line: 0,
            text: Vec::new(),
            text_length: 0,
            ends: Vec::new(),
            fields: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.is_open
    }

    pub(crate) fn start(&mut self, line: u64) {
        self.parser.reset();
        self.is_open = true;
        self.first_line = line;
        self.text_length = 0;
        self.fields = 0;
    }

    pub(crate) fn clear(&mut self) {
        self.is_open = false;
    }

    /// Feeds one line and its ending.
    pub(crate) fn add(&mut self, line: &[u8]) -> Progress {
        let quotes_behind_blanks = quotes_behind_blanks(line, self.delimiter);
        let line = quotes_behind_blanks.as_deref().unwrap_or(line);
        for mut input in [line, b"\n"] {
            // To the parser, no input means the end of the file.
            while !input.is_empty() {
                let text = self.text.get_mut(self.text_length..).unwrap_or_default();
                let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
                let (result, read, written, ended) = self.parser.read_record(input, text, ends);
                input = input.get(read..).unwrap_or_default();
                self.text_length = self.text_length.saturating_add(written);
                self.fields = self.fields.saturating_add(ended);
                match result {
                    ReadRecordResult::InputEmpty => {}
                    ReadRecordResult::Record | ReadRecordResult::End => return Progress::Complete,
                    ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len().max(32) * 2, 0),
                    ReadRecordResult::OutputFull => {
                        if u64::try_from(self.text.len())
                            .is_ok_and(|held| held >= palisade_limits::RECORD_BYTES)
                        {
                            return Progress::TooLong;
                        }
                        self.text.resize(self.text.len().max(512) * 2, 0);
                    }
                }
            }
        }
        Progress::Open
    }

    /// A quoted field that swallows everything behind it cannot be told from one that is meant so: no reading on.
    pub(crate) fn unclosed(&self, name: &str) -> ReadError {
        ReadError::UnclosedQuote { name: name.to_owned(), line: self.first_line }
    }

    /// The bytes of the complete record, its fields one after the other.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.get(..self.text_length).unwrap_or_default()
    }

    /// The bytes of each field.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let bytes = self.bytes();
        let mut start = 0;
        let ends = self.ends.get(..self.fields).unwrap_or_default();
        ends.iter().map(move |end| bytes.get(std::mem::replace(&mut start, *end)..*end).unwrap_or_default())
    }
}

/// The line without blanks between a delimiter and a quote: some write `"a", "b"`, where to the parser the second field is
/// not quoted. Inside of a quoted field, the same blank is only content.
fn quotes_behind_blanks(line: &[u8], delimiter: u8) -> Option<Vec<u8>> {
    let is_split = |pair: &[u8]| matches!(pair, [first, b' '] if *first == delimiter);
    if !line.windows(2).any(is_split) || !line.contains(&b'"') {
        return None;
    }
    let mut whole = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, behind)) = rest.split_first() {
        whole.push(*first);
        rest = behind;
        if *first == delimiter {
            let blanks = rest.iter().take_while(|byte| **byte == b' ').count();
            if let Some(quoted) = rest.get(blanks..).filter(|quoted| quoted.first() == Some(&b'"')) {
                rest = quoted;
            }
        }
    }
    Some(whole)
}

/// The fields of one line, as text; what is not UTF-8 is replaced.
pub(crate) fn fields_of(line: &str, delimiter: u8) -> Vec<String> {
    let mut pending = Pending::new(delimiter);
    pending.start(1);
    match pending.add(line.as_bytes()) {
        Progress::Complete => {
            pending.fields().map(|field| String::from_utf8_lossy(field).into_owned()).collect()
        }
        // An open quote, or nothing at all.
        Progress::Open | Progress::TooLong => line.split(char::from(delimiter)).map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_behind_a_delimiter_and_blanks_are_quotes() {
        assert_eq!(fields_of("\"a\", \"b, c\", d", b','), ["a", "b, c", " d"]);
        assert_eq!(fields_of("\"he said, \"\"so\"\"\",x", b','), ["he said,\"so\"", "x"]);
        assert_eq!(fields_of("a, b", b','), ["a", " b"]);
        assert_eq!(fields_of("\"open,x", b','), ["\"open", "x"]);
    }
}
