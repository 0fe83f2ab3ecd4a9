//! Keeps what a run has found out about the lists of its service: how many entries they hold, whose they are, and when that was.

use palisade_run::{HoldingReport, Report};
use palisade_store::{Activation, Lists, NewHolding, StepRow, Wait as _};

use crate::{Orchestrator, OrchestratorError};

impl Orchestrator {
    /// Keeps what the report of a step says; `services` is where its action may send requests to.
    pub(crate) fn keep_holdings(
        &self,
        activation: Activation,
        step: &StepRow,
        services: &[String],
        report: &Report,
    ) -> Result<(), OrchestratorError> {
        if report.holdings.is_empty() {
            return Ok(());
        }
        let (tenant, service) = (Self::tenant(step), services.join(", "));
        let lists = Lists { tenant, bundle: step.bundle_name.clone(), service };
        let holdings: Vec<NewHolding> = report.holdings.iter().map(holding).collect();
        Ok(self.store().record_holdings(activation, step.place, &lists, &holdings, self.now()).wait()?)
    }
}

fn holding(told: &HoldingReport) -> NewHolding {
    let HoldingReport { list, field, entries, limit } = told.clone();
    NewHolding { list, field, entries, limit }
}
