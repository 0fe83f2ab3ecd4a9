//! Answers to requests that carried an idempotency key: the same request gets the same answer, and nothing is done twice.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{Answered, Claimed, IdempotencyKeys, StoreError};
use rusqlite::OptionalExtension as _;

use crate::SqliteStore;
use crate::rows::{Columns, millis, params};

#[async_trait]
impl IdempotencyKeys for SqliteStore {
    async fn claim_key(
        &self,
        who: &str,
        key: &str,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let (who, key, request) = (who.to_owned(), key.to_owned(), request.to_vec());
        self.write(move |transaction| {
            let known: Option<(Vec<u8>, u16, String, Option<String>)> = transaction
                .query_row(
                    "SELECT request, status, answer, location FROM idempotency WHERE who = ?1 AND key = ?2",
                    params![who, key],
                    |row| Ok((row.column(0)?, row.column(1)?, row.column(2)?, row.column(3)?)),
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
        .await
    }

    async fn answer_key(&self, who: &str, key: &str, answered: Option<&Answered>) -> Result<(), StoreError> {
        let (who, key, answered) = (who.to_owned(), key.to_owned(), answered.cloned());
        self.write(move |transaction| {
            match answered {
                Some(answered) => transaction.execute(
                    "UPDATE idempotency SET status = ?1, answer = ?2, location = ?3 WHERE who = ?4 AND key = ?5",
                    params![answered.status, answered.answer, answered.location, who, key],
                )?,
                None => {
                    transaction.execute("DELETE FROM idempotency WHERE who = ?1 AND key = ?2", params![who, key])?
                }
            };
            Ok(())
        }).await
    }

    async fn forget_keys(&self, before: Timestamp, unanswered: bool) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM idempotency WHERE created_at < ?1 OR (?2 AND status = 0)",
                params![millis(before), unanswered],
            )?;
            Ok(())
        })
        .await
    }
}
