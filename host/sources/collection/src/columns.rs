//! How a file is to be read: its format, and for CSV the columns that a user has named.

use thiserror::Error;

use crate::type_name::letters_and_digits;
use palisade_model::Format;

/// What is known about a file before it is read. By default everything is found from its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// The format; found from the content where there is none.
    pub format: Option<Format>,
    /// The columns of CSV files; found by their names where there are none. Other formats have no columns.
    pub columns: Columns,
    /// What the objects of a text or CSV file are, if they are no indicators.
    pub object_type: Option<ObjectType>,
}

/// A kind of object with its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectType {
    /// The kind, for example `Asset`.
    pub kind: String,
    /// The type within the kind, for example `Endpoint`.
    pub subtype: String,
}

impl From<Option<Format>> for Reading {
    fn from(format: Option<Format>) -> Self {
        Self { format, ..Self::default() }
    }
}

impl From<Format> for Reading {
    fn from(format: Format) -> Self {
        Some(format).into()
    }
}

/// Columns by their names in the header, compared without regard to case, spaces and marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The columns that hold values. Without [`kind`](Self::kind), a column that is named after a type holds values of this
    /// type, and for any other the type is found from each value.
    pub values: Vec<String>,
    /// The column that holds the type.
    pub kind: Option<String>,
}

impl Columns {
    /// Whether no column is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.kind.is_none()
    }

    /// Takes one assignment: `value=NAME`, any number of times, or `type=NAME`, once.
    ///
    /// # Errors
    ///
    /// [`InvalidColumn`], if it is neither, or `type` is assigned twice.
    pub fn assign(&mut self, assignment: &str) -> Result<(), InvalidColumn> {
        let (role, name) = assignment.split_once('=').unwrap_or((assignment, ""));
        let name = name.trim();
        if name.is_empty() {
            return Err(InvalidColumn::NotAnAssignment(palisade_model::excerpt(assignment)));
        }
        match role.trim().to_ascii_lowercase().as_str() {
            "value" => self.values.push(name.to_owned()),
            "type" if self.kind.is_some() => {
                return Err(InvalidColumn::SecondType(palisade_model::excerpt(name)));
            }
            "type" => self.kind = Some(name.to_owned()),
            _ => return Err(InvalidColumn::NotAnAssignment(palisade_model::excerpt(assignment))),
        }
        Ok(())
    }
}

/// Why an assignment of a column was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidColumn {
    /// Neither `value=NAME` nor `type=NAME`.
    #[error("expected `value=NAME` or `type=NAME`, found `{0}`")]
    NotAnAssignment(String),
    /// A second column for the type.
    #[error("the column for the type is assigned twice, the second time to `{0}`")]
    SecondType(String),
}

/// Whether two names are those of one column.
pub(crate) fn is_same_column(one: &str, other: &str) -> bool {
    let (one_bare, other_bare) = (letters_and_digits(one), letters_and_digits(other));
    if one_bare.is_empty() { one.trim() == other.trim() } else { one_bare == other_bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_assigned_by_role() {
        let mut columns = Columns::default();
        for assignment in ["value=C2 address", "VALUE = sha256", "type=kind"] {
            columns.assign(assignment).unwrap();
        }
        assert_eq!(columns.values, ["C2 address", "sha256"]);
        assert_eq!(columns.kind.as_deref(), Some("kind"));
        for assignment in ["value", "value=", "status=x", "type=other", ""] {
            assert!(columns.assign(assignment).is_err(), "{assignment}");
        }
    }
}
