//! Versions of what people edit. Each change raises the version; an edit names the version it began with, so that the later of two
//! edits that overlap is refused instead of undoing the earlier one.

use rusqlite::{OptionalExtension as _, ToSql, Transaction};

use crate::StoreError;

/// The version of something that people edit: 1 when it is created, one more with each change. 0 means that nothing was saved yet.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Version(pub i64);

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::str::FromStr for Version {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Refuses an edit that began with another version than the state has. `sql` selects the version.
pub(crate) fn check(
    transaction: &Transaction<'_>,
    sql: &str,
    key: &[&dyn ToSql],
    what: &'static str,
    expected: Option<Version>,
) -> Result<(), StoreError> {
    let Some(expected) = expected else { return Ok(()) };
    let found = transaction.query_row(sql, key, |row| row.get(0)).optional()?.map_or(Version(0), Version);
    if found == expected { Ok(()) } else { Err(StoreError::Changed { what, expected, found }) }
}
