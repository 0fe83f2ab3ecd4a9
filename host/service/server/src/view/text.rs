//! Messages in a page: what stands between backticks is a value, and shown as code. Everything is escaped first; an opening
//! backtick without its end marks all that follows, because a message may have been cut.

use std::fmt::{Display, Formatter, Result};

use askama::filters::{Escaper as _, Html, HtmlSafe};

/// A message whose values are marked. Prints itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked<'a>(&'a str);

/// A message, with its values as code.
#[must_use]
pub fn marked<T: AsRef<str> + ?Sized>(text: &T) -> Marked<'_> {
    Marked(text.as_ref())
}

impl Display for Marked<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        for (place, part) in self.0.split('`').enumerate() {
            let value = place % 2 == 1 && !part.is_empty();
            formatter.write_str(if value { "<code>" } else { "" })?;
            Html.write_escaped_str(&mut *formatter, part)?;
            formatter.write_str(if value { "</code>" } else { "" })?;
        }
        Ok(())
    }
}

// Each part is escaped; the marks are ours.
impl HtmlSafe for Marked<'_> {}

/// How many there are of something that is called so when there are many: `1 run`, `2,000 runs`.
#[must_use]
pub fn counted(count: &u64, many: &str) -> String {
    format!("{} {}", super::number(count), noun(count, many))
}

/// How many there are of something whose plural does not only add a letter: `1 entry`, `2,000 entries`.
#[must_use]
pub fn counted_as(count: &u64, one: &str, many: &str) -> String {
    format!("{} {}", super::number(count), if *count == 1 { one } else { many })
}

/// A number of bytes as people read it, rounded up: `2 KiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", super::number(&bytes.div_ceil(1_024))),
        _ => format!("{} MiB", super::number(&bytes.div_ceil(1_048_576))),
    }
}

/// A word for many, or for one.
#[must_use]
pub fn noun<'a>(count: &u64, many: &'a str) -> &'a str {
    if *count == 1 { many.strip_suffix('s').unwrap_or(many) } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_message_are_code_and_no_backtick_is_left() {
        for (text, shown) in [
            ("plain", "plain"),
            ("the host `a.example` refuses", "the host <code>a.example</code> refuses"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("cut off in `a.exam …", "cut off in <code>a.exam …</code>"),
            ("an empty `` one", "an empty  one"),
        ] {
            assert_eq!(marked(text).to_string(), shown);
        }
    }

    #[test]
    fn a_value_cannot_bring_html_of_its_own() {
        let shown = marked("<b>`<script>&`").to_string();
        assert_eq!(shown, "&#60;b&#62;<code>&#60;script&#62;&#38;</code>");
    }

    #[test]
    fn a_size_is_one_that_people_read() {
        assert_eq!([size(12), size(1_025), size(3 * 1_048_576)], ["12 B", "2 KiB", "3 MiB"]);
    }

    #[test]
    fn one_of_many_is_no_plural() {
        assert_eq!(counted(&1, "objects"), "1 object");
        assert_eq!([counted(&0, "runs"), counted(&2_000, "runs")], ["0 runs", "2,000 runs"]);
    }
}
