//! What happened to a run, in order, and the recordings of its requests.

use async_trait::async_trait;
use palisade_store::{Activation, Event, RecordingRow, RunId, StoreError, Timeline};
use rusqlite::{OptionalExtension as _, Transaction};

use crate::SqliteStore;
use crate::error::Error;
use crate::rows::{Columns, millis, moment, params};
use crate::tasks::fence;

pub(crate) fn add_event(transaction: &Transaction<'_>, run: RunId, event: &Event) -> Result<(), Error> {
    transaction.execute(
        "INSERT INTO run_events (run, place, at, step, kind, message)
         VALUES (?1, (SELECT COALESCE(MAX(place), 0) + 1 FROM run_events WHERE run = ?1), ?2, ?3, ?4, ?5)",
        params![run, millis(event.at), event.step, event.kind, event.message],
    )?;
    Ok(())
}

#[async_trait]
impl Timeline for SqliteStore {
    async fn add_event(&self, run: RunId, event: &Event) -> Result<(), StoreError> {
        let event = event.clone();
        self.write(move |transaction| add_event(transaction, run, &event)).await
    }

    async fn events(&self, run: RunId) -> Result<Vec<Event>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM run_events WHERE run = ?1 ORDER BY place")?;
            let rows = statement.query_map(params![run], |row| {
                Ok(Event {
                    at: moment(row, "at")?,
                    step: row.column("step")?,
                    kind: row.column("kind")?,
                    message: row.column("message")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn add_recording(&self, activation: Activation, step: u32, har: &[u8]) -> Result<(), StoreError> {
        let har = har.to_vec();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            transaction.execute(
                "INSERT INTO run_recordings (run, step, epoch, har) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (run, step, epoch) DO UPDATE SET har = excluded.har",
                params![activation.run, step, activation.epoch, har],
            )?;
            Ok(())
        })
        .await
    }

    async fn recordings(&self, run: RunId) -> Result<Vec<RecordingRow>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT step, epoch, har FROM run_recordings WHERE run = ?1 ORDER BY step, epoch";
            let rows = connection
                .prepare_cached(sql)?
                .query_map(params![run], |row| {
                    Ok(RecordingRow { step: row.column(0)?, epoch: row.column(1)?, har: row.column(2)? })
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .await
    }

    async fn is_recorded(&self, run: RunId) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT 1 FROM run_recordings WHERE run = ?1 AND step > 0 LIMIT 1";
            Ok(connection.query_row(sql, params![run], |_| Ok(())).optional()?.is_some())
        })
        .await
    }
}
