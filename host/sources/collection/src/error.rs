//! Why a whole file could not be read. One bad record in a good file is not an error: it is a
//! [`Record::Unreadable`](palisade_model::Record::Unreadable).

use std::io;

use palisade_model::Setting;
use thiserror::Error;

use crate::UnpackFault;
use crate::source::TooLong;

/// Why reading a file ended. Each message names the file, the place where one is known, and what was expected.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be opened.
    #[error("cannot open `{name}`: {cause}")]
    Open {
        /// The file.
        name: String,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
    /// Reading stopped in the middle.
    #[error("cannot read `{name}` any further: {cause}")]
    Io {
        /// The file.
        name: String,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
    /// Compressed input that cannot be unpacked.
    #[error("`{name}` is compressed and cannot be read: {fault}")]
    Packed {
        /// The file.
        name: String,
        /// Why.
        fault: UnpackFault,
    },
    /// Standard input, a pipe or a device that does not end.
    #[error("`{name}` did not end within {} MiB", palisade_limits::STREAM_BYTES >> 20)]
    Endless {
        /// The input.
        name: String,
    },
    /// A directory was named where a file is needed.
    #[error("`{name}` is a directory, expected a file")]
    Directory {
        /// The directory.
        name: String,
    },
    /// Nothing but white space.
    #[error("`{name}` is empty")]
    Empty {
        /// The file.
        name: String,
    },
    /// Recognised as something that no reader exists for.
    #[error("`{name}` is {found}, which cannot be read; expected one of {FORMATS}")]
    Unsupported {
        /// The file.
        name: String,
        /// What it is, with an article.
        found: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// JSON of a kind that no reader exists for.
    #[error(
        "`{name}` is JSON, but neither ThreatQ (`data`), STIX (`objects`) nor MISP (`Event`, `response`, \
         `Attribute`); it begins with `{found}`"
    )]
    UnknownJson {
        /// The file.
        name: String,
        /// The beginning of the file.
        found: String,
    },
    /// JSON that was announced to be of one format and holds none of its containers.
    #[error("`{name}` holds nothing that a {format} file holds; expected {expected}")]
    NothingFound {
        /// The file.
        name: String,
        /// The format that it was read as.
        format: palisade_model::Format,
        /// What was looked for.
        expected: &'static str,
    },
    /// The first line of a CSV file names no column that holds values.
    #[error(
        "`{name}` line {line}: the header `{found}` names no column for the value; expected one of {accepted}"
    )]
    CsvHeader {
        /// The file.
        name: String,
        /// The line that was taken for the header, counted from 1.
        line: u64,
        /// The line as it stands in the file.
        found: String,
        /// The names that are understood.
        accepted: String,
    },
    /// The header names several columns, each for a type of its own, and none for values of every type.
    #[error(
        "`{name}` line {line}: the header names several columns that may hold the value: {found}; expected one of them, \
         or a column `value` beside them"
    )]
    CsvSeveralValues {
        /// The file.
        name: String,
        /// The line of the header, counted from 1.
        line: u64,
        /// The columns by name.
        found: String,
    },
    /// The header has no column of a name that the user gave.
    #[error("`{name}` line {line}: there is no column `{column}`; the header is `{found}`")]
    CsvColumnMissing {
        /// The file.
        name: String,
        /// The line that was taken for the header, counted from 1.
        line: u64,
        /// The column as the user named it.
        column: String,
        /// The line as it stands in the file.
        found: String,
    },
    /// Lines of fields, without a header that tells which of them is the value.
    #[error(
        "`{name}` line {line}: CSV without a recognised header: `{found}`; expected one of {accepted} among its columns"
    )]
    CsvWithoutHeader {
        /// The file.
        name: String,
        /// The first line of fields, counted from 1.
        line: u64,
        /// The line as it stands in the file.
        found: String,
        /// The names that are understood.
        accepted: String,
    },
    /// A quoted CSV field without an end: everything behind it would be taken for its content.
    #[error("`{name}` line {line}: a quoted field begins here and never ends; expected a closing `\"`")]
    UnclosedQuote {
        /// The file.
        name: String,
        /// The line on which the record begins, counted from 1.
        line: u64,
    },
    /// Not valid JSON.
    #[error("`{name}` line {line}, column {column}: not valid JSON: {message}")]
    Syntax {
        /// The file.
        name: String,
        /// Line of the fault, counted from 1.
        line: u64,
        /// Column of the fault in bytes, counted from 1.
        column: u64,
        /// What was expected and what was found.
        message: String,
        /// What to do about it, where that is known.
        advice: Option<&'static str>,
    },
    /// The JSON document ends in the middle.
    #[error("`{name}` line {line}, column {column}: the file ends in the middle of the JSON document")]
    Truncated {
        /// The file.
        name: String,
        /// The last line, counted from 1.
        line: u64,
        /// The last column in bytes, counted from 1.
        column: u64,
    },
    /// One record of a JSON document is larger than any record can be.
    #[error("`{name}`: the record at {location} is larger than {limit} bytes")]
    RecordTooLarge {
        /// The file.
        name: String,
        /// JSON path of the record.
        location: String,
        /// Bytes that a record may have.
        limit: u64,
    },
    /// A file that was taken for text because it is nothing else, and is no list of indicators either.
    #[error(
        "`{name}` does not look like a list of indicators: none of its first {count} records could be read; {first}"
    )]
    NotAList {
        /// The file.
        name: String,
        /// Records read so far.
        count: u64,
        /// The first fault, with its line.
        first: String,
    },
    /// A file that was taken for text because it is nothing else, and holds text rather than a list.
    #[error(
        "`{name}` is text with indicators in it rather than a list: {values} were read, {unreadable} lines were not, and \
         {prose} of these are headings or sentences"
    )]
    Prose {
        /// The file.
        name: String,
        /// Values that could be read.
        values: u64,
        /// Lines that could not be read.
        unreadable: u64,
        /// Lines that are headings or sentences.
        prose: u64,
    },
    /// So many records are bad that the file must be of another kind.
    #[error("`{name}`: {unreadable} records could not be read as {format}, and only {readable} could")]
    TooManyUnreadable {
        /// The file.
        name: String,
        /// The format that it was read as.
        format: palisade_model::Format,
        /// Records that could not be read.
        unreadable: u64,
        /// Records that could.
        readable: u64,
    },
    /// The mark of a withdrawn container follows its records, too late to leave them out.
    #[error("`{name}`: {location} is marked `{field}` behind its records, which were read by then")]
    LateMark {
        /// The file.
        name: String,
        /// JSON path of the container.
        location: String,
        /// The field with the mark.
        field: String,
    },
}

