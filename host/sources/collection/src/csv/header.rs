//! The header of a CSV file: which delimiter, and which column is which.
//!
//! Without a column for values of every type, the only one that is named after a type holds the values, and all are of
//! that type; several that hold hashes are read together, because they are those of one file. Of several others none is
//! preferred: that is for the file's owner to say. Columns that a user has named come before all of this.

use palisade_limits as limits;

use super::names::{
    DESCRIPTION_NAMES, ID_NAMES, Named, SCORE_NAMES, STATUS_NAMES, TAG_NAMES, TYPE_BESIDE_VALUE, TYPE_NAMES,
    TYPED_NAMES, VALUE_NAMES, VALUE_NAMES_BESIDE_TYPE, is_context, is_of_hashes, named_after_type,
};
use super::pending::fields_of;
use crate::Columns;
use crate::columns::is_same_column;
use crate::do_not_block::is_mark;
use crate::guess::{guess, subtype};
use crate::refang::refang;
use crate::type_name::letters_and_digits;
use palisade_model::{Column, ColumnRole};

/// Delimiters that are looked for.
pub(crate) const DELIMITERS: &[u8] = b",;\t|";

/// The names of the column for the value that are understood, as a message lists them.
#[must_use]
pub(crate) fn accepted_names() -> String {
    let names = VALUE_NAMES.iter().take(10).chain(TYPED_NAMES);
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What the first line of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FirstLine {
    /// A header.
    Header(Header),
    /// A header with several columns that could hold the value, by their names.
    Several(Vec<String>),
    /// A header without a column that a user has named.
    Missing(String),
    /// No header that is understood.
    Other,
}

/// A column that holds values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ValueColumn {
    /// Counted from 0.
    pub(crate) column: usize,
    /// The type of all its values is its name.
    pub(crate) is_typed: bool,
}

/// The columns of a file, each counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    names: Vec<String>,
    /// The byte between two fields.
    pub(crate) delimiter: u8,
    /// The values: at least one column.
    pub(crate) values: Vec<ValueColumn>,
    /// The type.
    pub(crate) kind: Option<usize>,
    /// The column of the type may hold the value in some records: it has a name for values.
    pub(crate) is_kind_doubtful: bool,
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
    /// Columns that may say that a value is not to be blocked.
    pub(crate) marks: Vec<usize>,
    /// Columns whose values, if they hold any, are not read.
    pub(crate) unread: Vec<usize>,
    /// Hashes are those of certificates.
    pub(crate) is_of_certificates: bool,
}

impl Header {
    /// How many columns there are.
    pub(crate) fn columns(&self) -> usize {
        self.names.len()
    }

    /// What the file calls a column.
    pub(crate) fn name(&self, column: usize) -> &str {
        self.names.get(column).map_or("", String::as_str)
    }

    /// What the file calls the columns of the value.
    pub(crate) fn value_names(&self) -> String {
        let names =
            self.values.iter().map(|value| format!("`{}`", palisade_model::excerpt(self.name(value.column))));
        names.collect::<Vec<_>>().join(", ")
    }

    /// All columns with a name, with what each is read as; nothing has been read yet.
    pub(crate) fn seen(&self) -> Vec<Column> {
        let known = [
            (self.kind, ColumnRole::Type),
            (self.status, ColumnRole::Status),
            (self.score, ColumnRole::Score),
            (self.description, ColumnRole::Description),
            (self.tags, ColumnRole::Tags),
            (self.id, ColumnRole::Identifier),
        ];
        let role = |column: usize| {
            if self.values.iter().any(|value| value.column == column) {
                return Some(ColumnRole::Value);
            }
            known.iter().find(|(known, _)| *known == Some(column)).map(|(_, role)| *role)
        };
        let named = self.names.iter().enumerate().filter(|(_, name)| !name.is_empty());
        let columns =
            named.map(|(column, name)| Column { name: name.clone(), role: role(column), unread: 0 });
        columns.take(usize::try_from(limits::COLUMNS_SHOWN).unwrap_or(usize::MAX)).collect()
    }

    /// The delimiter as text.
    pub(crate) fn delimiter_text(&self) -> String {
        char::from(self.delimiter).to_string()
    }

    /// The columns that have no meaning here, with their names: they become attributes.
    pub(crate) fn others(&self) -> impl Iterator<Item = (usize, &str)> {
        let known = [self.kind, self.status, self.score, self.description, self.tags, self.id];
        let is_known = move |column| {
            known.contains(&Some(column)) || self.values.iter().any(|value| value.column == column)
        };
        let named = self.names.iter().map(String::as_str).enumerate();
        named.filter(move |(column, name)| !name.is_empty() && !is_known(*column) && *name != "to_ids")
    }

