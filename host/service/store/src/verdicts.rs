//! The objects of runs and what became of them. A verdict stands once it is written: there is no second one.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::Verdict;
use serde_json::Value;

use crate::rows::names;
use crate::{Activation, Page, RunId, StoreError};

/// An object of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredObject {
    /// Its type.
    pub subtype: String,
    /// Its value.
    pub value: String,
    /// The platform's identifier.
    pub platform_id: Option<String>,
    /// Where it was read.
    pub file: String,
    /// Its place there.
    pub location: String,
    /// All that is known of it; what it means is for the reader to say.
    pub record: Value,
}

/// A verdict to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVerdict {
    /// The object's place in its run.
    pub place: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Value,
}

/// A verdict as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictRow {
    /// What became of the object.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Value,
    /// When.
    pub decided_at: Timestamp,
}

/// An object of a run with its verdict in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRow {
    /// From 1 on.
    pub place: u64,
    /// The object.
    pub object: StoredObject,
    /// Its verdict, where there is one.
    pub verdict: Option<VerdictRow>,
}

/// Objects of one step with the same verdict for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The verdict.
    pub verdict: Verdict,
    /// The code of the reason.
    pub code: String,
    /// The message of one of them.
    pub example: String,
    /// How many different messages they have.
    pub messages: u64,
    /// How many objects.
    pub count: u64,
}

/// An object that failed in some step.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedObject {
    /// Its place in the run.
    pub place: u64,
    /// The object.
    pub object: StoredObject,
    /// Its verdict in each step that judged it.
    pub verdicts: Vec<(u32, Verdict)>,
}

/// Which objects of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// Without any.
    pub open: bool,
    /// Of this type.
    pub subtype: Option<String>,
    /// With this reason.
    pub code: Option<String>,
    /// With this in the value or the reason.
    pub text: Option<String>,
}

names! {
    /// In which order.
    ObjectOrder {
        /// That of the run.
        Place = "place",
        /// By value.
        Value = "value",
        /// By type, then value.
        Type = "type",
        /// By verdict, then reason.
        Verdict = "verdict",
    }
}

/// The objects of runs with their verdicts.
#[async_trait]
pub trait Verdicts: Send + Sync {
    /// Writes verdicts as they happen.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]: nothing was written.
    async fn record_verdicts(
        &self,
        activation: Activation,
        step: u32,
        verdicts: &[NewVerdict],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The objects that have no verdict in this step, in their order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn open_objects(&self, run: RunId, step: u32) -> Result<Vec<ObjectRow>, StoreError>;

    /// Objects of a run with their verdicts in one step, and how many there are in all.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn run_objects(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        page: Page,
    ) -> Result<(Vec<ObjectRow>, u64), StoreError>;

    /// One object of a run with its verdict in each step, by the steps' places.
    ///
    /// # Errors
    /// Where there is no such object.
    async fn object_story(
        &self,
        run: RunId,
        place: u64,
    ) -> Result<(StoredObject, Vec<(u32, VerdictRow)>), StoreError>;

    /// Verdicts by kind and reason in one step, the most frequent first, each with an example.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn reasons(&self, run: RunId, step: u32) -> Result<Vec<Reason>, StoreError>;

    /// The objects that failed in some step, each with its place and its verdicts by step.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn failed_objects(&self, run: RunId) -> Result<Vec<FailedObject>, StoreError>;

    /// The objects that have a verdict in each of `steps` steps, none of them failed.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn finished_objects(&self, run: RunId, steps: u64) -> Result<Vec<StoredObject>, StoreError>;
}
