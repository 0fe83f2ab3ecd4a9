//! What an activation writes of its run: that it begins, takes its objects, ends a step, waits, or ends. All of it is fenced:
//! nothing is written but by the last activation.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{
    Activation, Event, Mark, NewVerdict, Phase, RunEnd, RunId, RunProgress, StepEnd, StoreError,
    StoredObject, WorkflowId,
};
use rusqlite::Transaction;
use serde_json::Value;

use crate::error::Error;
use crate::rows::{Columns, millis, params, to_json};
use crate::tasks::fence;
use crate::timeline::add_event;
use crate::{SqliteStore, verdicts};

fn remember(
    transaction: &Transaction<'_>,
    run: RunId,
    marks: &[Mark],
    cursor: Option<&Value>,
) -> Result<(), Error> {
    let sql = "SELECT workflow FROM runs WHERE id = ?1";
    let Some(workflow) =
        transaction.query_row(sql, params![run], |row| row.column::<Option<WorkflowId>>(0))?
    else {
        return Ok(());
    };
    if let Some(cursor) = cursor {
        let moved = params![to_json("cursor", cursor)?, workflow];
        transaction.execute("UPDATE workflows SET cursor = ?1 WHERE id = ?2", moved)?;
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO marks (workflow, object, content) VALUES (?1, ?2, ?3)
         ON CONFLICT (workflow, object) DO UPDATE SET content = excluded.content",
    )?;
    for mark in marks {
        insert.execute(params![workflow, mark.object, mark.content])?;
    }
    Ok(())
}

#[async_trait]
impl RunProgress for SqliteStore {
    async fn begin_run(&self, activation: Activation, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let begin = params![millis(now), activation.run];
            transaction.execute(
                "UPDATE runs SET phase = 'running', reason = NULL, waits_until = NULL,
                     started_at = COALESCE(started_at, ?1) WHERE id = ?2",
                begin,
            )?;
            Ok(())
        })
        .await
    }

    async fn offer_objects(
        &self,
        activation: Activation,
        objects: &[StoredObject],
        not_offered: u64,
        selection: &Value,
    ) -> Result<(), StoreError> {
        let (objects, selection) = (objects.to_vec(), selection.clone());
        self.write(move |transaction| {
            fence(transaction, activation)?;
            verdicts::offer(transaction, activation.run, &objects)?;
            transaction.execute(
                "UPDATE runs SET not_offered = ?1, selection = ?2 WHERE id = ?3",
                params![
                    i64::try_from(not_offered).unwrap_or(i64::MAX),
                    to_json("selection", &selection)?,
                    activation.run
                ],
            )?;
            Ok(())
        })
        .await
    }

    async fn begin_step(&self, activation: Activation, place: u32, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            transaction.execute(
                "UPDATE run_steps SET started_at = COALESCE(started_at, ?1) WHERE run = ?2 AND place = ?3",
                params![millis(now), activation.run, place],
            )?;
            Ok(())
        })
        .await
    }

    async fn take_in_hand(&self, activation: Activation, step: u32, place: u64) -> Result<(), StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            transaction.execute(
                "UPDATE run_steps SET in_hand = MAX(in_hand, ?1) WHERE run = ?2 AND place = ?3",
                params![i64::try_from(place).unwrap_or(i64::MAX), activation.run, step],
            )?;
            Ok(())
        })
        .await
    }

    async fn put_down(&self, activation: Activation, step: u32) -> Result<(), StoreError> {
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let of = params![activation.run, step];
            transaction.execute("UPDATE run_steps SET in_hand = 0 WHERE run = ?1 AND place = ?2", of)?;
            Ok(())
        })
        .await
    }

    async fn end_step(
        &self,
        activation: Activation,
        place: u32,
        end: &StepEnd,
        verdicts: &[NewVerdict],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (end, verdicts) = (end.clone(), verdicts.to_vec());
        self.write(move |transaction| {
            fence(transaction, activation)?;
            verdicts::record(transaction, activation.run, place, &verdicts, now)?;
            transaction.execute(
                "UPDATE run_steps SET phase = 'ended', ended_how = ?1, code = ?2, message = ?3, hint = ?4,
                     ended_at = ?5, traffic = ?6, warnings = ?7, cause = ?8
                 WHERE run = ?9 AND place = ?10",
                params![
                    end.how,
                    end.code,
                    end.message,
                    end.hint,
                    millis(now),
                    to_json("traffic", &end.traffic)?,
                    to_json("warnings", &end.warnings)?,
                    end.cause,
                    activation.run,
                    place
                ],
            )?;
            Ok(())
        })
        .await
    }

    async fn end_run(&self, activation: Activation, end: &RunEnd, now: Timestamp) -> Result<(), StoreError> {
        let end = end.clone();
        let RunEnd { status, cause, reason, hint, marks, cursor } = end;
        self.write(move |transaction| {
            fence(transaction, activation)?;
            transaction.execute(
                "UPDATE runs SET phase = 'ended', status = ?1, reason = ?2, hint = ?3, waits_until = NULL, ended_at = ?4,
                 cause = ?5 WHERE id = ?6",
                params![status, reason, hint, millis(now), cause, activation.run],
            )?;
            transaction.execute("UPDATE tasks SET state = 'ended' WHERE run = ?1", params![activation.run])?;
            add_event(transaction, activation.run, &Event::new(now, "ended", status.name()))?;
            remember(transaction, activation.run, &marks, cursor.as_ref())
        }).await
    }

    async fn wait_run(
        &self,
        activation: Activation,
        phase: Phase,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let reason = reason.to_owned();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let waits = params![phase, reason, until.map(millis), activation.run];
            transaction
                .execute("UPDATE runs SET phase = ?1, reason = ?2, waits_until = ?3 WHERE id = ?4", waits)?;
            Ok(())
        })
        .await
    }

    async fn note_wait(
        &self,
        activation: Activation,
        wait: Option<(&str, Timestamp)>,
    ) -> Result<(), StoreError> {
        let (reason, until) = wait.map(|(reason, until)| (reason.to_owned(), millis(until))).unzip();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let waits = params![reason, until, activation.run];
            transaction.execute("UPDATE runs SET reason = ?1, waits_until = ?2 WHERE id = ?3", waits)?;
            Ok(())
        })
        .await
    }

    async fn prune_runs(&self, ended_before: Timestamp, most: u64) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let sql =
                "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE ended_at < ?1 ORDER BY id LIMIT ?2)";
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            Ok(transaction.execute(sql, params![millis(ended_before), most])? as u64)
        })
        .await
    }
}
