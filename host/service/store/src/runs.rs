//! Runs and their steps. What ends a run, a step or a wait is written only by the activation that has the run.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::{StepEnding, VerdictCounts};
use serde_json::Value;

use crate::rows::names;
use crate::{
    BundleId, Configuration, ConnectionId, Mark, NewVerdict, RunId, StoreError, StoredObject, WorkflowId,
};

names! {
    /// What made a run.
    Origin {
        /// The workflow's schedule.
        Schedule = "schedule",
        /// Somebody, on the workflow's collection.
        RunNow = "run-now",
        /// Somebody, on selected objects.
        Manual = "manual",
        /// Somebody, on what failed in an earlier run.
        Retry = "retry",
    }
}

names! {
    /// Where a run is on its way.
    Phase {
        /// It waits for a worker, or for an earlier run of its workflow.
        Queued = "queued",
        /// It has begun, and waits for a moment.
        Waiting = "waiting",
        /// A worker has it.
        Running = "running",
        /// It is over.
        Ended = "ended",
    }
}

names! {
    /// How a run ended, in the words of ThreatQ's orchestrator. All but the first set the workflow's health flag.
    RunStatus {
        /// Every object was accepted, skipped or planned.
        Completed = "Completed",
        /// It worked through all its objects; some were rejected or failed.
        ErrorOccurred = "Error Occurred",
        /// An action gave up, or was ended by the host for what it did.
        ErrorDuringRun = "Error during run",
        /// It was cancelled, or its time was up.
        Incomplete = "Incomplete",
        /// It could not begin.
        FailedToComplete = "Failed to Complete",
    }
}

impl RunStatus {
    /// Whether somebody should look at it.
    #[must_use]
    pub fn is_issue(self) -> bool {
        self != Self::Completed
    }
}

names! {
    /// What an issue of a run is about: whether the service and its integration need attention, or what the run was given.
    Cause {
        /// The collection could not be read, or its objects were refused for what they are.
        Input = "input",
        /// The policy, the configuration or the installed bundle does not allow the run.
        Policy = "policy",
        /// The service, the network or the integration.
        Service = "service",
        /// The run was cancelled, or exceeded its deadline.
        Stopped = "stopped",
    }
}

/// A run to make.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The workflow.
    pub workflow: WorkflowId,
    /// What makes it.
    pub origin: Origin,
    /// Who; `schedule` for the schedule.
    pub requested_by: String,
    /// Name of the schedule's tick.
    pub tick: Option<String>,
    /// The run whose failed objects it takes.
    pub retry_of: Option<RunId>,
    /// Nothing that changes a service is to be sent.
    pub dry_run: bool,
    /// Entries of others that it may make the service remove; none for any number.
    pub evictions: Option<u64>,
    /// Name of the collection.
    pub collection: String,
    /// Its deadline.
    pub deadline_at: Timestamp,
    /// Its actions in order.
    pub steps: Vec<NewStep>,
    /// Its objects, where they are known; otherwise it takes them from the collection when it begins.
    pub objects: Option<Vec<StoredObject>>,
    /// Verdicts that these objects begin with: step and verdict.
    pub carried: Vec<(u32, NewVerdict)>,
}

