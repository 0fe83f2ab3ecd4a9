//! Sessions of browsers. Only the digest of the cookie is kept. Denied by default: a session past its end, or whose holder may not
//! log in.

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::people::{USER, read as read_user};
use crate::rows::{millis, moment};
use crate::{SessionId, Store, StoreError, UserId, UserRow};

/// A session of a browser, for who holds its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub user: UserRow,
    /// What every form of this session carries.
    pub csrf: String,
    /// When it was used last, to the minute.
    pub used_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Digest of its cookie.
    pub digest: &'a [u8],
    /// Whose.
    pub user: UserId,
    /// What every form of it carries.
    pub csrf: &'a str,
    /// The address of the client.
    pub address: Option<&'a str>,
    /// What the browser says that it is.
    pub client: &'a str,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// An open session, for a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// Identifies it.
    pub id: SessionId,
    /// Digest of its cookie.
    pub digest: Vec<u8>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The address from which it was used last.
    pub address: Option<String>,
    /// What the browser says that it is.
    pub client: String,
}

fn read(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        user: read_user(row)?,
        csrf: row.get("csrf")?,
        used_at: moment(row, "used_at")?,
        expires_at: moment(row, "expires_at")?,
    })
}

fn read_open(row: &Row<'_>) -> rusqlite::Result<OpenSession> {
    Ok(OpenSession {
        id: row.get("id")?,
        digest: row.get("digest")?,
        created_at: moment(row, "created_at")?,
        used_at: moment(row, "used_at")?,
        expires_at: moment(row, "expires_at")?,
        address: row.get("address")?,
        client: row.get("client")?,
    })
}

/// How long an ended session is remembered: a form that is sent with it is saved after a new log-in.
fn kept_after_the_end() -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(limits::SESSION_REMEMBERED_SECONDS).unwrap_or(i64::MAX))
}

impl Store {
    /// Begins a session, and forgets those that ended long ago.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn add_session(&self, new: &NewSession<'_>, now: Timestamp) -> Result<SessionId, StoreError> {
        self.write(|transaction| {
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
    }

    /// The session of this digest, if it has not ended and its holder may log in.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT sessions.csrf, sessions.used_at, sessions.expires_at, {USER}
                 FROM sessions JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at > ?2 AND users.enabled = 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now)], read).optional()?)
        })
    }

    /// A session that has ended by itself not long ago, whose holder may log in: it proves nothing but who they were.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn ended_session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT sessions.csrf, sessions.used_at, sessions.expires_at, {USER}
                 FROM sessions JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at <= ?2 AND expires_at > ?3 AND users.enabled = 1"
            );
            let since = now.saturating_sub(kept_after_the_end()).unwrap_or(Timestamp::MIN);
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now), millis(since)], read).optional()?)
        })
    }

    /// Notes that a session was used, and from where.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn touch_session(
        &self,
        digest: &[u8],
        address: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE sessions SET used_at = ?1, address = ?2 WHERE digest = ?3";
            transaction.execute(sql, params![millis(now), address, digest])?;
            Ok(())
        })
    }

    /// The sessions of a user that have not reached their end, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<OpenSession>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT * FROM sessions WHERE user = ?1 AND expires_at > ?2 ORDER BY id DESC";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map(params![user, millis(now)], read_open)?.collect::<Result<_, _>>()?)
        })
    }

    /// Lets a session end at this moment, if it has not ended yet.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn end_session(&self, digest: &[u8], now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE sessions SET expires_at = MIN(expires_at, ?1) WHERE digest = ?2";
            transaction.execute(sql, params![millis(now), digest])?;
            Ok(())
        })
    }

    /// Removes a session.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn remove_session(&self, digest: &[u8]) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM sessions WHERE digest = ?1", [digest])?;
            Ok(())
        })
    }

    /// Removes one session of a user.
    ///
    /// # Errors
    /// If the user has no session with this id.
    pub fn remove_session_of(&self, user: UserId, id: SessionId) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "DELETE FROM sessions WHERE user = ?1 AND id = ?2";
            match transaction.execute(sql, params![user, id])? {
                0 => Err(StoreError::missing("session", id)),
                _ => Ok(()),
            }
        })
    }

    /// Removes the sessions of a user, except the one of this digest.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn remove_sessions_of(&self, user: UserId, except: Option<&[u8]>) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "DELETE FROM sessions WHERE user = ?1 AND digest IS NOT ?2";
            transaction.execute(sql, params![user, except])?;
            Ok(())
        })
    }
}
