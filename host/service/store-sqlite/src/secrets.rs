//! Sealed secrets. What seals and opens them is not here.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{SecretId, SecretRow, Secrets, StoreError};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::Value;

use crate::SqliteStore;
use crate::error::{Error, missing};
use crate::rows::{Columns, json, millis, moment, params};

fn read(row: &Row<'_>) -> rusqlite::Result<SecretRow> {
    Ok(SecretRow {
        id: row.column("id")?,
        label: row.column("label")?,
        key: row.column("key")?,
        sealed: row.column("sealed")?,
        created_at: moment(row, "created_at")?,
    })
}

/// The secrets that a connection or a live collection names.
fn used_secrets(connection: &Connection) -> Result<BTreeSet<SecretId>, Error> {
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

#[async_trait]
impl Secrets for SqliteStore {
    async fn add_secret(
        &self,
        label: &str,
        key: &str,
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<SecretId, StoreError> {
        let (label, key, sealed) = (label.to_owned(), key.to_owned(), sealed.to_vec());
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO secrets (label, key, sealed, created_at) VALUES (?1, ?2, ?3, ?4)",
                params![label, key, sealed, millis(now)],
            )?;
            Ok(SecretId(transaction.last_insert_rowid()))
        })
        .await
    }

    async fn has_secrets(&self) -> Result<bool, StoreError> {
        self.read(move |connection| Ok(connection.prepare("SELECT 1 FROM secrets LIMIT 1")?.exists([])?))
            .await
    }

    async fn sealing_keys(&self) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT key, COUNT(*) FROM secrets GROUP BY key ORDER BY key";
            let count = |row: &Row<'_>| Ok((row.column(0)?, row.column::<i64>(1)?.unsigned_abs()));
            Ok(connection.prepare(sql)?.query_map([], count)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn secret(&self, id: SecretId) -> Result<SecretRow, StoreError> {
        self.read(move |connection| {
            connection
                .query_row("SELECT * FROM secrets WHERE id = ?1", params![id], read)
                .optional()?
                .ok_or_else(|| missing("secret", id))
        })
        .await
    }

    async fn remove_unused_secrets(&self, sealed_before: Timestamp) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let used = used_secrets(transaction)?;
            let sql = "SELECT id FROM secrets WHERE created_at < ?1";
            let old: Vec<SecretId> = transaction
                .prepare(sql)?
                .query_map([millis(sealed_before)], |row| row.column(0))?
                .collect::<Result<_, _>>()?;
            let mut removed = 0;
            for unused in old.into_iter().filter(|id| !used.contains(id)) {
                removed += transaction.execute("DELETE FROM secrets WHERE id = ?1", params![unused])?;
            }
            Ok(removed as u64)
        })
        .await
    }

    async fn secrets(&self) -> Result<Vec<SecretRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare("SELECT * FROM secrets ORDER BY id")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn reseal_secrets(&self, resealed: &[SecretRow]) -> Result<u64, StoreError> {
        let resealed = resealed.to_vec();
        self.write(move |transaction| {
            let ids: Vec<SecretId> = transaction
                .prepare("SELECT id FROM secrets ORDER BY id")?
                .query_map([], |row| row.column(0))?
                .collect::<Result<_, _>>()?;
            for id in &ids {
                let SecretRow { key, sealed, .. } = resealed
                    .iter()
                    .find(|row| row.id == *id)
                    .ok_or_else(|| missing("new seal of the secret", id))?;
                let update = params![key, sealed, id];
                transaction.execute("UPDATE secrets SET key = ?1, sealed = ?2 WHERE id = ?3", update)?;
            }
            Ok(ids.len() as u64)
        })
        .await
    }
}
