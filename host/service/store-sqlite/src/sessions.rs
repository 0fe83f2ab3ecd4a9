//! Sessions of browsers. Only the digest of the cookie is kept. Denied by default: a session past its end, or whose holder may not
//! log in.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{NewSession, OpenSession, SessionId, SessionRow, Sessions, StoreError, UserId};
use rusqlite::{OptionalExtension as _, Row};

use crate::SqliteStore;
use crate::error::missing;
use crate::people::{USER, read as read_user};
use crate::rows::{Columns, millis, moment, params};

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        user: read_user(row)?,
        csrf: row.column("csrf")?,
        used_at: moment(row, "used_at")?,
        expires_at: moment(row, "expires_at")?,
    })
}

fn read_open(row: &Row<'_>) -> rusqlite::Result<OpenSession> {
    Ok(OpenSession {
        id: row.column("id")?,
        digest: row.column("digest")?,
        created_at: moment(row, "created_at")?,
        used_at: moment(row, "used_at")?,
        expires_at: moment(row, "expires_at")?,
        address: row.column("address")?,
        client: row.column("client")?,
    })
}

/// How long an ended session is remembered: a form that is sent with it is saved after a new log-in.
fn kept_after_the_end() -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(limits::SESSION_REMEMBERED_SECONDS).unwrap_or(i64::MAX))
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn add_session(&self, new: &NewSession, now: Timestamp) -> Result<SessionId, StoreError> {
        let new = new.clone();
        self.write(move |transaction| {
            let ended = now.saturating_sub(kept_after_the_end()).unwrap_or(Timestamp::MIN);
            transaction.execute("DELETE FROM sessions WHERE expires_at <= ?1", [millis(ended)])?;
            transaction.execute(
                "INSERT INTO sessions (digest, user, csrf, created_at, used_at, expires_at, address, client)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)",
                params![
                    new.digest,
                    new.user,
                    new.csrf,
                    millis(now),
                    millis(new.expires_at),
                    new.address,
                    new.client
                ],
            )?;
            Ok(SessionId(transaction.last_insert_rowid()))
        })
        .await
    }

    async fn session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        let digest = digest.to_vec();
        self.read(move |connection| {
            let sql = format!(
                "SELECT sessions.csrf, sessions.used_at, sessions.expires_at, {USER}
                 FROM sessions JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at > ?2 AND users.enabled = 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now)], read).optional()?)
        })
        .await
    }

    async fn ended_session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        let digest = digest.to_vec();
        self.read(move |connection| {
            let sql = format!(
                "SELECT sessions.csrf, sessions.used_at, sessions.expires_at, {USER}
                 FROM sessions JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at <= ?2 AND expires_at > ?3 AND users.enabled = 1"
            );
            let since = now.saturating_sub(kept_after_the_end()).unwrap_or(Timestamp::MIN);
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now), millis(since)], read).optional()?)
        })
        .await
    }

    async fn touch_session(
        &self,
        digest: &[u8],
        address: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (digest, address) = (digest.to_vec(), address.map(str::to_owned));
        self.write(move |transaction| {
            let sql = "UPDATE sessions SET used_at = ?1, address = ?2 WHERE digest = ?3";
            transaction.execute(sql, params![millis(now), address, digest])?;
            Ok(())
        })
        .await
    }

    async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<OpenSession>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT * FROM sessions WHERE user = ?1 AND expires_at > ?2 ORDER BY id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map(params![user, millis(now)], read_open)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn end_session(&self, digest: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let digest = digest.to_vec();
        self.write(move |transaction| {
            let sql = "UPDATE sessions SET expires_at = MIN(expires_at, ?1) WHERE digest = ?2";
            transaction.execute(sql, params![millis(now), digest])?;
            Ok(())
        })
        .await
    }

    async fn remove_session(&self, digest: &[u8]) -> Result<(), StoreError> {
        let digest = digest.to_vec();
        self.write(move |transaction| {
            transaction.execute("DELETE FROM sessions WHERE digest = ?1", params![digest])?;
            Ok(())
        })
        .await
    }

    async fn remove_session_of(&self, user: UserId, id: SessionId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let sql = "DELETE FROM sessions WHERE user = ?1 AND id = ?2";
            match transaction.execute(sql, params![user, id])? {
                0 => Err(missing("session", id)),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn remove_sessions_of(&self, user: UserId, except: Option<&[u8]>) -> Result<(), StoreError> {
        let except = except.map(<[u8]>::to_vec);
        self.write(move |transaction| {
            let sql = "DELETE FROM sessions WHERE user = ?1 AND digest IS NOT ?2";
            transaction.execute(sql, params![user, except])?;
            Ok(())
        })
        .await
    }
}
