//! How loading and running can fail.

use std::time::Duration;

use palisade_egress::SendError;
use palisade_model::Setting;

use crate::contract::RunError;
use crate::state::Violation;

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The cache cannot be used.
    #[error("the cache of compiled components in `{directory}` cannot be used: {cause}")]
    Cache {
        /// Where it was expected.
        directory: String,
        /// What the system said.
        cause: String,
    },
    /// The processor or the system lacks something.
    #[error("the WebAssembly engine cannot be set up: {0}")]
    Unsupported(String),
}

impl EngineError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cache { .. } => "cache-unusable",
            Self::Unsupported(_) => "engine-unsupported",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Cache { .. } => Some("name a directory that can be written: PALISADE_CACHE_DIR".to_owned()),
            Self::Unsupported(_) => None,
        }
    }
}

/// Why a component cannot be run by this host.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Past the limit.
    #[error("the component has {size} bytes, {limit} are allowed")]
    TooLarge {
        /// Its size.
        size: u64,
        /// What is allowed.
        limit: u64,
    },
    /// Not valid, or with features that are off.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
    /// Compilation took too long.
    #[error("the component was not compiled within {} s", .0.as_secs())]
    CompileTimedOut(Duration),
    /// Compilation needed more than it may have.
    #[error(
        "the component could not be compiled with {memory_mib} MiB of memory and {seconds} s of processor time"
    )]
    CompileLimits {
        /// Memory.
        memory_mib: u64,
        /// Processor time.
        seconds: u64,
    },
    /// One of its functions would need too much memory and time to compile.
    #[error(
        "function {function} of the component multiplies its variables and branches to {merges}, {limit} are allowed"
    )]
    FunctionTooComplex {
        /// Its number among those with a body, from 1.
        function: u64,
        /// Variables times branches.
        merges: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The compiler's process.
    #[error("the compiler failed: {0}")]
    Compiler(String),
    /// It imports what is not here.
    #[error("the component imports what this host does not offer: {}", .0.join(", "))]
    Imports(Vec<String>),
    /// It was built for an older version of the contract.
    #[error("the component was built for the contract `{0}`, which is too old for this host")]
    ContractTooOld(String),
    /// It is not an action.
    #[error("the component does not export `{0}`, which the contract asks for")]
    Export(String),
    /// It cannot even be set up for a run.
    #[error("the component cannot be started: {0}")]
    Start(Early),
    /// The types differ.
    #[error("the component does not fit the contract: {0}")]
    Contract(String),
}

impl LoadError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "component-too-large",
            Self::Compile(_) => "component-invalid",
            Self::CompileTimedOut(_) => "component-compile-timed-out",
            Self::CompileLimits { .. } => "component-compile-limits",
            Self::FunctionTooComplex { .. } => "component-too-complex",
            Self::Compiler(_) => "compiler-failed",
            Self::Imports(_) => "component-imports-unknown",
            Self::ContractTooOld(_) => "contract-too-old",
            Self::Export(_) => "component-exports-missing",
            Self::Start(_) => "component-start-failed",
            Self::Contract(_) => "component-contract-mismatch",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Imports(_) => Some(
                "the offered interfaces are those of the world `palisade:action/bundle` and of WASI 0.2"
                    .to_owned(),
            ),
            Self::CompileLimits { .. } | Self::CompileTimedOut(_) | Self::FunctionTooComplex { .. } => Some(
                "do not use the bundle unless you know why it is so large; its author can divide large functions"
                    .to_owned(),
            ),
            Self::Compiler(_) => {
                Some("check that the cache directory can be written and that programs can be started".to_owned())
            }
            Self::ContractTooOld(_) => {
                Some("install a version of the bundle that was built for `palisade:action@0.2.0`".to_owned())
            }
            Self::Export(_) | Self::Contract(_) => {
                Some("build the component from the world `palisade:action/bundle`, version 0.2.0".to_owned())
            }
            _ => None,
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// The component returned: it has worked through its collection.
    Completed,
    /// The component returned an error.
    Stopped(RunError),
    /// The host ended it.
    Early(Early),
}

/// Why the host ended a run.
#[derive(Debug, thiserror::Error)]
pub enum Early {
    /// The component broke a rule of the contract.
    #[error("the component broke the contract: {0}")]
    Violation(Violation),
    /// The host cannot write down what became of the objects, or which it is about to hand out.
    #[error("what became of the objects cannot be kept: {0}")]
    NotKept(String),
    /// A file that was offered cannot be read any more.
    #[error("an artefact cannot be read: {0}")]
    ArtefactUnreadable(String),
    /// The component sent what it may not send.
    #[error("{0}")]
    Refused(SendError),
    /// Time is up.
    #[error("the run did not end within {} s", .0.as_secs_f64())]
    Deadline(Duration),
    /// It took too long over what precedes the run.
    #[error("it did not come back within {} s", .0.as_secs_f64())]
    NotBack(Duration),
    /// A limit of the sandbox.
    #[error("the component went past a limit: {0}")]
    Limit(String),
    /// More text than a run may have.
    #[error("the component reported more than {} MiB of outcomes and messages", .0 >> 20)]
    Output(u64),
    /// Everything else that stops WebAssembly.
    #[error("the component trapped: {0}")]
    Trap(String),
    /// The operator stopped it.
    #[error("{}", cancelled(*.unanswered, *.at_once))]
    Cancelled {
        /// Requests that had no answer when the run ended.
        unanswered: u64,
        /// The operator stopped it a second time, so that no answer was waited for.
        at_once: bool,
    },
}

impl Early {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Violation(violation) => violation.code(),
            Self::NotKept(_) => "not-kept",
            Self::ArtefactUnreadable(_) => "artefact-unreadable",
            Self::Refused(error) => error.code(),
            Self::Deadline(_) => "deadline",
            Self::NotBack(_) => "validation-timed-out",
            Self::Limit(_) => "limit",
            Self::Output(_) => "output-limit",
            Self::Trap(_) => "trap",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused(error) => error.hint(),
            Self::Deadline(_) => Some(format!(
                "objects that have no verdict are safe to send again; {} allows more",
                Setting::Deadline
            )),
            _ => None,
        }
    }
}

fn cancelled(unanswered: u64, at_once: bool) -> String {
    let requests = if unanswered == 1 { "1 request".to_owned() } else { format!("{unanswered} requests") };
    match (at_once, unanswered) {
        (false, 0) => "the run was cancelled".to_owned(),
        (false, _) => format!(
            "the run was cancelled; {requests} in flight had no answer within the time allowed for it"
        ),
        (true, 0) => "the run was cancelled, and ended at once by a second interruption".to_owned(),
        (true, _) => format!(
            "the run was cancelled, and ended at once by a second interruption, without the answers to {requests} in flight"
        ),
    }
}
