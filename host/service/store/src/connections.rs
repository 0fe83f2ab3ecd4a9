//! Connections: where a service is and the credential for it, entered once. Actions and workflows refer to a connection by its
//! number, so that a key is rotated in one place.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde_json::Value;

use crate::rows::{json, json_or_none, millis, moment, to_json};
use crate::{Configuration, ConnectionId, RunId, Store, StoreError, Version, WorkflowId, version};

/// The defaults of an action for future workflows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionDefaults {
    /// The connection that new workflows use.
    pub connection: Option<ConnectionId>,
    /// Parameter to value, without the parameters of the connection.
    pub configuration: Configuration,
}

/// A connection.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionRow {
    /// Identifies it.
    pub id: ConnectionId,
    /// Unique name.
    pub name: String,
    /// The id of the bundle whose actions can use it.
    pub kind: String,
    /// Parameter to value.
    pub configuration: Configuration,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: String,
    /// When it was last changed.
    pub modified_at: Timestamp,
    /// Raised by each change.
    pub version: Version,
    /// Result of the last test since the last change.
    pub tested: Option<Value>,
}

/// The contents of a connection to create or to change.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionContent {
    /// Unique name.
    pub name: String,
    /// The id of the bundle whose actions can use it.
    pub kind: String,
    /// Parameter to value.
    pub configuration: Configuration,
}

/// A connection to create, or to change if `id` is given.
#[derive(Debug, Clone)]
pub struct ConnectionWrite<'a> {
    /// The connection to change.
    pub id: Option<ConnectionId>,
    /// Its contents.
    pub content: &'a ConnectionContent,
    /// The version that the connection must have to be changed.
    pub expected: Option<Version>,
    /// Actions of the bundle that get a created connection as their default if they have none.
    pub others: &'a [String],
    /// Who writes it.
    pub who: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Everything that refers to a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionUsers {
    /// Workflows, by name.
    pub workflows: Vec<(WorkflowId, String)>,
    /// Runs that have not ended, with the names of their workflows.
    pub runs: Vec<(RunId, String)>,
    /// Bundle and action whose new workflows use it.
    pub actions: Vec<(String, String)>,
}

impl ConnectionUsers {
    /// Whether the connection must not be deleted. Defaults of actions do not prevent that.
    #[must_use]
    pub fn prevent_deletion(&self) -> bool {
        !self.workflows.is_empty() || !self.runs.is_empty()
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ConnectionRow> {
    Ok(ConnectionRow {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        configuration: json(row, "configuration")?,
        created_at: moment(row, "created_at")?,
        created_by: row.get("created_by")?,
        modified_at: moment(row, "modified_at")?,
        version: Version(row.get("version")?),
        tested: json_or_none(row, "tested")?,
    })
}

/// Creates or changes a connection. A change raises the version of the actions' defaults that refer to it: their pages show it.
pub(crate) fn write(
    transaction: &Transaction<'_>,
    write: &ConnectionWrite<'_>,
) -> Result<ConnectionId, StoreError> {
    let ConnectionContent { name, kind, configuration } = write.content;
    let text = to_json("configuration", configuration)?;
    let Some(id) = write.id else {
        transaction
            .execute(
                "INSERT INTO connections (name, kind, configuration, created_at, created_by, modified_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
                params![name, kind, text, millis(write.now), write.who],
            )
            .map_err(StoreError::taken("connection", name))?;
        return Ok(ConnectionId(transaction.last_insert_rowid()));
    };
    check_there(transaction, id)?;
    let version = "SELECT version FROM connections WHERE id = ?1";
    version::check(transaction, version, &[&id], "connection", write.expected)?;
    transaction
        .execute(
            "UPDATE connections SET name = ?1, kind = ?2, configuration = ?3, modified_at = ?4, version = version + 1,
                 tested = NULL
             WHERE id = ?5",
            params![name, kind, text, millis(write.now), id],
        )
        .map_err(StoreError::taken("connection", name))?;
    transaction.execute("UPDATE action_defaults SET version = version + 1 WHERE connection = ?1", [id])?;
    Ok(id)
}

/// Refuses to refer to a connection that is not there any more.
pub(crate) fn check_there(transaction: &Transaction<'_>, id: ConnectionId) -> Result<(), StoreError> {
    let there = transaction.prepare_cached("SELECT 1 FROM connections WHERE id = ?1")?.exists([id])?;
    if there { Ok(()) } else { Err(StoreError::missing("connection", id)) }
}

fn users(connection: &rusqlite::Connection, id: ConnectionId) -> Result<ConnectionUsers, StoreError> {
    let pairs = |sql: &str| -> Result<Vec<_>, StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    };
    let workflows = pairs(
        "SELECT DISTINCT workflows.id, name FROM workflows JOIN workflow_steps ON workflow = id
         WHERE connection = ?1 ORDER BY name COLLATE alphabetical",
    )?;
    let runs = pairs(
        "SELECT DISTINCT runs.id, runs.workflow_name FROM runs JOIN run_steps ON run_steps.run = runs.id
         WHERE run_steps.connection = ?1 AND runs.phase <> 'ended' ORDER BY runs.id",
    )?;
    let mut actions = connection.prepare_cached(
        "SELECT bundle, action FROM action_defaults WHERE connection = ?1 ORDER BY bundle, action",
    )?;
    let actions = actions.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(ConnectionUsers {
        workflows: workflows.into_iter().map(|(id, name)| (WorkflowId(id), name)).collect(),
        runs: runs.into_iter().map(|(id, name)| (RunId(id), name)).collect(),
        actions,
    })
}

impl Store {
    /// Creates a connection, or changes it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if another connection has the name. [`StoreError::Changed`] if it has another version.
    pub fn write_connection(&self, connection: &ConnectionWrite<'_>) -> Result<ConnectionId, StoreError> {
        self.write(|transaction| write(transaction, connection))
    }

