//! What a comparison found: how many submissions of a step the service would add, refresh or leave as they are.
//!
//! Counted from the verdicts themselves, so that a run that was continued after a restart counts all of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use palisade_store::{Compared, Comparisons, RunId, StoreError};

use crate::SqliteStore;
use crate::rows::{Columns, params};

#[async_trait]
impl Comparisons for SqliteStore {
    async fn compared(&self, run: RunId, step: u32) -> Result<Option<Compared>, StoreError> {
        const COMPARISONS: &str = "FROM verdicts, json_each(verdicts.submissions) AS submission
            WHERE run = ?1 AND step = ?2 AND json_type(submission.value, '$.comparison') = 'object'";
        self.read(move |connection| {
            let sql = format!(
                "SELECT
                     COALESCE(SUM(NOT held), 0), COALESCE(SUM(held AND changes > 0), 0),
                     COALESCE(SUM(held AND changes = 0), 0)
                 FROM (SELECT
                     COALESCE(json_type(submission.value, '$.comparison.held') = 'object', 0) AS held,
                     COALESCE(json_array_length(submission.value, '$.comparison.changes'), 0) AS changes
                     {COMPARISONS})"
            );
            let count = |row: &rusqlite::Row<'_>, index| row.column::<i64>(index).map(i64::unsigned_abs);
            let mut compared = connection.prepare_cached(&sql)?.query_row(params![run, step], |row| {
                Ok(Compared {
                    added: count(row, 0)?,
                    refreshed: count(row, 1)?,
                    unchanged: count(row, 2)?,
                    also_on: BTreeMap::new(),
                })
            })?;
            if compared.is_empty() {
                return Ok(None);
            }
            let sql = format!(
                "SELECT list.value, COUNT(*)
                 FROM (SELECT submission.value AS value {COMPARISONS}) AS compared,
                     json_each(compared.value, '$.comparison.also_on') AS list
                 GROUP BY list.value"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let lists =
                statement.query_map(params![run, step], |row| Ok((row.column(0)?, count(row, 1)?)))?;
            compared.also_on = lists.collect::<Result<_, _>>()?;
            Ok(Some(compared))
        })
        .await
    }
}
