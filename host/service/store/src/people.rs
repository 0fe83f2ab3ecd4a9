//! People, their links, tokens and failed log-ins. Of everything that opens a door only a digest is kept.

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
pub struct NewToken<'a> {
    /// Digest of what its holder sends.
    pub digest: &'a [u8],
    /// What it is for.
    pub name: &'a str,
    /// Whose.
    pub user: UserId,
    /// Name of the role that it has.
    pub role: &'a str,
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

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    let address = row.get("user_logged_in_from")?;
    let last_log_in = moment_or_none(row, "user_logged_in_at")?.map(|at| LogIn { at, address });
    Ok(UserRow {
        last_log_in,
        id: row.get("user_id")?,
        name: row.get("user_name")?,
        role: row.get("user_role")?,
        password: row.get("user_password")?,
        enabled: row.get("user_enabled")?,
        created_at: moment(row, "user_created_at")?,
    })
}

pub(crate) const USER: &str = "users.id AS user_id, users.name AS user_name, users.role AS user_role,
    users.password AS user_password, users.enabled AS user_enabled, users.created_at AS user_created_at,
    users.logged_in_at AS user_logged_in_at, users.logged_in_from AS user_logged_in_from";

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get("id")?,
        name: row.get("name")?,
        user: read(row)?,
        role: row.get("role")?,
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
        used_at: moment_or_none(row, "used_at")?,
        parent: row.get("parent")?,
    })
}

impl Store {
    /// All people by name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {USER} FROM users ORDER BY users.name COLLATE alphabetical"
            ))?;
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

    /// Changes somebody's role and whether they may log in. Their sessions end; so do the tokens and links of a user who may not
    /// log in any more: they do not return when the user may again.
    ///
    /// # Errors
    /// If there is no user with this id.
    pub fn change_user(&self, id: UserId, role: &str, enabled: bool) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE users SET role = ?1, enabled = ?2 WHERE id = ?3";
            if transaction.execute(sql, params![role, enabled, id])? == 0 {
                return Err(StoreError::missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", [id])?;
            if !enabled {
                transaction.execute("DELETE FROM tokens WHERE user = ?1", [id])?;
                transaction.execute("DELETE FROM links WHERE user = ?1", [id])?;
            }
            Ok(())
        })
    }

    /// Deletes a user with their sessions, tokens and links. What they created stays; their id is never given to anybody else.
    ///
    /// # Errors
    /// If there is no user with this id.
    pub fn remove_user(&self, id: UserId) -> Result<EndedWithUser, StoreError> {
        self.write(|transaction| {
            let count = |table: &str| -> Result<u64, StoreError> {
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE user = ?1");
                let count: i64 = transaction.query_row(&sql, [id], |row| row.get(0))?;
                Ok(count.unsigned_abs())
            };
            let ended = EndedWithUser { sessions: count("sessions")?, tokens: count("tokens")? };
            // The others go by their foreign keys.
            match transaction.execute("DELETE FROM users WHERE id = ?1", [id])? {
                0 => Err(StoreError::missing("user", id)),
                _ => Ok(ended),
            }
        })
    }

    /// Notes a log-in.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn note_log_in(&self, id: UserId, log_in: &LogIn) -> Result<(), StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE users SET logged_in_at = ?1, logged_in_from = ?2 WHERE id = ?3";
            transaction.execute(sql, params![millis(log_in.at), log_in.address, id])?;
            Ok(())
        })
    }

    /// Sets somebody's password. Their sessions and links end; how many tokens were revoked.
    ///
    /// # Errors
    /// Where there is nobody of this id.
    pub fn set_password(&self, id: UserId, password: &str, tokens: Tokens) -> Result<u64, StoreError> {
        self.write(|transaction| {
            let sql = "UPDATE users SET password = ?1 WHERE id = ?2";
            if transaction.execute(sql, params![password, id])? == 0 {
                return Err(StoreError::missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", [id])?;
            transaction.execute("DELETE FROM links WHERE user = ?1", [id])?;
            if tokens == Tokens::Keep {
                return Ok(0);
            }
            let sql = "SELECT COUNT(*) FROM tokens WHERE user = ?1";
            let revoked: i64 = transaction.query_row(sql, [id], |row| row.get(0))?;
            transaction.execute("DELETE FROM tokens WHERE user = ?1", [id])?;
            Ok(revoked.unsigned_abs())
        })
    }

    /// Creates a link. Earlier links of the same user end.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn add_link(&self, digest: &[u8], link: &LinkRow, expires_at: Timestamp) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM links WHERE user IS ?1", [link.user])?;
            transaction.execute(
                "INSERT INTO links (digest, user, expires_at) VALUES (?1, ?2, ?3)",
                params![digest, link.user, millis(expires_at)],
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
            let sql = "SELECT user FROM links WHERE digest = ?1 AND expires_at > ?2";
            let read = |row: &Row<'_>| Ok(LinkRow { user: row.get(0)? });
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

    /// Creates a token.
    ///
    /// # Errors
    /// Where the state cannot be written, or the token that it is created with is gone.
    pub fn add_token(&self, new: &NewToken<'_>, now: Timestamp) -> Result<TokenId, StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO tokens (digest, name, user, role, created_at, expires_at, parent)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    new.digest,
                    new.name,
                    new.user,
                    new.role,
                    millis(now),
                    millis(new.expires_at),
                    new.parent
                ],
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

    /// Ends a token, and with it every token that was created with it. All of them, the named one first.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn remove_token(&self, id: TokenId) -> Result<Vec<TokenRow>, StoreError> {
        self.write(|transaction| {
            let sql = format!(
                "WITH RECURSIVE lineage (token) AS (
                     SELECT ?1 UNION SELECT tokens.id FROM tokens JOIN lineage ON tokens.parent = lineage.token
                 )
                 SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user
                 WHERE tokens.id IN (SELECT token FROM lineage) ORDER BY tokens.id <> ?1, tokens.id"
            );
            let gone: Vec<TokenRow> =
                transaction.prepare(&sql)?.query_map([id], read_token)?.collect::<Result<_, _>>()?;
            // Those that were created with it go by the foreign key.
            match transaction.execute("DELETE FROM tokens WHERE id = ?1", [id])? {
                0 => Err(StoreError::missing("token", id)),
                _ => Ok(gone),
            }
        })
    }

    /// What is known of the token of this digest, whether it is still valid or not.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn known_token(&self, digest: &[u8]) -> Result<Option<TokenRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user WHERE digest = ?1"
            );
            Ok(connection.prepare_cached(&sql)?.query_row([digest], read_token).optional()?)
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