    /// All connections by name.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn connections(&self) -> Result<Vec<ConnectionRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT * FROM connections ORDER BY name COLLATE alphabetical";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One connection.
    ///
    /// # Errors
    /// If there is no connection with this id.
    pub fn connection(&self, id: ConnectionId) -> Result<ConnectionRow, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT * FROM connections WHERE id = ?1")?
                .query_row([id], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("connection", id))
        })
    }

    /// Everything that refers to a connection.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn connection_users(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError> {
        self.read(|connection| users(connection, id))
    }

    /// Records the result of a test of a connection, unless the connection has changed since the test began.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn record_connection_test(
        &self,
        id: ConnectionId,
        version: Version,
        result: &Value,
    ) -> Result<(), StoreError> {
        let text = to_json("tested", result)?;
        self.write(|transaction| {
            transaction.execute(
                "UPDATE connections SET tested = ?1 WHERE id = ?2 AND version = ?3",
                params![text, id, version.0],
            )?;
            Ok(())
        })
    }

    /// Deletes a connection that no workflow and no open run uses; actions whose default it is have none then. Otherwise nothing is
    /// deleted. Returns its users.
    ///
    /// # Errors
    /// If there is no connection with this id, or the state cannot be written.
    pub fn remove_connection(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError> {
        self.write(|transaction| {
            check_there(transaction, id)?;
            let users = users(transaction, id)?;
            if !users.prevent_deletion() {
                transaction.execute(
                    "UPDATE action_defaults SET version = version + 1 WHERE connection = ?1",
                    [id],
                )?;
                transaction.execute("DELETE FROM connections WHERE id = ?1", [id])?;
            }
            Ok(users)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{NewWorkflow, StoredValue, Takes, WorkflowStep};

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    fn opened() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("palisade.db")).unwrap();
        (directory, store)
    }

    fn content(name: &str, region: &str) -> ConnectionContent {
        let configuration = Configuration::from([("region".to_owned(), StoredValue::Value(json!(region)))]);
        ConnectionContent { name: name.to_owned(), kind: "example".to_owned(), configuration }
    }

    fn writes<'a>(content: &'a ConnectionContent, others: &'a [String]) -> ConnectionWrite<'a> {
        ConnectionWrite { id: None, content, expected: None, others, who: "ada", now: now() }
    }

    fn using(bundle: crate::BundleId, connection: ConnectionId) -> NewWorkflow {
        NewWorkflow {
            name: "Nightly".to_owned(),
            description: String::new(),
            collection: None,
            schedule: json!({ "kind": "none" }),
            takes: Takes::All,
            evictions: None,
            enabled: false,
            anchor: now(),
            next_tick: None,
            steps: vec![WorkflowStep {
                bundle,
                action: "block".to_owned(),
                connection: Some(connection),
                configuration: Configuration::new(),
            }],
        }
    }

    fn bundle(store: &Store) -> crate::BundleId {
        let new = crate::NewBundle {
            bundle: "example",
            version: "1.0.0",
            digest: "digest",
            title: "Example",
            publisher: "Nobody",
            signed_by: None,
            zip: b"zip",
        };
        store.install_bundle(&new, &[], "ada", now()).unwrap()
    }

    #[test]
    fn of_two_edits_of_one_version_the_later_is_refused_and_a_name_is_unique() {
        let (_directory, store) = opened();
        let (one, other) = (content("one", "eu"), content("other", "us"));
        let id = store.write_connection(&writes(&one, &[])).unwrap();
        store.write_connection(&writes(&other, &[])).unwrap();
        let taken = store.write_connection(&writes(&one, &[]));
        assert!(matches!(taken, Err(StoreError::Taken { what: "connection", .. })));
        let change = content("one", "us");
        let edit = ConnectionWrite { id: Some(id), expected: Some(Version(1)), ..writes(&change, &[]) };
        store.write_connection(&edit).unwrap();
        let stale = store.write_connection(&edit);
        assert!(matches!(stale, Err(StoreError::Changed { expected: Version(1), found: Version(2), .. })));
        let renamed = ConnectionWrite { id: Some(id), content: &other, ..writes(&other, &[]) };
        assert!(matches!(store.write_connection(&renamed), Err(StoreError::Taken { .. })));
        let names: Vec<String> = store.connections().unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["one", "other"]);
    }

    #[test]
    fn a_result_of_a_test_belongs_to_the_version_that_was_tested() {
        let (_directory, store) = opened();
        let one = content("one", "eu");
        let id = store.write_connection(&writes(&one, &[])).unwrap();
        let tested = || store.connection(id).unwrap().tested;
        store.record_connection_test(id, Version(1), &json!({ "works": true })).unwrap();
        assert_eq!(tested(), Some(json!({ "works": true })));
        store.write_connection(&ConnectionWrite { id: Some(id), ..writes(&one, &[]) }).unwrap();
        assert_eq!(tested(), None);
        store.record_connection_test(id, Version(1), &json!({ "works": true })).unwrap();
        assert_eq!(tested(), None, "the result is of an earlier version");
    }

    #[test]
    fn a_connection_in_use_is_not_deleted_and_a_deleted_one_is_not_referred_to() {
        let (_directory, store) = opened();
        let (bundle, one) = (bundle(&store), content("one", "eu"));
        let others = ["block".to_owned(), "exempt".to_owned()];
        let write = writes(&one, &others);
        store
            .save_action_defaults("example", "block", &ActionDefaults::default(), None, Some(&write))
            .unwrap();
        let id = store.connections().unwrap()[0].id;
        for action in &others {
            assert_eq!(store.action_defaults("example", action).unwrap().connection, Some(id), "{action}");
        }
        let workflow = store.add_workflow(&using(bundle, id), "ada", now()).unwrap();
        let users = store.remove_connection(id).unwrap();
        assert!(users.prevent_deletion());
        assert_eq!(users.workflows, [(workflow, "Nightly".to_owned())]);
        assert_eq!(users.actions.len(), 2);
        store.remove_workflow(workflow).unwrap();
        let before = store.action_defaults_version("example", "block").unwrap();
        assert!(!store.remove_connection(id).unwrap().prevent_deletion());
        assert_eq!(store.action_defaults("example", "block").unwrap(), ActionDefaults::default());
        assert!(store.action_defaults_version("example", "block").unwrap() > before);
        // Somebody else deleted it while a workflow was being saved.
        let refused = store.add_workflow(&using(bundle, id), "ada", now());
        assert!(matches!(refused, Err(StoreError::Missing { what: "connection", .. })), "{refused:?}");
        assert!(store.workflows().unwrap().is_empty());
        assert!(matches!(store.remove_connection(id), Err(StoreError::Missing { .. })));
    }

    #[test]
    fn a_change_of_a_connection_is_a_change_of_the_defaults_that_show_it() {
        let (_directory, store) = opened();
        let one = content("one", "eu");
        let id = store.write_connection(&writes(&one, &[])).unwrap();
        let defaults = ActionDefaults { connection: Some(id), ..ActionDefaults::default() };
        store.save_action_defaults("example", "block", &defaults, None, None).unwrap();
        let seen = store.action_defaults_version("example", "block").unwrap();
        store.write_connection(&ConnectionWrite { id: Some(id), ..writes(&one, &[]) }).unwrap();
        let change = ConnectionWrite { id: Some(id), ..writes(&one, &[]) };
        let stale = store.save_action_defaults("example", "block", &defaults, Some(seen), Some(&change));
        assert!(matches!(stale, Err(StoreError::Changed { .. })));
        assert_eq!(store.connection(id).unwrap().version, Version(2), "nothing of it was written");
    }
}
