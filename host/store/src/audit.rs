//! The audit log: who did what to what, and how it was before and after. It grows and is never changed: the database refuses.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde_json::Value;

use crate::rows::{json_or_none, millis, moment, to_json};
use crate::{Page, Store, StoreError, UserId};

/// One line to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditEntry<'a> {
    /// Who: a person, with the token where there was one, or `schedule`.
    pub who: &'a str,
    /// What: stable, `workflow.created`.
    pub what: &'a str,
    /// To what.
    pub subject: &'a str,
    /// How it was, without secrets.
    pub before: Option<Value>,
    /// How it is.
    pub after: Option<Value>,
    /// The address of the client that asked for it; none for the schedule and the command line of the service's machine.
    pub address: Option<IpAddr>,
    /// Who, by number: a name may belong to somebody else later. None for the schedule and the command line of the service's machine.
    pub user: Option<UserId>,
    /// The person to whom it was done, by number.
    pub subject_user: Option<UserId>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Grows with time.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// To what.
    pub subject: String,
    /// How it was.
    pub before: Option<Value>,
    /// How it is.
    pub after: Option<Value>,
    /// The address of the client that asked for it.
    pub address: Option<String>,
    /// Who, by number.
    pub user: Option<UserId>,
    /// The person to whom it was done, by number.
    pub subject_user: Option<UserId>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: row.get("id")?,
        at: moment(row, "at")?,
        who: row.get("who")?,
        what: row.get("what")?,
        subject: row.get("subject")?,
        before: json_or_none(row, "before")?,
        after: json_or_none(row, "after")?,
        address: row.get("address")?,
        user: row.get("user")?,
        subject_user: row.get("subject_user")?,
    })
}

impl Store {
    /// Writes a line.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn audit(&self, entry: &NewAuditEntry<'_>, now: Timestamp) -> Result<(), StoreError> {
        let text = |value: &Option<Value>| value.as_ref().map(|value| to_json("audit", value)).transpose();
        let (before, after) = (text(&entry.before)?, text(&entry.after)?);
        let address = entry.address.map(|address| address.to_canonical().to_string());
        self.write(|transaction| {
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
    }

    /// The lines after the one with this id, in the order in which they were written; at most `most`.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn audit_after(&self, id: i64, most: u64) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM audit WHERE id > ?1 ORDER BY id LIMIT ?2")?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            Ok(statement.query_map(params![id, most], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// The id of the last line; 0 where there is none.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn last_audit(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            Ok(connection.query_row("SELECT COALESCE(MAX(id), 0) FROM audit", [], |row| row.get(0))?)
        })
    }

    /// The log, the latest first, and how many lines there are; only those with `text` in one of their words.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn audit_log(&self, text: Option<&str>, page: Page) -> Result<(Vec<AuditEntry>, u64), StoreError> {
        const WHERE: &str = "?1 IS NULL OR INSTR(LOWER(who || ' ' || what || ' ' || subject || ' ' || COALESCE(address, '')), LOWER(?1)) > 0";
        self.read(|connection| {
            let sql = format!("SELECT * FROM audit WHERE {WHERE} ORDER BY id DESC LIMIT ?2 OFFSET ?3");
            let rows = connection
                .prepare_cached(&sql)?
                .query_map(params![text, page.limit(), page.offset()], read)?
                .collect::<Result<_, _>>()?;
            let total: i64 = connection.query_row(
                &format!("SELECT COUNT(*) FROM audit WHERE {WHERE}"),
                [text],
                |row| row.get(0),
            )?;
            Ok((rows, total.unsigned_abs()))
        })
    }
}
