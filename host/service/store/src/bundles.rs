//! Installed bundles, version beside version, and what their forms hold for future workflows.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::connections::{ConnectionWrite, write};
use crate::rows::{millis, moment, to_json};
use crate::{ActionDefaults, BundleId, RunId, Store, StoreError, Version, version};

const VERSION: &str = "SELECT version FROM action_defaults WHERE bundle = ?1 AND action = ?2";

/// What is known of an installed version without its zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRow {
    /// Identifies this version.
    pub id: BundleId,
    /// The manifest's id.
    pub bundle: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the zip, hexadecimal.
    pub digest: String,
    /// Title of the bundle.
    pub title: String,
    /// Who publishes it, by its own word.
    pub publisher: String,
    /// Name of the trusted key that signed it.
    pub signed_by: Option<String>,
    /// Whether new workflows get this version.
    pub current: bool,
    /// When.
    pub installed_at: Timestamp,
    /// By whom.
    pub installed_by: String,
}

/// A version to install.
#[derive(Debug)]
pub struct NewBundle<'a> {
    /// The manifest's id.
    pub bundle: &'a str,
    /// The manifest's version.
    pub version: &'a str,
    /// SHA-256 of the zip, hexadecimal.
    pub digest: &'a str,
    /// Title of the bundle.
    pub title: &'a str,
    /// Who publishes it.
    pub publisher: &'a str,
    /// Name of the trusted key that signed it.
    pub signed_by: Option<&'a str>,
    /// The zip.
    pub zip: &'a [u8],
}

const COLUMNS: &str =
    "id, bundle, version, digest, title, publisher, signed_by, current, installed_at, installed_by";

fn read(row: &Row<'_>) -> rusqlite::Result<BundleRow> {
    Ok(BundleRow {
        id: row.get("id")?,
        bundle: row.get("bundle")?,
        version: row.get("version")?,
        digest: row.get("digest")?,
        title: row.get("title")?,
        publisher: row.get("publisher")?,
        signed_by: row.get("signed_by")?,
        current: row.get("current")?,
        installed_at: moment(row, "installed_at")?,
        installed_by: row.get("installed_by")?,
    })
}

