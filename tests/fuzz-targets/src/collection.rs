//! The readers of collections: nothing disappears, what comes out has the shape that it promises, and neither the size of the
//! pieces in which a file arrives nor whether it is held or streamed changes what it says.

use std::io::{self, Cursor, Read};

use palisade_collection::{Source, read_within};
use palisade_model::{EXCERPT_CHARACTERS, Format, INDICATOR, Location, Record, Summary};

use crate::words::{check_code, check_lines, check_message, check_printable};

/// The name under which errors speak of the input.
const NAME: &str = "input";
/// Every document that the fuzzer makes is held whole.
const HELD: u64 = 1024 * 1024;
/// Longest message about one record: an excerpt, whose characters have up to four bytes, and a sentence around it.
const MESSAGE_BYTES: usize = 4 * EXCERPT_CHARACTERS + 600;
/// No document is held.
const STREAMED: u64 = 0;

pub(crate) fn csv(bytes: &[u8]) -> bool {
    check(bytes, Format::Csv)
}

pub(crate) fn misp(bytes: &[u8]) -> bool {
    check(bytes, Format::Misp)
}

pub(crate) fn stix(bytes: &[u8]) -> bool {
    check(bytes, Format::Stix)
}

pub(crate) fn text(bytes: &[u8]) -> bool {
    check(bytes, Format::Text)
}

pub(crate) fn threatq(bytes: &[u8]) -> bool {
    check(bytes, Format::ThreatQ)
}

/// Without a format: what is found is what the same file says when it is named to be that.
pub(crate) fn detection(bytes: &[u8]) -> bool {
    let found = whole(bytes, None);
    found.check(bytes);
    if let Ok(summary) = &found.result {
        assert_eq!(whole(bytes, Some(summary.format)), found);
    }
    assert_eq!(in_single_bytes(bytes, None), found);
    found.result.is_ok()
}

fn check(bytes: &[u8], format: Format) -> bool {
    let found = whole(bytes, Some(format));
    found.check(bytes);
    if let Ok(summary) = &found.result {
        assert_eq!(summary.format, format);
    }
    assert_eq!(in_single_bytes(bytes, Some(format)), found);
    // Behind a bare number the parser has read one byte too many where it streams; such a document holds nothing.
    if matches!(bytes.trim_ascii_start(), [b'{' | b'[', ..]) {
        check_same_when_streamed(bytes, format, &found);
    }
    found.result.is_ok_and(|summary| summary.objects > 0)
}

/// A document that is not held gives the same records, the same counts and the same error. Not the same message: the parser
/// counts columns in one way in what it holds and in another in what it streams.
fn check_same_when_streamed(bytes: &[u8], format: Format, found: &Found) {
    let streamed = read(Cursor::new(bytes.to_vec()), Some(format), STREAMED);
    assert_eq!(streamed.records, found.records);
    let code = |found: &Found| found.result.as_ref().map_or_else(|(code, ..)| *code, |_| "");
    assert_eq!(code(&streamed), code(found));
    assert_eq!(streamed.result.as_ref().ok(), found.result.as_ref().ok());
}

/// What a reader made of some bytes.
#[derive(Debug, PartialEq)]
struct Found {
    records: Vec<Record>,
    /// An error as its code, its message and its hint: it holds causes that cannot be compared.
    result: Result<Summary, (&'static str, String, Option<String>)>,
}

fn whole(bytes: &[u8], format: Option<Format>) -> Found {
    read(Cursor::new(bytes.to_vec()), format, HELD)
}

fn in_single_bytes(bytes: &[u8], format: Option<Format>) -> Found {
    read(SingleBytes(Cursor::new(bytes.to_vec())), format, HELD)
}

fn read(reader: impl Read + Send + 'static, format: Option<Format>, held_bytes: u64) -> Found {
    let mut records = Vec::new();
    let result = read_within(held_bytes, Source::reader(NAME, reader), format, &mut |record| {
        records.push(record);
    });
    let result = result.map_err(|error| (error.code(), error.to_string(), error.hint()));
    Found { records, result }
}

impl Found {
    fn check(&self, bytes: &[u8]) {
        // What is compressed has as many lines as it likes.
        let is_packed = bytes.starts_with(b"\x1F\x8B") || bytes.starts_with(b"PK");
        let lines = if is_packed { u64::MAX } else { bytes.split(|byte| *byte == b'\n').count() as u64 };
        for record in &self.records {
            check_record(record, lines);
        }
        match &self.result {
            Ok(summary) => self.check_sums(summary),
            Err((code, message, hint)) => {
                check_code(code);
                check_lines(message);
                assert!(message.contains(NAME), "{message:?} does not name the file");
                hint.iter().for_each(|hint| check_lines(hint));
            }
        }
    }

    fn check_sums(&self, summary: &Summary) {
        let count = |is: fn(&Record) -> bool| self.records.iter().filter(|record| is(record)).count() as u64;
        assert_eq!(summary.objects, count(|record| matches!(record, Record::Object(_))));
        let listed = count(|record| matches!(record, Record::Unreadable(_)));
        assert_eq!(summary.unreadable, listed + summary.unreadable_not_listed);
        assert_eq!(summary.left_out, count(|record| matches!(record, Record::LeftOut(_))));
        assert_eq!(summary.seen(), self.records.len() as u64 + summary.unreadable_not_listed);
        let ignored: u64 = summary.ignored.values().sum();
        assert!(summary.ignored.is_empty() || ignored > 0);
        palisade_model::warnings(std::slice::from_ref(summary))
            .iter()
            .for_each(|warning| check_message(warning));
    }
}

fn check_record(record: &Record, lines: u64) {
    let is_short = |message: &str| assert!(message.len() <= MESSAGE_BYTES, "{} bytes", message.len());
    let location = match record {
        Record::Object(object) => {
            assert_eq!(object.kind, INDICATOR);
            assert!(!object.value.is_empty() && object.value.trim() == object.value, "{:?}", object.value);
            assert!(!object.subtype.trim().is_empty());
            assert!(object.score.is_none_or(f64::is_finite), "{:?}", object.score);
            if let Some(mark) = &object.do_not_block {
                check_code(mark.code);
                check_message(&mark.message);
                is_short(&mark.message);
            }
            &object.location
        }
        Record::Unreadable(unreadable) => {
            check_message(&unreadable.message);
            is_short(&unreadable.message);
            check_excerpt(&unreadable.excerpt);
            &unreadable.location
        }
        Record::LeftOut(left_out) => {
            check_code(left_out.code);
            check_message(&left_out.message);
            is_short(&left_out.message);
            check_excerpt(&left_out.excerpt);
            &left_out.location
        }
    };
    match location {
        Location::Line(line) | Location::LinePath(line, _) => {
            assert!((1..=lines).contains(line), "line {line} of {lines}");
        }
        Location::Path(_) => {}
    }
    check_printable(&location.to_string());
}

fn check_excerpt(excerpt: &str) {
    assert!(excerpt.chars().count() <= EXCERPT_CHARACTERS + 1);
    check_printable(excerpt);
}

/// Gives one byte at a time, as a slow pipe does.
struct SingleBytes<R>(R);

impl<R: Read> Read for SingleBytes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}
