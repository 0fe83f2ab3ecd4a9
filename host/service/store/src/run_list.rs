//! Lists of runs: which ones, in which order, one page of them, and how many there are of each kind. A page, its counts and the counts
//! of the overview have one set of conditions, so that a number and the list behind it agree.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::{Verdict, VerdictCounts};

use crate::rows::names;
use crate::{Cause, Page, Phase, RunRow, RunStatus, StoreError, WorkflowId};

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

impl RunFilter {
    /// Whether a condition leaves out some runs.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        *self != Self { order: self.order, descending: self.descending, ..Self::default() }
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

/// Lists and sums of runs.
#[async_trait]
pub trait RunLists: Send + Sync {
    /// One page of the runs that match a filter, and how many match.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn runs(&self, filter: &RunFilter, page: Page) -> Result<(Vec<RunRow>, u64), StoreError>;

    /// The runs that match a filter, counted by how they ended, and the verdicts of their objects.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn run_totals(&self, filter: &RunFilter) -> Result<RunTotals, StoreError>;

    /// The same for each span of time between two neighbouring moments, from one view of the state.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn run_totals_between(&self, moments: &[Timestamp]) -> Result<Vec<RunTotals>, StoreError>;
}
