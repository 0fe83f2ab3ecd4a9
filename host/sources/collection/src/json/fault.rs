//! What the parser's errors mean to the one who has to mend the file.

use serde_json::error::Category;

use crate::ReadError;

/// Where parsing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Line, counted from 1.
    line: u64,
    /// Column in bytes, counted from 1.
    column: u64,
}

impl Position {
    /// Where an error says it happened, the parser having begun on `first_line`.
    pub(super) fn of(error: &serde_json::Error, first_line: u64) -> Self {
        let line = u64::try_from(error.line()).unwrap_or(u64::MAX);
        let column = u64::try_from(error.column()).unwrap_or(u64::MAX);
        Self { line: line.saturating_sub(1).saturating_add(first_line), column: column.max(1) }
    }

    /// The byte there.
    pub(super) fn byte_in(self, text: &[u8]) -> Option<u8> {
        let line = usize::try_from(self.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(self.column).ok()?.checked_sub(1)?;
        text.split(|byte| *byte == b'\n').nth(line)?.get(column).copied()
    }
}

/// The error for a document that did not parse; `found` is the byte that did not fit, `is_too_large` says that it was
/// the meter that ended reading.
pub(super) fn classify(
    error: serde_json::Error,
    name: &str,
    path: &str,
    at: Position,
    found: Option<u8>,
    is_too_large: bool,
) -> ReadError {
    let name = name.to_owned();
    let Position { line, column } = at;
    match error.classify() {
        Category::Io if is_too_large => ReadError::RecordTooLarge {
            name,
            location: path.to_owned(),
            limit: palisade_limits::RECORD_BYTES,
        },
        Category::Io => ReadError::Io { name, cause: error.into() },
        Category::Eof => ReadError::Truncated { name, line, column },
        Category::Syntax | Category::Data => {
            let text = error.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            let (message, advice) = explain(text, found);
            ReadError::Syntax { name, line, column, message, advice }
        }
    }
}

/// The error for a document with something behind it.
pub(super) fn trailing(name: &str, line: u64, column: u64, found: u8) -> ReadError {
    ReadError::Syntax {
        name: name.to_owned(),
        line,
        column,
        message: format!("expected the end of the file, found {}", shown(found)),
        advice: Some(TRAILING),
    }
}

/// What was expected, in words, and what to do about it.
fn explain(text: &str, found: Option<u8>) -> (String, Option<&'static str>) {
    const COMMA: &str =
        "a comma behind the last element is not JSON: remove the comma in front of the closing bracket";
    let is_end = text == "trailing comma" || matches!(found, Some(b']' | b'}'));
    let (expected, advice) = match text {
        "expected value" | "trailing comma" | "key must be a string" if is_end => {
            ("expected another element after the comma", Some(COMMA))
        }
        "trailing characters" => ("expected the end of the file", Some(TRAILING)),
        "expected value" => ("expected a value", None),
        "key must be a string" => ("expected a key in double quotes", None),
        "expected ident" => ("expected `true`, `false` or `null`", None),
        "invalid unicode code point" => {
            return ("text that is not UTF-8".to_owned(), Some("export the file as UTF-8"));
        }
        "recursion limit exceeded" => return ("nested more than 127 levels deep".to_owned(), None),
        text if text.starts_with("expected") => (text, None),
        text => return (text.to_owned(), None),
    };
    let found = found.map_or_else(String::new, |found| format!(", found {}", shown(found)));
    (format!("{expected}{found}"), advice)
}

/// What to do about a second document.
const TRAILING: &str = "several documents in one file are read as JSON Lines: each of them on one line";

/// A byte as a message shows it.
pub(super) fn shown(byte: u8) -> String {
    match byte {
        b'\n' | b'\r' => "the end of the line".to_owned(),
        b'`' => "a backtick".to_owned(),
        0x21..=0x7E => format!("`{}`", char::from(byte)),
        b' ' => "a space".to_owned(),
        _ => format!("the byte 0x{byte:02x}"),
    }
}
