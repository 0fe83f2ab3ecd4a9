//! The task engine: what an accepted action becomes. A task waits for approval, queues, runs and ends as its plan says, by the
//! simulator's clock; its effects happen when it succeeds. While it has not ended, the same action on the same target is a
//! duplicate.

mod calls;
mod engine;
mod plan;
mod task;

pub(crate) use calls::{cancel, get, list};
pub(crate) use engine::{Accepted, Proposal, ProposedPart, Tasks};
pub use plan::{Decision, ItemRefusal, TaskArchive, TaskEnd, TaskPlan};
pub(crate) use task::{Effect, Status};