/// A step of a run to make.
#[derive(Debug, Clone)]
pub struct NewStep {
    /// The installed version.
    pub bundle: BundleId,
    /// Its bundle's id.
    pub bundle_name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its zip.
    pub digest: String,
    /// Id of the action.
    pub action: String,
    /// Title of the action.
    pub title: String,
    /// The connection whose credential it uses.
    pub connection: Option<ConnectionId>,
    /// The configuration that it runs with, the connection's included; secrets remain with the connection.
    pub configuration: Configuration,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Identifies it.
    pub id: RunId,
    /// The workflow, unless it was deleted.
    pub workflow: Option<WorkflowId>,
    /// The workflow's name at that time.
    pub workflow_name: String,
    /// What made it.
    pub origin: Origin,
    /// Who made it.
    pub requested_by: String,
    /// The run whose failed objects it takes.
    pub retry_of: Option<RunId>,
    /// Whether nothing that changes a service is sent.
    pub dry_run: bool,
    /// Entries of others that it may make the service remove; none for any number.
    pub evictions: Option<u64>,
    /// The collection's name at that time.
    pub collection: String,
    /// Where it is.
    pub phase: Phase,
    /// How it ended.
    pub status: Option<RunStatus>,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// Why it waits, or why it ended so.
    pub reason: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// When it goes on, if it waits for a moment that is known.
    pub waits_until: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Its deadline.
    pub deadline_at: Timestamp,
    /// How many objects it took.
    pub objects: Option<u64>,
    /// How many were left for later runs.
    pub not_offered: u64,
    /// Files read, records left out, how objects were chosen.
    pub selection: Option<Value>,
    /// Verdicts of all its steps.
    pub counts: VerdictCounts,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// From 1 on.
    pub place: u32,
    /// The installed version, unless it was removed.
    pub bundle: Option<BundleId>,
    /// Its bundle's id.
    pub bundle_name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its zip.
    pub digest: String,
    /// Id of the action.
    pub action: String,
    /// Title of the action.
    pub title: String,
    /// The connection whose credential it uses.
    pub connection: Option<ConnectionId>,
    /// The configuration that it runs with, the connection's included; secrets remain with the connection.
    pub configuration: Configuration,
    /// How it ended; none while it is open.
    pub end: Option<StepEnd>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// The place up to which an action has had the objects, unless it has put them down since: what has no verdict up to there may
    /// have been sent.
    pub in_hand: u64,
    /// Verdicts so far.
    pub counts: VerdictCounts,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnd {
    /// In which way.
    pub how: StepEnding,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What it is about, if it is an issue.
    pub cause: Option<Cause>,
    /// Requests and bytes.
    pub traffic: Value,
    /// What the operator should know.
    pub warnings: Value,
}

impl StepEnd {
    /// An end of this kind about which nothing else is known.
    #[must_use]
    pub fn of(how: StepEnding) -> Self {
        Self {
            how,
            code: None,
            message: None,
            hint: None,
            cause: None,
            traffic: Value::Null,
            warnings: Value::Null,
        }
    }
}

/// How a run ended, and what its workflow remembers of it.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// In one word.
    pub status: RunStatus,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// Why.
    pub reason: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Objects that were brought to their end.
    pub marks: Vec<Mark>,
    /// The last object that was taken.
    pub cursor: Option<Value>,
}

impl RunEnd {
    /// An end without a reason or anything to remember. An issue is about the service, one of an incomplete run about its end.
    #[must_use]
    pub fn of(status: RunStatus) -> Self {
        let cause = match status {
            RunStatus::Completed => None,
            RunStatus::Incomplete => Some(Cause::Stopped),
            RunStatus::ErrorOccurred | RunStatus::ErrorDuringRun | RunStatus::FailedToComplete => {
                Some(Cause::Service)
            }
        };
        Self { status, cause, reason: None, hint: None, marks: Vec::new(), cursor: None }
    }
}

/// Runs and their steps.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Makes a run; none where the tick has made one already, or the run that it is to retry is retried by another.
    ///
    /// # Errors
    /// Where there is no such workflow.
    async fn add_run(&self, new: &NewRun, now: Timestamp) -> Result<Option<RunId>, StoreError>;

    /// One run.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn run(&self, id: RunId) -> Result<RunRow, StoreError>;

    /// The steps of a run.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn run_steps(&self, id: RunId) -> Result<Vec<StepRow>, StoreError>;

    /// Runs that are open and that no executor has: what a crash between making and submitting left behind.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn runs_without_task(&self) -> Result<Vec<RunId>, StoreError>;

    /// The run that retries this one.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn retry_of(&self, id: RunId) -> Result<Option<RunId>, StoreError>;

    /// Whether a workflow has a run of its schedule that nobody has begun.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn has_queued_tick(&self, workflow: WorkflowId) -> Result<bool, StoreError>;

    /// Whether a workflow has a run that is not over.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn has_open_run(&self, workflow: WorkflowId) -> Result<bool, StoreError>;
}
