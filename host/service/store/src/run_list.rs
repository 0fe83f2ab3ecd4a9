//! Lists of runs: which ones, in which order, one page of them, and how many there are of each kind. A page, its counts and the counts
//! of the overview have one set of conditions, so that a number and the list behind it agree.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::collation::folded;
use crate::rows::{ByName, millis, names};
use crate::runs::{read, say_why_queued};
use crate::{Cause, Page, Phase, RunRow, RunStatus, Store, StoreError, WorkflowId, verdicts};
use palisade_model::{Verdict, VerdictCounts};

names! {
    /// What a list of runs is sorted by.
    RunOrder {
        /// The time of the request.
        Requested = "requested",
        /// The name of the workflow.
        Workflow = "workflow",
        /// The status; runs that have not ended come last.
        Status = "status",
        /// The number of objects; runs that have not selected theirs come last.
        Objects = "objects",
        /// The time from start to end; runs that have not ended come last.
        Duration = "duration",
    }
}

/// Which runs, and in which order. Without conditions: all, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Of this workflow.
    pub workflow: Option<WorkflowId>,
    /// In this phase.
    pub phase: Option<Phase>,
    /// Not ended.
    pub open: bool,
    /// With this status.
    pub status: Option<RunStatus>,
    /// Ended with any status but the first.
    pub issue: bool,
    /// With an issue of this cause.
    pub cause: Option<Cause>,
    /// With at least one object that has this verdict in a step.
    pub verdict: Option<Verdict>,
    /// Requested at or after this moment.
    pub from: Option<Timestamp>,
    /// Requested before this moment.
    pub to: Option<Timestamp>,
    /// With this text in the name of the workflow or of the requester, in any case of letters, or with this number.
    pub text: Option<String>,
    /// The order.
    pub order: RunOrder,
    /// Whether the order is reversed.
    pub descending: Option<bool>,
}

#[expect(clippy::derivable_impls, reason = "the enum is written by a macro")]
impl Default for RunOrder {
    fn default() -> Self {
        Self::Requested
    }
}

/// Conditions as SQL about the table `runs`, with their values.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a value; the text stands for it in SQL.
    fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Adds a condition about a value, `{}`.
    fn and(&mut self, sql: &str, value: impl Into<Value>) {
        let value = self.value(value);
        self.sql.push_str(" AND ");
        self.sql.push_str(&sql.replace("{}", &value));
    }
}

impl RunFilter {
    /// Whether a condition leaves out some runs.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        *self != Self { order: self.order, descending: self.descending, ..Self::default() }
    }

    fn conditions(&self) -> Conditions {
        let mut all = Conditions { sql: "1 = 1".to_owned(), values: Vec::new() };
        if let Some(workflow) = self.workflow {
            all.and("runs.workflow = {}", workflow.0);
        }
        if let Some(phase) = self.phase {
            all.and("runs.phase = {}", phase.name().to_owned());
        }
        if self.open {
            all.and("runs.phase <> {}", Phase::Ended.name().to_owned());
        }
        if let Some(status) = self.status {
            all.and("runs.status = {}", status.name().to_owned());
        }
        if self.issue {
            all.and("runs.status <> {}", RunStatus::Completed.name().to_owned());
        }
        if let Some(cause) = self.cause {
            all.and("runs.cause = {}", cause.name().to_owned());
        }
        if let Some(verdict) = self.verdict {
            let sql = "EXISTS (SELECT 1 FROM verdict_counts AS counted WHERE counted.run = runs.id AND counted.verdict = {} \
                AND counted.count > 0)";
            all.and(sql, verdict.name().to_owned());
        }
        if let Some(from) = self.from {
            all.and("runs.created_at >= {}", millis(from));
        }
        if let Some(to) = self.to {
            all.and("runs.created_at < {}", millis(to));
        }
        if let Some(text) = self.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            let text = folded(text);
            let number = text.strip_prefix("run ").or_else(|| text.strip_prefix('#')).unwrap_or(&text);
            // A text that is not a number is compared with NULL, which no run has as its number.
            let number = all.value(number.trim().parse::<i64>().ok());
            let sql = format!(
                "(INSTR(folded(runs.workflow_name), {{}}) > 0 OR INSTR(folded(runs.requested_by), {{}}) > 0 OR runs.id = {number})"
            );
            all.and(&sql, text);
        }
        all
    }

    fn sorting(&self) -> String {
        let descending = self.descending.unwrap_or(self.order == RunOrder::Requested);
        let direction = if descending { "DESC" } else { "ASC" };
        match self.order {
            // Runs are numbered in the order of their requests.
            RunOrder::Requested => format!("runs.id {direction}"),
            RunOrder::Workflow => {
                format!("runs.workflow_name COLLATE alphabetical {direction}, runs.id DESC")
            }
            RunOrder::Status => format!("runs.status {direction} NULLS LAST, runs.id DESC"),
            RunOrder::Objects => format!("runs.objects {direction} NULLS LAST, runs.id DESC"),
            RunOrder::Duration => {
                format!("runs.ended_at - runs.started_at {direction} NULLS LAST, runs.id DESC")
            }
        }
    }
}

