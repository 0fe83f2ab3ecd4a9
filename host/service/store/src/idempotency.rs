//! Answers to requests that carried an idempotency key: the same request gets the same answer, and nothing is done twice.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use crate::rows::millis;
use crate::{Store, StoreError};

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its HTTP status; 0 while the request is being worked on.
    pub status: u16,
    /// Its body.
    pub answer: String,
    /// Where the created resource is, if one was created.
    pub location: Option<String>,
}

/// What becomes of a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is the first: to be worked on.
    First,
    /// It was answered before.
    Before(Answered),
    /// The first is being worked on.
    Underway,
    /// The key belongs to another request.
    OtherRequest,
}

impl Store {
    /// Takes a key for a request, of which `request` is a digest.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn claim_key(
        &self,
        who: &str,
        key: &str,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        self.write(|transaction| {
            let known: Option<(Vec<u8>, u16, String, Option<String>)> = transaction
                .query_row(
                    "SELECT request, status, answer, location FROM idempotency WHERE who = ?1 AND key = ?2",
                    [who, key],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                )
                .optional()?;
            Ok(match known {
                Some((known, ..)) if known != request => Claimed::OtherRequest,
                Some((_, 0, ..)) => Claimed::Underway,
                Some((_, status, answer, location)) => Claimed::Before(Answered { status, answer, location }),
                None => {
                    transaction.execute(
                        "INSERT INTO idempotency (who, key, request, status, answer, created_at)
                         VALUES (?1, ?2, ?3, 0, '', ?4)",
                        params![who, key, request, millis(now)],
                    )?;
                    Claimed::First
                }
            })
        })
    }

    /// Keeps the answer for a key; one that failed on our side gives the key back instead.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn answer_key(&self, who: &str, key: &str, answered: Option<&Answered>) -> Result<(), StoreError> {
        self.write(|transaction| {
            match answered {
                Some(answered) => transaction.execute(
                    "UPDATE idempotency SET status = ?1, answer = ?2, location = ?3 WHERE who = ?4 AND key = ?5",
                    params![answered.status, answered.answer, answered.location, who, key],
                )?,
                None => {
                    transaction.execute("DELETE FROM idempotency WHERE who = ?1 AND key = ?2", [who, key])?
                }
            };
            Ok(())
        })
    }

    /// Forgets keys that were taken before this moment, and at a start those that a crash left without an answer.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn forget_keys(&self, before: Timestamp, unanswered: bool) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM idempotency WHERE created_at < ?1 OR (?2 AND status = 0)",
                params![millis(before), unanswered],
            )?;
            Ok(())
        })
    }
}
