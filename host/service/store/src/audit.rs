//! The audit log: who did what to what, and how it was before and after. It grows and is never changed: the database refuses.

use std::net::IpAddr;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};
use serde_json::Value as Json;

use crate::collation::folded;
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
    pub before: Option<Json>,
    /// How it is.
    pub after: Option<Json>,
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
    pub before: Option<Json>,
    /// How it is.
    pub after: Option<Json>,
    /// The address of the client that asked for it.
    pub address: Option<String>,
    /// Who, by number.
    pub user: Option<UserId>,
    /// The person to whom it was done, by number.
    pub subject_user: Option<UserId>,
}

/// Which entries of the audit log; without conditions, all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// At or after this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// By this person, with or without a token.
    pub who: Option<String>,
    /// Of this kind, `user.invited`, or of a group of kinds, `user.`.
    pub what: Option<String>,
    /// From this address, or from addresses that begin like this: `192.0.2.`.
    pub address: Option<String>,
    /// With this text in person, kind, subject or address, in any case of letters.
    pub text: Option<String>,
}

impl AuditFilter {
    /// The same conditions as SQL.
    const WHERE: &str = "(?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)
        AND (?3 IS NULL OR who = ?3 OR SUBSTR(who, 1, LENGTH(?3) + 8) = ?3 || ' (token ')
        AND (?4 IS NULL OR what = ?4 OR (SUBSTR(?4, -1) = '.' AND SUBSTR(what, 1, LENGTH(?4)) = ?4))
        AND (?5 IS NULL OR address = ?5 OR (SUBSTR(?5, -1) IN ('.', ':') AND SUBSTR(address, 1, LENGTH(?5)) = ?5))
        AND (?6 IS NULL
            OR INSTR(folded(who || ' ' || what || ' ' || subject || ' ' || COALESCE(address, '')), ?6) > 0)";

    /// The values of the conditions.
    fn values(&self) -> [Value; 6] {
        let text = |text: &Option<String>| Value::from(text.clone());
        let address = self.address.as_ref().map(|address| match address.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().to_string(),
            Err(_) => address.clone(),
        });
        [
            Value::from(self.from.map(millis)),
            Value::from(self.to.map(millis)),
            text(&self.who),
            text(&self.what),
            Value::from(address),
            Value::from(self.text.as_deref().map(folded)),
        ]
    }

    /// Whether a condition leaves out some entries.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        *self != Self::default()
    }
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
        let text = |value: &Option<Json>| value.as_ref().map(|value| to_json("audit", value)).transpose();
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

    /// The entries after the one with this id that match a filter, in the order in which they were written; at most `most`.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn audit_after(
        &self,
        filter: &AuditFilter,
        id: i64,
        most: u64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(|connection| {
            let conditions = AuditFilter::WHERE;
            let sql = format!("SELECT * FROM audit WHERE {conditions} AND id > ?7 ORDER BY id LIMIT ?8");
            let mut statement = connection.prepare_cached(&sql)?;
            let page = [Value::from(id), Value::from(i64::try_from(most).unwrap_or(i64::MAX))];
            let values = filter.values().into_iter().chain(page);
            Ok(statement.query_map(params_from_iter(values), read)?.collect::<Result<_, _>>()?)
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

    /// One page of the entries that match a filter, the latest first, and how many match.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn audit_log(&self, filter: &AuditFilter, page: Page) -> Result<(Vec<AuditEntry>, u64), StoreError> {
        self.read(|connection| {
            let (conditions, values) = (AuditFilter::WHERE, filter.values());
            let total: i64 = connection
                .prepare_cached(&format!("SELECT COUNT(*) FROM audit WHERE {conditions}"))?
                .query_row(params_from_iter(&values), |row| row.get(0))?;
            let sql = format!("SELECT * FROM audit WHERE {conditions} ORDER BY id DESC LIMIT ?7 OFFSET ?8");
            let values = values.into_iter().chain([Value::from(page.limit()), Value::from(page.offset())]);
            let rows = connection
                .prepare_cached(&sql)?
                .query_map(params_from_iter(values), read)?
                .collect::<Result<_, _>>()?;
            Ok((rows, total.unsigned_abs()))
        })
    }

    /// The kinds of entries that the log has, and the people who are in it, without their tokens; each in the order of lists.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn audit_names(&self) -> Result<(Vec<String>, Vec<String>), StoreError> {
        self.read(|connection| {
            let texts = |sql: &str| -> Result<Vec<String>, StoreError> {
                Ok(connection.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
            };
            let kinds = texts("SELECT DISTINCT what FROM audit ORDER BY what COLLATE alphabetical")?;
            // `ada (token nightly)` is ada.
            let people = texts(
                "SELECT DISTINCT CASE WHEN INSTR(who, ' (token ') > 0 THEN SUBSTR(who, 1, INSTR(who, ' (token ') - 1)
                     ELSE who END AS person FROM audit ORDER BY person COLLATE alphabetical",
            )?;
            Ok((kinds, people))
        })
    }
}
