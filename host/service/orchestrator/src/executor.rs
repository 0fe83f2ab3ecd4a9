//! What executes runs. It carries identifiers and timers only; what a run is about stands in the store's own tables, and a
//! distributed executor can take the place of the embedded one without a change to the run.
//!
//! Every implementation passes one suite of tests (`tests/executor.rs`): a run is never lost once `submit` has returned, only the
//! last activation of a run may write, a tenant with most of the queue delays the others by one round at most, and a
//! deadline or a cancellation ends in a run that is over.

mod embedded;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use palisade_store::{RunId, StoreError, TaskRow, TaskState};
use tokio::sync::watch;

pub use embedded::Embedded;

/// A future that can be stored.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why an activation has to end before its work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody has cancelled the run.
    Cancelled,
    /// The service ends; the run goes on when it is back.
    Draining,
    /// Another activation has taken over, or the state cannot be written: nothing more may be done.
    Lost,
}

/// Tells an activation to stop.
pub type Stopping = watch::Receiver<Option<Stop>>;

/// What one activation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advanced {
    /// There is more to do.
    More,
    /// There is more to do, not before this moment.
    WaitUntil(Timestamp),
    /// The run is over.
    Done,
    /// The activation could not do its work, and another one should try.
    Failed(String),
}

/// Whoever knows what a run is about.
pub trait Worker: Send + Sync + 'static {
    /// Does the next piece of a run's work.
    fn advance(&self, task: TaskRow, stopping: Stopping) -> Boxed<'_, Advanced>;
}

/// What executes runs.
pub trait Executor: Send + Sync + 'static {
    /// Takes a run whose row was committed. Taking it again changes nothing. When this has returned, the run is not lost.
    ///
    /// # Errors
    /// Where that cannot be promised.
    fn submit(&self, run: RunId, lane: &str, tenant: &str, deadline_at: Timestamp) -> Result<(), StoreError>;

    /// Lets a run end soon.
    ///
    /// # Errors
    /// Where the executor cannot be reached.
    fn cancel(&self, run: RunId) -> Result<(), StoreError>;

    /// Lets a run that waits go on now.
    ///
    /// # Errors
    /// Where the executor cannot be reached.
    fn wake(&self, run: RunId) -> Result<(), StoreError>;

    /// How a run stands; none where it was never submitted.
    ///
    /// # Errors
    /// Where the executor cannot be reached.
    fn status(&self, run: RunId) -> Result<Option<TaskState>, StoreError>;

    /// Takes back what a process that is gone had in its hands. How many runs.
    ///
    /// # Errors
    /// Where the executor cannot be reached.
    fn reconcile(&self) -> Result<u64, StoreError>;

    /// Works until `drain` says so, and then as long as activations need to put down what they have in hand.
    fn serve<'a>(&'a self, worker: Arc<dyn Worker>, drain: watch::Receiver<bool>) -> Boxed<'a, ()>;
}
