//! How many entries lists of services held when a run read them last. The latest word counts; an earlier one goes when a
//! later run of the same step tells of the same list, also with another connection: the workflow was moved to it.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Activation, ConnectionId, RunId, StoreError};

/// How many entries a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHolding {
    /// The list's name for people.
    pub list: String,
    /// The service's name for the type that is counted; none where all are counted together.
    pub field: Option<String>,
    /// The entries.
    pub entries: u64,
    /// What the service keeps of it at most; none where that is not known.
    pub limit: Option<u64>,
}

/// Whose lists they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists {
    /// The connection.
    pub tenant: String,
    /// The manifest's id.
    pub bundle: String,
    /// Where they are.
    pub service: String,
}

/// The latest word about one type of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingRow {
    /// The connection, as runs name it.
    pub tenant: String,
    /// The connection and its name, unless it was deleted.
    pub connection: Option<(ConnectionId, String)>,
    /// The manifest's id.
    pub bundle: String,
    /// The bundle's name for people; its id where it is not installed any more.
    pub title: String,
    /// Where the list is.
    pub service: String,
    /// What was read.
    pub holding: NewHolding,
    /// The run that read it.
    pub run: RunId,
    /// Name of that run's workflow, as it was then.
    pub workflow_name: String,
    /// When.
    pub at: Timestamp,
}

/// How many entries lists of services hold.
#[async_trait]
pub trait Holdings: Send + Sync {
    /// Keeps what a step of a run has read.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn record_holdings(
        &self,
        activation: Activation,
        step: u32,
        lists: &Lists,
        holdings: &[NewHolding],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// The latest word about each type of each list, tenant by tenant.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn holdings(&self) -> Result<Vec<HoldingRow>, StoreError>;
}
