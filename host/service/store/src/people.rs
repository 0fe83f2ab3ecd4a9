//! People, their links, tokens and failed log-ins. Of everything that opens a door only a digest is kept.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{StoreError, TokenId, UserId};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Identifies them.
    pub id: UserId,
    /// Unique name.
    pub name: String,
    /// Name of the role.
    pub role: String,
    /// Hash of the password, in PHC form; none until one is set.
    pub password: Option<String>,
    /// Whether they may log in.
    pub enabled: bool,
    /// When.
    pub created_at: Timestamp,
    /// The last log-in; none before the first.
    pub last_log_in: Option<LogIn>,
}

/// A log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogIn {
    /// When.
    pub at: Timestamp,
    /// The address of the client, if it is known.
    pub address: Option<String>,
}

/// A link with which somebody chooses a password, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Whose; none for the first administrator, who chooses a name with it.
    pub user: Option<UserId>,
}

/// What ended when a user was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedWithUser {
    /// Sessions.
    pub sessions: u64,
    /// API tokens.
    pub tokens: u64,
}

/// A token of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Identifies it.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// Whose.
    pub user: UserRow,
    /// Name of the role that it has.
    pub role: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
    /// The token that it was created with; none if it was created in a session.
    pub parent: Option<TokenId>,
}

/// A token to create.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Digest of what its holder sends.
    pub digest: Vec<u8>,
    /// What it is for.
    pub name: String,
    /// Whose.
    pub user: UserId,
    /// Name of the role that it has.
    pub role: String,
    /// When it ends; at the latest with its parent.
    pub expires_at: Timestamp,
    /// The token that it is created with. It goes when that goes.
    pub parent: Option<TokenId>,
}

/// What becomes of somebody's tokens when their password changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// They stay valid.
    Keep,
    /// They are revoked.
    Revoke,
}

/// Users, their links, tokens and failed log-ins.
#[async_trait]
pub trait People: Send + Sync {
    /// All people by name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn users(&self) -> Result<Vec<UserRow>, StoreError>;

    /// Who has this name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn user_named(&self, name: &str) -> Result<Option<UserRow>, StoreError>;

    /// Somebody.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    async fn user(&self, id: UserId) -> Result<UserRow, StoreError>;

    /// Makes somebody.
    ///
    /// # Errors
    /// [`StoreError::Taken`].
    async fn add_user(
        &self,
        name: &str,
        role: &str,
        password: Option<&str>,
        now: Timestamp,
    ) -> Result<UserId, StoreError>;

    /// Changes somebody's role and whether they may log in. Their sessions end; so do the tokens and links of a user who may not
    /// log in any more: they do not return when the user may again.
    ///
    /// # Errors
    /// If there is no user with this id.
    async fn change_user(&self, id: UserId, role: &str, enabled: bool) -> Result<(), StoreError>;

    /// Deletes a user with their sessions, tokens and links. What they created stays; their id is never given to anybody else.
    ///
    /// # Errors
    /// If there is no user with this id.
    async fn remove_user(&self, id: UserId) -> Result<EndedWithUser, StoreError>;

    /// Notes a log-in.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn note_log_in(&self, id: UserId, log_in: &LogIn) -> Result<(), StoreError>;

    /// Sets somebody's password. Their sessions and links end; how many tokens were revoked.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    async fn set_password(&self, id: UserId, password: &str, tokens: Tokens) -> Result<u64, StoreError>;

    /// Creates a link. Earlier links of the same user end.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn add_link(&self, digest: &[u8], link: &LinkRow, expires_at: Timestamp) -> Result<(), StoreError>;

    /// The link of this digest, if it has not ended.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn link(&self, digest: &[u8], now: Timestamp) -> Result<Option<LinkRow>, StoreError>;

    /// Uses a link up: whether it was there.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn use_link(&self, digest: &[u8]) -> Result<bool, StoreError>;

    /// Creates a token.
    ///
    /// # Errors
    /// Where the state cannot be written, or the token that it is created with is gone.
    async fn add_token(&self, new: &NewToken, now: Timestamp) -> Result<TokenId, StoreError>;

    /// The token of this digest, if it has not ended and its holder may log in.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn token(&self, digest: &[u8], now: Timestamp) -> Result<Option<TokenRow>, StoreError>;

    /// All tokens, the latest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError>;

    /// Notes that a token was used.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn touch_token(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError>;

    /// Ends a token, and with it every token that was created with it. All of them, the named one first.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn remove_token(&self, id: TokenId) -> Result<Vec<TokenRow>, StoreError>;

    /// What is known of the token of this digest, whether it is still valid or not.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn known_token(&self, digest: &[u8]) -> Result<Option<TokenRow>, StoreError>;

    /// Notes a failed log-in, for a name or an address, and forgets those before `horizon`.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn add_log_in_failure(
        &self,
        subject: &str,
        now: Timestamp,
        horizon: Timestamp,
    ) -> Result<(), StoreError>;

    /// How many log-ins failed for a name or an address since this moment.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn log_in_failures(&self, subject: &str, since: Timestamp) -> Result<u64, StoreError>;
}
