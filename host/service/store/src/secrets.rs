//! Sealed secrets. What seals and opens them is not here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use crate::rows::{json, millis, moment};
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

    /// The keys that seal secrets, and how many each.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn sealing_keys(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT key, COUNT(*) FROM secrets GROUP BY key ORDER BY key";
            let count = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()));
            Ok(connection.prepare(sql)?.query_map([], count)?.collect::<Result<_, _>>()?)
        })
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

    /// Removes secrets that were replaced or taken away: those that nothing names and that were sealed before this moment, so
    /// that one whose configuration is just being written stays. How many.
    ///
    /// # Errors
    /// Where the state cannot be read or written.
    pub fn remove_unused_secrets(&self, sealed_before: Timestamp) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let used = used_secrets(transaction)?;
            let sql = "SELECT id FROM secrets WHERE created_at < ?1";
            let old: Vec<SecretId> = transaction
                .prepare(sql)?
                .query_map([millis(sealed_before)], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut removed = 0;
            for unused in old.into_iter().filter(|id| !used.contains(id)) {
                removed += transaction.execute("DELETE FROM secrets WHERE id = ?1", [unused])?;
            }
            Ok(removed as u64)
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

/// The secrets that a connection or a live collection names.
fn used_secrets(connection: &Connection) -> Result<BTreeSet<SecretId>, StoreError> {
    const NAMING: &[&str] =
        &["SELECT configuration AS named FROM connections", "SELECT source AS named FROM collections"];
    let mut used = BTreeSet::new();
    for sql in NAMING {
        let mut statement = connection.prepare(sql)?;
        for named in statement.query_map([], |row| json::<Value>(row, "named"))? {
            collect(&named?, &mut used);
        }
    }
    Ok(used)
}

/// Every number under the name that the stored forms of a secret share, however deep.
fn collect(value: &Value, used: &mut BTreeSet<SecretId>) {
    match value {
        Value::Object(fields) => {
            used.extend(fields.get("secret").and_then(Value::as_i64).map(SecretId));
            fields.values().for_each(|value| collect(value, used));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, used)),
        _ => {}
    }
}
