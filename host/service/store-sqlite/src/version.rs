//! The check of the version that an edit began with.

use palisade_store::{StoreError, Version};
use rusqlite::{OptionalExtension as _, ToSql, Transaction};

use crate::error::Error;
use crate::rows::Columns as _;

/// Refuses an edit that began with another version than the state has. `sql` selects the version.
pub(crate) fn check(
    transaction: &Transaction<'_>,
    sql: &str,
    key: &[&dyn ToSql],
    what: &'static str,
    expected: Option<Version>,
) -> Result<(), Error> {
    let Some(expected) = expected else { return Ok(()) };
    let found = transaction.query_row(sql, key, |row| row.column(0)).optional()?.map_or(Version(0), Version);
    if found == expected { Ok(()) } else { Err(StoreError::Changed { what, expected, found }.into()) }
}
