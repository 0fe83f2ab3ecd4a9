//! Workflows, their steps with a configuration each, and how far each of them has come with its collection.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connections::check_there;
use crate::rows::{json, json_or_none, millis, moment, moment_or_none, names, number, to_json};
use crate::{
    BundleId, CollectionId, ConnectionId, SecretId, Store, StoreError, Version, WorkflowId, version,
};

/// Parameter to value.
pub type Configuration = BTreeMap<String, StoredValue>;

/// A value of a configuration as it is stored: a secret by its number only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredValue {
    /// A secret that is kept sealed.
    Secret {
        /// Which.
        secret: SecretId,
    },
    /// Any other value.
    Value(Value),
}

names! {
    /// Which objects of its collection a workflow takes.
    Takes {
        /// All of them, again and again.
        All = "all",
        /// Those that differ from what was brought to its end before.
        Changed = "changed",
    }
}

/// A workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRow {
    /// Identifies it.
    pub id: WorkflowId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection; none where it is only run on selected objects.
    pub collection: Option<CollectionId>,
    /// When it runs automatically, for the scheduler to interpret.
    pub schedule: Value,
    /// Which objects it takes.
    pub takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    pub evictions: Option<u64>,
    /// Whether it runs on schedule.
    pub enabled: bool,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last.
    pub modified_at: Timestamp,
    /// From when on periods of the schedule are counted.
    pub anchor: Timestamp,
    /// When the schedule is due next.
    pub next_tick: Option<Timestamp>,
    /// The last object that a run took.
    pub cursor: Option<Value>,
    /// Raised by each change.
    pub version: Version,
    /// Its actions in order.
    pub steps: Vec<WorkflowStep>,
}

/// One action of a workflow, with a configuration of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowStep {
    /// The installed version.
    pub bundle: BundleId,
    /// Id of the action.
    pub action: String,
    /// The connection that it uses; an action without a credential needs none.
    pub connection: Option<ConnectionId>,
    /// Its configuration in this workflow, without the parameters of the connection.
    pub configuration: Configuration,
}

/// A workflow to make, or what is to become of one.
#[derive(Debug, Clone)]
pub struct NewWorkflow {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection.
    pub collection: Option<CollectionId>,
    /// When it runs automatically.
    pub schedule: Value,
    /// Which objects it takes.
    pub takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    pub evictions: Option<u64>,
    /// Whether it runs on schedule.
    pub enabled: bool,
    /// From when on periods of the schedule are counted.
    pub anchor: Timestamp,
    /// When the schedule is due next.
    pub next_tick: Option<Timestamp>,
    /// Its actions in order.
    pub steps: Vec<WorkflowStep>,
}

/// What is remembered of an object that was brought to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Digest of its type and value.
    pub object: [u8; 16],
    /// Digest of everything about it, and of what is done with it.
    pub content: [u8; 16],
}

fn read(row: &Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        collection: row.get("collection")?,
        schedule: json(row, "schedule")?,
        takes: row.get("takes")?,
        evictions: row.get::<_, Option<i64>>("evictions")?.map(i64::unsigned_abs),
        enabled: row.get("enabled")?,
        created_at: moment(row, "created_at")?,
        created_by: row.get("created_by")?,
        modified_at: moment(row, "modified_at")?,
        anchor: moment(row, "anchor")?,
        next_tick: moment_or_none(row, "next_tick")?,
        cursor: json_or_none(row, "cursor")?,
        version: Version(row.get("version")?),
        steps: Vec::new(),
    })
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<WorkflowStep> {
    Ok(WorkflowStep {
        bundle: row.get("bundle")?,
        action: row.get("action")?,
        connection: row.get("connection")?,
        configuration: json(row, "configuration")?,
    })
}

fn write_steps(
    transaction: &Transaction<'_>,
    id: WorkflowId,
    steps: &[WorkflowStep],
) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM workflow_steps WHERE workflow = ?1", [id])?;
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

