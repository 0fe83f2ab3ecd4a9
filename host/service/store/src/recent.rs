//! How things stand: the runs that say how each workflow fares.

use crate::runs::read;
use crate::{RunRow, Store, StoreError};

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
}