    /// The header of a list with one column, below another heading.
    pub(crate) fn renamed(&self, name: &str) -> Self {
        Self { names: vec![name.to_owned()], ..self.clone() }
    }
}

/// Whether a line is a header that is understood.
pub(crate) fn is_header(line: &str) -> bool {
    matches!(find_header(line, &Columns::default()), FirstLine::Header(_) | FirstLine::Several(_))
}

/// What a first line is; of several delimiters, the one that gives most columns.
#[must_use]
pub(crate) fn find_header(line: &str, columns: &Columns) -> FirstLine {
    let found = DELIMITERS.iter().map(|delimiter| with_delimiter(line, *delimiter, columns));
    found
        .max_by_key(|first| match first {
            FirstLine::Header(header) => (3, header.columns()),
            FirstLine::Several(names) => (2, names.len()),
            FirstLine::Missing(_) => (1, 0),
            FirstLine::Other => (0, 0),
        })
        .unwrap_or(FirstLine::Other)
}

/// What a first line is with a known delimiter.
#[must_use]
pub(crate) fn with_delimiter(line: &str, delimiter: u8, columns: &Columns) -> FirstLine {
    let line = line.trim_matches(['\u{feff}', '\r', '\n']);
    let table = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')).filter(|_| delimiter == b'|');
    let names: Vec<String> = fields_of(table.unwrap_or(line), delimiter)
        .into_iter()
        .map(|name| name.trim().trim_matches(['"', '*', '`']).trim().to_owned())
        .collect();
    match roles(&names, columns) {
        Roles::Found { values, kind, is_kind_doubtful } => {
            FirstLine::Header(build(names, delimiter, values, kind, is_kind_doubtful))
        }
        Roles::Several(several) => FirstLine::Several(several),
        Roles::Missing(name) => FirstLine::Missing(name),
        Roles::None => FirstLine::Other,
    }
}

fn build(
    names: Vec<String>,
    delimiter: u8,
    values: Vec<ValueColumn>,
    kind: Option<usize>,
    is_kind_doubtful: bool,
) -> Header {
    let is_value = |column| values.iter().any(|value| value.column == column);
    let find_other = |accepted: &[&str]| find(&names, accepted).filter(|column| !is_value(*column));
    let (description, tags) = (find_other(DESCRIPTION_NAMES), find_other(TAG_NAMES));
    let is_free = |column| !is_value(column) && Some(column) != kind;
    let columns = || (0..).zip(&names).filter(|(column, _)| is_free(*column));
    let marks = columns().filter(|(_, name)| is_mark(name)).map(|(column, _)| column).collect();
    let unread = columns()
        .filter(|(column, name)| !is_context(name) && description != Some(*column) && tags != Some(*column))
        .map(|(column, _)| column)
        .collect();
    Header {
        status: find_other(STATUS_NAMES),
        score: find_other(SCORE_NAMES),
        id: find_other(ID_NAMES),
        description,
        tags,
        marks,
        unread,
        delimiter,
        values,
        kind,
        is_kind_doubtful,
        is_of_certificates: false,
        names,
    }
}

/// The first of some names that a column has.
fn find(names: &[String], accepted: &[&str]) -> Option<usize> {
    accepted.iter().find_map(|name| {
        let name = letters_and_digits(name);
        names.iter().position(|column| bare(column) == name)
    })
}

/// The letters of a name, without what is said about it in brackets: `Indicator (defanged)`.
fn bare(name: &str) -> String {
    let plain = name.split_once('(').filter(|(_, said)| {
        let said = letters_and_digits(said);
        ["defanged", "refanged", "fanged", "s"].contains(&said.as_str())
    });
    letters_and_digits(plain.map_or(name, |(name, _)| name))
}

/// Which columns hold values and types.
enum Roles {
    Found { values: Vec<ValueColumn>, kind: Option<usize>, is_kind_doubtful: bool },
    Several(Vec<String>),
    Missing(String),
    None,
}

