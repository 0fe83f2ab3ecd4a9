//! The one function that moves a run: [`Orchestrator::advance`]. Called again and again, it looks at where the run stands in the
//! state, does the next piece, and says what comes after it. Everything that it finds out is written before it returns, and
//! verdicts as they happen, so that it can be called again after the end of the process at any moment: objects that have a
//! verdict are never offered again.
//!
//! A piece is the choice of the objects, or one step with the objects that have no verdict there. A step is not cut into
//! smaller pieces: the action reads the service's list before it pushes, once for each activation.

mod step;
mod taking;

use std::collections::BTreeMap;

use palisade_bundle::Purpose;
use palisade_model::StepEnding;
use palisade_store::{
    Activation, Event, Origin, Phase, RunEnd, RunId, RunRow, RunStatus, StepRow, StoreError, StoredValue,
    Takes, TaskRow, Wait as _,
};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::choose::mark;
use crate::executor::{Advanced, Boxed, Stop, Stopping, Worker};
use crate::judged::Judged;
use crate::{Orchestrator, OrchestratorError, traced};

impl Worker for Orchestrator {
    fn advance(&self, task: TaskRow, stopping: Stopping) -> Boxed<'_, Advanced> {
        Box::pin(async move {
            match self.advance_traced(&task, stopping).await {
                Ok(advanced) => advanced,
                // Somebody else has the run.
                Err(OrchestratorError::Store(StoreError::Fenced(_))) => Advanced::More,
                Err(error) => {
                    let reason = format!("{error}; it is tried again");
                    // If even that cannot be written, the log has it.
                    let _ = self.note_failure(task.activation(), &reason);
                    self.changed(task.run);
                    Advanced::Failed(error.to_string())
                }
            }
        })
    }
}

impl Orchestrator {
    /// Lets a run wait because of an error. The timeline names an error that comes again and again once.
    fn note_failure(&self, activation: Activation, reason: &str) -> Result<(), StoreError> {
        let store = self.store();
        store.wait_run(activation, Phase::Waiting, reason, None).wait()?;
        let event = Event::new(self.now(), "activation-failed", reason);
        let last = store.events(activation.run).wait()?.pop();
        if last.is_none_or(|last| (&last.kind, &last.message) != (&event.kind, &event.message)) {
            store.add_event(activation.run, &event).wait()?;
        }
        Ok(())
    }

    async fn advance_traced(
        &self,
        task: &TaskRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let run = self.store().run(task.run).await?;
        let span = self.inner.spans.of(&run);
        let draining = stopping.clone();
        let advanced = self.advance_run(task, run, stopping).instrument(span).await;
        let leaves = matches!(*draining.borrow(), Some(Stop::Draining | Stop::Lost));
        if leaves || matches!(advanced, Ok(Advanced::Done)) {
            self.inner.spans.ended(task.run);
        }
        advanced
    }

    async fn advance_run(
        &self,
        task: &TaskRow,
        run: RunRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let (store, activation) = (self.store(), task.activation());
        if run.phase == Phase::Ended {
            return Ok(Advanced::Done);
        }
        let now = self.now();
        let steps = store.run_steps(run.id).await?;
        let open = steps.iter().find(|step| step.end.is_none());
        // Where everything has its verdict, there is nothing left to cancel.
        let has_more = run.objects.is_none() || open.is_some();
        if has_more && (task.cancelled || task.deadline_at <= now) {
            let (code, message) = if task.cancelled {
                ("cancelled", "the run was cancelled".to_owned())
            } else {
                step::run_deadline()
            };
            if run.objects.is_some() {
                self.give_up_steps(activation, &steps, StepEnding::Early, code, &message)?;
            }
            return self.conclude(activation, &run, &Judged::stopped(&message));
        }
        store.begin_run(activation, now).await?;
        self.changed(run.id);
        if run.objects.is_none() {
            return self.take_objects(activation, &run, &steps, stopping).instrument(traced::choice()).await;
        }
        // A step that did not work through its objects leaves nothing to do for those behind it.
        let broken =
            steps.iter().find(|step| step.end.as_ref().is_some_and(|end| end.how != StepEnding::Completed));
        match open {
            Some(step) if broken.is_none() => {
                self.execute(activation, &run, step, stopping).instrument(traced::step(step)).await
            }
            _ => {
                if let Some(broken) = broken {
                    let message = format!("an earlier step, {}, did not complete", broken.title);
                    self.give_up_steps(
                        activation,
                        &steps,
                        StepEnding::NotBegun,
                        "earlier-step-failed",
                        &message,
                    )?;
                }
                let reasons = steps.iter().map(|step| store.reasons(run.id, step.place).wait());
                let judged = Judged::of(&steps, &reasons.collect::<Result<Vec<_>, _>>()?);
                self.conclude(activation, &run, &judged)
            }
        }
    }

