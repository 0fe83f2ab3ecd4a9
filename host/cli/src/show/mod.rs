//! How results look as text: pure functions from values to strings with styles. Printing is [`crate::terminal`]'s.

pub(crate) mod bundle;
pub(crate) mod collection;
pub(crate) mod failure;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod protect;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod service;
pub(crate) mod style;
mod table;

pub(crate) use palisade_printable::one_line;
pub(crate) use table::Table;

/// A number as people read it: `14,217`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes as people read them: `1.2 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A count with its noun: `1 object`, `2 objects`.
pub(crate) fn count(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// The lines of a text of which we know that it has several, each as [`one_line`] makes it. All but the first are indented: a
/// text from outside begins no line, which could pass for one of ours.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n      ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (value, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (14_217, "14,217"), (1_000_000, "1,000,000")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mb\nc"), "a [31mb c");
    }

    #[test]
    fn a_hint_begins_no_line_of_its_own() {
        let hint = lines("check the key\nerror[forged]: all is lost\r\u{1b}[2K");
        assert_eq!(hint, "check the key\n      error[forged]: all is lost  [2K");
    }
}