fn roles(names: &[String], columns: &Columns) -> Roles {
    let kind = match &columns.kind {
        Some(given) => match names.iter().position(|name| is_same_column(name, given)) {
            Some(column) => Some(column),
            None => return Roles::Missing(given.clone()),
        },
        None => find(names, TYPE_NAMES),
    };
    if !columns.values.is_empty() {
        return roles_as_named(names, columns, kind);
    }
    // `evil.example,FQDN` and `URL,hxxp://evil[BLOCKED].example` are rows that say their type, and no header.
    if names.iter().any(|name| is_of_a_row(name)) {
        return Roles::None;
    }
    if columns.kind.is_none()
        && kind.is_none()
        && let Some(value) = find(names, &["indicator_value", "ioc_value", "value", "data"])
        && let Some(kind) = find(names, TYPE_BESIDE_VALUE)
    {
        return found(value, Some(kind), true);
    }
    if let Some(value) = find(names, VALUE_NAMES) {
        return found(value, kind.filter(|kind| *kind != value), false);
    }
    if let Some((value, kind)) = pair(names) {
        return found(value, Some(kind), false);
    }
    if let Some(kind) = kind {
        let is_of_observables =
            bare(names.get(kind).map_or("", String::as_str)).starts_with("observabletype");
        let beside = find(names, VALUE_NAMES_BESIDE_TYPE)
            .or_else(|| find(names, &["name"]).filter(|_| is_of_observables || columns.kind.is_some()));
        if let Some(value) = beside {
            return found(value, Some(kind), false);
        }
    }
    typed(names)
}

fn found(value: usize, kind: Option<usize>, is_kind_doubtful: bool) -> Roles {
    let values = vec![ValueColumn { column: value, is_typed: false }];
    Roles::Found { values, kind, is_kind_doubtful }
}

/// The columns that a user has named.
fn roles_as_named(names: &[String], columns: &Columns, kind: Option<usize>) -> Roles {
    let mut values = Vec::new();
    for given in &columns.values {
        let Some(column) = names.iter().position(|name| is_same_column(name, given)) else {
            return Roles::Missing(given.clone());
        };
        let name = names.get(column).map_or("", String::as_str);
        let is_typed = columns.kind.is_none() && named_after_type(name).is_some();
        values.push(ValueColumn { column, is_typed });
    }
    // Beside a column that says its type itself, `type` says something else.
    let is_typed = values.iter().any(|value| value.is_typed);
    let kind = kind.filter(|kind| !is_typed && values.iter().all(|value| value.column != *kind));
    Roles::Found { values, kind, is_kind_doubtful: false }
}

/// `atom_type` and `atom_value`: the only two columns with a stem in common.
fn pair(names: &[String]) -> Option<(usize, usize)> {
    let bare_names: Vec<String> = names.iter().map(|name| bare(name)).collect();
    let mut pairs = (0..).zip(&bare_names).filter_map(|(value, name)| {
        let stem = name.strip_suffix("value")?;
        let kind = bare_names.iter().position(|name| name.strip_suffix("type") == Some(stem))?;
        Some((value, kind))
    });
    pairs.next().filter(|_| pairs.next().is_none())
}

/// The columns that are named after a type, where none is for values of every type.
fn typed(names: &[String]) -> Roles {
    let of = |wanted: Named| -> Vec<usize> {
        (0..)
            .zip(names)
            .filter(|(_, name)| named_after_type(name) == Some(wanted))
            .map(|(column, _)| column)
            .collect()
    };
    let are_hashes = |columns: &[usize]| {
        columns.iter().all(|column| names.get(*column).is_some_and(|name| is_of_hashes(name)))
    };
    let (usual, unusual) = (of(Named::Usual), of(Named::Unusual));
    let mut chosen = if usual.is_empty() { unusual.clone() } else { usual };
    if !chosen.is_empty() && are_hashes(&chosen) {
        chosen.extend(unusual.iter().filter(|column| are_hashes(&[**column])));
        chosen.sort_unstable();
        chosen.dedup();
    } else if chosen.len() > 1 {
        return Roles::Several(chosen.iter().filter_map(|column| names.get(*column).cloned()).collect());
    }
    if chosen.is_empty() {
        return Roles::None;
    }
    let values = chosen.into_iter().map(|column| ValueColumn { column, is_typed: true }).collect();
    // Beside a URL, `type` says what it serves: `phishing`, `malware`.
    Roles::Found { values, kind: None, is_kind_doubtful: false }
}

