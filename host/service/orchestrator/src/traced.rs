//! The spans of runs and steps, for traces and for the context of log lines. A run is one span from when it is first taken in hand
//! until it is over, whatever it waits for meanwhile; after a restart it is a new one. Denied by default: names, values and
//! configurations; what is traced are numbers, identifiers, statuses and codes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use palisade_store::{RunId, RunRow, RunStatus, StepEnd, StepRow};
use tracing::Span;
use tracing::field::Empty;

use crate::Orchestrator;

/// The spans of the runs that are in hand.
#[derive(Default)]
pub(crate) struct RunSpans(Mutex<HashMap<RunId, Span>>);

impl RunSpans {
    /// The span of a run.
    pub(crate) fn of(&self, run: &RunRow) -> Span {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.entry(run.id).or_insert_with(|| begin(run)).clone()
    }

    /// The run is over.
    pub(crate) fn ended(&self, run: RunId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
    }
}

impl Orchestrator {
    /// The service stops: the spans of runs that wait end here, so that they are exported with the others.
    pub fn end_spans(&self) {
        self.inner.spans.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn begin(run: &RunRow) -> Span {
    tracing::info_span!(
        target: "palisade::trace",
        parent: None,
        "run",
        run.id = %run.id,
        workflow.id = run.workflow.map(tracing::field::display),
        run.dry_run = run.dry_run,
        run.status = Empty,
        otel.status_code = Empty,
    )
}

/// How the run ended.
pub(crate) fn run_ended(span: &Span, status: RunStatus) {
    span.record("run.status", tracing::field::debug(status));
    if status != RunStatus::Completed {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span in which a run takes its objects.
pub(crate) fn choice() -> Span {
    tracing::info_span!(target: "palisade::trace", "take objects")
}

/// The span of a step.
pub(crate) fn step(step: &StepRow) -> Span {
    tracing::info_span!(
        target: "palisade::trace",
        "step",
        step.place = step.place,
        action.id = step.action,
        integration.id = step.bundle_name,
        integration.version = step.version,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// How a step ended, into the span that is the current one.
pub(crate) fn step_ended(end: &StepEnd) {
    if let Some(code) = &end.code {
        let span = Span::current();
        span.record("error.type", code);
        span.record("otel.status_code", "ERROR");
    }
}
