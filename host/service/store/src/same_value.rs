//! What other runs did with the value of an object: the runs of the same workflow, and those of the same action.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::Verdict;

use crate::{Cause, RunId, RunStatus, StoreError};

/// Another run that had an object of the same type and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameValue {
    /// The run.
    pub run: RunId,
    /// The object's place in it.
    pub place: u64,
    /// The workflow's name at that time.
    pub workflow_name: String,
    /// Whether nothing that changes a service was sent.
    pub dry_run: bool,
    /// When the run was requested.
    pub created_at: Timestamp,
    /// How the run ended; none while it is open.
    pub status: Option<RunStatus>,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// The verdicts of its steps, in order.
    pub verdicts: Vec<SightedVerdict>,
}

/// A verdict of one step of another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SightedVerdict {
    /// The step, from 1 on.
    pub step: u32,
    /// The title of its action.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
}

/// Other runs that had the value of an object.
#[async_trait]
pub trait SameValues: Send + Sync {
    /// Other runs of the same workflow or action that had the value of this object: those before its run and those after it,
    /// the nearest first, at most `most` of each.
    ///
    /// # Errors
    /// If there is no such object.
    async fn same_value(
        &self,
        run: RunId,
        place: u64,
        most: u64,
    ) -> Result<(Vec<SameValue>, Vec<SameValue>), StoreError>;
}
