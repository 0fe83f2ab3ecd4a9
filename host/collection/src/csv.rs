//! CSV: columns found by their names in the header. Without a column for the value nothing is read; without one for the
//! type it is guessed from the value, unless the column of the value is named after a type.

mod header;

use std::io::BufRead;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use header::Header;
pub(crate) use header::{DELIMITERS, FirstLine, accepted_names, find_header};

use crate::emitter::Emitter;
use crate::guess::{AMBIGUOUS_NAME, NOT_A_VALUE, guess, is_ambiguous_name, subtype};
use crate::refang::refang;
use crate::source::{Line, Lines};
use crate::text::{beginning, not_utf8, too_long};
use crate::type_name::{threatq_name, type_of_column};
use crate::{LeftOut, Location, Object, ReadError, Record, Unreadable};

/// Types whose values are defanged when they are passed around; in others, brackets are content.
const DEFANGED: &[&str] = &[
    subtype::FQDN,
    subtype::IP_ADDRESS,
    subtype::IPV6_ADDRESS,
    subtype::CIDR_BLOCK,
    subtype::URL,
    subtype::EMAIL_ADDRESS,
];

/// Reads the header and all records.
pub(crate) fn read(reader: impl BufRead, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    let mut header: Option<Header> = None;
    let mut pending = Pending::new(b',');
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { break };
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong(start) if pending.is_empty() && header.is_some() => {
                emitter.emit(too_long(Location::Line(number), start))?;
                continue;
            }
            Line::TooLong(start) => start,
        };
        if pending.is_empty() && (bytes.trim_ascii().is_empty() || bytes.starts_with(b"#")) {
            continue;
        }
        let Some(header) = &header else {
            let found = read_header(bytes, number, emitter.name())?;
            pending = Pending::new(found.delimiter);
            header = Some(found);
            continue;
        };
        if pending.is_empty() {
            pending.start(number);
        }
        match pending.add(bytes) {
            Progress::Open => {}
            Progress::TooLong => return Err(pending.unclosed(emitter.name())),
            Progress::Complete => {
                let record = pending.record(header);
                pending.clear();
                if let Some(record) = record {
                    emitter.emit(record)?;
                }
            }
        }
    }
    if header.is_none() {
        return Err(read_header(b"", 1, emitter.name())
            .err()
            .unwrap_or_else(|| ReadError::Empty { name: emitter.name().to_owned() }));
    }
    if pending.is_empty() { Ok(()) } else { Err(pending.unclosed(emitter.name())) }
}

/// The header on this line, or the error that says which names are understood.
fn read_header(bytes: &[u8], line: u64, name: &str) -> Result<Header, ReadError> {
    let (name, accepted) = (name.to_owned(), accepted_names());
    match std::str::from_utf8(bytes).map_or(FirstLine::Other, find_header) {
        FirstLine::Header(header) => Ok(header),
        FirstLine::Several(columns) => {
            let found = columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
            Err(ReadError::CsvSeveralValues { name, line, found: crate::excerpt(&found) })
        }
        FirstLine::Other => {
            let found = crate::excerpt(&beginning(bytes));
            Err(ReadError::CsvHeader { name, line, found, accepted })
        }
    }
}

/// A record that has begun; with a quoted field it may go on over several lines.
struct Pending {
    parser: Reader,
    is_open: bool,
    first_line: u64,
    text: Vec<u8>,
    text_length: usize,
    ends: Vec<usize>,
    fields: usize,
}

/// What a further line has made of a record.
enum Progress {
    /// A quoted field goes on.
    Open,
    /// It is complete.
    Complete,
    /// It is larger than a record may be.
    TooLong,
}

impl Pending {
    fn new(delimiter: u8) -> Self {
        Self {
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            is_open: false,
            first_line: 0,
            text: Vec::new(),
            text_length: 0,
            ends: Vec::new(),
            fields: 0,
        }
    }

    fn is_empty(&self) -> bool {
        !self.is_open
    }

    fn start(&mut self, line: u64) {
        self.parser.reset();
        self.is_open = true;
        self.first_line = line;
        self.text_length = 0;
        self.fields = 0;
    }

