//! All aggregates together.

use std::fmt::Debug;
use std::path::Path;

use crate::{
    AuditLog, Bundles, Collections, Comparisons, Connections, Holdings, IdempotencyKeys, ListLeases,
    ObjectNeighbours, People, Queue, RecentRuns, RunLists, RunObjects, RunProgress, Runs, SameValues, Search,
    Secrets, Sessions, Settings, Timeline, Verdicts, Workflows,
};

/// The state of one service.
pub trait Store:
    Debug
    + AuditLog
    + Bundles
    + Collections
    + Comparisons
    + Connections
    + Holdings
    + IdempotencyKeys
    + ListLeases
    + ObjectNeighbours
    + People
    + Queue
    + RecentRuns
    + RunLists
    + RunObjects
    + RunProgress
    + Runs
    + SameValues
    + Search
    + Secrets
    + Sessions
    + Settings
    + Timeline
    + Verdicts
    + Workflows
{
    /// A directory on this machine for files that belong to the service and to nobody else; none if the state is elsewhere.
    fn directory(&self) -> Option<&Path>;
}
