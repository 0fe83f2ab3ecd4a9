//! Why a verb could not do what it was asked: code, message, hint and exit status, whatever library the error comes from.

use palisade_bundle::{BundleError, ManifestError, PackError};
use palisade_run::{ConfigurationFileError, Difference, PlanError, PrepareError};
use serde::Serialize;

use crate::words::of_options;

/// Exit status: could not start.
pub(crate) const COULD_NOT_START: u8 = 1;
/// Exit status: the command line could not be understood. clap uses the same.
pub(crate) const WRONG_USAGE: u8 = 2;

/// What the one renderer shows of an error.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    /// Stable code.
    pub(crate) code: &'static str,
    /// What happened, where, and what was expected; several lines where several things are wrong.
    pub(crate) message: String,
    /// Everything that is wrong, where each thing has a code of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<Problem>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// Exit status.
    #[serde(skip)]
    pub(crate) status: u8,
}

/// One of several things that are wrong.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    /// Stable code.
    pub(crate) code: &'static str,
    /// What is wrong and where.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), problems: Vec::new(), hint: None, status: COULD_NOT_START }
    }

    /// The same in the words of the command line.
    pub(crate) fn worded(&self) -> Self {
        let problem =
            |problem: &Problem| Problem { code: problem.code, message: of_options(&problem.message) };
        Self {
            code: self.code,
            message: of_options(&self.message),
            problems: self.problems.iter().map(problem).collect(),
            hint: self.hint.as_deref().map(of_options),
            status: self.status,
        }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(
        code: &'static str,
        what: &str,
        path: &std::path::Path,
        error: &std::io::Error,
    ) -> Self {
        Self::new(code, format!("{what} `{}`: {error}", path.display()))
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        if let PrepareError::Plan(error) = error {
            return error.into();
        }
        let problems: Vec<Problem> = match &error {
            PrepareError::Configuration(problems) => problems
                .iter()
                .map(|problem| Problem { code: problem.code(), message: problem.to_string() })
                .collect(),
            _ => Vec::new(),
        };
        let status = match &error {
            PrepareError::ConfigurationFile(ConfigurationFileError::Set) => WRONG_USAGE,
            _ => COULD_NOT_START,
        };
        Self { code: error.code(), hint: error.hint(), message: error.to_string(), problems, status }
    }
}

impl From<ConfigurationFileError> for Failure {
    fn from(error: ConfigurationFileError) -> Self {
        PrepareError::from(error).into()
    }
}

macro_rules! from_coded {
    ($($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { hint: error.hint().map(|hint| hint.to_string()), ..Self::new(error.code(), error.to_string()) }
            }
        })+
    };
}

from_coded!(
    BundleError,
    ManifestError,
    PackError,
    palisade_collection::ReadError,
    palisade_bundle::KeyError,
    palisade_engine::EngineError,
    palisade_engine::LoadError,
    palisade_policy::PolicyError,
    palisade_protect::BuildError,
    palisade_recording::ReadError,
    palisade_run::ConnectionFileError,
    palisade_run::OperatorError,
    palisade_run::PendingFileError,
    palisade_orchestrator::OrchestratorError,
    palisade_store::StoreError,
    palisade_vault::VaultError
);

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let again = "`palisade run --dry-run --compare --plan FILE`";
        let hint = match &error {
            PlanError::Syntax { .. } | PlanError::Schema { .. } => {
                Some(format!("create a plan with {again}"))
            }
            PlanError::Changed { .. } => Some(format!(
                "create a new plan with {again}; to leave objects out, change the collection or the configuration"
            )),
            PlanError::MadeWithAnother { .. } => Some(format!(
                "use the bundle and the configuration of the plan, or create a new plan with {again}"
            )),
            PlanError::Outdated(differences) => {
                let mut hint =
                    format!("compare again, check the differences, and create a new plan with {again}");
                if differences.iter().any(Difference::is_protection) {
                    hint.push_str(
                        "; a value that the plan exempts from protection needs its `--allow-protected` again",
                    );
                }
                Some(hint)
            }
            PlanError::Unreadable { .. } | PlanError::TooLarge { .. } | PlanError::NotCompared { .. } => {
                error.hint()
            }
        };
        Self { hint, ..Self::new(error.code(), error.to_string()) }
    }
}

impl From<palisade_server::ListenError> for Failure {
    fn from(error: palisade_server::ListenError) -> Self {
        Self { hint: Some(error.hint().to_owned()), ..Self::new(error.code(), error.to_string()) }
    }
}

impl From<palisade_server::Failure> for Failure {
    fn from(failure: palisade_server::Failure) -> Self {
        Self { hint: failure.hint().map(str::to_owned), ..Self::new("service", failure.to_string()) }
    }
}
