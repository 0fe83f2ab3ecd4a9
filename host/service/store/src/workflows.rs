//! Workflows, their steps with a configuration each, and how far each of them has come with its collection.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rows::names;
use crate::{BundleId, CollectionId, ConnectionId, SecretId, StoreError, Version, WorkflowId};

/// Parameter to value.
pub type Configuration = BTreeMap<String, StoredValue>;

/// A value of a configuration as it is stored: a secret by its number only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StoredValue {
    /// A secret that is kept sealed.
    Secret {
        /// Which.
        secret: SecretId,
    },
    /// Any other value.
    Value(Value),
}

names! {
    /// Which objects of its collection a workflow takes.
    Takes {
        /// All of them, again and again.
        All = "all",
        /// Those that differ from what was brought to its end before.
        Changed = "changed",
    }
}

/// A workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRow {
    /// Identifies it.
    pub id: WorkflowId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection; none where it is only run on selected objects.
    pub collection: Option<CollectionId>,
    /// When it runs automatically, for the scheduler to interpret.
    pub schedule: Value,
    /// Which objects it takes.
    pub takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    pub evictions: Option<u64>,
    /// Whether it runs on schedule.
    pub enabled: bool,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last.
    pub modified_at: Timestamp,
    /// From when on periods of the schedule are counted.
    pub anchor: Timestamp,
    /// When the schedule is due next.
    pub next_tick: Option<Timestamp>,
    /// The last object that a run took.
    pub cursor: Option<Value>,
    /// Raised by each change.
    pub version: Version,
    /// Its actions in order.
    pub steps: Vec<WorkflowStep>,
}

/// One action of a workflow, with a configuration of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowStep {
    /// The installed version.
    pub bundle: BundleId,
    /// Id of the action.
    pub action: String,
    /// The connection that it uses; an action without a credential needs none.
    pub connection: Option<ConnectionId>,
    /// Its configuration in this workflow, without the parameters of the connection.
    pub configuration: Configuration,
}

/// A workflow to make, or what is to become of one.
#[derive(Debug, Clone)]
pub struct NewWorkflow {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection.
    pub collection: Option<CollectionId>,
    /// When it runs automatically.
    pub schedule: Value,
    /// Which objects it takes.
    pub takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    pub evictions: Option<u64>,
    /// Whether it runs on schedule.
    pub enabled: bool,
    /// From when on periods of the schedule are counted.
    pub anchor: Timestamp,
    /// When the schedule is due next.
    pub next_tick: Option<Timestamp>,
    /// Its actions in order.
    pub steps: Vec<WorkflowStep>,
}

/// What is remembered of an object that was brought to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Digest of its type and value.
    pub object: [u8; 16],
    /// Digest of everything about it, and of what is done with it.
    pub content: [u8; 16],
}

/// Workflows, their steps and their marks.
#[async_trait]
pub trait Workflows: Send + Sync {
    /// Creates a workflow.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where there is one of this name.
    async fn add_workflow(
        &self,
        new: &NewWorkflow,
        who: &str,
        now: Timestamp,
    ) -> Result<WorkflowId, StoreError>;

    /// Changes a workflow that has the expected version, if one is given. If its collection changes, it starts over.
    ///
    /// # Errors
    /// If there is no workflow with this id, or another one with this name. [`StoreError::Changed`] if it has another version.
    async fn change_workflow(
        &self,
        id: WorkflowId,
        new: &NewWorkflow,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// All workflows by name, with their steps.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn workflows(&self) -> Result<Vec<WorkflowRow>, StoreError>;

    /// One workflow.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn workflow(&self, id: WorkflowId) -> Result<WorkflowRow, StoreError>;

    /// Removes a workflow. Its runs stay, under its name.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn remove_workflow(&self, id: WorkflowId) -> Result<(), StoreError>;

    /// Enabled workflows whose schedule is due.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn due_workflows(&self, now: Timestamp) -> Result<Vec<WorkflowId>, StoreError>;

    /// When the next schedule is due.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn next_tick(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Says when a workflow's schedule is due next, unless somebody changed that meanwhile.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn move_tick(
        &self,
        id: WorkflowId,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// What a workflow has brought to its end: digest of the object to digest of its content.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn marks(
        &self,
        id: WorkflowId,
    ) -> Result<std::collections::HashMap<[u8; 16], [u8; 16]>, StoreError>;
}
