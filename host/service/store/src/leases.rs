//! Which run may push to a list of a service. What a run has read of a list must stay true until it has sent what it computed
//! from that, so one run at a time pushes to a list, and the others wait.
//!
//! A lease belongs to an activation. It holds while that activation has its task, so that the end of the process, a takeover
//! and a lost worker release it without anything being cleaned up.

use async_trait::async_trait;

use crate::{Activation, RunId, StoreError};

/// Which run may push to a list.
#[async_trait]
pub trait ListLeases: Send + Sync {
    /// Leases a list to an activation. Returns the run that has the lease if that is another run. A run that waits is noted:
    /// [`Queue::claim_task`](crate::Queue::claim_task) hands it out once the list is free.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn lease_list(&self, activation: Activation, list: &str) -> Result<Option<RunId>, StoreError>;

    /// Releases the list that an activation has leased. The runs that wait for it are due from then on.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn release_list(&self, activation: Activation, list: &str) -> Result<(), StoreError>;
}
