//! One run, from collection to report: the library that embedders use. The command line is a thin edge around it.
//!
//! ```text
//! Preparation::new ─▶ Prepared ─▶ Prepared::execute ─▶ Report
//!   bundle, action,     every check        one verdict for      what became of
//!   configuration,      has passed,        each object          every object
//!   collection          nothing is sent
//! ```
//!
//! Everything that can be wrong before the first request is found in the first step: the bundle, the action, each
//! parameter, each secret, the component's imports, the collection's format. Nothing has been sent when it fails.
//!
//! The invariant of every report: `offered = accepted + planned + skipped + rejected + failed + pending`, and each offered key occurs
//! once in the ledger. A component can break neither by what it does nor by what it leaves undone.

#![warn(missing_docs)]

mod activation;
mod artefacts;
mod books;
mod configuration;
mod connection;
mod connection_file;
mod declared;
mod desk;
mod encoded;
mod end;
mod error;
mod execute;
mod fetch;
mod fetching;
mod found;
mod given;
mod given_back;
mod grants;
mod holdings;
mod journal;
mod ledger;
mod offer;
mod open;
pub mod operator;
mod plan;
mod preparation;
mod prepare;
mod report;
mod selection;
mod summary;
mod uploads;
mod waiting;

pub use artefacts::ArtefactDirectory;
pub use configuration::{Configuration, ConfigurationFault, ConfigurationProblem, Secrets};
pub use connection::{connection_form, connection_parameters, without_connection};
pub use connection_file::{ConnectionFileError, add_connection};
pub use error::PrepareError;
pub use execute::{Decided, Observer, Progress, Silent};
pub use fetching::Fetching;
pub use found::{FoundFile, Ingest};
pub use given::{
    ConfigurationFileError, Given, GivenValue, Prompted, SecretSource, read_configuration, read_set,
};
pub use grants::{
    ConnectionRequest, ConnectionRequests, asked_grants, connection_parameter, connection_requests,
    secret_origins,
};
pub use journal::{Begun, Entry, Journal, JournalFile, Kept, KeptSetting, Numbers, PendingFileError};
pub use ledger::Totals;
pub use open::OUTCOME_UNKNOWN;
pub use operator::OperatorError;
pub use palisade_engine::{Stopper, Stopping};
pub use plan::{Difference, Plan, PlanError, PlannedObject};
pub use preparation::Preparation;
pub use prepare::{Overrides, Prepared, asked_limits, is_mark};
pub use report::{
    ActionIdentity, BundleIdentity, CollectionReport, EndedHow, EvictionReport, EvictionsReport, FileReport,
    FoundReport, HoldingReport, LeftOutReport, NotOffered, NotOfferedObject, ObjectReport, ReasonCount,
    Report, RunReport, Status, TrafficReport, Warning, report_schema,
};
pub use selection::{Offered, Selection};
pub use summary::json_value;
pub use uploads::Uploads;
pub use waiting::Waiting;
