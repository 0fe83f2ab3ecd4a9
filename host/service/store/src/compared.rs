//! What a comparison found: how many submissions of a step the service would add, refresh or leave as they are.
//!
//! Counted from the verdicts themselves, so that a run that was continued after a restart counts all of them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use crate::{RunId, StoreError};

/// The submissions of a step that were compared with what the service has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The service has no such entry.
    pub added: u64,
    /// It has one, and the submission would change it.
    pub refreshed: u64,
    /// It has one, and nothing would change.
    pub unchanged: u64,
    /// Those that another list has as well, by the name of that list.
    pub also_on: BTreeMap<String, u64>,
}

impl Compared {
    /// Whether nothing was compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added + self.refreshed + self.unchanged == 0
    }
}

/// What comparisons found.
#[async_trait]
pub trait Comparisons: Send + Sync {
    /// What the comparison of a step found; none if it did not compare.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn compared(&self, run: RunId, step: u32) -> Result<Option<Compared>, StoreError>;
}
