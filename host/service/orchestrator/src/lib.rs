//! The orchestrator: integrations, connections, data collections, workflows, schedules and runs, on the state of `host/service/store` and the runs of
//! `host/runtime/run`. No HTTP: whoever serves people or programs calls what is here and shows what it says.
//!
//! ```text
//! scheduler ─┐
//! somebody ──┴─▶ request_run ─▶ store ─▶ Executor ─▶ advance ─▶ host/runtime/run ─▶ verdicts ─▶ store
//!                                 ▲                     │
//!                                 └── recover, at start └─▶ More, WaitUntil, Done
//! ```
//!
//! Denied by default: a bundle that nobody trusted has signed, an overwritten configuration that was not confirmed, a secret in
//! anything that is shown, two runs of one workflow at once, a second verdict for an object.

mod advance;
mod choose;
mod clock;
mod collections;
mod connection_test;
mod connections;
mod error;
pub mod executor;
mod filter;
mod form;
mod holdings;
mod integrations;
mod judged;
mod live;
mod objects;
mod orchestrator;
mod preview;
mod progress;
mod reading;
mod runs;
mod scheduler;
mod secrets;
mod selected;
mod tally;
mod traced;
mod words;
mod workflows;

pub use clock::{Clock, SystemClock};
pub use collections::{CollectionChange, CollectionSource, Upload, filter_of, reading_of, source_of};
pub use connection_test::{ConnectionTest, Failing, TestedAt};
pub use connections::{ConnectionChoice, ConnectionDraft, ConnectionKind, ConnectionPage};
pub use error::{Field, OrchestratorError};
pub use filter::Filter;
pub use form::{Entered, Form, FormField, FormOption, FormSection, REMOVE, SECRET, form};
pub use integrations::{ActionPage, Confirmed, Installed, ParameterChange, Review, ReviewedAction, told};
pub use judged::{Told, nothing_accepted};
pub use live::{NewConnection, StoredLogIn};
pub use orchestrator::{Options, Orchestrator};
pub use palisade_run::{connection_parameters, without_connection};
pub use preview::{Order, Preview, Search, Wanted};
pub use reading::{ColumnRead, FileRead, NamedColumns};
pub use runs::Request;
pub use selected::SelectedObject;
pub use tally::Tallied;
pub use words::of_service;
pub use workflows::{ActionFile, OnConflict, StepDraft, StepForm, WorkflowDraft, WorkflowFile};
