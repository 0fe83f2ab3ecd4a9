//! The audit log: who did what to what, and how it was before and after. It grows and is never changed: the database refuses.

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{AuditEntry, AuditFilter, AuditLog, NewAuditEntry, Page, StoreError, folded};
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};
use serde_json::Value as Json;

use crate::SqliteStore;
use crate::error::Error;
use crate::rows::{Columns, json_or_none, limit, millis, moment, offset, params, to_json};

/// The conditions of a filter as SQL.
const CONDITIONS: &str = "(?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)
    AND (?3 IS NULL OR who = ?3 OR SUBSTR(who, 1, LENGTH(?3) + 8) = ?3 || ' (token ')
    AND (?4 IS NULL OR what = ?4 OR (SUBSTR(?4, -1) = '.' AND SUBSTR(what, 1, LENGTH(?4)) = ?4))
    AND (?5 IS NULL OR address = ?5 OR (SUBSTR(?5, -1) IN ('.', ':') AND SUBSTR(address, 1, LENGTH(?5)) = ?5))
    AND (?6 IS NULL
        OR INSTR(folded(who || ' ' || what || ' ' || subject || ' ' || COALESCE(address, '')), ?6) > 0)";

/// The values of the conditions.
fn values(filter: &AuditFilter) -> [Value; 6] {
    let text = |text: &Option<String>| Value::from(text.clone());
    let address = filter.address.as_ref().map(|address| match address.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => address.clone(),
    });
    [
        Value::from(filter.from.map(millis)),
        Value::from(filter.to.map(millis)),
        text(&filter.who),
        text(&filter.what),
        Value::from(address),
        Value::from(filter.text.as_deref().map(folded)),
    ]
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.column("id")?,
        at: moment(row, "at")?,
        who: row.column("who")?,
        what: row.column("what")?,
        subject: row.column("subject")?,
        before: json_or_none(row, "before")?,
        after: json_or_none(row, "after")?,
        address: row.column("address")?,
        user: row.column("user")?,
        subject_user: row.column("subject_user")?,
    })
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn audit(&self, entry: &NewAuditEntry, now: Timestamp) -> Result<(), StoreError> {
        let entry = entry.clone();
        let text = |value: &Option<Json>| value.as_ref().map(|value| to_json("audit", value)).transpose();
        let (before, after) = (text(&entry.before)?, text(&entry.after)?);
        let address = entry.address.map(|address| address.to_canonical().to_string());
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO audit (at, who, what, subject, before, after, address, user, subject_user)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    millis(now),
                    entry.who,
                    entry.what,
                    entry.subject,
                    before,
                    after,
                    address,
                    entry.user,
                    entry.subject_user
                ],
            )?;
            Ok(())
        })
        .await
    }

    async fn audit_after(
        &self,
        filter: &AuditFilter,
        id: i64,
        most: u64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            let conditions = CONDITIONS;
            let sql = format!("SELECT * FROM audit WHERE {conditions} AND id > ?7 ORDER BY id LIMIT ?8");
            let mut statement = connection.prepare_cached(&sql)?;
            let page = [Value::from(id), Value::from(i64::try_from(most).unwrap_or(i64::MAX))];
            let values = values(&filter).into_iter().chain(page);
            Ok(statement.query_map(params_from_iter(values), read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn last_audit(&self) -> Result<i64, StoreError> {
        self.read(move |connection| {
            Ok(connection.query_row("SELECT COALESCE(MAX(id), 0) FROM audit", [], |row| row.column(0))?)
        })
        .await
    }

    async fn audit_log(
        &self,
        filter: &AuditFilter,
        page: Page,
    ) -> Result<(Vec<AuditEntry>, u64), StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            let (conditions, values) = (CONDITIONS, values(&filter));
            let total: i64 = connection
                .prepare_cached(&format!("SELECT COUNT(*) FROM audit WHERE {conditions}"))?
                .query_row(params_from_iter(&values), |row| row.column(0))?;
            let sql = format!("SELECT * FROM audit WHERE {conditions} ORDER BY id DESC LIMIT ?7 OFFSET ?8");
            let values = values.into_iter().chain([Value::from(limit(page)), Value::from(offset(page))]);
            let rows = connection
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values), read)?
                .collect::<Result<_, _>>()?;
            Ok((rows, total.unsigned_abs()))
        })
        .await
    }

    async fn audit_names(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        self.read(move |connection| {
            let texts = |sql: &str| -> Result<Vec<String>, Error> {
                Ok(connection.prepare_cached(sql)?.query_map([], |row| row.column(0))?.collect::<Result<_, _>>()?)
            };
            let kinds = texts("SELECT DISTINCT what FROM audit ORDER BY what COLLATE alphabetical")?;
            // `ada (token nightly)` is ada.
            let people = texts(
                "SELECT DISTINCT CASE WHEN INSTR(who, ' (token ') > 0 THEN SUBSTR(who, 1, INSTR(who, ' (token ') - 1)
                     ELSE who END AS person FROM audit ORDER BY person COLLATE alphabetical",
            )?;
            Ok((kinds, people))
        }).await
    }
}
