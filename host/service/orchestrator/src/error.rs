//! What can go wrong, with a code for programs, a sentence for people, and the fields that a form has to mark.

use palisade_bundle::BundleError;
use palisade_collection::ReadError;
use palisade_engine::EngineError;
use palisade_policy::PolicyError;
use palisade_run::{ConfigurationProblem, OperatorError, PrepareError};
use palisade_store::{Cause, StoreError};
use palisade_threatq::ThreatQError;
use palisade_vault::VaultError;

use crate::judged::cause_of;

/// One field of a form that cannot be meant so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// One sentence, lower case, without a full stop.
    pub message: String,
}

impl Field {
    /// A field and what is wrong with it.
    #[must_use]
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

impl From<ConfigurationProblem> for Field {
    fn from(problem: ConfigurationProblem) -> Self {
        let message = problem.fault.to_string();
        Self { name: problem.parameter, message }
    }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum OrchestratorError {
    /// The state.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The operator's policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// What the policy names.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The sandbox.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A run that cannot start.
    #[error(transparent)]
    Prepare(PrepareError),
    /// A sealed secret.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A file of a collection.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A live collection.
    #[error(transparent)]
    ThreatQ(#[from] ThreatQError),
    /// What was entered.
    #[error("{}", sentence(.0))]
    Invalid(Vec<Field>),
    /// It is used by others.
    #[error("the {what} `{name}` is used by {}", in_ticks(.by))]
    InUse {
        /// Of what kind.
        what: &'static str,
        /// Its name.
        name: String,
        /// Who uses it.
        by: Vec<String>,
    },
    /// It does not fit the state that things are in.
    #[error("{message}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// One sentence.
        message: String,
    },
    /// A fault of the service itself, for example a crashed task. The text is for the log.
    #[error("internal error: {0}")]
    Internal(String),
}

impl From<PrepareError> for OrchestratorError {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Interrupted(cause) => Self::Internal(cause),
            error => Self::Prepare(error),
        }
    }
}

fn sentence(fields: &[Field]) -> String {
    fields.iter().map(|field| format!("`{}`: {}", field.name, field.message)).collect::<Vec<_>>().join("; ")
}

fn in_ticks(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl OrchestratorError {
    /// One field that cannot be meant so.
    #[must_use]
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Field::new(name, message)])
    }

    /// The fields to mark.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Invalid(fields) => fields.clone(),
            Self::Prepare(PrepareError::Configuration(problems)) => {
                problems.iter().cloned().map(Field::from).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What a run's issue is about that ended for this.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Read(_)
            | Self::ThreatQ(_)
            | Self::Prepare(PrepareError::Source(_) | PrepareError::ReadingTooLong { .. })
            | Self::Conflict { code: "collection-gone", .. } => Cause::Input,
            Self::Prepare(error @ PrepareError::Validation(_)) => cause_of(error.code()),
            Self::Prepare(PrepareError::Engine(_) | PrepareError::Load(_)) => Cause::Service,
            Self::Bundle(_)
            | Self::Policy(_)
            | Self::Operator(_)
            | Self::Prepare(_)
            | Self::Vault(_)
            | Self::Invalid(_)
            | Self::Conflict { code: "integration-gone", .. } => Cause::Policy,
            Self::Store(_)
            | Self::Engine(_)
            | Self::InUse { .. }
            | Self::Conflict { .. }
            | Self::Internal(_) => Cause::Service,
        }
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Policy(error) => error.code(),
            Self::Operator(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Prepare(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::ThreatQ(error) => error.code(),
            Self::Invalid(_) => "invalid",
            Self::InUse { .. } => "in-use",
            Self::Conflict { code, .. } => code,
            Self::Internal(_) => "internal",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint().map(str::to_owned),
            Self::Bundle(error) => error.hint(),
            Self::Policy(error) => error.hint(),
            Self::Operator(error) => error.hint(),
            Self::Engine(_) => None,
            Self::Prepare(error) => error.hint(),
            Self::Vault(error) => error.hint().map(Into::into),
            Self::Read(error) => error.hint(),
            Self::ThreatQ(error) => error.hint(),
            Self::InUse { .. } => {
                Some("change or delete these workflows first, and wait until their runs end".to_owned())
            }
            Self::Conflict { code: "already-installed", .. } => Some("confirm with `replace`".to_owned()),
            Self::Conflict { code: "configuration-changes", .. } => {
                Some("confirm with `overwrite`".to_owned())
            }
            Self::Conflict { code: "retried-already", .. } => {
                Some("what failed in that run is for it to retry".to_owned())
            }
            Self::Invalid(_) | Self::Conflict { .. } | Self::Internal(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crashed_task_is_an_internal_error_and_no_conflict() {
        let error = OrchestratorError::from(PrepareError::Interrupted("task 7 panicked".to_owned()));
        assert!(matches!(error, OrchestratorError::Internal(_)));
        assert_eq!((error.code(), error.hint(), error.cause()), ("internal", None, Cause::Service));
    }
}