    fn clear(&mut self) {
        self.is_open = false;
    }

    /// Feeds one line and its ending.
    fn add(&mut self, line: &[u8]) -> Progress {
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
    fn unclosed(&self, name: &str) -> ReadError {
        ReadError::UnclosedQuote { name: name.to_owned(), line: self.first_line }
    }

    /// What the complete record says; nothing where all its fields are empty.
    fn record(&self, header: &Header) -> Option<Record> {
        let location = Location::Line(self.first_line);
        let bytes = self.text.get(..self.text_length).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(bytes) else { return Some(not_utf8(location, bytes)) };
        let mut start = 0;
        let ends = self.ends.get(..self.fields).unwrap_or_default();
        let fields: Option<Vec<&str>> = ends
            .iter()
            .map(|end| text.get(std::mem::replace(&mut start, *end)..*end).map(str::trim))
            .collect();
        // The ends fall between characters unless a delimiter was found inside one, which UTF-8 excludes.
        let Some(fields) = fields else { return Some(not_utf8(location, bytes)) };
        if fields.iter().all(|field| field.is_empty()) {
            return None;
        }
        Some(convert(&fields, header, location))
    }
}

/// One record, its fields in the header's order.
fn convert(fields: &[&str], header: &Header, location: Location) -> Record {
    let unreadable = |message: String, location| {
        Record::Unreadable(Unreadable::new(location, message, &fields.join(&header.delimiter_text())))
    };
    if fields.iter().skip(header.columns()).any(|field| !field.is_empty()) {
        return unreadable(
            format!(
                "{} fields under a header of {}, expected as many or fewer",
                fields.len(),
                header.columns()
            ),
            location,
        );
    }
    let field = |column: Option<usize>| {
        column.and_then(|column| fields.get(column)).copied().filter(|field| !field.is_empty())
    };
    let Some(raw) = field(Some(header.value)) else {
        return unreadable(
            format!("nothing in the column `{}`, expected a value", crate::excerpt(header.value_name())),
            location,
        );
    };
    let given = field(header.kind);
    let (kind, value) = match given.or(header.is_typed.then(|| header.value_name())) {
        Some(given) => {
            let whole = refang(raw);
            let kind =
                if header.is_typed { type_of_column(given, &whole) } else { threatq_name(given, &whole) };
            let value = if DEFANGED.contains(&kind.as_str()) { whole } else { raw.to_owned() };
            (kind, value)
        }
        None => {
            let value = refang(raw);
            let Some(kind) = guess(&value) else {
                let message = if is_ambiguous_name(&value) {
                    AMBIGUOUS_NAME.to_owned()
                } else {
                    format!("{NOT_A_VALUE}, found `{}`", crate::excerpt(raw))
                };
                return unreadable(message, location);
            };
            (kind.to_owned(), value)
        }
    };
    let platform_id = field(header.id).map(str::to_owned);
    if field(header.to_ids).is_some_and(|flag| flag == "0" || flag.eq_ignore_ascii_case("false")) {
        return Record::LeftOut(LeftOut {
            location,
            platform_id,
            code: "not-for-detection",
            message: "the file says that it is not for detection (`to_ids`)".to_owned(),
            excerpt: crate::excerpt(&value),
        });
    }
    let mut object = Object::indicator(kind, value, location);
    object.platform_id = platform_id;
    object.status = field(header.status).map(str::to_owned);
    object.description = field(header.description).map(str::to_owned);
    object.tags = field(header.tags)
        .into_iter()
        .flat_map(|tags| tags.split([',', ';', '|']))
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect();
    object.attributes = header
        .others()
        .filter_map(|(column, name)| Some((name.to_owned(), field(Some(column))?.to_owned())))
        .collect();
    if let Some(score) = field(header.score) {
        match score.parse::<f64>() {
            Ok(number) if number.is_finite() => object.score = Some(number),
            // A word such as `high` is no score, and no reason to lose the value.
            _ => object.attributes.push(("Score".to_owned(), score.to_owned())),
        }
    }
    Record::Object(object)
}

#[cfg(test)]
mod tests;
