//! Lines of a log. Each write is one event, whose line breaks and other control characters are written out, so that
//! no text from outside begins a line of its own.

use std::io;

use palisade_limits as limits;

use crate::{json, screen};

/// How the events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineForm {
    /// For people.
    Text,
    /// One JSON object each.
    Json,
}

/// Writes events to `out`.
#[derive(Debug)]
pub struct Lines<Out> {
    out: Out,
    form: LineForm,
}

impl<Out: io::Write> Lines<Out> {
    /// A writer of events.
    pub fn new(out: Out, form: LineForm) -> Self {
        Self { out, form }
    }

    /// The event as it is written.
    fn line(&self, event: &[u8]) -> String {
        let text = String::from_utf8_lossy(event);
        let event = text.strip_suffix('\n').unwrap_or(&text);
        let mut line = match self.form {
            // A line break of the text is written out here: `screen` leaves those of our own layout.
            LineForm::Text => screen(event).replace('\n', "\\n"),
            LineForm::Json => json(event).replace('\n', " "),
        };
        let most = limits::LOG_LINE_BYTES as usize;
        if self.form == LineForm::Text && line.len() > most {
            let left = line.split_off(line.floor_char_boundary(most));
            line.push_str(&format!(" … {} more bytes", left.len()));
        }
        line.push('\n');
        line
    }
}

impl<Out: io::Write> io::Write for Lines<Out> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.out.write_all(self.line(event).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn written(form: LineForm, event: &str) -> String {
        let mut out = Vec::new();
        Lines::new(&mut out, form).write_all(event.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_one_line() {
        let forged = "INFO a\r\n2026-01-01 ERROR forged\u{1b}[2J\u{202e}\n";
        assert_eq!(
            written(LineForm::Text, forged),
            "INFO a\\u{d}\\n2026-01-01 ERROR forged\\u{1b}[2J\\u{202e}\n"
        );
        assert_eq!(written(LineForm::Json, "{\"a\":\"\u{202e}\"}\n"), "{\"a\":\"\\u202e\"}\n");
    }

    #[test]
    fn a_long_event_is_cut() {
        let line = written(LineForm::Text, &"x".repeat(1_000_000));
        assert!(line.len() < limits::LOG_LINE_BYTES as usize + 100 && line.ends_with(" more bytes\n"));
    }
}
