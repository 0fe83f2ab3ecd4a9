//! Sealed secrets. What seals and opens them is not here.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::rows::{millis, moment};
use crate::{SecretId, Store, StoreError};

/// A sealed secret.
#[derive(Debug, Clone)]
pub struct SecretRow {
    /// Identifies it.
    pub id: SecretId,
    /// What it is for, bound to the sealed bytes.
    pub label: String,
    /// Which key sealed it.
    pub key: String,
    /// Nonce and cipher text.
    pub sealed: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

fn read(row: &Row<'_>) -> rusqlite::Result<SecretRow> {
    Ok(SecretRow {
        id: row.get("id")?,
        label: row.get("label")?,
        key: row.get("key")?,
        sealed: row.get("sealed")?,
        created_at: moment(row, "created_at")?,
    })
}

impl Store {
    /// Keeps a sealed secret.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn add_secret(
        &self,
        label: &str,
        key: &str,
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<SecretId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO secrets (label, key, sealed, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![label, key, sealed, millis(now)],
            )?;
            Ok(SecretId(transaction.last_insert_rowid()))
        })
    }

    /// Whether anything is sealed.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn has_secrets(&self) -> Result<bool, StoreError> {
        self.read(|connection| Ok(connection.prepare("SELECT 1 FROM secrets LIMIT 1")?.exists([])?))
    }

    /// One sealed secret.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn secret(&self, id: SecretId) -> Result<SecretRow, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT * FROM secrets WHERE id = ?1", [id], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("secret", id))
        })
    }

    /// Seals every secret anew, all or none: `seal` gets each and gives the new key's name and bytes.
    ///
    /// # Errors
    /// Where `seal` fails or the state cannot be written; nothing is changed.
    pub fn reseal_secrets<E: From<StoreError>>(
        &self,
        mut seal: impl FnMut(&SecretRow) -> Result<(String, Vec<u8>), E>,
    ) -> Result<u64, E> {
        let mut failed = None;
        let result = self.write(|transaction| {
            let rows: Vec<SecretRow> = transaction
                .prepare("SELECT * FROM secrets")?
                .query_map([], read)?
                .collect::<Result<_, _>>()?;
            for row in &rows {
                let (key, sealed) = match seal(row) {
                    Ok(sealed) => sealed,
                    Err(error) => {
                        failed = Some(error);
                        return Err(StoreError::missing("secret", row.id));
                    }
                };
                let update = params![key, sealed, row.id];
                transaction.execute("UPDATE secrets SET key = ?1, sealed = ?2 WHERE id = ?3", update)?;
            }
            Ok(rows.len() as u64)
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(result?),
        }
    }
}
