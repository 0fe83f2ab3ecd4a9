//! Installed bundles, version beside version, and what their forms hold for future workflows.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{
    ActionDefaults, BundleId, BundleRow, Bundles, ConnectionWrite, NewBundle, RunId, StoreError, Version,
};
use rusqlite::{OptionalExtension as _, Row};

use crate::connections::write;
use crate::error::missing;
use crate::rows::{Columns, millis, moment, params, to_json};
use crate::{SqliteStore, version};

const VERSION: &str = "SELECT version FROM action_defaults WHERE bundle = ?1 AND action = ?2";

const COLUMNS: &str =
    "id, bundle, version, digest, title, publisher, signed_by, current, installed_at, installed_by";

fn read(row: &Row<'_>) -> rusqlite::Result<BundleRow> {
    Ok(BundleRow {
        id: row.column("id")?,
        bundle: row.column("bundle")?,
        version: row.column("version")?,
        digest: row.column("digest")?,
        title: row.column("title")?,
        publisher: row.column("publisher")?,
        signed_by: row.column("signed_by")?,
        current: row.column("current")?,
        installed_at: moment(row, "installed_at")?,
        installed_by: row.column("installed_by")?,
    })
}

#[async_trait]
impl Bundles for SqliteStore {
    async fn install_bundle(
        &self,
        new: &NewBundle,
        defaults: &[(String, ActionDefaults)],
        who: &str,
        now: Timestamp,
    ) -> Result<BundleId, StoreError> {
        let (new, defaults, who) = (new.clone(), defaults.to_vec(), who.to_owned());
        self.write(move |transaction| {
            transaction.execute("UPDATE bundles SET current = 0 WHERE bundle = ?1", params![new.bundle])?;
            let known: Option<BundleId> = transaction
                .query_row("SELECT id FROM bundles WHERE digest = ?1", params![new.digest], |row| {
                    row.column(0)
                })
                .optional()?;
            let id = match known {
                Some(id) => {
                    let signed = params![new.signed_by, id];
                    transaction
                        .execute("UPDATE bundles SET current = 1, signed_by = ?1 WHERE id = ?2", signed)?;
                    id
                }
                None => {
                    transaction.execute(
                        "INSERT INTO bundles (bundle, version, digest, title, publisher, signed_by, current,
                             installed_at, installed_by, zip)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9)",
                        params![
                            new.bundle,
                            new.version,
                            new.digest,
                            new.title,
                            new.publisher,
                            new.signed_by,
                            millis(now),
                            who,
                            new.zip
                        ],
                    )?;
                    BundleId(transaction.last_insert_rowid())
                }
            };
            // An edit that began before this must not match a version that is given out again.
            let sql = "SELECT COALESCE(MAX(version), 0) + 1 FROM action_defaults WHERE bundle = ?1";
            let version: i64 = transaction.query_row(sql, params![new.bundle], |row| row.column(0))?;
            transaction.execute("DELETE FROM action_defaults WHERE bundle = ?1", params![new.bundle])?;
            for (action, defaults) in defaults {
                let text = to_json("configuration", &defaults.configuration)?;
                transaction.execute(
                    "INSERT INTO action_defaults (bundle, action, connection, configuration, version)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![new.bundle, action, defaults.connection, text, version],
                )?;
            }
            Ok(id)
        })
        .await
    }

    async fn bundles(&self) -> Result<Vec<BundleRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM bundles ORDER BY bundle COLLATE alphabetical, current DESC, id DESC"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn bundle(&self, id: BundleId) -> Result<BundleRow, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM bundles WHERE id = ?1");
            connection
                .query_row(&sql, params![id], read)
                .optional()?
                .ok_or_else(|| missing("integration", id))
        })
        .await
    }

    async fn current_bundle(&self, bundle: &str) -> Result<Option<BundleRow>, StoreError> {
        let bundle = bundle.to_owned();
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM bundles WHERE bundle = ?1 AND current = 1");
            Ok(connection.query_row(&sql, params![bundle], read).optional()?)
        })
        .await
    }

    async fn bundle_zip(&self, id: BundleId) -> Result<Vec<u8>, StoreError> {
        self.read(move |connection| {
            connection
                .query_row("SELECT zip FROM bundles WHERE id = ?1", params![id], |row| row.column(0))
                .optional()?
                .ok_or_else(|| missing("integration", id))
        })
        .await
    }

    async fn remove_bundle(&self, id: BundleId) -> Result<Vec<String>, StoreError> {
        self.write(move |transaction| {
            let sql = "SELECT DISTINCT name FROM workflows JOIN workflow_steps ON workflow = id
                       WHERE bundle = ?1 ORDER BY name COLLATE alphabetical";
            let mut users: Vec<String> =
                transaction.prepare(sql)?.query_map(params![id], |row| row.column(0))?.collect::<Result<_, _>>()?;
            let sql = "SELECT DISTINCT runs.id, runs.workflow_name FROM runs JOIN run_steps ON run_steps.run = runs.id
                       WHERE run_steps.bundle = ?1 AND runs.phase <> 'ended' ORDER BY runs.id";
            let open = |row: &Row<'_>| {
                let (run, workflow): (RunId, String) = (row.column(0)?, row.column(1)?);
                Ok(format!("run {run} of {workflow}, which is not over"))
            };
            users.extend(transaction.prepare(sql)?.query_map(params![id], open)?.collect::<Result<Vec<_>, _>>()?);
            if !users.is_empty() {
                return Ok(users);
            }
            let bundle: String = transaction
                .query_row("SELECT bundle FROM bundles WHERE id = ?1", params![id], |row| row.column(0))
                .optional()?
                .ok_or_else(|| missing("integration", id))?;
            transaction.execute("DELETE FROM bundles WHERE id = ?1", params![id])?;
            // The newest of those that are left takes its place.
            transaction.execute(
                "UPDATE bundles SET current = 1 WHERE id = (SELECT MAX(id) FROM bundles WHERE bundle = ?1)
                     AND NOT EXISTS (SELECT 1 FROM bundles WHERE bundle = ?1 AND current = 1)",
                params![&bundle],
            )?;
            transaction.execute(
                "DELETE FROM action_defaults WHERE bundle = ?1
                     AND NOT EXISTS (SELECT 1 FROM bundles WHERE bundles.bundle = ?1)",
                params![&bundle],
            )?;
            Ok(users)
        }).await
    }

    async fn action_defaults(&self, bundle: &str, action: &str) -> Result<ActionDefaults, StoreError> {
        let (bundle, action) = (bundle.to_owned(), action.to_owned());
        self.read(move |connection| {
            let sql =
                "SELECT connection, configuration FROM action_defaults WHERE bundle = ?1 AND action = ?2";
            let read = |row: &Row<'_>| {
                Ok(ActionDefaults {
                    connection: row.column("connection")?,
                    configuration: crate::rows::json(row, "configuration")?,
                })
            };
            Ok(connection.query_row(sql, params![bundle, action], read).optional()?.unwrap_or_default())
        })
        .await
    }

    async fn action_defaults_version(&self, bundle: &str, action: &str) -> Result<Version, StoreError> {
        let (bundle, action) = (bundle.to_owned(), action.to_owned());
        self.read(move |connection| {
            let version =
                connection.query_row(VERSION, params![bundle, action], |row| row.column(0)).optional()?;
            Ok(version.map(Version).unwrap_or_default())
        })
        .await
    }

    async fn save_action_defaults(
        &self,
        bundle: &str,
        action: &str,
        defaults: &ActionDefaults,
        expected: Option<Version>,
        connection: Option<&ConnectionWrite>,
    ) -> Result<(), StoreError> {
        let (bundle, action, defaults, connection) =
            (bundle.to_owned(), action.to_owned(), defaults.clone(), connection.cloned());
        let text = to_json("configuration", &defaults.configuration)?;
        self.write(move |transaction| {
            version::check(transaction, VERSION, params![bundle, action], "defaults of the action", expected)?;
            let id = match connection {
                Some(ref connection) => Some(write(transaction, connection)?),
                None => defaults.connection,
            };
            transaction.execute(
                "INSERT INTO action_defaults (bundle, action, connection, configuration) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (bundle, action) DO UPDATE SET connection = excluded.connection,
                     configuration = excluded.configuration, version = version + 1",
                params![bundle, action, id, text],
            )?;
            let others = connection.map(|connection| connection.others).unwrap_or_default();
            for other in others.iter().filter(|other| **other != action) {
                transaction.execute(
                    "INSERT INTO action_defaults (bundle, action, connection, configuration) VALUES (?1, ?2, ?3, '{}')
                     ON CONFLICT (bundle, action) DO UPDATE SET connection = excluded.connection, version = version + 1
                         WHERE connection IS NULL",
                    params![bundle, other, id],
                )?;
            }
            Ok(())
        }).await
    }
}
