//! The audit log: who did what to what, and how it was before and after. It grows and is never changed: the database refuses.

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{Page, StoreError, UserId};

/// One line to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAuditEntry {
    /// Who: a person, with the token where there was one, or `schedule`.
    pub who: String,
    /// What: stable, `workflow.created`.
    pub what: String,
    /// To what.
    pub subject: String,
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
    /// Whether a condition leaves out some entries.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        *self != Self::default()
    }
}

/// The audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Writes a line.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn audit(&self, entry: &NewAuditEntry, now: Timestamp) -> Result<(), StoreError>;

    /// The entries after the one with this id that match a filter, in the order in which they were written; at most `most`.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn audit_after(
        &self,
        filter: &AuditFilter,
        id: i64,
        most: u64,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The id of the last line; 0 where there is none.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn last_audit(&self) -> Result<i64, StoreError>;

    /// One page of the entries that match a filter, the latest first, and how many match.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn audit_log(&self, filter: &AuditFilter, page: Page)
    -> Result<(Vec<AuditEntry>, u64), StoreError>;

    /// The kinds of entries that the log has, and the people who are in it, without their tokens; each in the order of lists.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn audit_names(&self) -> Result<(Vec<String>, Vec<String>), StoreError>;
}
