//! Connections: where a service is and the credential for it, entered once. Actions and workflows refer to a connection by its
//! number, so that a key is rotated in one place.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::{Configuration, ConnectionId, RunId, StoreError, Version, WorkflowId};

/// The defaults of an action for future workflows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ActionDefaults {
    /// The connection that new workflows use.
    pub connection: Option<ConnectionId>,
    /// Parameter to value, without the parameters of the connection.
    pub configuration: Configuration,
}

/// A connection.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionRow {
    /// Identifies it.
    pub id: ConnectionId,
    /// Unique name.
    pub name: String,
    /// The id of the bundle whose actions can use it.
    pub kind: String,
    /// Parameter to value.
    pub configuration: Configuration,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: String,
    /// When it was last changed.
    pub modified_at: Timestamp,
    /// Raised by each change.
    pub version: Version,
    /// Result of the last test since the last change.
    pub tested: Option<Value>,
}

/// The contents of a connection to create or to change.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionContent {
    /// Unique name.
    pub name: String,
    /// The id of the bundle whose actions can use it.
    pub kind: String,
    /// Parameter to value.
    pub configuration: Configuration,
}

/// A connection to create, or to change if `id` is given.
#[derive(Debug, Clone)]
pub struct ConnectionWrite {
    /// The connection to change.
    pub id: Option<ConnectionId>,
    /// Its contents.
    pub content: ConnectionContent,
    /// The version that the connection must have to be changed.
    pub expected: Option<Version>,
    /// Actions of the bundle that get a created connection as their default if they have none.
    pub others: Vec<String>,
    /// Who writes it.
    pub who: String,
    /// When.
    pub now: Timestamp,
}

/// Everything that refers to a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionUsers {
    /// Workflows, by name.
    pub workflows: Vec<(WorkflowId, String)>,
    /// Runs that have not ended, with the names of their workflows.
    pub runs: Vec<(RunId, String)>,
    /// Bundle and action whose new workflows use it.
    pub actions: Vec<(String, String)>,
}

impl ConnectionUsers {
    /// Whether the connection must not be deleted. Defaults of actions do not prevent that.
    #[must_use]
    pub fn prevent_deletion(&self) -> bool {
        !self.workflows.is_empty() || !self.runs.is_empty()
    }
}

/// Connections to services.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Creates a connection, or changes it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if another connection has the name. [`StoreError::Changed`] if it has another version.
    async fn write_connection(&self, connection: &ConnectionWrite) -> Result<ConnectionId, StoreError>;

    /// All connections by name.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn connections(&self) -> Result<Vec<ConnectionRow>, StoreError>;

    /// One connection.
    ///
    /// # Errors
    /// If there is no connection with this id.
    async fn connection(&self, id: ConnectionId) -> Result<ConnectionRow, StoreError>;

    /// Everything that refers to a connection.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn connection_users(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError>;

    /// Records the result of a test of a connection, unless the connection has changed since the test began.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn record_connection_test(
        &self,
        id: ConnectionId,
        version: Version,
        result: &Value,
    ) -> Result<(), StoreError>;

    /// Deletes a connection that no workflow and no open run uses; actions whose default it is have none then. Otherwise nothing is
    /// deleted. Returns its users.
    ///
    /// # Errors
    /// If there is no connection with this id, or the state cannot be written.
    async fn remove_connection(&self, id: ConnectionId) -> Result<ConnectionUsers, StoreError>;
}