impl Store {
    /// Installs a version and makes it the current one. `defaults` are what its actions' forms hold from now on; where a
    /// zip is installed that is there already, only that changes.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn install_bundle(
        &self,
        new: &NewBundle<'_>,
        defaults: &[(String, ActionDefaults)],
        who: &str,
        now: Timestamp,
    ) -> Result<BundleId, StoreError> {
        self.write(|transaction| {
            transaction.execute("UPDATE bundles SET current = 0 WHERE bundle = ?1", [new.bundle])?;
            let known: Option<BundleId> = transaction
                .query_row("SELECT id FROM bundles WHERE digest = ?1", [new.digest], |row| row.get(0))
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
            let version: i64 = transaction.query_row(sql, [new.bundle], |row| row.get(0))?;
            transaction.execute("DELETE FROM action_defaults WHERE bundle = ?1", [new.bundle])?;
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
    }

    /// All installed versions, by bundle, the newest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn bundles(&self) -> Result<Vec<BundleRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM bundles ORDER BY bundle COLLATE alphabetical, current DESC, id DESC"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One version.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn bundle(&self, id: BundleId) -> Result<BundleRow, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM bundles WHERE id = ?1");
            connection
                .query_row(&sql, [id], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("integration", id))
        })
    }

    /// The version that new workflows get.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn current_bundle(&self, bundle: &str) -> Result<Option<BundleRow>, StoreError> {
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM bundles WHERE bundle = ?1 AND current = 1");
            Ok(connection.query_row(&sql, [bundle], read).optional()?)
        })
    }

    /// The zip of one version.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn bundle_zip(&self, id: BundleId) -> Result<Vec<u8>, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT zip FROM bundles WHERE id = ?1", [id], |row| row.get(0))
                .optional()?
                .ok_or_else(|| StoreError::missing("integration", id))
        })
    }

    /// Removes one version, or all of a bundle with their forms' defaults where none is left. Where workflows use it, or runs that are
    /// not over, nothing is removed and they are named.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn remove_bundle(&self, id: BundleId) -> Result<Vec<String>, StoreError> {
        self.write(|transaction| {
            let sql = "SELECT DISTINCT name FROM workflows JOIN workflow_steps ON workflow = id
                       WHERE bundle = ?1 ORDER BY name COLLATE alphabetical";
            let mut users: Vec<String> =
                transaction.prepare(sql)?.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let sql = "SELECT DISTINCT runs.id, runs.workflow_name FROM runs JOIN run_steps ON run_steps.run = runs.id
                       WHERE run_steps.bundle = ?1 AND runs.phase <> 'ended' ORDER BY runs.id";
            let open = |row: &Row<'_>| {
                let (run, workflow): (RunId, String) = (row.get(0)?, row.get(1)?);
                Ok(format!("run {run} of {workflow}, which is not over"))
            };
            users.extend(transaction.prepare(sql)?.query_map([id], open)?.collect::<Result<Vec<_>, _>>()?);
            if !users.is_empty() {
                return Ok(users);
            }
            let bundle: String = transaction
                .query_row("SELECT bundle FROM bundles WHERE id = ?1", [id], |row| row.get(0))
                .optional()?
                .ok_or_else(|| StoreError::missing("integration", id))?;
            transaction.execute("DELETE FROM bundles WHERE id = ?1", [id])?;
            // The newest of those that are left takes its place.
            transaction.execute(
                "UPDATE bundles SET current = 1 WHERE id = (SELECT MAX(id) FROM bundles WHERE bundle = ?1)
                     AND NOT EXISTS (SELECT 1 FROM bundles WHERE bundle = ?1 AND current = 1)",
                [&bundle],
            )?;
            transaction.execute(
                "DELETE FROM action_defaults WHERE bundle = ?1
                     AND NOT EXISTS (SELECT 1 FROM bundles WHERE bundles.bundle = ?1)",
                [&bundle],
            )?;
            Ok(users)
        })
    }

    /// The defaults of an action for future workflows; empty if none were saved.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn action_defaults(&self, bundle: &str, action: &str) -> Result<ActionDefaults, StoreError> {
        self.read(|connection| {
            let sql =
                "SELECT connection, configuration FROM action_defaults WHERE bundle = ?1 AND action = ?2";
            let read = |row: &Row<'_>| {
                Ok(ActionDefaults {
                    connection: row.get("connection")?,
                    configuration: crate::rows::json(row, "configuration")?,
                })
            };
            Ok(connection.query_row(sql, [bundle, action], read).optional()?.unwrap_or_default())
        })
    }

    /// The version of an action's defaults; 0 if nothing was saved.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn action_defaults_version(&self, bundle: &str, action: &str) -> Result<Version, StoreError> {
        self.read(|connection| {
            let version = connection.query_row(VERSION, [bundle, action], |row| row.get(0)).optional()?;
            Ok(version.map(Version).unwrap_or_default())
        })
    }

    /// Saves the defaults of an action and, in the same transaction, its connection, if the defaults have the expected version or
    /// none is expected. A connection that is created here also becomes the default of those `others` that have none.
    ///
    /// # Errors
    /// If the state cannot be written. [`StoreError::Changed`] if the defaults have another version.
    pub fn save_action_defaults(
        &self,
        bundle: &str,
        action: &str,
        defaults: &ActionDefaults,
        expected: Option<Version>,
        connection: Option<&ConnectionWrite<'_>>,
    ) -> Result<(), StoreError> {
        let text = to_json("configuration", &defaults.configuration)?;
        self.write(|transaction| {
            version::check(transaction, VERSION, &[&bundle, &action], "defaults of the action", expected)?;
            let id = match connection {
                Some(connection) => Some(write(transaction, connection)?),
                None => defaults.connection,
            };
            transaction.execute(
                "INSERT INTO action_defaults (bundle, action, connection, configuration) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (bundle, action) DO UPDATE SET connection = excluded.connection,
                     configuration = excluded.configuration, version = version + 1",
                params![bundle, action, id, text],
            )?;
            let others = connection.map(|connection| connection.others).unwrap_or_default();
            for other in others.iter().filter(|other| *other != action) {
                transaction.execute(
                    "INSERT INTO action_defaults (bundle, action, connection, configuration) VALUES (?1, ?2, ?3, '{}')
                     ON CONFLICT (bundle, action) DO UPDATE SET connection = excluded.connection, version = version + 1
                         WHERE connection IS NULL",
                    params![bundle, other, id],
                )?;
            }
            Ok(())
        })
    }
}
