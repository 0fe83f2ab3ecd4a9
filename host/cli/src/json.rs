//! JSON as the product writes it: for people who scroll and search in it, and for programs. What stands in a list is on one
//! line each, so that `grep` finds a whole object; a report of 10,000 objects has half the bytes that full indentation takes.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Levels that are indented: the document, and the lists and groups in it.
const INDENTED: usize = 2;

/// Writes a value, without a line feed behind it.
pub(crate) fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    // JSON is written in millions of pieces of a few bytes: here they are copied into the buffer in place, through `out` each
    // would be a call of its own, which takes three times as long.
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Layout::default()))?;
    out.flush()
}

#[derive(Default)]
struct Layout {
    depth: usize,
    /// Whether anything stands in the list or group that is being written.
    filled: bool,
}

impl Layout {
    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }

    fn begin<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let indented = self.depth <= INDENTED && self.filled;
        self.depth -= 1;
        self.filled = true;
        if indented {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.filled = true;
        match (first, self.depth <= INDENTED) {
            (true, true) => self.line(out),
            (true, false) => Ok(()),
            (false, true) => out.write_all(b",").and_then(|()| self.line(out)),
            (false, false) => out.write_all(b", "),
        }
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn each_entry_of_a_list_is_one_line() {
        let value = json!({
            "empty": [], "list": [{"a": [1, 2], "b": {}}, {"a": []}], "none": {}, "one": {"x": {"y": [true]}},
        });
        let mut out = Vec::new();
        super::write(&mut out, &value).unwrap();
        let expected = "{\n  \"empty\": [],\n  \"list\": [\n    {\"a\": [1, 2], \"b\": {}},\n    {\"a\": []}\n  ],\n  \
            \"none\": {},\n  \"one\": {\n    \"x\": {\"y\": [true]}\n  }\n}";
        assert_eq!(String::from_utf8(out.clone()).unwrap(), expected);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), value);
    }
}
