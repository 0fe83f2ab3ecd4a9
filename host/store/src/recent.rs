//! How much happened since a moment, counted by the state: whoever shows it holds some numbers and never the rows, however many
//! there are.

use jiff::Timestamp;

use crate::rows::millis;
use crate::{Counts, RunStatus, Store, StoreError};

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