/// Whether a field is that of a row. Programs call columns `file.name`, and `.name` is a top-level domain.
fn is_of_a_row(name: &str) -> bool {
    let whole = refang(name);
    match guess(&whole) {
        Some(subtype::FQDN) => !whole.to_ascii_lowercase().ends_with(".name"),
        Some(subtype::FILENAME) | None => {
            whole.contains("://") || name.contains("[.]") || name.contains("hxxp")
        }
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(line: &str) -> FirstLine {
        find_header(line, &Columns::default())
    }

    fn header(line: &str) -> Header {
        match first(line) {
            FirstLine::Header(header) => header,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn values(header: &Header) -> Vec<usize> {
        header.values.iter().map(|value| value.column).collect()
    }

    #[test]
    fn columns_are_found_by_name_whatever_their_case_and_order() {
        let found = header("Type,Indicator,app");
        assert_eq!((values(&found), found.kind, found.delimiter), (vec![1], Some(0), b','));
        assert_eq!(found.others().collect::<Vec<_>>(), [(2, "app")]);

        let found = header("\"Indicator Type\";\"Value\";Score");
        assert_eq!((values(&found), found.kind, found.score), (vec![1], Some(0), Some(2)));
        assert_eq!(found.delimiter, b';');

        let found = header("ioc\tentity_type\tto_ids");
        assert_eq!((values(&found), found.kind, found.delimiter), (vec![0], Some(1), b'\t'));
        assert_eq!(found.marks, [2]);
    }

    #[test]
    fn the_value_and_its_type_are_told_apart() {
        for (line, value, kind) in [
            ("data,value", 1, None),
            ("indicator", 0, None),
            ("Indicator,Data,Note", 1, Some(0)),
            ("Indicator,Value", 1, Some(0)),
            ("Indicator,Type,Data", 0, Some(1)),
            ("Indicator_type,Data,Note", 1, Some(0)),
            ("atom_type,atom_value,first_seen", 1, Some(0)),
            ("Type,Summary,Rating", 1, Some(0)),
            ("tlp,type,name,observable_types", 2, Some(3)),
            ("Typ;Wert;Kommentar", 1, Some(0)),
            ("| Type | Indicator |", 1, Some(0)),
            ("Indicator (defanged),Type", 0, Some(1)),
            ("first_seen,ioc_id,ioc_value,ioc_type,threat_type", 2, Some(3)),
        ] {
            let found = header(line);
            assert_eq!((values(&found), found.kind), (vec![value], kind), "{line}");
        }
    }

    #[test]
    fn a_column_named_after_a_type_holds_the_values_where_it_is_the_only_one() {
        for (line, value) in [
            ("id,dateadded,url,type,tags", 2),
            ("first_seen,dst_ip,dst_port", 1),
            ("address,comment", 0),
            ("sha256sum,Valid From", 0),
            ("domain_name,ip_address", 1),
            ("timestamp,src_ip,dst_ip,domain,action", 3),
        ] {
            let found = header(line);
            assert_eq!((values(&found), found.kind), (vec![value], None), "{line}");
            assert!(found.values[0].is_typed);
        }
        let found = header("domain,value,type");
        assert_eq!((values(&found), found.kind), (vec![1], Some(2)));
    }

    #[test]
    fn several_columns_of_hashes_are_read_together_and_others_not_at_all() {
        assert_eq!(values(&header("name,MD5,sha-1,sha256")), [1, 2, 3]);
        assert_eq!(
            values(&header("first_seen_utc,sha256_hash,md5_hash,sha1_hash,reporter,file_name")),
            [1, 2, 3]
        );
        for (line, expected) in [
            ("url,domain", &["url", "domain"][..]),
            ("Host Name,URL Address,IP", &["Host Name", "IP"]),
            ("date,url,domain,ip,sha256", &["url", "domain", "ip", "sha256"]),
        ] {
            let expected = expected.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(first(line), FirstLine::Several(expected), "{line}");
        }
    }

    #[test]
    fn a_line_of_values_is_no_header() {
        for line in [
            "evil.example,malware",
            "192.0.2.1",
            "",
            "name,registrar",
            "evil.example,FQDN",
            "192.0.2.1,IP",
            "http://evil.example/a;url",
            "evil.example,ip,url",
            "URL,hxxp://mal[BLOCKED].example/x",
            "indicator,192.0.2.1",
            "TLP,Observable (not an IOC!),Comment,Source",
            "sender,recipient,subject",
        ] {
            assert_eq!(first(line), FirstLine::Other, "{line}");
        }
    }

    #[test]
    fn columns_that_a_user_names_come_first() {
        let mut columns = Columns::default();
        columns.assign("value=C2 address").unwrap();
        columns.assign("value=sha256").unwrap();
        let FirstLine::Header(found) = find_header("date;sha256;C2-Address;type", &columns) else { panic!() };
        assert_eq!((values(&found), found.kind, found.delimiter), (vec![2, 1], None, b';'));
        assert!(!found.values[0].is_typed && found.values[1].is_typed);
        assert_eq!(find_header("date,sha256", &columns), FirstLine::Missing("C2 address".to_owned()));

        let mut columns = Columns::default();
        columns.assign("value=url").unwrap();
        columns.assign("type=what").unwrap();
        let FirstLine::Header(found) = find_header("url,what", &columns) else { panic!() };
        assert_eq!((found.values[0].is_typed, found.kind), (false, Some(1)));
    }
}
