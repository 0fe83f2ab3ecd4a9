//! The queue of the embedded executor: identifiers, timers and epochs. Nothing here knows what a run is about.
//!
//! Of a lane (a workflow) only the oldest open task is handed out, so that runs of one workflow never overlap. Tenants take
//! turns: whoever has nine tenths of the queue delays the others by one round at most. A bundle has a share of the workers,
//! so that one whose component never returns does not keep all of them. What was cancelled or is past its deadline is handed
//! out at once, wherever it stands, for whoever works on it to end it.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::rows::names;
use crate::{Activation, Event, RunId, StoreError};

names! {
    /// How a task stands.
    TaskState {
        /// Waits for its time and for a worker.
        Ready = "ready",
        /// A worker has it.
        Active = "active",
        /// Over.
        Ended = "ended",
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The run.
    pub run: RunId,
    /// The last activation.
    pub epoch: i64,
    /// How it stands.
    pub state: TaskState,
    /// Not to be worked on before.
    pub wake_at: Timestamp,
    /// To be ended from then on.
    pub deadline_at: Timestamp,
    /// To be ended.
    pub cancelled: bool,
}

impl TaskRow {
    /// The last activation.
    #[must_use]
    pub fn activation(&self) -> Activation {
        Activation { run: self.run, epoch: self.epoch }
    }
}

/// The queue of the embedded executor.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts a run into the queue; does nothing where it is there already.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn submit_task(
        &self,
        run: RunId,
        lane: &str,
        tenant: &str,
        deadline_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Hands out the next task, if any is due, and raises its epoch. One that waits for a list is due once that is free. A
    /// bundle may have any number of them.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn claim_task(&self, now: Timestamp) -> Result<Option<TaskRow>, StoreError> {
        self.claim_task_within(now, usize::MAX).await
    }

    /// Hands out the next task, if any is due, and raises its epoch. Passes over tasks whose next step belongs to a bundle that
    /// is at work in `most_of_bundle` others.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn claim_task_within(
        &self,
        now: Timestamp,
        most_of_bundle: usize,
    ) -> Result<Option<TaskRow>, StoreError>;

    /// Says that a worker is alive, and learns whether its task was cancelled.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another activation has taken over.
    async fn heartbeat(&self, activation: Activation, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives a task back, to be handed out again at `wake_at` at the earliest.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another activation has taken over.
    async fn release_task(&self, activation: Activation, wake_at: Timestamp) -> Result<(), StoreError>;

    /// Takes a task that is over out of the queue.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn end_task(&self, run: RunId) -> Result<(), StoreError>;

    /// Marks a task as cancelled. Whoever has it learns of it at its next heartbeat.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn cancel_task(&self, run: RunId) -> Result<(), StoreError>;

    /// Makes a waiting task due.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn wake_task(&self, run: RunId, now: Timestamp) -> Result<(), StoreError>;

    /// How a run's task stands; none where it was never submitted.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn task(&self, run: RunId) -> Result<Option<TaskRow>, StoreError>;

    /// Takes tasks back from workers that have not been heard of since `silent_since`, and adds `event` to each of their runs.
    /// Returns how many.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn take_back_tasks(&self, silent_since: Timestamp, event: &Event) -> Result<u64, StoreError>;
}