/// Runs that ended alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCount {
    /// How they ended; none if they are open.
    pub status: Option<RunStatus>,
    /// The cause of their issue.
    pub cause: Option<Cause>,
    /// How many.
    pub count: u64,
}

/// All runs that match a filter, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunTotals {
    /// By status and cause.
    pub runs: Vec<RunCount>,
    /// The verdicts of their objects in all steps.
    pub verdicts: VerdictCounts,
}

impl RunTotals {
    /// The sum of several.
    #[must_use]
    pub fn sum(all: &[Self]) -> Self {
        let mut sum = Self::default();
        for totals in all {
            for runs in &totals.runs {
                let alike = |one: &&mut RunCount| (one.status, one.cause) == (runs.status, runs.cause);
                match sum.runs.iter_mut().find(alike) {
                    Some(one) => one.count += runs.count,
                    None => sum.runs.push(*runs),
                }
            }
            for verdict in Verdict::ALL {
                sum.verdicts.add(*verdict, totals.verdicts.of(*verdict));
            }
        }
        sum
    }

    /// How many runs.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.runs.iter().map(|runs| runs.count).sum()
    }

    /// How many ended with an issue.
    #[must_use]
    pub fn issues(&self) -> u64 {
        self.runs
            .iter()
            .filter(|runs| runs.status.is_some_and(RunStatus::is_issue))
            .map(|runs| runs.count)
            .sum()
    }
}

fn totals(connection: &Connection, filter: &RunFilter) -> Result<RunTotals, StoreError> {
    let Conditions { sql: conditions, values } = filter.conditions();
    let sql = format!(
        "SELECT runs.status, runs.cause, COUNT(*) FROM runs WHERE {conditions} GROUP BY 1, 2 ORDER BY 1, 2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let runs = statement.query_map(params_from_iter(&values), |row| {
        Ok(RunCount { status: row.get(0)?, cause: row.get(1)?, count: row.get::<_, i64>(2)?.unsigned_abs() })
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
        verdicts.add(row.get::<_, ByName<_>>(0)?.0, row.get::<_, i64>(1)?.unsigned_abs());
    }
    Ok(RunTotals { runs, verdicts })
}

impl Store {
    /// One page of the runs that match a filter, and how many match.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn runs(&self, filter: &RunFilter, page: Page) -> Result<(Vec<RunRow>, u64), StoreError> {
        self.read(|connection| {
            let Conditions { sql: conditions, mut values } = filter.conditions();
            let sql = format!("SELECT COUNT(*) FROM runs WHERE {conditions}");
            let total: i64 =
                connection.prepare_cached(&sql)?.query_row(params_from_iter(&values), |row| row.get(0))?;
            let (limit, offset) = (values.len() + 1, values.len() + 2);
            values.extend([Value::from(page.limit()), Value::from(page.offset())]);
            let sorting = filter.sorting();
            let sql = format!(
                "SELECT runs.* FROM runs WHERE {conditions} ORDER BY {sorting} LIMIT ?{limit} OFFSET ?{offset}"
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
    }

    /// The runs that match a filter, counted by how they ended, and the verdicts of their objects.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn run_totals(&self, filter: &RunFilter) -> Result<RunTotals, StoreError> {
        self.read(|connection| totals(connection, filter))
    }

    /// The same for each span of time between two neighbouring moments, from one view of the state.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn run_totals_between(&self, moments: &[Timestamp]) -> Result<Vec<RunTotals>, StoreError> {
        self.read(|connection| {
            let spans = moments.iter().zip(moments.iter().skip(1));
            let filter = |from: &Timestamp, to: &Timestamp| RunFilter {
                from: Some(*from),
                to: Some(*to),
                ..RunFilter::default()
            };
            spans.map(|(from, to)| totals(connection, &filter(from, to))).collect()
        })
    }
}
