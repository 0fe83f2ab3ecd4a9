//! How things stand: the runs that say how each workflow fares.

use async_trait::async_trait;
use palisade_store::{RecentRuns, RunRow, StoreError};

use crate::SqliteStore;
use crate::runs::read;

#[async_trait]
impl RecentRuns for SqliteStore {
    async fn last_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |connection| {
            // One look from the end for each workflow: not each of the runs that there ever were.
            let sql = "SELECT * FROM runs WHERE id IN (SELECT (SELECT run.id FROM runs AS run
                WHERE run.workflow = workflows.id AND run.phase = 'ended' AND run.dry_run = 0
                ORDER BY run.id DESC LIMIT 1) FROM workflows)";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT * FROM runs WHERE phase IN ('queued', 'waiting', 'running') AND dry_run = 0 ORDER BY id";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        }).await
    }
}
