//! The queue of the embedded executor: identifiers, timers and epochs. Nothing here knows what a run is about.
//!
//! Of a lane (a workflow) only the oldest open task is handed out, so that runs of one workflow never overlap. Tenants take
//! turns: whoever has nine tenths of the queue delays the others by one round at most. A bundle has a share of the workers,
//! so that one whose component never returns does not keep all of them. What was cancelled or is past its deadline is handed
//! out at once, wherever it stands, for whoever works on it to end it.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{Activation, Event, Queue, RunId, StoreError, TaskRow, TaskState};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::SqliteStore;
use crate::error::Error;
use crate::rows::{Columns, millis, moment, params};
use crate::timeline::add_event;

fn read(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        run: row.column("run")?,
        epoch: row.column("epoch")?,
        state: row.column("state")?,
        wake_at: moment(row, "wake_at")?,
        deadline_at: moment(row, "deadline_at")?,
        cancelled: row.column("cancelled")?,
    })
}

/// Lets nothing be written but by the last activation, and only while it has the task.
pub(crate) fn fence(connection: &Connection, activation: Activation) -> Result<(), Error> {
    let sql = "SELECT 1 FROM tasks WHERE run = ?1 AND epoch = ?2 AND state = 'active'";
    let mut statement = connection.prepare_cached(sql)?;
    if statement.exists(params![activation.run, activation.epoch])? {
        Ok(())
    } else {
        Err(StoreError::Fenced(activation.run).into())
    }
}

#[async_trait]
impl Queue for SqliteStore {
    async fn submit_task(
        &self,
        run: RunId,
        lane: &str,
        tenant: &str,
        deadline_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (lane, tenant) = (lane.to_owned(), tenant.to_owned());
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO tasks (run, lane, tenant, state, epoch, wake_at, deadline_at)
                 VALUES (?1, ?2, ?3, 'ready', 0, ?4, ?5) ON CONFLICT (run) DO NOTHING",
                params![run, lane, tenant, millis(now), millis(deadline_at)],
            )?;
            Ok(())
        })
        .await
    }

    async fn claim_task_within(
        &self,
        now: Timestamp,
        most_of_bundle: usize,
    ) -> Result<Option<TaskRow>, StoreError> {
        self.write(move |transaction| {
            let sql = "WITH at_work (bundle, tasks) AS (
                    SELECT (SELECT bundle_name FROM run_steps AS step WHERE step.run = tasks.run AND step.phase <> 'ended'
                            ORDER BY step.place LIMIT 1) AS bundle, COUNT(*)
                    FROM tasks WHERE state = 'active' GROUP BY bundle)
                SELECT task.* FROM tasks AS task LEFT JOIN tenants ON tenants.tenant = task.tenant
                WHERE task.state = 'ready' AND (
                    task.cancelled = 1 OR task.deadline_at <= ?1
                    OR ((task.wake_at <= ?1 OR EXISTS (
                        SELECT 1 FROM list_waits AS waits WHERE waits.run = task.run AND NOT EXISTS (
                            SELECT 1 FROM list_leases AS lease JOIN tasks AS holder
                            ON holder.run = lease.run AND holder.epoch = lease.epoch AND holder.state = 'active'
                            WHERE lease.list = waits.list)))
                    AND NOT EXISTS (
                        SELECT 1 FROM tasks AS earlier
                        WHERE earlier.lane = task.lane AND earlier.state <> 'ended' AND earlier.run < task.run)
                    AND NOT EXISTS (
                        SELECT 1 FROM at_work WHERE at_work.tasks >= ?2 AND at_work.bundle = (
                            SELECT bundle_name FROM run_steps AS step WHERE step.run = task.run AND step.phase <> 'ended'
                            ORDER BY step.place LIMIT 1))))
                ORDER BY COALESCE(tenants.turn, 0), task.run LIMIT 1";
            let most = i64::try_from(most_of_bundle).unwrap_or(i64::MAX);
            let arguments = params![millis(now), most];
            let found = transaction.prepare_cached(sql)?.query_row(arguments, read).optional()?;
            let Some(mut task) = found else { return Ok(None) };
            transaction.execute(
                "UPDATE tasks SET state = 'active', epoch = epoch + 1, heartbeat_at = ?1 WHERE run = ?2",
                params![millis(now), task.run],
            )?;
            transaction.execute(
                "INSERT INTO tenants (tenant, turn)
                 SELECT tenant, (SELECT COALESCE(MAX(turn), 0) + 1 FROM tenants) FROM tasks WHERE run = ?1
                 ON CONFLICT (tenant) DO UPDATE SET turn = excluded.turn",
                params![task.run],
            )?;
            task.epoch += 1;
            task.state = TaskState::Active;
            Ok(Some(task))
        }).await
    }

    async fn heartbeat(&self, activation: Activation, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let beat = params![millis(now), activation.run];
            transaction.execute("UPDATE tasks SET heartbeat_at = ?1 WHERE run = ?2", beat)?;
            let sql = "SELECT cancelled FROM tasks WHERE run = ?1";
            Ok(transaction.query_row(sql, params![activation.run], |row| row.column(0))?)
        })
        .await
    }

    async fn release_task(&self, activation: Activation, wake_at: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let ready = params![millis(wake_at), activation.run];
            transaction.execute("UPDATE tasks SET state = 'ready', wake_at = ?1 WHERE run = ?2", ready)?;
            Ok(())
        })
        .await
    }

    async fn end_task(&self, run: RunId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute("UPDATE tasks SET state = 'ended' WHERE run = ?1", params![run])?;
            Ok(())
        })
        .await
    }

    async fn cancel_task(&self, run: RunId) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "UPDATE tasks SET cancelled = 1 WHERE run = ?1 AND state <> 'ended'",
                params![run],
            )?;
            Ok(())
        })
        .await
    }

    async fn wake_task(&self, run: RunId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let sql = "UPDATE tasks SET wake_at = ?1 WHERE run = ?2 AND state = 'ready' AND wake_at > ?1";
            transaction.execute(sql, params![millis(now), run])?;
            Ok(())
        })
        .await
    }

    async fn task(&self, run: RunId) -> Result<Option<TaskRow>, StoreError> {
        self.read(move |connection| {
            Ok(connection.query_row("SELECT * FROM tasks WHERE run = ?1", params![run], read).optional()?)
        })
        .await
    }

    async fn take_back_tasks(&self, silent_since: Timestamp, event: &Event) -> Result<u64, StoreError> {
        let event = event.clone();
        self.write(move |transaction| {
            let sql = "UPDATE tasks SET state = 'ready' WHERE state = 'active' AND heartbeat_at <= ?1 RETURNING run";
            let runs: Vec<RunId> = transaction
                .prepare_cached(sql)?
                .query_map([millis(silent_since)], |row| row.column(0))?
                .collect::<Result<_, _>>()?;
            for run in &runs {
                add_event(transaction, *run, &event)?;
            }
            Ok(runs.len() as u64)
        }).await
    }
}
