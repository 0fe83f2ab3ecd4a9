//! Runs and their steps. What ends a run, a step or a wait is written only by the activation that has the run.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::VerdictCounts;
use palisade_store::{Event, NewRun, Phase, RunId, RunRow, Runs, StepEnd, StepRow, StoreError, WorkflowId};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::{Error, missing};
use crate::rows::{Columns, json, json_or_none, millis, moment, moment_or_none, number, params, to_json};
use crate::timeline::add_event;
use crate::{SqliteStore, verdicts};

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.column("id")?,
        workflow: row.column("workflow")?,
        workflow_name: row.column("workflow_name")?,
        origin: row.column("origin")?,
        requested_by: row.column("requested_by")?,
        retry_of: row.column("retry_of")?,
        dry_run: row.column("dry_run")?,
        evictions: row.column::<Option<i64>>("evictions")?.map(i64::unsigned_abs),
        collection: row.column("collection")?,
        phase: row.column("phase")?,
        status: row.column("status")?,
        cause: row.column("cause")?,
        reason: row.column("reason")?,
        hint: row.column("hint")?,
        waits_until: moment_or_none(row, "waits_until")?,
        created_at: moment(row, "created_at")?,
        started_at: moment_or_none(row, "started_at")?,
        ended_at: moment_or_none(row, "ended_at")?,
        deadline_at: moment(row, "deadline_at")?,
        objects: row.column::<Option<i64>>("objects")?.map(i64::unsigned_abs),
        not_offered: row.column::<i64>("not_offered")?.unsigned_abs(),
        selection: json_or_none(row, "selection")?,
        counts: VerdictCounts::default(),
    })
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<StepRow> {
    let phase: String = row.column("phase")?;
    let end = if phase == "ended" {
        Some(StepEnd {
            how: row.column("ended_how")?,
            code: row.column("code")?,
            message: row.column("message")?,
            hint: row.column("hint")?,
            cause: row.column("cause")?,
            traffic: json_or_none(row, "traffic")?.unwrap_or_default(),
            warnings: json_or_none(row, "warnings")?.unwrap_or_default(),
        })
    } else {
        None
    };
    Ok(StepRow {
        place: row.column("place")?,
        bundle: row.column("bundle")?,
        bundle_name: row.column("bundle_name")?,
        version: row.column("version")?,
        digest: row.column("digest")?,
        action: row.column("action")?,
        title: row.column("title")?,
        connection: row.column("connection")?,
        configuration: json(row, "configuration")?,
        end,
        started_at: moment_or_none(row, "started_at")?,
        ended_at: moment_or_none(row, "ended_at")?,
        in_hand: row.column::<i64>("in_hand")?.unsigned_abs(),
        counts: VerdictCounts::default(),
    })
}

pub(crate) fn one(connection: &Connection, id: RunId) -> Result<RunRow, Error> {
    let mut run = connection
        .prepare_cached("SELECT * FROM runs WHERE id = ?1")?
        .query_row(params![id], read)
        .optional()?
        .ok_or_else(|| missing("run", id))?;
    run.counts = verdicts::counts(connection, id, None)?;
    say_why_queued(connection, &mut run)?;
    Ok(run)
}

/// A run that nobody works on says what it waits for.
pub(crate) fn say_why_queued(connection: &Connection, run: &mut RunRow) -> Result<(), Error> {
    if run.phase != Phase::Queued || run.reason.is_some() {
        return Ok(());
    }
    let sql = "SELECT MIN(id) FROM runs WHERE workflow = ?1 AND id < ?2 AND phase <> 'ended'";
    let earlier: Option<RunId> =
        connection.prepare_cached(sql)?.query_row(params![run.workflow, run.id], |row| row.column(0))?;
    run.reason = Some(match earlier {
        Some(earlier) => format!("waits for run {earlier} of the same workflow"),
        None => "waits for a worker".to_owned(),
    });
    Ok(())
}

#[async_trait]
impl Runs for SqliteStore {
    async fn add_run(&self, new: &NewRun, now: Timestamp) -> Result<Option<RunId>, StoreError> {
        let new = new.clone();
        self.write(move |transaction| {
            let name: String = transaction
                .query_row("SELECT name FROM workflows WHERE id = ?1", params![new.workflow], |row| row.column(0))
                .optional()?
                .ok_or_else(|| missing("workflow", new.workflow))?;
            let added = transaction.execute(
                "INSERT INTO runs (workflow, workflow_name, origin, requested_by, tick, retry_of, dry_run, collection,
                     phase, created_at, deadline_at, evictions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?10, ?11) ON CONFLICT DO NOTHING",
                params![
                    new.workflow,
                    name,
                    new.origin,
                    new.requested_by,
                    new.tick,
                    new.retry_of,
                    new.dry_run,
                    new.collection,
                    millis(now),
                    millis(new.deadline_at),
                    number(new.evictions)
                ],
            )?;
            if added == 0 {
                return Ok(None);
            }
            let id = RunId(transaction.last_insert_rowid());
            for (step, place) in new.steps.iter().zip(1_i64..) {
                transaction.execute(
                    "INSERT INTO run_steps (run, place, bundle, bundle_name, version, digest, action, title,
                         connection, configuration, phase)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'open')",
                    params![
                        id,
                        place,
                        step.bundle,
                        step.bundle_name,
                        step.version,
                        step.digest,
                        step.action,
                        step.title,
                        step.connection,
                        to_json("configuration", &step.configuration)?
                    ],
                )?;
            }
            if let Some(objects) = &new.objects {
                verdicts::offer(transaction, id, objects)?;
            }
            for (step, verdict) in &new.carried {
                verdicts::record(transaction, id, *step, std::slice::from_ref(verdict), now)?;
            }
            add_event(transaction, id, &Event::new(now, "requested", &format!("requested by {}", new.requested_by)))?;
            Ok(Some(id))
        }).await
    }

    async fn run(&self, id: RunId) -> Result<RunRow, StoreError> {
        self.read(move |connection| one(connection, id)).await
    }

    async fn run_steps(&self, id: RunId) -> Result<Vec<StepRow>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM run_steps WHERE run = ?1 ORDER BY place")?;
            let mut steps: Vec<StepRow> =
                statement.query_map(params![id], read_step)?.collect::<Result<_, _>>()?;
            for step in &mut steps {
                step.counts = verdicts::counts(connection, id, Some(step.place))?;
            }
            Ok(steps)
        })
        .await
    }

    async fn runs_without_task(&self) -> Result<Vec<RunId>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT id FROM runs WHERE phase <> 'ended'
                AND NOT EXISTS (SELECT 1 FROM tasks WHERE run = id AND state <> 'ended') ORDER BY id";
            Ok(connection.prepare(sql)?.query_map([], |row| row.column(0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn retry_of(&self, id: RunId) -> Result<Option<RunId>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT id FROM runs WHERE retry_of = ?1";
            Ok(connection.prepare_cached(sql)?.query_row(params![id], |row| row.column(0)).optional()?)
        })
        .await
    }

    async fn has_queued_tick(&self, workflow: WorkflowId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM runs WHERE workflow = ?1 AND phase = 'queued' AND origin = 'schedule'
                AND started_at IS NULL";
            Ok(connection.prepare_cached(sql)?.exists(params![workflow])?)
        })
        .await
    }

    async fn has_open_run(&self, workflow: WorkflowId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM runs WHERE workflow = ?1 AND phase <> 'ended'";
            Ok(connection.prepare_cached(sql)?.exists(params![workflow])?)
        })
        .await
    }
}
