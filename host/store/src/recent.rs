//! How things stand: how much happened since a moment, counted by the state, so that whoever shows it never holds the rows; and the
//! runs that say how each workflow fares.

use jiff::Timestamp;

use crate::rows::millis;
use crate::runs::read;
use crate::{Counts, RunRow, RunStatus, Store, StoreError};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// Runs that were asked for within one hour and stand alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCount {
    /// When the hour begins, in UTC.
    pub hour: Timestamp,
    /// How they ended; none while they are open.
    pub status: Option<RunStatus>,
    /// How many.
    pub count: u64,
}

impl Store {
    /// The last run of each workflow that is over and that was no dry run: how its workflow fares. What is only asked for, or tried,
    /// says nothing about that.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn last_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(|connection| {
            // One look from the end for each workflow: not each of the runs that there ever were.
            let sql = "SELECT * FROM runs WHERE id IN (SELECT (SELECT run.id FROM runs AS run
                WHERE run.workflow = workflows.id AND run.phase = 'ended' AND run.dry_run = 0
                ORDER BY run.id DESC LIMIT 1) FROM workflows)";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Runs that are not over and are no dry runs, the earliest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn open_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT * FROM runs WHERE phase IN ('queued', 'waiting', 'running') AND dry_run = 0 ORDER BY id";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Runs that were asked for at or after this moment, by hour and status.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn run_counts(&self, since: Timestamp) -> Result<Vec<RunCount>, StoreError> {
        self.read(|connection| {
            // Whole numbers divide to whole numbers, here and in PostgreSQL.
            let sql = format!(
                "SELECT created_at / {HOUR}, status, COUNT(*) FROM runs WHERE created_at >= ?1
                 GROUP BY created_at / {HOUR}, status ORDER BY 1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let counts = statement.query_map([millis(since)], |row| {
                let hour = Timestamp::from_millisecond(row.get::<_, i64>(0)?.saturating_mul(HOUR));
                Ok(RunCount {
                    hour: hour.unwrap_or(Timestamp::UNIX_EPOCH),
                    status: row.get(1)?,
                    count: row.get::<_, i64>(2)?.unsigned_abs(),
                })
            })?;
            Ok(counts.collect::<Result<_, _>>()?)
        })
    }

    /// Verdicts of all runs that were asked for at or after this moment.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn verdicts_since(&self, since: Timestamp) -> Result<Counts, StoreError> {
        self.read(|connection| {
            let sql = "SELECT verdict, SUM(count) FROM verdict_counts JOIN runs ON runs.id = run
                WHERE runs.created_at >= ?1 GROUP BY verdict";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([millis(since)])?;
            let mut counts = Counts::default();
            while let Some(row) = rows.next()? {
                counts.add(row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs());
            }
            Ok(counts)
        })
    }
}
