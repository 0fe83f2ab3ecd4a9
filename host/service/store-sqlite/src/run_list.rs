//! Lists of runs: which ones, in which order, one page of them, and how many there are of each kind. A page, its counts and the counts
//! of the overview have one set of conditions, so that a number and the list behind it agree.

use crate::rows::limit;
use crate::rows::offset;
use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::VerdictCounts;
use palisade_store::{Page, RunCount, RunFilter, RunLists, RunRow, RunTotals, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::error::Error;
use crate::rows::Columns;
use crate::run_conditions::{Conditions, sorting};
use crate::runs::{read, say_why_queued};
use crate::{SqliteStore, verdicts};

fn totals(connection: &Connection, filter: &RunFilter) -> Result<RunTotals, Error> {
    let Conditions { sql: conditions, values } = Conditions::of(filter);
    let sql = format!(
        "SELECT runs.status, runs.cause, COUNT(*) FROM runs WHERE {conditions} GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let runs = statement.query_map(params_from_iter(&values), |row| {
        Ok(RunCount {
            status: row.column(0)?,
            cause: row.column(1)?,
            count: row.column::<i64>(2)?.unsigned_abs(),
        })
    })?;
    let runs = runs.collect::<Result<_, _>>()?;
    let sql = format!(
        "SELECT verdict_counts.verdict, SUM(verdict_counts.count) FROM verdict_counts JOIN runs ON runs.id = verdict_counts.run
         WHERE {conditions} GROUP BY 1"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(&values))?;
    let mut verdicts = VerdictCounts::default();
    while let Some(row) = rows.next()? {
        verdicts.add(row.column(0)?, row.column::<i64>(1)?.unsigned_abs());
    }
    Ok(RunTotals { runs, verdicts })
}

#[async_trait]
impl RunLists for SqliteStore {
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<(Vec<RunRow>, u64), StoreError> {
        let filter = filter.clone();
        self.read(move |connection| {
            let Conditions { sql: conditions, mut values } = Conditions::of(&filter);
            let sql = format!("SELECT COUNT(*) FROM runs WHERE {conditions}");
            let total: i64 =
                connection.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.column(0))?;
            let (most, from) = (values.len() + 1, values.len() + 2);
            values.extend([Value::from(limit(page)), Value::from(offset(page))]);
            let sorting = sorting(&filter);
            let sql = format!(
                "SELECT runs.* FROM runs WHERE {conditions} ORDER BY {sorting} LIMIT ?{most} OFFSET ?{from}"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let mut runs: Vec<RunRow> =
                statement.query_map(params_from_iter(&values), read)?.collect::<Result<_, _>>()?;
            for run in &mut runs {
                run.counts = verdicts::counts(connection, run.id, None)?;
                say_why_queued(connection, run)?;
            }
            Ok((runs, total.unsigned_abs()))
        })
        .await
    }

    async fn run_totals(&self, filter: &RunFilter) -> Result<RunTotals, StoreError> {
        let filter = filter.clone();
        self.read(move |connection| totals(connection, &filter)).await
    }

    async fn run_totals_between(&self, moments: &[Timestamp]) -> Result<Vec<RunTotals>, StoreError> {
        let moments = moments.to_vec();
        self.read(move |connection| {
            let spans = moments.iter().zip(moments.iter().skip(1));
            let filter = |from: &Timestamp, to: &Timestamp| RunFilter {
                from: Some(*from),
                to: Some(*to),
                ..RunFilter::default()
            };
            spans.map(|(from, to)| totals(connection, &filter(from, to))).collect()
        })
        .await
    }
}
