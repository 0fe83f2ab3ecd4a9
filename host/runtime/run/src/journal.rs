//! What is kept of a run so that another process can continue it: a journal, written before a page of objects is handed to the
//! component and after each outcome. Nothing in it is a secret of the run.
//!
//! | entry | written |
//! |---|---|
//! | `run`, `object` | before anything is sent |
//! | `handed-out` | before the component gets a page: from then on its objects may have been sent |
//! | `decided`, `waiting`, `fetching` | before the component continues after it has reported them |
//! | `numbers` | when an activation has ended |

mod file;
mod kept;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use palisade_model::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fetching::Fetching;
use crate::given::{Given, GivenValue, SecretSource};
use crate::report::{
    BundleIdentity, CollectionReport, EvictionsReport, FoundReport, HoldingReport, TrafficReport, Warning,
};
use crate::selection::Offered;
use crate::waiting::Waiting;

pub use file::{JournalFile, PendingFileError};
pub use kept::Kept;

/// Where the entries of a run are kept. Whoever writes them decides where; a run stops if they cannot be written.
pub trait Journal: Send {
    /// Replaces everything that is kept by these entries, at once and durably.
    ///
    /// # Errors
    /// If it cannot be written. What was kept before is unchanged then.
    fn replace(&mut self, entries: &mut dyn Iterator<Item = Entry>) -> io::Result<()>;

    /// Adds entries durably: when this returns, they survive the end of the process and of the machine.
    ///
    /// # Errors
    /// If they cannot be written.
    fn append(&mut self, entries: &[Entry]) -> io::Result<()>;

    /// Whether so much has been added that it should be replaced by what still matters.
    fn is_long(&self) -> bool {
        false
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "kebab-case")]
pub enum Entry {
    /// What the run is. The first entry.
    Run(Box<Begun>),
    /// The next object of the run.
    Object {
        /// The index of its file.
        file: usize,
        /// The object.
        offered: Offered,
    },
    /// The component gets all objects up to this key.
    HandedOut {
        /// The key.
        up_to: u64,
    },
    /// An object has its final verdict.
    Decided {
        /// Its key.
        key: u64,
        /// What became of it.
        outcome: Outcome,
    },
    /// An object waits for the service.
    Waiting {
        /// Its key.
        key: u64,
        /// What is kept of it.
        waiting: Waiting,
    },
    /// An object has files that are not there yet.
    Fetching {
        /// Its key.
        key: u64,
        /// What is kept of it.
        fetching: Fetching,
    },
    /// What the report says beside the objects, so far.
    Numbers(Box<Numbers>),
}

/// What a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// Version of the entries: 1.
    pub schema: u32,
    /// The program that runs it, with its version.
    pub host: String,
    /// Identifies the run.
    pub run_id: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// The bundle; no other continues the run.
    pub bundle: BundleIdentity,
    /// Id of the action.
    pub action: String,
    /// The configuration as it was given. Of secrets only where they are.
    pub given: BTreeMap<String, KeptSetting>,
    /// How many entries of others the run may cause the service to remove; any number if absent.
    pub most_evictions: Option<u64>,
    /// The mark of the workflow.
    pub mark: Option<String>,
    /// What was read, and what of it is not offered.
    pub collection: CollectionReport,
    /// What the caller wants to know when the run is continued.
    pub caller: Value,
}

impl Begun {
    /// Version of the entries.
    pub const SCHEMA: u32 = 1;
    /// This program.
    pub const HOST: &'static str = concat!("palisade ", env!("CARGO_PKG_VERSION"));
}

/// A parameter as it was given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeptSetting {
    /// As a file has it.
    Value(Value),
    /// As text.
    Text(String),
    /// A secret in an environment variable.
    Environment(String),
    /// A secret in a file.
    File(PathBuf),
}

impl KeptSetting {
    /// What of a parameter is kept; nothing of a secret that was typed.
    pub(crate) fn of(given: &Given) -> Option<Self> {
        match &given.value {
            GivenValue::Value(value) => Some(Self::Value(value.clone())),
            GivenValue::Text(text) => Some(Self::Text(text.clone())),
            GivenValue::Secret(SecretSource::Environment(name)) => Some(Self::Environment(name.clone())),
            GivenValue::Secret(SecretSource::File(path)) => {
                Some(Self::File(std::path::absolute(path).unwrap_or_else(|_| path.clone())))
            }
            GivenValue::Secret(SecretSource::Prompted(_)) => None,
        }
    }

    /// The parameter as it was given, for another process.
    pub(crate) fn given(&self) -> Given {
        let value = match self {
            Self::Value(value) => GivenValue::Value(value.clone()),
            Self::Text(text) => GivenValue::Text(text.clone()),
            Self::Environment(name) => GivenValue::Secret(SecretSource::Environment(name.clone())),
            Self::File(path) => GivenValue::Secret(SecretSource::File(path.clone())),
        };
        Given { value, origin: "the run that is continued".to_owned(), shared: false }
    }
}

/// What the report says beside the objects, so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// Requests of all activations.
    pub traffic: TrafficReport,
    /// What the service would remove.
    pub evictions: EvictionsReport,
    /// What lists of the service hold.
    pub holdings: Vec<HoldingReport>,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// Warnings beyond those.
    pub warnings_not_listed: u64,
    /// What the action has found.
    pub found: FoundReport,
}