    /// What a run did with its objects, where its workflow is to remember that it did so: the workflow takes what has changed, and the
    /// objects are its collection's. A retry counts where it did the same as the run before, whose objects these are.
    fn remembered_deed(&self, run: &RunRow) -> Result<Option<Value>, OrchestratorError> {
        let store = self.store();
        let takes = match run.workflow.map(|workflow| store.workflow(workflow).wait()) {
            Some(Ok(workflow)) => workflow.takes,
            _ => return Ok(None),
        };
        if run.dry_run || takes != Takes::Changed {
            return Ok(None);
        }
        let deed = self.deed(&store.run_steps(run.id).wait()?);
        let same =
            |earlier: RunId| Ok::<_, OrchestratorError>(self.deed(&store.run_steps(earlier).wait()?) == deed);
        let counts = match (run.origin, run.retry_of) {
            (Origin::Schedule | Origin::RunNow, _) => true,
            (Origin::Retry, Some(earlier)) => self.is_of_collection(earlier)? && same(earlier)?,
            (Origin::Retry | Origin::Manual, _) => false,
        };
        Ok(counts.then_some(deed))
    }

    /// Whether a run's objects are those of its workflow's collection, or a retry's of such a run.
    fn is_of_collection(&self, run: RunId) -> Result<bool, OrchestratorError> {
        let row = self.store().run(run).wait()?;
        match (row.origin, row.retry_of) {
            (Origin::Retry, Some(earlier)) => self.is_of_collection(earlier),
            (origin, _) => Ok(matches!(origin, Origin::Schedule | Origin::RunNow)),
        }
    }

    /// What is done with objects: if it changes, they are sent again. It includes the connection but not its secrets: a rotated key
    /// changes nothing. It does not include how many objects are selected at once.
    fn deed(&self, steps: &[StepRow]) -> Value {
        let step = |step: &StepRow| {
            let at_once = self.parameter_of_purpose(step, Purpose::ObjectsPerRun);
            let values: BTreeMap<&String, &Value> = step
                .configuration
                .iter()
                .filter(|(name, _)| Some(*name) != at_once.as_ref())
                .filter_map(|(name, value)| match value {
                    StoredValue::Value(value) => Some((name, value)),
                    StoredValue::Secret { .. } => None,
                })
                .collect();
            json!([step.bundle_name, step.action, values, Self::tenant(step)])
        };
        steps.iter().map(step).collect()
    }

    /// Ends the run, and lets its workflow remember how far it has come.
    fn conclude(
        &self,
        activation: Activation,
        run: &RunRow,
        judged: &Judged,
    ) -> Result<Advanced, OrchestratorError> {
        let store = self.store();
        let Judged { status, cause, .. } = *judged;
        let (reason, hint) = (judged.reason.as_deref(), judged.hint.as_deref());
        let worked_through = matches!(status, RunStatus::Completed | RunStatus::ErrorOccurred);
        let (mut marks, mut cursor) = (Vec::new(), None);
        if let Some(deed) = self.remembered_deed(run)? {
            let steps = store.run_steps(run.id).wait()?.len() as u64;
            marks = store
                .finished_objects(run.id, steps)
                .wait()?
                .iter()
                .map(|object| mark(object, &deed))
                .collect();
        }
        if worked_through && !run.dry_run && matches!(run.origin, Origin::Schedule | Origin::RunNow) {
            cursor = run.selection.as_ref().and_then(|selection| selection.get("cursor")).cloned();
        }
        let end =
            RunEnd { status, cause, reason: judged.reason.clone(), hint: judged.hint.clone(), marks, cursor };
        store.end_run(activation, &end, self.now()).wait()?;
        traced::run_ended(&self.inner.spans.of(run), status);
        self.inner.tally.ended(status, &store.run(run.id).wait()?.counts);
        let (workflow, ended) = (run.workflow_name.as_str(), status.name());
        if status.is_issue() {
            tracing::warn!(run = %run.id, workflow, status = ended, reason, hint, "run ended with an issue");
        } else {
            tracing::info!(run = %run.id, workflow, status = ended, "run ended");
        }
        self.changed(run.id);
        Ok(Advanced::Done)
    }
}

/// Resolves when what is watched is so; never where nobody can change it any more.
async fn becomes<T>(mut watched: watch::Receiver<T>, so: impl FnMut(&T) -> bool) {
    let gone = watched.wait_for(so).await.is_err();
    if gone {
        std::future::pending().await
    }
}
