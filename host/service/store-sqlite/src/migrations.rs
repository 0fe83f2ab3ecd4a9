//! Brings a file of an earlier version up to date. Every step that was ever released stays as it is.

use std::path::Path;

use palisade_store::StoreError;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

const STEPS: &[M<'static>] = &[M::up(include_str!("migrations/0001-initial.sql"))];

pub(crate) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    Migrations::from_slice(STEPS).to_latest(connection).map_err(|cause| StoreError::Migration {
        place: path.display().to_string(),
        cause: cause.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_made() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("palisade.db");
        drop(crate::SqliteStore::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
        let error = crate::SqliteStore::open(&path).unwrap_err();
        assert_eq!(error.code(), "state-version");
    }
}
