//! The objects of a run by themselves, without what became of them: some by their places, and how many there are of each type.

use async_trait::async_trait;

use crate::{RunId, StoreError, StoredObject};

/// The objects of runs without their verdicts.
#[async_trait]
pub trait RunObjects: Send + Sync {
    /// The objects at these places of a run, in the order of the places; there may be none at a place.
    ///
    /// # Errors
    /// Where there is no such run.
    async fn objects_at(&self, run: RunId, places: &[u64]) -> Result<Vec<(u64, StoredObject)>, StoreError>;

    /// The types of a run's objects and how many there are of each, by name. What could not be read has none.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn object_types(&self, run: RunId) -> Result<Vec<(String, u64)>, StoreError>;
}
