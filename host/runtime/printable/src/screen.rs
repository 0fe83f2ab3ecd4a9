//! The last look at everything that goes to a terminal. What comes from outside is made printable where it is put into a
//! text; here, whatever was forgotten loses what could do harm.

use std::io;

use crate::{disguises, write_out};

/// The styles of our own output: resets, bold, dim and the colours of the foreground.
const STYLES: [&str; 10] = [
    "\u{1b}[0m",
    "\u{1b}[1m",
    "\u{1b}[2m",
    "\u{1b}[31m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[34m",
    "\u{1b}[35m",
    "\u{1b}[36m",
    "\u{1b}[3m",
];

/// A text of several lines with styles, without anything else that a terminal would obey.
#[must_use]
pub fn screen(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let style = STYLES.iter().find(|style| character == '\u{1b}' && rest.starts_with(**style));
        let length = match style {
            Some(style) => {
                shown.push_str(style);
                style.len()
            }
            None => {
                if matches!(character, '\n' | '\t') {
                    shown.push(character);
                } else {
                    write_out(character, &mut shown);
                }
                character.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    shown
}

/// A JSON document in which such characters are escaped. They occur inside strings only, apart from line breaks.
#[must_use]
pub fn json(document: &str) -> String {
    let mut shown = String::with_capacity(document.len());
    for character in document.chars() {
        if character == '\n' || !disguises(character) {
            shown.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    shown
}

/// Writes a JSON document as [`json`] makes it. Each write must end with a whole character, as those of a serialiser do.
#[derive(Debug)]
pub struct JsonText<Out>(pub Out);

impl<Out: io::Write> io::Write for JsonText<Out> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Nearly everything: control characters of ASCII are escaped by the serialiser.
        if bytes.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\n') {
            self.0.write_all(bytes)?;
        } else {
            self.0.write_all(json(&String::from_utf8_lossy(bytes)).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_stay_and_everything_else_is_written_out() {
        let text =
            "\u{1b}[1m\u{1b}[31merror\u{1b}[0m: a\u{1b}]0;title\u{7}b\u{9b}2J\u{1b}[2Kc\r\nd\0\u{202e}";
        let shown = screen(text);
        assert!(shown.starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: a\\u{1b}]0;title"), "{shown:?}");
        let left: Vec<char> = shown.chars().filter(|one| disguises(*one) && *one != '\u{1b}').collect();
        assert_eq!(left, ['\n']);
        assert_eq!(shown.matches('\u{1b}').count(), 3);
    }

    #[test]
    fn a_document_stays_the_same_document() {
        assert_eq!(
            json("{\n\"a\":\"\u{7f}\u{9b}\u{202e}\u{e0041}ü\"\n}"),
            "{\n\"a\":\"\\u007f\\u009b\\u202e\\udb40\\udc41ü\"\n}"
        );
    }
}
