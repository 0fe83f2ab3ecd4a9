//! People, their links, tokens and failed log-ins. Of everything that opens a door only a digest is kept.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{
    EndedWithUser, LinkRow, LogIn, NewToken, People, StoreError, TokenId, TokenRow, Tokens, UserId, UserRow,
};
use rusqlite::{OptionalExtension as _, Row};

use crate::SqliteStore;
use crate::error::{Error, missing, taken};
use crate::rows::{Columns, millis, moment, moment_or_none, params};

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    let address = row.column("user_logged_in_from")?;
    let last_log_in = moment_or_none(row, "user_logged_in_at")?.map(|at| LogIn { at, address });
    Ok(UserRow {
        last_log_in,
        id: row.column("user_id")?,
        name: row.column("user_name")?,
        role: row.column("user_role")?,
        password: row.column("user_password")?,
        enabled: row.column("user_enabled")?,
        created_at: moment(row, "user_created_at")?,
    })
}

pub(crate) const USER: &str = "users.id AS user_id, users.name AS user_name, users.role AS user_role,
    users.password AS user_password, users.enabled AS user_enabled, users.created_at AS user_created_at,
    users.logged_in_at AS user_logged_in_at, users.logged_in_from AS user_logged_in_from";

fn read_token(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.column("id")?,
        name: row.column("name")?,
        user: read(row)?,
        role: row.column("role")?,
        created_at: moment(row, "created_at")?,
        expires_at: moment(row, "expires_at")?,
        used_at: moment_or_none(row, "used_at")?,
        parent: row.column("parent")?,
    })
}

