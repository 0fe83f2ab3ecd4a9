//! Where an object is in a list of its run's objects, and which objects are beside it there.

use async_trait::async_trait;

use crate::{ObjectFilter, ObjectOrder, RunId, StoreError};

/// The place of an object in a filtered and sorted list, and the objects beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours {
    /// Its position in the list, from 1 on.
    pub position: u64,
    /// How many objects the list has.
    pub total: u64,
    /// The place in the run of the object before it.
    pub previous: Option<u64>,
    /// The place in the run of the object after it.
    pub next: Option<u64>,
}

/// The place of an object in a list.
#[async_trait]
pub trait ObjectNeighbours: Send + Sync {
    /// The neighbours of an object in the list that [`Verdicts::run_objects`](crate::Verdicts::run_objects) returns for these arguments; none if the object is
    /// not in it.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn neighbours(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        place: u64,
    ) -> Result<Option<Neighbours>, StoreError>;
}
