//! What happened to a run, in order, and the recordings of its requests.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::rows::{millis, moment};
use crate::tasks::fence;
use crate::{Activation, RunId, Store, StoreError};

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which step, where it belongs to one.
    pub step: Option<u32>,
    /// Stable code.
    pub kind: String,
    /// One sentence.
    pub message: String,
}

impl Event {
    /// An event of the whole run.
    #[must_use]
    pub fn new(at: Timestamp, kind: &str, message: &str) -> Self {
        Self { at, step: None, kind: kind.to_owned(), message: message.to_owned() }
    }

    /// The same of one step.
    #[must_use]
    pub fn of_step(self, step: u32) -> Self {
        Self { step: Some(step), ..self }
    }
}

/// The requests of one activation in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingRow {
    /// The step, from 1 on; 0 for the choice of the run's objects.
    pub step: u32,
    /// The activation.
    pub epoch: i64,
    /// HTTP Archive, compressed as it was given.
    pub har: Vec<u8>,
}

pub(crate) fn add_event(transaction: &Transaction<'_>, run: RunId, event: &Event) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO run_events (run, place, at, step, kind, message)
         VALUES (?1, (SELECT COALESCE(MAX(place), 0) + 1 FROM run_events WHERE run = ?1), ?2, ?3, ?4, ?5)",
        params![run, millis(event.at), event.step, event.kind, event.message],
    )?;
    Ok(())
}

impl Store {
    /// Notes something that happened to a run.
    ///
    /// # Errors
    /// Where there is no such run.
    pub fn add_event(&self, run: RunId, event: &Event) -> Result<(), StoreError> {
        self.write(|transaction| add_event(transaction, run, event))
    }

    /// What happened to a run, in order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn events(&self, run: RunId) -> Result<Vec<Event>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM run_events WHERE run = ?1 ORDER BY place")?;
            let rows = statement.query_map([run], |row| {
                Ok(Event {
                    at: moment(row, "at")?,
                    step: row.get("step")?,
                    kind: row.get("kind")?,
                    message: row.get("message")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Keeps the requests of one activation.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn add_recording(&self, activation: Activation, step: u32, har: &[u8]) -> Result<(), StoreError> {
        self.write(|transaction| {
            fence(transaction, activation)?;
            transaction.execute(
                "INSERT INTO run_recordings (run, step, epoch, har) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (run, step, epoch) DO UPDATE SET har = excluded.har",
                params![activation.run, step, activation.epoch, har],
            )?;
            Ok(())
        })
    }

    /// The recordings of a run, in order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn recordings(&self, run: RunId) -> Result<Vec<RecordingRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT step, epoch, har FROM run_recordings WHERE run = ?1 ORDER BY step, epoch";
            let rows = connection
                .prepare_cached(sql)?
                .query_map([run], |row| {
                    Ok(RecordingRow { step: row.get(0)?, epoch: row.get(1)?, har: row.get(2)? })
                })?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }

    /// Whether a run has a recording of one of its steps.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn is_recorded(&self, run: RunId) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT 1 FROM run_recordings WHERE run = ?1 AND step > 0 LIMIT 1";
            Ok(connection.query_row(sql, [run], |_| Ok(())).optional()?.is_some())
        })
    }
}