/// The formats as the command line names them.
const FORMATS: &str = "threatq, stix, misp, csv, text";

impl ReadError {
    /// An error of reading that was one of unpacking, or of an input without an end, by its own name.
    pub(crate) fn unpacking(self) -> Self {
        match self {
            Self::Io { name, cause } if cause.get_ref().is_some_and(|cause| cause.is::<TooLong>()) => {
                Self::Endless { name }
            }
            Self::Io { name, cause } => match UnpackFault::of(&cause) {
                Some(fault) => Self::Packed { name, fault: fault.clone() },
                None => Self::Io { name, cause },
            },
            other => other,
        }
    }

    /// The error's stable code, lower case with dashes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "collection-not-opened",
            Self::Io { .. } => "collection-not-read",
            Self::Packed { .. } => "collection-packed",
            Self::Endless { .. } => "collection-endless",
            Self::Directory { .. } => "collection-is-directory",
            Self::Empty { .. } => "collection-empty",
            Self::Unsupported { .. } => "collection-format-not-supported",
            Self::UnknownJson { .. } => "collection-json-unknown",
            Self::NothingFound { .. } => "collection-nothing-found",
            Self::CsvHeader { .. } => "collection-csv-header",
            Self::CsvSeveralValues { .. } => "collection-csv-several-values",
            Self::CsvColumnMissing { .. } => "collection-csv-column-missing",
            Self::CsvWithoutHeader { .. } => "collection-csv-without-header",
            Self::UnclosedQuote { .. } => "collection-csv-quote",
            Self::Syntax { .. } => "collection-json-invalid",
            Self::Truncated { .. } => "collection-json-truncated",
            Self::RecordTooLarge { .. } => "collection-record-too-large",
            Self::NotAList { .. } => "collection-not-a-list",
            Self::Prose { .. } => "collection-is-prose",
            Self::TooManyUnreadable { .. } => "collection-unreadable",
            Self::LateMark { .. } => "collection-late-mark",
        }
    }

    /// What to do about it, where that is known: one sentence.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Open { .. } => "check the path and that the file may be read",
            Self::Packed { fault, .. } => fault.hint(),
            Self::Endless { .. } => {
                "check the program that writes it; a collection that is larger is read from a file"
            }
            Self::Directory { .. } => "name the files in it one by one",
            Self::Empty { .. } => {
                return Some(format!(
                    "a list that is empty on purpose is read with {}",
                    Setting::Format.with("text")
                ));
            }
            Self::Unsupported { advice, .. } => advice,
            Self::UnknownJson { .. } => {
                "export the collection in one of these formats, or as CSV with the columns `value,type`; a list of objects \
                 with the keys `value` and `type` is read as well"
            }
            Self::NothingFound { .. } => {
                return Some(format!(
                    "leave {} out to have the format found from the content",
                    Setting::Format
                ));
            }
            Self::CsvHeader { .. } => {
                "name the column that holds the indicators, rename it, or add a header line such as `value,type`"
            }
            Self::CsvSeveralValues { .. } => "name the columns that hold the indicators to block",
            Self::CsvColumnMissing { .. } => "check for typos; case, spaces and punctuation do not matter",
            Self::CsvWithoutHeader { .. } => {
                return Some(format!(
                    "add a header line such as `value,first_seen,comment`; {} reads the file as a list",
                    Setting::Format.with("text")
                ));
            }
            Self::UnclosedQuote { .. } => "close the field, or write a quote inside of a quoted field twice",
            Self::Syntax { advice, .. } => return advice.map(str::to_owned),
            Self::Truncated { .. } => "the download or the export was cut off: fetch the file again",
            Self::RecordTooLarge { .. } => "shorten the record or take it out of the file",
            Self::Prose { .. } => {
                "keep the indicators only, one on each line; with the format named as `text`, the lines with indicators are read \
                 and all others are reported"
            }
            Self::NotAList { .. } => {
                return Some(format!(
                    "expected one domain, address, URL, e-mail address or hash on each line; {} reads it and reports \
                     every other line",
                    Setting::Format.with("text")
                ));
            }
            Self::LateMark { .. } => {
                "remove this event or object from the file, or export the file again without what is deleted"
            }
            Self::TooManyUnreadable { .. } => {
                return Some(format!("check that {} names what the file is", Setting::Format));
            }
            Self::Io { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
