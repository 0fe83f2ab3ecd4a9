//! Sessions of browsers. Only the digest of the cookie is kept. Denied by default: a session past its end, or whose holder may not
//! log in.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{SessionId, StoreError, UserId, UserRow};

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
pub struct NewSession {
    /// Digest of its cookie.
    pub digest: Vec<u8>,
    /// Whose.
    pub user: UserId,
    /// What every form of it carries.
    pub csrf: String,
    /// The address of the client.
    pub address: Option<String>,
    /// What the browser says that it is.
    pub client: String,
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

/// Sessions of browsers.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session, and forgets those that ended long ago.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn add_session(&self, new: &NewSession, now: Timestamp) -> Result<SessionId, StoreError>;

    /// The session of this digest, if it has not ended and its holder may log in.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError>;

    /// A session that has ended by itself not long ago, whose holder may log in: it proves nothing but who they were.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn ended_session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError>;

    /// Notes that a session was used, and from where.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn touch_session(
        &self,
        digest: &[u8],
        address: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The sessions of a user that have not reached their end, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<OpenSession>, StoreError>;

    /// Lets a session end at this moment, if it has not ended yet.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn end_session(&self, digest: &[u8], now: Timestamp) -> Result<(), StoreError>;

    /// Removes a session.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn remove_session(&self, digest: &[u8]) -> Result<(), StoreError>;

    /// Removes one session of a user.
    ///
    /// # Errors
    /// If the user has no session with this id.
    async fn remove_session_of(&self, user: UserId, id: SessionId) -> Result<(), StoreError>;

    /// Removes the sessions of a user, except the one of this digest.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn remove_sessions_of(&self, user: UserId, except: Option<&[u8]>) -> Result<(), StoreError>;
}
