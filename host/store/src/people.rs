//! People, their sessions, links, tokens and failed log-ins. Of everything that opens a door only a digest is kept.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::rows::{millis, moment, moment_or_none};
use crate::{Store, StoreError, TokenId, UserId};

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
}

/// A session of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub user: UserRow,
    /// What every form of this session carries.
    pub csrf: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A link that makes somebody, or gives them a new password, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Whose name; empty where the holder chooses it.
    pub user: String,
    /// Name of the role.
    pub role: String,
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
}

fn read(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: row.get("user_id")?,
        name: row.get("user_name")?,
        role: row.get("user_role")?,
        password: row.get("user_password")?,
        enabled: row.get("user_enabled")?,
        created_at: moment(row, "user_created_at")?,
    })
}

const USER: &str = "users.id AS user_id, users.name AS user_name, users.role AS user_role,
    users.password AS user_password, users.enabled AS user_enabled, users.created_at AS user_created_at";

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get("id")?,
        name: row.get("name")?,
        user: read(row)?,
        role: row.get("role")?,
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
        used_at: moment_or_none(row, "used_at")?,
    })
}

impl Store {
    /// All people by name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {USER} FROM users ORDER BY users.name"))?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Who has this name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn user_named(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {USER} FROM users WHERE users.name = ?1");
            Ok(connection.query_row(&sql, [name], read).optional()?)
        })
    }

    /// Somebody.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    pub fn user(&self, id: UserId) -> Result<UserRow, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {USER} FROM users WHERE users.id = ?1");
            connection.query_row(&sql, [id], read).optional()?.ok_or_else(|| StoreError::missing("user", id))
        })
    }

    /// Makes somebody.
    ///
    /// # Errors
    /// [`StoreError::Taken`].
    pub fn add_user(
        &self,
        name: &str,
        role: &str,
        password: Option<&str>,
        now: Timestamp,
    ) -> Result<UserId, StoreError> {
        self.write(|transaction| {
            transaction
                .execute(
                    "INSERT INTO users (name, role, password, enabled, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
                    params![name, role, password, millis(now)],
                )
                .map_err(StoreError::taken("user", name))?;
            Ok(UserId(transaction.last_insert_rowid()))
        })
    }

    /// Changes somebody's role and whether they may log in. Their sessions end.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    pub fn change_user(&self, id: UserId, role: &str, enabled: bool) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE users SET role = ?1, enabled = ?2 WHERE id = ?3";
            if transaction.execute(sql, params![role, enabled, id])? == 0 {
                return Err(StoreError::missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", [id])?;
            Ok(())
        })
    }

    /// Sets somebody's password. Their sessions end.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    pub fn set_password(&self, id: UserId, password: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE users SET password = ?1 WHERE id = ?2";
            if transaction.execute(sql, params![password, id])? == 0 {
                return Err(StoreError::missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", [id])?;
            Ok(())
        })
    }

    /// Begins a session.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn add_session(
        &self,
        digest: &[u8],
        user: UserId,
        csrf: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM sessions WHERE expires_at <= ?1", [millis(now)])?;
            transaction.execute(
                "INSERT INTO sessions (digest, user, csrf, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![digest, user, csrf, millis(now), millis(expires_at)],
            )?;
            Ok(())
        })
    }

    /// The session of this digest, if it has not ended and its holder may log in.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn session(&self, digest: &[u8], now: Timestamp) -> Result<Option<SessionRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT sessions.csrf, sessions.expires_at, {USER} FROM sessions JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at > ?2 AND users.enabled = 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let session = statement.query_row(params![digest, millis(now)], |row| {
                Ok(SessionRow {
                    user: read(row)?,
                    csrf: row.get("csrf")?,
                    expires_at: moment(row, "expires_at")?,
                })
            });
            Ok(session.optional()?)
        })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn remove_session(&self, digest: &[u8]) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM sessions WHERE digest = ?1", [digest])?;
            Ok(())
        })
    }

    /// Makes a link. Earlier ones for the same name end.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn add_link(&self, digest: &[u8], link: &LinkRow, expires_at: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM links WHERE user = ?1", [&link.user])?;
            transaction.execute(
                "INSERT INTO links (digest, user, role, expires_at) VALUES (?1, ?2, ?3, ?4)",
                params![digest, link.user, link.role, millis(expires_at)],
            )?;
            Ok(())
        })
    }

    /// The link of this digest, if it has not ended.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn link(&self, digest: &[u8], now: Timestamp) -> Result<Option<LinkRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT user, role FROM links WHERE digest = ?1 AND expires_at > ?2";
            let read = |row: &Row<'_>| Ok(LinkRow { user: row.get(0)?, role: row.get(1)? });
            Ok(connection.query_row(sql, params![digest, millis(now)], read).optional()?)
        })
    }

    /// Uses a link up: whether it was there.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn use_link(&self, digest: &[u8]) -> Result<bool, StoreError> {
        self.write(
            |transaction| Ok(transaction.execute("DELETE FROM links WHERE digest = ?1", [digest])? > 0),
        )
    }

    /// Makes a token.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn add_token(
        &self,
        digest: &[u8],
        name: &str,
        user: UserId,
        role: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<TokenId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO tokens (digest, name, user, role, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![digest, name, user, role, millis(now), millis(expires_at)],
            )?;
            Ok(TokenId(transaction.last_insert_rowid()))
        })
    }

    /// The token of this digest, if it has not ended and its holder may log in.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn token(&self, digest: &[u8], now: Timestamp) -> Result<Option<TokenRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at > ?2 AND users.enabled = 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now)], read_token).optional()?)
        })
    }

    /// All tokens, the latest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user ORDER BY tokens.id DESC"
            );
            Ok(connection.prepare_cached(&sql)?.query_map([], read_token)?.collect::<Result<_, _>>()?)
        })
    }

    /// Notes that a token was used.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn touch_token(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("UPDATE tokens SET used_at = ?1 WHERE id = ?2", params![millis(now), id])?;
            Ok(())
        })
    }

    /// Ends a token.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn remove_token(&self, id: TokenId) -> Result<(), StoreError> {
        self.write(|transaction| match transaction.execute("DELETE FROM tokens WHERE id = ?1", [id])? {
            0 => Err(StoreError::missing("token", id)),
            _ => Ok(()),
        })
    }

    /// Notes a failed log-in, for a name or an address, and forgets those before `horizon`.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn add_log_in_failure(
        &self,
        subject: &str,
        now: Timestamp,
        horizon: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM log_in_failures WHERE at < ?1", [millis(horizon)])?;
            transaction.execute(
                "INSERT INTO log_in_failures (subject, at) VALUES (?1, ?2)",
                params![subject, millis(now)],
            )?;
            Ok(())
        })
    }

    /// How many log-ins failed for a name or an address since this moment.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn log_in_failures(&self, subject: &str, since: Timestamp) -> Result<u64, StoreError> {
        self.read(|connection| {
            let sql = "SELECT COUNT(*) FROM log_in_failures WHERE subject = ?1 AND at >= ?2";
            let count: i64 = connection.query_row(sql, params![subject, millis(since)], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }
}
