//! What stands above the records of a CSV file: a line that sets the separator, comments, and a header, which may be a
//! comment itself.

use super::header::{FirstLine, Header, find_header, with_delimiter};
use super::pending::fields_of;
use crate::Columns;
use crate::text::is_blank_or_comment;

/// Reads the lines above the records.
#[derive(Debug, Default)]
pub(crate) struct Preamble {
    separator: Option<u8>,
    /// The last comment that would be a header.
    commented: Option<Header>,
    is_of_certificates: bool,
}

/// What a line above the records is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Above {
    /// Nothing that is read.
    Nothing,
    /// The header.
    Header(Header),
    /// The first record, under a header in a comment.
    Record(Header),
    /// A line that is neither.
    Other(FirstLine),
}

impl Preamble {
    /// Takes the next line.
    pub(crate) fn line(&mut self, line: &str, columns: &Columns) -> Above {
        let text = line.trim_matches(|next: char| next.is_whitespace() || next == '\u{feff}');
        if text.is_empty() {
            return Above::Nothing;
        }
        if let Some(separator) = separator(text).filter(|_| self.separator.is_none()) {
            self.separator = Some(separator);
            return Above::Nothing;
        }
        if is_blank_or_comment(text) {
            self.comment(text, columns);
            return Above::Nothing;
        }
        let first = match self.separator {
            Some(separator) => with_delimiter(text, separator, columns),
            None => find_header(text, columns),
        };
        match first {
            FirstLine::Header(header) => Above::Header(self.finished(header)),
            other => match self.commented.take() {
                Some(header) if fields_of(text, header.delimiter).len() == header.columns() => {
                    Above::Record(self.finished(header))
                }
                _ => Above::Other(other),
            },
        }
    }

    /// A header in a comment has at least two columns: a single word above values is a heading.
    fn comment(&mut self, text: &str, columns: &Columns) {
        let said = text.trim_start_matches(['#', ';', '/', '!']);
        let said =
            said.strip_prefix("fields").filter(|rest| rest.starts_with(['\t', ' ', ':'])).unwrap_or(said);
        let said = said.trim_start_matches([':', ' ', '\t']).trim_end_matches([' ', '#']);
        self.is_of_certificates = self.is_of_certificates || said.to_lowercase().contains("certificate");
        if let FirstLine::Header(header) = find_header(said, columns)
            && header.columns() > 1
        {
            self.commented = Some(header);
        }
    }

    fn finished(&self, mut header: Header) -> Header {
        header.is_of_certificates = self.is_of_certificates;
        header
    }
}

/// `sep=;`, which tells spreadsheets the separator.
fn separator(line: &str) -> Option<u8> {
    let line = line.trim_matches('"');
    let (key, value) = line.split_at_checked(4)?;
    match value.as_bytes() {
        [separator] if key.eq_ignore_ascii_case("sep=") => Some(*separator),
        [] if key.eq_ignore_ascii_case("sep=") => Some(b'\t'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(lines: &[&str]) -> Above {
        let mut preamble = Preamble::default();
        let columns = Columns::default();
        let mut above = lines.iter().map(|line| preamble.line(line, &columns));
        above.by_ref().find(|above| *above != Above::Nothing).unwrap_or(Above::Nothing)
    }

    #[test]
    fn a_commented_header_counts_directly_above_records_with_as_many_fields() {
        for lines in [
            &[
                "# abuse list, recent",
                "#",
                "# id,dateadded,url,status",
                "\"1\",\"x\",\"http://a.example/\",\"y\"",
            ][..],
            &["#fields\tindicator\tindicator_type\tmeta.source", "a.example\tIntel::DOMAIN\tx"],
            &["# \"first_seen_utc\",\"ioc_id\",\"ioc_value\"", "\"2026\", \"1\", \"a, b\""],
            &["; ip;port", "192.0.2.1;443"],
        ] {
            assert!(matches!(last(lines), Above::Record(_)), "{lines:?}");
        }
        for lines in [&["# domain", "a.example"][..], &["# id,url,status", "a.example"]] {
            assert!(matches!(last(lines), Above::Other(_)), "{lines:?}");
        }
    }

    #[test]
    fn a_line_sets_the_separator() {
        let Above::Header(header) = last(&["\u{feff}sep=;", "Type;Value"]) else { panic!() };
        assert_eq!(header.delimiter, b';');
        assert!(matches!(last(&["sep=;", "Type,Value"]), Above::Other(_)));
    }

    #[test]
    fn hashes_below_a_comment_on_certificates_are_not_those_of_files() {
        let lines = [
            "# SSL Certificate Blacklist (SHA1 fingerprints)",
            "# Listingdate,SHA1,Listingreason",
            "2026,x,y",
        ];
        assert!(matches!(last(&lines), Above::Record(header) if header.is_of_certificates));
    }
}
