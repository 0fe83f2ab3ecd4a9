//! Connections: where a service is and the credential for it, entered once. Actions and workflows refer to a connection by its
//! number, so that a key is rotated in one place.

use async_trait::async_trait;
use palisade_store::{
    ConnectionContent, ConnectionId, ConnectionRow, ConnectionUsers, ConnectionWrite, Connections, RunId,
    StoreError, Version, WorkflowId,
};
use rusqlite::{OptionalExtension as _, Row, Transaction};
use serde_json::Value;

use crate::error::{Error, missing, taken};
use crate::rows::{Columns, json, json_or_none, millis, moment, params, to_json};
use crate::{SqliteStore, version};

fn read(row: &Row<'_>) -> rusqlite::Result<ConnectionRow> {
    Ok(ConnectionRow {
        id: row.column("id")?,
        name: row.column("name")?,
        kind: row.column("kind")?,
        configuration: json(row, "configuration")?,
        created_at: moment(row, "created_at")?,
        created_by: row.column("created_by")?,
        modified_at: moment(row, "modified_at")?,
        version: Version(row.column("version")?),
        tested: json_or_none(row, "tested")?,
    })
}

/// Creates or changes a connection. A change raises the version of the actions' defaults that refer to it: their pages show it.
pub(crate) fn write(transaction: &Transaction<'_>, write: &ConnectionWrite) -> Result<ConnectionId, Error> {
    let ConnectionContent { name, kind, configuration } = &write.content;
    let text = to_json("configuration", &configuration)?;
    let Some(id) = write.id else {
        transaction
            .execute(
                "INSERT INTO connections (name, kind, configuration, created_at, created_by, modified_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
                params![name, kind, text, millis(write.now), write.who],
            )
            .map_err(taken("connection", name))?;
        return Ok(ConnectionId(transaction.last_insert_rowid()));
    };
    check_there(transaction, id)?;
    let version = "SELECT version FROM connections WHERE id = ?1";
    version::check(transaction, version, params![id], "connection", write.expected)?;
    transaction
        .execute(
            "UPDATE connections SET name = ?1, kind = ?2, configuration = ?3, modified_at = ?4, version = version + 1,
                 tested = NULL
             WHERE id = ?5",
            params![name, kind, text, millis(write.now), id],
        )
        .map_err(taken("connection", name))?;
    transaction
        .execute("UPDATE action_defaults SET version = version + 1 WHERE connection = ?1", params![id])?;
    Ok(id)
}

/// Refuses to refer to a connection that is not there any more.
pub(crate) fn check_there(transaction: &Transaction<'_>, id: ConnectionId) -> Result<(), Error> {
    let there = transaction.prepare_cached("SELECT 1 FROM connections WHERE id = ?1")?.exists(params![id])?;
    if there { Ok(()) } else { Err(missing("connection", id)) }
}

fn users(connection: &rusqlite::Connection, id: ConnectionId) -> Result<ConnectionUsers, Error> {
    let pairs = |sql: &str| -> Result<Vec<_>, Error> {
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement
            .query_map(params![id], |row| Ok((row.column(0)?, row.column(1)?)))?
            .collect::<Result<_, _>>()?)
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
    let actions = actions
        .query_map(params![id], |row| Ok((row.column(0)?, row.column(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(ConnectionUsers {
        workflows: workflows.into_iter().map(|(id, name)| (WorkflowId(id), name)).collect(),
        runs: runs.into_iter().map(|(id, name)| (RunId(id), name)).collect(),
        actions,
    })
}

#[async_trait]
impl Connections for SqliteStore {
    async fn write_connection(&self, connection: &ConnectionWrite) -> Result<ConnectionId, StoreError> {
        let connection = connection.clone();
        self.write(move |transaction| write(transaction, &connection)).await
    }

    async fn connections(&self) -> Result<Vec<ConnectionRow>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT * FROM connections ORDER BY name COLLATE alphabetical";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn connection(&self, id: ConnectionId) -> Result<ConnectionRow, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT * FROM connections WHERE id = ?1")?
                .query_row(params![id], read)
                .optional()?
                .ok_or_else(|| missing("connection", id))
        })
        .await
    }

    async fn connection_users(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError> {
        self.read(move |connection| users(connection, id)).await
    }

    async fn record_connection_test(
        &self,
        id: ConnectionId,
        version: Version,
        result: &Value,
    ) -> Result<(), StoreError> {
        let result = result.clone();
        let text = to_json("tested", &result)?;
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE connections SET tested = ?1 WHERE id = ?2 AND version = ?3",
                params![text, id, version.0],
            )?;
            Ok(())
        })
        .await
    }

    async fn remove_connection(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError> {
        self.write(move |transaction| {
            check_there(transaction, id)?;
            let users = users(transaction, id)?;
            if !users.prevent_deletion() {
                transaction.execute(
                    "UPDATE action_defaults SET version = version + 1 WHERE connection = ?1",
                    params![id],
                )?;
                transaction.execute("DELETE FROM connections WHERE id = ?1", params![id])?;
            }
            Ok(users)
        })
        .await
    }
}
