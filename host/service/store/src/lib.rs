//! The state of the service, in one SQLite file: integrations, connections, secrets (sealed before they get here), collections,
//! workflows, runs with every object's verdict, people and what they did.
//!
//! Typed rows go in and come out; a decision is made by whoever asks. No HTTP, no WebAssembly, no clock: who writes says what
//! time it is. Denied by default: a second verdict for an object, a write of an activation that is not the last one, a change
//! of the audit log.
//!
//! One writer at a time and any number of readers beside it (write-ahead log). A transaction that was committed survives
//! the end of the process at any moment.

mod audit;
mod backup;
mod bundles;
mod collation;
mod collections;
mod compared;
mod connections;
mod database;
mod error;
mod holdings;
mod idempotency;
mod ids;
mod leases;
mod migrations;
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
mod spelling;
mod tasks;
mod timeline;
mod verdicts;
mod version;
mod workflows;

pub use audit::{AuditEntry, AuditFilter, NewAuditEntry};
pub use bundles::{BundleRow, NewBundle};
pub use collation::{Alphabetical, alphabetical};
pub use collections::{CollectionRow, Counted, FileReader, FileRow, FileWriter, NewCollection, NewFile};
pub use compared::Compared;
pub use connections::{ActionDefaults, ConnectionContent, ConnectionRow, ConnectionUsers, ConnectionWrite};
pub use database::Store;
pub use error::StoreError;
pub use holdings::{HoldingRow, Lists, NewHolding};
pub use idempotency::{Answered, Claimed};
pub use ids::{
    BundleId, CollectionId, ConnectionId, FileId, RunId, SecretId, SessionId, TokenId, UserId, WorkflowId,
};
pub use neighbours::Neighbours;
pub use people::{EndedWithUser, LinkRow, LogIn, NewToken, TokenRow, Tokens, UserRow};
pub use rows::Page;
pub use run_list::{RunCount, RunFilter, RunOrder, RunTotals};
pub use runs::{Cause, NewRun, NewStep, Origin, Phase, RunEnd, RunRow, RunStatus, StepEnd, StepRow};
pub use same_value::{SameValue, SightedVerdict};
pub use search::{FoundInFiles, FoundInRuns, Matches, Searched};
pub use secrets::SecretRow;
pub use sessions::{NewSession, OpenSession, SessionRow};
pub use tasks::{Activation, TaskRow, TaskState};
pub use timeline::{Event, RecordingRow};
pub use verdicts::{
    FailedObject, NewVerdict, ObjectFilter, ObjectOrder, ObjectRow, Reason, StoredObject, VerdictRow,
};
pub use version::Version;
pub use workflows::{Configuration, Mark, NewWorkflow, StoredValue, Takes, WorkflowRow, WorkflowStep};
