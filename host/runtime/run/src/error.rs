//! Why a run cannot start. Nothing has been sent.

use palisade_bundle::BundleError;
use palisade_egress::{ClientError, CredentialError};
use palisade_engine::{Early, EngineError, LoadError};
use palisade_model::{Diagnostic as _, Setting, SourceError};

use crate::configuration::ConfigurationProblem;
use crate::given::ConfigurationFileError;
use crate::journal::PendingFileError;
use crate::operator::OperatorError;
use crate::plan::PlanError;

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The zip.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// No such action.
    #[error(
        "the bundle has no action `{id}`; {}",
        nearest.as_ref().map_or(format!("its actions are {actions}"), |name| format!("did you mean `{name}`?"))
    )]
    Action {
        /// As asked for.
        id: String,
        /// The action with the most similar id.
        nearest: Option<String>,
        /// All ids.
        actions: String,
    },
    /// The configuration file.
    #[error(transparent)]
    ConfigurationFile(#[from] ConfigurationFileError),
    /// The configuration's content: every problem.
    #[error("the configuration cannot be used: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Configuration(Vec<ConfigurationProblem>),
    /// A secret that no header can carry.
    #[error("the secret `{parameter}` cannot be used: {cause}")]
    Credential {
        /// The parameter.
        parameter: String,
        /// Why.
        cause: CredentialError,
    },
    /// A grant that makes no sense under this configuration.
    #[error("the grant for `{origin}` cannot be used: {cause}")]
    Grant {
        /// As the manifest has it.
        origin: String,
        /// Why.
        cause: String,
    },
    /// The action can return files, and nothing would keep them: its effect would be there, and its file lost.
    #[error("the action can return files, and there is no place for them; nothing was sent")]
    ArtefactsWithoutPlace,
    /// What the policy names for the run.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The component.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The component, while it judged the configuration.
    #[error("the component could not judge its configuration: {0}")]
    Validation(Early),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What was kept of a run that is continued.
    #[error(transparent)]
    Pending(#[from] PendingFileError),
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A source of objects.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file had not ended by the deadline of the run.
    #[error("the {what} could not be read within {} s; nothing was sent", limit.as_secs_f64())]
    ReadingTooLong {
        /// What was read.
        what: &'static str,
        /// The time that the operator set for the run.
        limit: std::time::Duration,
    },
    /// A task of ours ended without a result.
    #[error("reading the collection was interrupted: {0}")]
    Interrupted(String),
}

impl PrepareError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Action { .. } => "action-unknown",
            Self::ConfigurationFile(error) => error.code(),
            Self::Configuration(problems) => {
                problems.first().map_or("configuration-invalid", ConfigurationProblem::code)
            }
            Self::Credential { cause, .. } => cause.code(),
            Self::Grant { .. } => "grant-unusable",
            Self::ArtefactsWithoutPlace => "artefacts-without-place",
            Self::Operator(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Load(error) => error.code(),
            Self::Validation(early) => early.code(),
            Self::Plan(error) => error.code(),
            Self::Pending(error) => error.code(),
            Self::Client(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::ReadingTooLong { .. } => "deadline",
            Self::Interrupted(_) => "interrupted",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Bundle(error) => error.hint(),
            Self::Operator(error) => error.hint(),
            Self::Engine(error) => error.hint(),
            Self::Load(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Pending(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Configuration(problems) => problems.iter().find_map(ConfigurationProblem::hint),
            Self::ArtefactsWithoutPlace => Some(format!(
                "download them with {}, or keep them for later with {}",
                Setting::Artefacts.with("DIRECTORY"),
                Setting::Pending.with("FILE")
            )),
            Self::ReadingTooLong { .. } => {
                Some("check that each named pipe has a writer that ends, or allow more time".to_owned())
            }
            _ => None,
        }
    }
}