#[async_trait]
impl People for SqliteStore {
    async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {USER} FROM users ORDER BY users.name COLLATE alphabetical"
            ))?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn user_named(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {USER} FROM users WHERE users.name = ?1");
            Ok(connection.query_row(&sql, params![name], read).optional()?)
        })
        .await
    }

    async fn user(&self, id: UserId) -> Result<UserRow, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {USER} FROM users WHERE users.id = ?1");
            connection.query_row(&sql, params![id], read).optional()?.ok_or_else(|| missing("user", id))
        })
        .await
    }

    async fn add_user(
        &self,
        name: &str,
        role: &str,
        password: Option<&str>,
        now: Timestamp,
    ) -> Result<UserId, StoreError> {
        let (name, role, password) = (name.to_owned(), role.to_owned(), password.map(str::to_owned));
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO users (name, role, password, enabled, created_at) VALUES (?1, ?2, ?3, 1, ?4)",
                    params![name, role, password, millis(now)],
                )
                .map_err(taken("user", &name))?;
            Ok(UserId(transaction.last_insert_rowid()))
        }).await
    }

    async fn change_user(&self, id: UserId, role: &str, enabled: bool) -> Result<(), StoreError> {
        let role = role.to_owned();
        self.write(move |transaction| {
            let sql = "UPDATE users SET role = ?1, enabled = ?2 WHERE id = ?3";
            if transaction.execute(sql, params![role, enabled, id])? == 0 {
                return Err(missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", params![id])?;
            if !enabled {
                transaction.execute("DELETE FROM tokens WHERE user = ?1", params![id])?;
                transaction.execute("DELETE FROM links WHERE user = ?1", params![id])?;
            }
            Ok(())
        })
        .await
    }

    async fn remove_user(&self, id: UserId) -> Result<EndedWithUser, StoreError> {
        self.write(move |transaction| {
            let count = |table: &str| -> Result<u64, Error> {
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE user = ?1");
                let count: i64 = transaction.query_row(&sql, params![id], |row| row.column(0))?;
                Ok(count.unsigned_abs())
            };
            let ended = EndedWithUser { sessions: count("sessions")?, tokens: count("tokens")? };
            // The others go by their foreign keys.
            match transaction.execute("DELETE FROM users WHERE id = ?1", params![id])? {
                0 => Err(missing("user", id)),
                _ => Ok(ended),
            }
        })
        .await
    }

    async fn note_log_in(&self, id: UserId, log_in: &LogIn) -> Result<(), StoreError> {
        let log_in = log_in.clone();
        self.write(move |transaction| {
            let sql = "UPDATE users SET logged_in_at = ?1, logged_in_from = ?2 WHERE id = ?3";
            transaction.execute(sql, params![millis(log_in.at), log_in.address, id])?;
            Ok(())
        })
        .await
    }

    async fn set_password(&self, id: UserId, password: &str, tokens: Tokens) -> Result<u64, StoreError> {
        let password = password.to_owned();
        self.write(move |transaction| {
            let sql = "UPDATE users SET password = ?1 WHERE id = ?2";
            if transaction.execute(sql, params![password, id])? == 0 {
                return Err(missing("user", id));
            }
            transaction.execute("DELETE FROM sessions WHERE user = ?1", params![id])?;
            transaction.execute("DELETE FROM links WHERE user = ?1", params![id])?;
            if tokens == Tokens::Keep {
                return Ok(0);
            }
            let sql = "SELECT COUNT(*) FROM tokens WHERE user = ?1";
            let revoked: i64 = transaction.query_row(sql, params![id], |row| row.column(0))?;
            transaction.execute("DELETE FROM tokens WHERE user = ?1", params![id])?;
            Ok(revoked.unsigned_abs())
        })
        .await
    }

    async fn add_link(&self, digest: &[u8], link: &LinkRow, expires_at: Timestamp) -> Result<(), StoreError> {
        let (digest, link) = (digest.to_vec(), link.clone());
        self.write(move |transaction| {
            transaction.execute("DELETE FROM links WHERE user IS ?1", params![link.user])?;
            transaction.execute(
                "INSERT INTO links (digest, user, expires_at) VALUES (?1, ?2, ?3)",
                params![digest, link.user, millis(expires_at)],
            )?;
            Ok(())
        })
        .await
    }

    async fn link(&self, digest: &[u8], now: Timestamp) -> Result<Option<LinkRow>, StoreError> {
        let digest = digest.to_vec();
        self.read(move |connection| {
            let sql = "SELECT user FROM links WHERE digest = ?1 AND expires_at > ?2";
            let read = |row: &Row<'_>| Ok(LinkRow { user: row.column(0)? });
            Ok(connection.query_row(sql, params![digest, millis(now)], read).optional()?)
        })
        .await
    }

    async fn use_link(&self, digest: &[u8]) -> Result<bool, StoreError> {
        let digest = digest.to_vec();
        self.write(move |transaction| {
            Ok(transaction.execute("DELETE FROM links WHERE digest = ?1", params![digest])? > 0)
        })
        .await
    }

    async fn add_token(&self, new: &NewToken, now: Timestamp) -> Result<TokenId, StoreError> {
        let new = new.clone();
        self.write(move |transaction| {
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
        .await
    }

    async fn token(&self, digest: &[u8], now: Timestamp) -> Result<Option<TokenRow>, StoreError> {
        let digest = digest.to_vec();
        self.read(move |connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user
                 WHERE digest = ?1 AND expires_at > ?2 AND users.enabled = 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row(params![digest, millis(now)], read_token).optional()?)
        })
        .await
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user ORDER BY tokens.id DESC"
            );
            Ok(connection.prepare_cached(&sql)?.query_map([], read_token)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn touch_token(&self, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute("UPDATE tokens SET used_at = ?1 WHERE id = ?2", params![millis(now), id])?;
            Ok(())
        })
        .await
    }

    async fn remove_token(&self, id: TokenId) -> Result<Vec<TokenRow>, StoreError> {
        self.write(move |transaction| {
            let sql = format!(
                "WITH RECURSIVE lineage (token) AS (
                     SELECT ?1 UNION SELECT tokens.id FROM tokens JOIN lineage ON tokens.parent = lineage.token
                 )
                 SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user
                 WHERE tokens.id IN (SELECT token FROM lineage) ORDER BY tokens.id <> ?1, tokens.id"
            );
            let gone: Vec<TokenRow> =
                transaction.prepare(&sql)?.query_map(params![id], read_token)?.collect::<Result<_, _>>()?;
            // Those that were created with it go by the foreign key.
            match transaction.execute("DELETE FROM tokens WHERE id = ?1", params![id])? {
                0 => Err(missing("token", id)),
                _ => Ok(gone),
            }
        }).await
    }

    async fn known_token(&self, digest: &[u8]) -> Result<Option<TokenRow>, StoreError> {
        let digest = digest.to_vec();
        self.read(move |connection| {
            let sql = format!(
                "SELECT tokens.*, {USER} FROM tokens JOIN users ON users.id = user WHERE digest = ?1"
            );
            Ok(connection.prepare_cached(&sql)?.query_row(params![digest], read_token).optional()?)
        })
        .await
    }

    async fn add_log_in_failure(
        &self,
        subject: &str,
        now: Timestamp,
        horizon: Timestamp,
    ) -> Result<(), StoreError> {
        let subject = subject.to_owned();
        self.write(move |transaction| {
            transaction.execute("DELETE FROM log_in_failures WHERE at < ?1", [millis(horizon)])?;
            transaction.execute(
                "INSERT INTO log_in_failures (subject, at) VALUES (?1, ?2)",
                params![subject, millis(now)],
            )?;
            Ok(())
        })
        .await
    }

    async fn log_in_failures(&self, subject: &str, since: Timestamp) -> Result<u64, StoreError> {
        let subject = subject.to_owned();
        self.read(move |connection| {
            let sql = "SELECT COUNT(*) FROM log_in_failures WHERE subject = ?1 AND at >= ?2";
            let count: i64 =
                connection.query_row(sql, params![subject, millis(since)], |row| row.column(0))?;
            Ok(count.unsigned_abs())
        })
        .await
    }
}
