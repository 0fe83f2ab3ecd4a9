//! Single values that the service remembers, by name, and whether anything can be written at all.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{Settings, StoreError};
use rusqlite::OptionalExtension as _;

use crate::SqliteStore;
use crate::rows::{Columns, millis, params};

/// What is written to find out whether the state can be written.
const WRITTEN: &str = "written-at";

#[async_trait]
impl Settings for SqliteStore {
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let sql = "SELECT value FROM settings WHERE name = ?1";
            Ok(connection.prepare_cached(sql)?.query_row(params![name], |row| row.column(0)).optional()?)
        })
        .await
    }

    async fn remember(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO settings (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
            Ok(())
        })
        .await
    }

    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        self.remember(WRITTEN, &millis(now).to_string()).await
    }
}
