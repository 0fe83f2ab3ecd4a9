//! Workflows, their steps with a configuration each, and how far each of them has come with its collection.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{NewWorkflow, StoreError, Version, WorkflowId, WorkflowRow, WorkflowStep, Workflows};
use rusqlite::{OptionalExtension as _, Row, Transaction};

use crate::connections::check_there;
use crate::error::{Error, missing, taken};
use crate::rows::{Columns, json, json_or_none, millis, moment, moment_or_none, number, params, to_json};
use crate::{SqliteStore, version};

fn read(row: &Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow {
        id: row.column("id")?,
        name: row.column("name")?,
        description: row.column("description")?,
        collection: row.column("collection")?,
        schedule: json(row, "schedule")?,
        takes: row.column("takes")?,
        evictions: row.column::<Option<i64>>("evictions")?.map(i64::unsigned_abs),
        enabled: row.column("enabled")?,
        created_at: moment(row, "created_at")?,
        created_by: row.column("created_by")?,
        modified_at: moment(row, "modified_at")?,
        anchor: moment(row, "anchor")?,
        next_tick: moment_or_none(row, "next_tick")?,
        cursor: json_or_none(row, "cursor")?,
        version: Version(row.column("version")?),
        steps: Vec::new(),
    })
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<WorkflowStep> {
    Ok(WorkflowStep {
        bundle: row.column("bundle")?,
        action: row.column("action")?,
        connection: row.column("connection")?,
        configuration: json(row, "configuration")?,
    })
}

fn write_steps(transaction: &Transaction<'_>, id: WorkflowId, steps: &[WorkflowStep]) -> Result<(), Error> {
    transaction.execute("DELETE FROM workflow_steps WHERE workflow = ?1", params![id])?;
    for (step, place) in steps.iter().zip(1_i64..) {
        // It may have been deleted since the workflow was checked.
        step.connection.map(|connection| check_there(transaction, connection)).transpose()?;
        let configuration = to_json("configuration", &step.configuration)?;
        transaction.execute(
            "INSERT INTO workflow_steps (workflow, place, bundle, action, connection, configuration)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id, place, step.bundle, step.action, step.connection, configuration],
        )?;
    }
    Ok(())
}

#[async_trait]
impl Workflows for SqliteStore {
    async fn add_workflow(
        &self,
        new: &NewWorkflow,
        who: &str,
        now: Timestamp,
    ) -> Result<WorkflowId, StoreError> {
        let (new, who) = (new.clone(), who.to_owned());
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO workflows (name, description, collection, schedule, takes, enabled, created_at,
                         created_by, modified_at, anchor, next_tick, evictions)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9, ?10, ?11)",
                    params![
                        new.name,
                        new.description,
                        new.collection,
                        to_json("schedule", &new.schedule)?,
                        new.takes,
                        new.enabled,
                        millis(now),
                        who,
                        millis(new.anchor),
                        new.next_tick.map(millis),
                        number(new.evictions)
                    ],
                )
                .map_err(taken("workflow", &new.name))?;
            let id = WorkflowId(transaction.last_insert_rowid());
            write_steps(transaction, id, &new.steps)?;
            Ok(id)
        }).await
    }

    async fn change_workflow(
        &self,
        id: WorkflowId,
        new: &NewWorkflow,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let new = new.clone();
        self.write(move |transaction| {
            if transaction.query_row("SELECT 1 FROM workflows WHERE id = ?1", params![id], |_| Ok(())).optional()?.is_none() {
                return Err(missing("workflow", id));
            }
            version::check(transaction, "SELECT version FROM workflows WHERE id = ?1", params![id], "workflow", expected)?;
            transaction
                .execute(
                    "UPDATE workflows SET name = ?1, description = ?2,
                         cursor = CASE WHEN collection IS ?3 THEN cursor ELSE NULL END, collection = ?3,
                         schedule = ?4, takes = ?5, enabled = ?6, modified_at = ?7, anchor = ?8, next_tick = ?9,
                         evictions = ?10, version = version + 1
                     WHERE id = ?11",
                    params![
                        new.name,
                        new.description,
                        new.collection,
                        to_json("schedule", &new.schedule)?,
                        new.takes,
                        new.enabled,
                        millis(now),
                        millis(new.anchor),
                        new.next_tick.map(millis),
                        number(new.evictions),
                        id
                    ],
                )
                .map_err(taken("workflow", &new.name))?;
            write_steps(transaction, id, &new.steps)
        }).await
    }

    async fn workflows(&self) -> Result<Vec<WorkflowRow>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM workflows ORDER BY name COLLATE alphabetical")?;
            let mut workflows: Vec<WorkflowRow> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            let mut steps: BTreeMap<WorkflowId, Vec<WorkflowStep>> = BTreeMap::new();
            let mut statement =
                connection.prepare_cached("SELECT * FROM workflow_steps ORDER BY workflow, place")?;
            for row in statement.query_map([], |row| Ok((row.column("workflow")?, read_step(row)?)))? {
                let (workflow, step) = row?;
                steps.entry(workflow).or_default().push(step);
            }
            for workflow in &mut workflows {
                workflow.steps = steps.remove(&workflow.id).unwrap_or_default();
            }
            Ok(workflows)
        })
        .await
    }

    async fn workflow(&self, id: WorkflowId) -> Result<WorkflowRow, StoreError> {
        self.read(move |connection| {
            let mut workflow = connection
                .query_row("SELECT * FROM workflows WHERE id = ?1", params![id], read)
                .optional()?
                .ok_or_else(|| missing("workflow", id))?;
            let mut statement = connection
                .prepare_cached("SELECT * FROM workflow_steps WHERE workflow = ?1 ORDER BY place")?;
            workflow.steps = statement.query_map(params![id], read_step)?.collect::<Result<_, _>>()?;
            Ok(workflow)
        })
        .await
    }

    async fn remove_workflow(&self, id: WorkflowId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            match transaction.execute("DELETE FROM workflows WHERE id = ?1", params![id])? {
                0 => Err(missing("workflow", id)),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn due_workflows(&self, now: Timestamp) -> Result<Vec<WorkflowId>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT id FROM workflows WHERE enabled = 1 AND next_tick <= ?1 ORDER BY next_tick, id";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([millis(now)], |row| row.column(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn next_tick(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT MIN(next_tick) AS tick FROM workflows WHERE enabled = 1";
            Ok(connection.query_row(sql, [], |row| moment_or_none(row, "tick"))?)
        })
        .await
    }

    async fn move_tick(
        &self,
        id: WorkflowId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE workflows SET next_tick = ?1 WHERE id = ?2 AND next_tick IS ?3",
                params![to.map(millis), id, from.map(millis)],
            )?;
            Ok(())
        })
        .await
    }

    async fn marks(
        &self,
        id: WorkflowId,
    ) -> Result<std::collections::HashMap<[u8; 16], [u8; 16]>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT object, content FROM marks WHERE workflow = ?1")?;
            Ok(statement
                .query_map(params![id], |row| Ok((row.column(0)?, row.column(1)?)))?
                .collect::<Result<_, _>>()?)
        })
        .await
    }
}
