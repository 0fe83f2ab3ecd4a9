//! How things stand: the runs that say how each workflow fares.

use async_trait::async_trait;

use crate::{RunRow, StoreError};

/// The runs that show how workflows fare.
#[async_trait]
pub trait RecentRuns: Send + Sync {
    /// The last run of each workflow that is over and that was no dry run: how its workflow fares. What is only asked for, or tried,
    /// says nothing about that.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn last_runs(&self) -> Result<Vec<RunRow>, StoreError>;

    /// Runs that are not over and are no dry runs, the earliest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError>;
}
