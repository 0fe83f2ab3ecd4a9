//! The header of a CSV file: which delimiter, and which column is which.

use crate::type_name::letters_and_digits;

/// Names of the column that holds the value, the surest first. Compared without regard to case, spaces and marks.
pub(crate) const VALUE_NAMES: &[&str] = &[
    "value",
    "indicator",
    "indicator_value",
    "ioc",
    "ioc_value",
    "observable",
    "observable_value",
    "entity_value",
    "data",
];
const TYPE_NAMES: &[&str] =
    &["type", "indicator_type", "ioc_type", "observable_type", "entity_type", "value_type", "data_type"];
const STATUS_NAMES: &[&str] = &["status", "indicator_status"];
const SCORE_NAMES: &[&str] = &["score", "threatq_score", "indicator_score"];
const DESCRIPTION_NAMES: &[&str] = &["description", "comment", "comments", "note", "notes"];
const TAG_NAMES: &[&str] = &["tags", "tag", "labels", "attribute_tag"];
const ID_NAMES: &[&str] = &["id", "uuid", "platform_id"];
const TO_IDS_NAMES: &[&str] = &["to_ids"];

/// Delimiters that are looked for.
const DELIMITERS: &[u8] = b",;\t";

/// The columns of a file, each counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    names: Vec<String>,
    /// The byte between two fields.
    pub(crate) delimiter: u8,
    /// The value.
    pub(crate) value: usize,
    /// The type.
    pub(crate) kind: Option<usize>,
    /// The status by name.
    pub(crate) status: Option<usize>,
    /// The score, a number.
    pub(crate) score: Option<usize>,
    /// Text about the indicator.
    pub(crate) description: Option<usize>,
    /// Tags, separated by `,`, `;` or `|`.
    pub(crate) tags: Option<usize>,
    /// The identifier in the platform.
    pub(crate) id: Option<usize>,
    /// MISP's flag for what is meant for detection.
    pub(crate) to_ids: Option<usize>,
}

impl Header {
    /// How many columns there are.
    pub(crate) fn columns(&self) -> usize {
        self.names.len()
    }

    /// What the file calls the column of the value.
    pub(crate) fn value_name(&self) -> &str {
        self.names.get(self.value).map_or("", String::as_str)
    }

    /// The delimiter as text.
    pub(crate) fn delimiter_text(&self) -> String {
        char::from(self.delimiter).to_string()
    }

    /// The columns that have no meaning here, with their names: they become attributes.
    pub(crate) fn others(&self) -> impl Iterator<Item = (usize, &str)> {
        let known = [
            Some(self.value),
            self.kind,
            self.status,
            self.score,
            self.description,
            self.tags,
            self.id,
            self.to_ids,
        ];
        self.names
            .iter()
            .map(String::as_str)
            .enumerate()
            .filter(move |(column, name)| !name.is_empty() && !known.contains(&Some(*column)))
    }
}

/// The header on a line, if it names a column for the value; of several delimiters, the one that gives most columns.
#[must_use]
pub(crate) fn find_header(line: &str) -> Option<Header> {
    DELIMITERS.iter().filter_map(|delimiter| with_delimiter(line, *delimiter)).max_by_key(Header::columns)
}

fn with_delimiter(line: &str, delimiter: u8) -> Option<Header> {
    let names: Vec<String> = line
        .trim_matches(['\u{feff}', '\r', '\n'])
        .split(char::from(delimiter))
        .map(|name| name.trim().trim_matches('"').trim().to_owned())
        .collect();
    let bare: Vec<String> = names.iter().map(|name| letters_and_digits(name)).collect();
    let find = |accepted: &[&str]| {
        accepted.iter().find_map(|name| {
            let name = letters_and_digits(name);
            bare.iter().position(|column| *column == name)
        })
    };
    Some(Header {
        delimiter,
        value: find(VALUE_NAMES)?,
        kind: find(TYPE_NAMES),
        status: find(STATUS_NAMES),
        score: find(SCORE_NAMES),
        description: find(DESCRIPTION_NAMES),
        tags: find(TAG_NAMES),
        id: find(ID_NAMES),
        to_ids: find(TO_IDS_NAMES),
        names,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_whatever_their_case_and_order() {
        let header = find_header("Type,Indicator,app").unwrap();
        assert_eq!((header.value, header.kind, header.delimiter), (1, Some(0), b','));
        assert_eq!(header.others().collect::<Vec<_>>(), [(2, "app")]);

        let header = find_header("\"Indicator Type\";\"Value\";Score").unwrap();
        assert_eq!((header.value, header.kind, header.score, header.delimiter), (1, Some(0), Some(2), b';'));

        let header = find_header("ioc\tentity_type\tto_ids").unwrap();
        assert_eq!(
            (header.value, header.kind, header.to_ids, header.delimiter),
            (0, Some(1), Some(2), b'\t')
        );
    }

    #[test]
    fn the_surest_name_wins() {
        assert_eq!(find_header("data,value").unwrap().value, 1);
        assert_eq!(find_header("indicator").unwrap().columns(), 1);
    }

    #[test]
    fn a_line_of_values_is_no_header() {
        for line in ["evil.example,malware", "192.0.2.1", "", "domain,registrar"] {
            assert_eq!(find_header(line), None, "{line}");
        }
    }
}
