//! What an activation writes of its run: that it begins, takes its objects, ends a step, waits, or ends. All of it is fenced:
//! nothing is written but by the last activation.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{Activation, NewVerdict, Phase, RunEnd, StepEnd, StoreError, StoredObject};

/// What an activation writes of its run.
#[async_trait]
pub trait RunProgress: Send + Sync {
    /// Says that a run is being worked on.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn begin_run(&self, activation: Activation, now: Timestamp) -> Result<(), StoreError>;

    /// Gives a run its objects, once: those that it has already stay.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn offer_objects(
        &self,
        activation: Activation,
        objects: &[StoredObject],
        not_offered: u64,
        selection: &Value,
    ) -> Result<(), StoreError>;

    /// Says that a step begins; its first beginning counts.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn begin_step(&self, activation: Activation, place: u32, now: Timestamp) -> Result<(), StoreError>;

    /// Says that an action has got the objects of a step up to this place: written before it has them. What it has stays in its
    /// hand, however its process ends, until [`RunProgress::put_down`].
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn take_in_hand(&self, activation: Activation, step: u32, place: u64) -> Result<(), StoreError>;

    /// Says that an action was ended before its work was done, and that what has no verdict was not sent.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn put_down(&self, activation: Activation, step: u32) -> Result<(), StoreError>;

    /// Ends a step, with the verdicts that only its end brings.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn end_step(
        &self,
        activation: Activation,
        place: u32,
        end: &StepEnd,
        verdicts: &[NewVerdict],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends a run and, where it has a workflow, moves what that remembers: the marks of objects that were brought to their
    /// end, and the last object that was taken.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn end_run(&self, activation: Activation, end: &RunEnd, now: Timestamp) -> Result<(), StoreError>;

    /// Says that a run waits until its task is handed out again, why, and until when if that is known.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn wait_run(
        &self,
        activation: Activation,
        phase: Phase,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Says why a run that is worked on stands still and until when, or that it goes on.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn note_wait(
        &self,
        activation: Activation,
        wait: Option<(&str, Timestamp)>,
    ) -> Result<(), StoreError>;

    /// Removes runs that ended before this moment. How many.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn prune_runs(&self, ended_before: Timestamp, most: u64) -> Result<u64, StoreError>;
}
