//! The header of a CSV file: which delimiter, and which column is which.
//!
//! Without a column for values of every type, the only one that is named after a type holds the values, and all are of
//! that type. Of several such columns none is preferred: that is for the file's owner to say.

use crate::guess::guess;
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
/// Names of a column whose values are all of one type. They count where none of [`VALUE_NAMES`] is there.
const TYPED_NAMES: &[&str] = &[
    "url",
    "domain",
    "fqdn",
    "hostname",
    "host",
    "ip",
    "ip_address",
    "hash",
    "sha256",
    "sha1",
    "md5",
    "email",
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
pub(crate) const DELIMITERS: &[u8] = b",;\t";

/// The names of the column for the value that are understood, as a message lists them.
#[must_use]
pub(crate) fn accepted_names() -> String {
    let names = VALUE_NAMES.iter().chain(TYPED_NAMES);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What the first line of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FirstLine {
    /// A header.
    Header(Header),
    /// A header with several columns that could hold the value, by their names.
    Several(Vec<String>),
    /// No header that is understood.
    Other,
}

/// The columns of a file, each counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    names: Vec<String>,
    /// The byte between two fields.
    pub(crate) delimiter: u8,
    /// The value.
    pub(crate) value: usize,
    /// The type of all values is the name of their column.
    pub(crate) is_typed: bool,
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

/// What a first line is; of several delimiters, the one that gives most columns.
#[must_use]
pub(crate) fn find_header(line: &str) -> FirstLine {
    let found = DELIMITERS.iter().map(|delimiter| with_delimiter(line, *delimiter));
    found
        .max_by_key(|first| match first {
            FirstLine::Header(header) => (2, header.columns()),
            FirstLine::Several(names) => (1, names.len()),
            FirstLine::Other => (0, 0),
        })
        .unwrap_or(FirstLine::Other)
}

fn with_delimiter(line: &str, delimiter: u8) -> FirstLine {
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
    let typed: Vec<usize> = (0..)
        .zip(&bare)
        .filter(|(_, column)| TYPED_NAMES.iter().any(|name| letters_and_digits(name) == **column))
        .map(|(column, _)| column)
        .collect();
    // `evil.example,FQDN` is a row that says its type, and no header.
    let is_row = names.iter().any(|name| guess(name).is_some());
    let (value, is_typed) = match (find(VALUE_NAMES), typed.as_slice()) {
        (Some(value), _) => (value, false),
        (None, _) if is_row => return FirstLine::Other,
        (None, [value]) => (*value, true),
        (None, []) => return FirstLine::Other,
        (None, several) => {
            return FirstLine::Several(
                several.iter().filter_map(|column| names.get(*column).cloned()).collect(),
            );
        }
    };
    FirstLine::Header(Header {
        delimiter,
        value,
        is_typed,
        // Beside a URL, `type` says what it serves: `phishing`, `malware`.
        kind: find(TYPE_NAMES).filter(|_| !is_typed),
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

    fn header(line: &str) -> Header {
        match find_header(line) {
            FirstLine::Header(header) => header,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn columns_are_found_by_name_whatever_their_case_and_order() {
        let found = header("Type,Indicator,app");
        assert_eq!((found.value, found.kind, found.delimiter), (1, Some(0), b','));
        assert_eq!(found.others().collect::<Vec<_>>(), [(2, "app")]);

        let found = header("\"Indicator Type\";\"Value\";Score");
        assert_eq!((found.value, found.kind, found.score, found.delimiter), (1, Some(0), Some(2), b';'));

        let found = header("ioc\tentity_type\tto_ids");
        assert_eq!((found.value, found.kind, found.to_ids, found.delimiter), (0, Some(1), Some(2), b'\t'));
    }

    #[test]
    fn the_surest_name_wins() {
        assert_eq!(header("data,value").value, 1);
        assert_eq!(header("indicator").columns(), 1);
    }

    #[test]
    fn a_column_named_after_a_type_holds_the_values_where_it_is_the_only_one() {
        let found = header("id,dateadded,url,type,tags");
        assert_eq!((found.value, found.is_typed, found.kind), (2, true, None));
        assert_eq!(found.others().collect::<Vec<_>>(), [(1, "dateadded"), (3, "type")]);
        let found = header("domain,value,type");
        assert_eq!((found.value, found.is_typed, found.kind), (1, false, Some(2)));
        let several = FirstLine::Several(vec!["MD5".to_owned(), "sha-1".to_owned(), "sha256".to_owned()]);
        assert_eq!(find_header("name,MD5,sha-1,sha256"), several);
    }

    #[test]
    fn a_line_of_values_is_no_header() {
        let rows = ["evil.example,FQDN", "192.0.2.1,IP", "http://evil.example/a;url", "evil.example,ip,url"];
        for line in ["evil.example,malware", "192.0.2.1", "", "name,registrar"].into_iter().chain(rows) {
            assert_eq!(find_header(line), FirstLine::Other, "{line}");
        }
    }
}
