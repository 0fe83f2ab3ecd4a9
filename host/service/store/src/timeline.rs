//! What happened to a run, in order, and the recordings of its requests.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Activation, RunId, StoreError};

/// Something that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which step, where it belongs to one.
    pub step: Option<u32>,
    /// Stable code.
    pub kind: String,
    /// One sentence.
    pub message: String,
}

impl Event {
    /// An event of the whole run.
    #[must_use]
    pub fn new(at: Timestamp, kind: &str, message: &str) -> Self {
        Self { at, step: None, kind: kind.to_owned(), message: message.to_owned() }
    }

    /// The same of one step.
    #[must_use]
    pub fn of_step(self, step: u32) -> Self {
        Self { step: Some(step), ..self }
    }
}

/// The requests of one activation in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingRow {
    /// The step, from 1 on; 0 for the choice of the run's objects.
    pub step: u32,
    /// The activation.
    pub epoch: i64,
    /// HTTP Archive, compressed as it was given.
    pub har: Vec<u8>,
}

/// Events and recordings of runs.
#[async_trait]
pub trait Timeline: Send + Sync {
    /// Notes something that happened to a run.
    ///
    /// # Errors
    /// Where there is no such run.
    async fn add_event(&self, run: RunId, event: &Event) -> Result<(), StoreError>;

    /// What happened to a run, in order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn events(&self, run: RunId) -> Result<Vec<Event>, StoreError>;

    /// Keeps the requests of one activation.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    async fn add_recording(&self, activation: Activation, step: u32, har: &[u8]) -> Result<(), StoreError>;

    /// The recordings of a run, in order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn recordings(&self, run: RunId) -> Result<Vec<RecordingRow>, StoreError>;

    /// Whether a run has a recording of one of its steps.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn is_recorded(&self, run: RunId) -> Result<bool, StoreError>;
}
