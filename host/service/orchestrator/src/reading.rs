//! How the files of a collection are read: the format and the columns that somebody chose, as they are kept with the collection.
//! Denied by default: columns without a name, and more of them than a person names.

use std::io::Read;

use jiff::Timestamp;
use palisade_collection::{Columns, Reading, Source};
use palisade_limits as limits;
use palisade_model::{Format, Record, Summary, Unreadable};
use palisade_store::Counted;
use serde::{Deserialize, Serialize};

use crate::{Field, Filter, OrchestratorError};

/// Columns of CSV files by their names in the header.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedColumns {
    /// The columns that hold values; found by their names if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The column that holds the type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl NamedColumns {
    /// Whether no column is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.kind.is_none()
    }
}

impl From<Columns> for NamedColumns {
    fn from(columns: Columns) -> Self {
        Self { values: columns.values, kind: columns.kind }
    }
}

impl From<NamedColumns> for Columns {
    fn from(columns: NamedColumns) -> Self {
        Self { values: columns.values, kind: columns.kind }
    }
}

/// How a file was read.
#[derive(Debug, Clone, Serialize)]
pub struct FileRead {
    /// The file.
    pub name: String,
    /// Its format, chosen or found.
    pub format: String,
    /// The first columns of a CSV file.
    pub columns: Vec<ColumnRead>,
}

/// What became of a column of a CSV file.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnRead {
    /// Its name in the header.
    pub name: String,
    /// What it was read as: `value`, `type`, `status`, `score`, `description`, `tags` or `identifier`; none for an attribute.
    pub role: Option<&'static str>,
    /// Values of indicators in it that were not read as such.
    pub unread: u64,
}

impl From<Summary> for FileRead {
    fn from(summary: Summary) -> Self {
        let column = |column: palisade_model::Column| ColumnRead {
            name: column.name,
            role: column.role.map(palisade_model::ColumnRole::name),
            unread: column.unread,
        };
        Self {
            name: summary.name,
            format: summary.format.to_string(),
            columns: summary.columns.into_iter().map(column).collect(),
        }
    }
}

/// The reading that is kept with a collection.
pub(crate) fn kept(format: Option<&str>, columns: &NamedColumns) -> Result<Reading, OrchestratorError> {
    let format = format.map(str::parse::<Format>).transpose();
    let format = format.map_err(|error| OrchestratorError::field("format", error.to_string()))?;
    Ok(Reading { format, columns: columns.clone().into(), ..Reading::default() })
}

/// A reading that somebody chose.
pub(crate) fn check(reading: &Reading) -> Result<(), OrchestratorError> {
    let names = || reading.columns.values.iter().chain(&reading.columns.kind);
    let is_wrong = |name: &String| {
        name.trim().is_empty()
            || name.chars().count() as u64 > limits::COLUMN_NAME_CHARACTERS
            || name.chars().any(char::is_control)
    };
    if names().count() as u64 > limits::COLUMNS_CHOSEN || names().any(is_wrong) {
        let message = format!(
            "expected at most {} columns, each with a name of 1 to {} characters",
            limits::COLUMNS_CHOSEN,
            limits::COLUMN_NAME_CHARACTERS
        );
        return Err(OrchestratorError::Invalid(vec![Field::new("columns", message)]));
    }
    if !reading.columns.is_empty() && reading.format.is_some_and(|format| format != Format::Csv) {
        let message = "only CSV files have columns: choose the format CSV, or name no columns";
        return Err(OrchestratorError::Invalid(vec![Field::new("columns", message)]));
    }
    Ok(())
}

/// What was found in files that can be read.
pub(crate) struct Checked {
    pub(crate) counted: Counted,
    /// Types and values of each file's objects, for the search.
    pub(crate) objects: Vec<Vec<(String, String)>>,
}

/// Reads each file to its end, as a run would, and counts its objects. Files without a single object whose records cannot be read
/// are refused: they are of another encoding or another format, and a collection of nothing would run without an error.
pub(crate) fn check_files(
    reading: &Reading,
    files: impl Iterator<Item = (String, Box<dyn Read + Send>)>,
    filter: &Filter,
    now: Timestamp,
) -> Result<Checked, OrchestratorError> {
    let mut counted = Counted { objects: 0, filtered: 0, at: now };
    let (mut objects, mut searchable) = (Vec::new(), limits::SEARCH_FILE_OBJECTS);
    let mut unreadable: Option<(String, Unreadable, u64)> = None;
    for (name, reader) in files {
        let mut values = Vec::new();
        let source = Source::reader(name.clone(), reader);
        palisade_collection::read(source, reading.clone(), &mut |record| match &record {
            Record::Object(object) => {
                // The search finds what the filter excludes as well: a filter is changed without reading the files again.
                if searchable > 0 {
                    searchable -= 1;
                    values.push((object.subtype.clone(), object.value.clone()));
                }
                *(if filter.admits(&record, now) { &mut counted.objects } else { &mut counted.filtered }) +=
                    1;
            }
            Record::Unreadable(record) => match &mut unreadable {
                Some((_, _, count)) => *count += 1,
                none => *none = Some((name.clone(), record.clone(), 1)),
            },
            Record::LeftOut(_) => {}
        })?;
        objects.push(values);
    }
    if objects.is_empty() {
        return Err(OrchestratorError::field("files", "choose at least one file"));
    }
    match unreadable {
        Some((file, record, count)) if counted.objects + counted.filtered == 0 => {
            let what = if count == 1 { "record" } else { "records" };
            let message = format!(
                "no object could be read: {count} unreadable {what}, the first at {file}, {}: {}",
                record.location, record.message
            );
            Err(OrchestratorError::field("files", message))
        }
        _ => Ok(Checked { counted, objects }),
    }
}
