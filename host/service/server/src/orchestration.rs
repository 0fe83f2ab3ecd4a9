//! How handlers ask the orchestrator, and how what it says becomes an answer.

use axum::http::StatusCode;
use palisade_orchestrator::{Orchestrator, OrchestratorError, of_service};

use crate::{App, Failure, Fault, client};

impl App {
    /// Asks the orchestrator, beside the threads that answer: its state blocks, and so does unpacking a bundle.
    ///
    /// # Errors
    /// Whatever the work says.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Orchestrator) -> Result<T, OrchestratorError> + Send + 'static,
    ) -> Result<T, Failure> {
        let orchestrator = self.orchestrator().on_behalf_of(client::current(), client::user());
        match tokio::task::spawn_blocking(move || work(&orchestrator)).await {
            Ok(result) => result.map_err(Failure::from),
            Err(error) => Err(Failure::internal(error.to_string())),
        }
    }
}

impl From<OrchestratorError> for Failure {
    fn from(error: OrchestratorError) -> Self {
        let fields = error.fields();
        if !fields.is_empty() {
            let fault = |field: palisade_orchestrator::Field| Fault::new(field.name, field.message);
            return Self::invalid(fields.into_iter().map(fault).collect());
        }
        let status = match error {
            OrchestratorError::Store(error) => return error.into(),
            OrchestratorError::Internal(cause) => return Self::internal(cause),
            OrchestratorError::InUse { .. } | OrchestratorError::Conflict { .. } => StatusCode::CONFLICT,
            OrchestratorError::Bundle(_)
            | OrchestratorError::Read(_)
            | OrchestratorError::ThreatQ(_)
            | OrchestratorError::Prepare(_)
            | OrchestratorError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            OrchestratorError::Policy(_)
            | OrchestratorError::Operator(_)
            | OrchestratorError::Engine(_)
            | OrchestratorError::Vault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        // What the operator of the service has set up wrongly is said in full: whoever is logged in has to have it mended.
        let failure = Self::new(status, error.code(), of_service(&error.to_string()));
        match error.hint() {
            Some(hint) => failure.with_hint(of_service(&hint)),
            None => failure,
        }
    }
}
