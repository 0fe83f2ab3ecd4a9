//! The conditions and the order of a list of runs, in SQL. Only what a filter demands is in the statement, so that its indexes are used.

use palisade_store::{Phase, RunFilter, RunOrder, RunStatus, folded};
use rusqlite::types::Value;

use crate::rows::millis;

/// Conditions as SQL about the table `runs`, with their values.
pub(crate) struct Conditions {
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
}

impl Conditions {
    /// The conditions of a filter.
    pub(crate) fn of(filter: &RunFilter) -> Self {
        let mut all = Self { sql: "1 = 1".to_owned(), values: Vec::new() };
        if let Some(workflow) = filter.workflow {
            all.and("runs.workflow = {}", workflow.0);
        }
        if let Some(phase) = filter.phase {
            all.and("runs.phase = {}", phase.name().to_owned());
        }
        if filter.open {
            all.and("runs.phase <> {}", Phase::Ended.name().to_owned());
        }
        if let Some(status) = filter.status {
            all.and("runs.status = {}", status.name().to_owned());
        }
        if filter.issue {
            all.and("runs.status <> {}", RunStatus::Completed.name().to_owned());
        }
        if let Some(cause) = filter.cause {
            all.and("runs.cause = {}", cause.name().to_owned());
        }
        if let Some(verdict) = filter.verdict {
            let sql = "EXISTS (SELECT 1 FROM verdict_counts AS counted WHERE counted.run = runs.id AND counted.verdict = {} \
                AND counted.count > 0)";
            all.and(sql, verdict.name().to_owned());
        }
        if let Some(from) = filter.from {
            all.and("runs.created_at >= {}", millis(from));
        }
        if let Some(to) = filter.to {
            all.and("runs.created_at < {}", millis(to));
        }
        if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
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

/// The order of a list, in the language of ORDER BY.
pub(crate) fn sorting(filter: &RunFilter) -> String {
    let descending = filter.descending.unwrap_or(filter.order == RunOrder::Requested);
    let direction = if descending { "DESC" } else { "ASC" };
    match filter.order {
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