impl Store {
    /// Creates a workflow.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where there is one of this name.
    pub fn add_workflow(
        &self,
        new: &NewWorkflow,
        who: &str,
        now: Timestamp,
    ) -> Result<WorkflowId, StoreError> {
        self.write(|transaction| {
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
                .map_err(StoreError::taken("workflow", &new.name))?;
            let id = WorkflowId(transaction.last_insert_rowid());
            write_steps(transaction, id, &new.steps)?;
            Ok(id)
        })
    }

    /// Changes a workflow that has the expected version, if one is given. If its collection changes, it starts over.
    ///
    /// # Errors
    /// If there is no workflow with this id, or another one with this name. [`StoreError::Changed`] if it has another version.
    pub fn change_workflow(
        &self,
        id: WorkflowId,
        new: &NewWorkflow,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            if transaction.query_row("SELECT 1 FROM workflows WHERE id = ?1", [id], |_| Ok(())).optional()?.is_none() {
                return Err(StoreError::missing("workflow", id));
            }
            version::check(transaction, "SELECT version FROM workflows WHERE id = ?1", &[&id], "workflow", expected)?;
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
                .map_err(StoreError::taken("workflow", &new.name))?;
            write_steps(transaction, id, &new.steps)
        })
    }

    /// All workflows by name, with their steps.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn workflows(&self) -> Result<Vec<WorkflowRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM workflows ORDER BY name COLLATE alphabetical")?;
            let mut workflows: Vec<WorkflowRow> = statement.query_map([], read)?.collect::<Result<_, _>>()?;
            let mut steps: BTreeMap<WorkflowId, Vec<WorkflowStep>> = BTreeMap::new();
            let mut statement =
                connection.prepare_cached("SELECT * FROM workflow_steps ORDER BY workflow, place")?;
            for row in statement.query_map([], |row| Ok((row.get("workflow")?, read_step(row)?)))? {
                let (workflow, step) = row?;
                steps.entry(workflow).or_default().push(step);
            }
            for workflow in &mut workflows {
                workflow.steps = steps.remove(&workflow.id).unwrap_or_default();
            }
            Ok(workflows)
        })
    }

    /// One workflow.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn workflow(&self, id: WorkflowId) -> Result<WorkflowRow, StoreError> {
        self.read(|connection| {
            let mut workflow = connection
                .query_row("SELECT * FROM workflows WHERE id = ?1", [id], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("workflow", id))?;
            let mut statement = connection
                .prepare_cached("SELECT * FROM workflow_steps WHERE workflow = ?1 ORDER BY place")?;
            workflow.steps = statement.query_map([id], read_step)?.collect::<Result<_, _>>()?;
            Ok(workflow)
        })
    }

    /// Removes a workflow. Its runs stay, under its name.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn remove_workflow(&self, id: WorkflowId) -> Result<(), StoreError> {
        self.write(|transaction| match transaction.execute("DELETE FROM workflows WHERE id = ?1", [id])? {
            0 => Err(StoreError::missing("workflow", id)),
            _ => Ok(()),
        })
    }

    /// Enabled workflows whose schedule is due.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn due_workflows(&self, now: Timestamp) -> Result<Vec<WorkflowId>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id FROM workflows WHERE enabled = 1 AND next_tick <= ?1 ORDER BY next_tick, id";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([millis(now)], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// When the next schedule is due.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn next_tick(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT MIN(next_tick) AS tick FROM workflows WHERE enabled = 1";
            Ok(connection.query_row(sql, [], |row| moment_or_none(row, "tick"))?)
        })
    }

    /// Says when a workflow's schedule is due next, unless somebody changed that meanwhile.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn move_tick(
        &self,
        id: WorkflowId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "UPDATE workflows SET next_tick = ?1 WHERE id = ?2 AND next_tick IS ?3",
                params![to.map(millis), id, from.map(millis)],
            )?;
            Ok(())
        })
    }

    /// What a workflow has brought to its end: digest of the object to digest of its content.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn marks(&self, id: WorkflowId) -> Result<std::collections::HashMap<[u8; 16], [u8; 16]>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT object, content FROM marks WHERE workflow = ?1")?;
            Ok(statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
        })
    }
}
