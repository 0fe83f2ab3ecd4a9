//! Single values that the service remembers, by name, and whether anything can be written at all.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use crate::rows::millis;
use crate::{Store, StoreError};

/// What is written to find out whether the state can be written.
const WRITTEN: &str = "written-at";

impl Store {
    /// A remembered value.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT value FROM settings WHERE name = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
        })
    }

    /// Remembers a value.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn remember(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO settings (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![name, value],
            )?;
            Ok(())
        })
    }

    /// Writes something, and so finds out whether the state can be written: a full disk and a state that cannot be read any more
    /// answer reads from memory for a long time.
    ///
    /// # Errors
    /// Where it cannot.
    pub fn check_writable(&self, now: Timestamp) -> Result<(), StoreError> {
        self.remember(WRITTEN, &millis(now).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_the_last_value_that_was_remembered() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("palisade.db")).unwrap();
        assert_eq!(store.setting("name").unwrap(), None);
        store.remember("name", "one").unwrap();
        store.remember("name", "other").unwrap();
        assert_eq!(store.setting("name").unwrap().as_deref(), Some("other"));
        store.check_writable("2026-11-22T08:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(store.setting("name").unwrap().as_deref(), Some("other"));
    }
}
