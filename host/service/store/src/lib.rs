//! The state of the service, as traits: integrations, connections, secrets (sealed before they get here), collections, workflows,
//! runs with every object's verdict, users and what they did. `palisade-store-sqlite` keeps it in one SQLite file.
//!
//! Each file has an aggregate: its rows, and the trait that reads and writes them. [`Store`] is all of them. Decisions belong to the
//! callers. There is no HTTP, no WebAssembly, no clock and no type of a database here: writers state the time. Denied by default: a
//! second verdict for an object, a write of an outdated activation, a change to the audit log.
//!
//! Each method is one transaction, and its future does not block the thread that polls it. Committed changes survive the end of
//! the process. A write is completed even if its future is dropped. `tests/store-conformance` states what implementations have in
//! common.

mod audit;
mod bundles;
mod collation;
mod collections;
mod compared;
mod connections;
mod error;
mod files;
mod holdings;
mod idempotency;
mod leases;
mod neighbours;
mod people;
mod recent;
mod rows;
mod run_list;
mod run_objects;
mod run_progress;
mod runs;
mod same_value;
mod search;
mod secrets;
mod sessions;
mod settings;
pub mod spelling;
mod store;
mod tasks;
mod timeline;
mod verdicts;
mod version;
mod wait;
mod workflows;

pub use audit::{AuditEntry, AuditFilter, AuditLog, NewAuditEntry};
pub use bundles::{BundleRow, Bundles, NewBundle};
pub use collation::{Alphabetical, alphabetical, folded};
pub use collections::{CollectionRow, Collections, Counted, FileRow, NewCollection, NewFile};
pub use compared::{Compared, Comparisons};
pub use connections::{
    ActionDefaults, ConnectionContent, ConnectionRow, ConnectionUsers, ConnectionWrite, Connections,
};
pub use error::StoreError;
pub use files::{FileReader, FileWriter};
pub use holdings::{HoldingRow, Holdings, Lists, NewHolding};
pub use idempotency::{Answered, Claimed, IdempotencyKeys};
pub use leases::ListLeases;
pub use neighbours::{Neighbours, ObjectNeighbours};
pub use palisade_model::{
    Activation, BundleId, CollectionId, ConnectionId, FileId, RunId, SecretId, SessionId, TokenId, UserId,
    WorkflowId,
};
pub use people::{EndedWithUser, LinkRow, LogIn, NewToken, People, TokenRow, Tokens, UserRow};
pub use recent::RecentRuns;
pub use rows::Page;
pub use run_list::{RunCount, RunFilter, RunLists, RunOrder, RunTotals};
pub use run_objects::RunObjects;
pub use run_progress::RunProgress;
pub use runs::{Cause, NewRun, NewStep, Origin, Phase, RunEnd, RunRow, RunStatus, Runs, StepEnd, StepRow};
pub use same_value::{SameValue, SameValues, SightedVerdict};
pub use search::{FoundInFiles, FoundInRuns, Matches, Search, Searched};
pub use secrets::{SecretRow, Secrets};
pub use sessions::{NewSession, OpenSession, SessionRow, Sessions};
pub use settings::Settings;
pub use store::Store;
pub use tasks::{Queue, TaskRow, TaskState};
pub use timeline::{Event, RecordingRow, Timeline};
pub use verdicts::{
    FailedObject, NewVerdict, ObjectFilter, ObjectOrder, ObjectRow, Reason, StoredObject, VerdictRow,
    Verdicts,
};
pub use version::Version;
pub use wait::Wait;
pub use workflows::{
    Configuration, Mark, NewWorkflow, StoredValue, Takes, WorkflowRow, WorkflowStep, Workflows,
};
