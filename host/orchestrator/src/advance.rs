//! The one function that moves a run: [`Orchestrator::advance`]. Called again and again, it looks at where the run stands in the
//! state, does the next piece, and says what comes after it. Everything that it finds out is written before it returns, and
//! verdicts as they happen, so that it can be called again after the end of the process at any moment: objects that have a
//! verdict are never offered again.
//!
//! A piece is the choice of the objects, or one step with the objects that have no verdict there. A step is not cut into
//! smaller pieces: the action reads the service's list before it pushes, once for each activation.

use std::sync::Arc;

use palisade_limits as limits;
use palisade_run::{
    ComponentSource, Decided, EndedHow, Evidence, Input, Observer, Overrides, Preparation, Progress, Report,
    VerdictName,
};
use palisade_store::{
    Activation, Event, NewVerdict, Phase, RunEnd, RunRow, RunStatus, StepEnd, StepRow, Store, StoreError,
    Takes, TaskRow, Verdict,
};
use serde_json::{Value, json};
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::choose::{Chooser, Cursor, mark};
use crate::clock::Clock;
use crate::collections::{filter_of, read};
use crate::executor::{Advanced, Boxed, Stop, Stopping, Worker};
use crate::{Orchestrator, OrchestratorError, objects, traced};

impl Worker for Orchestrator {
    fn advance(&self, task: TaskRow, stopping: Stopping) -> Boxed<'_, Advanced> {
        Box::pin(async move {
            match self.advance_traced(&task, stopping).await {
                Ok(advanced) => advanced,
                // Somebody else has the run.
                Err(OrchestratorError::Store(StoreError::Fenced(_))) => Advanced::More,
                Err(error) => {
                    let reason = format!("{error}; it is tried again");
                    // Where even that cannot be written, the log has it.
                    let _ = self.store().wait_run(task.activation(), Phase::Waiting, &reason);
                    self.changed(task.run);
                    Advanced::Failed(error.to_string())
                }
            }
        })
    }
}

impl Orchestrator {
    async fn advance_traced(
        &self,
        task: &TaskRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let run = self.store().run(task.run)?;
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
        let steps = store.run_steps(run.id)?;
        let open = steps.iter().find(|step| step.end.is_none());
        // Where everything has its verdict, there is nothing left to cancel.
        let has_more = run.objects.is_none() || open.is_some();
        if has_more && (task.cancelled || task.deadline_at <= now) {
            let (code, message) = if task.cancelled {
                ("cancelled", "the run was cancelled".to_owned())
            } else {
                (
                    "run-deadline",
                    format!("the run was not over within {} h", limits::RUN_DEADLINE_SECONDS / 3_600),
                )
            };
            if let Some(step) = open.filter(|_| run.objects.is_some()) {
                self.give_up_step(activation, step, "early", code, &message, None)?;
            }
            return self.conclude(activation, &run, RunStatus::Incomplete, Some(&message), None);
        }
        store.begin_run(activation, now)?;
        self.changed(run.id);
        if run.objects.is_none() {
            return self.choose(activation, &run, &steps, stopping).instrument(traced::choice()).await;
        }
        // A step that did not work through its objects leaves nothing to do for those behind it.
        let broken = steps.iter().find(|step| step.end.as_ref().is_some_and(|end| end.how != "completed"));
        match open {
            Some(step) if broken.is_none() => {
                self.execute(activation, &run, step, stopping).instrument(traced::step(step)).await
            }
            _ => {
                let (status, reason, hint) = judge(&steps);
                self.conclude(activation, &run, status, reason.as_deref(), hint.as_deref())
            }
        }
    }

    /// Takes the run's objects from its collection.
    async fn choose(
        &self,
        activation: Activation,
        run: &RunRow,
        steps: &[StepRow],
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let chosen = tokio::select! {
            chosen = self.chosen(run, steps) => chosen,
            () = becomes(stopping, Option::is_some) => return Ok(Advanced::More),
        };
        match chosen {
            Ok((objects, not_offered, selection)) => {
                self.store().offer_objects(activation, &objects, not_offered, &selection)?;
                let told = format!("{} objects taken, {not_offered} left for later runs", objects.len());
                self.store().add_event(run.id, &Event::new(self.now(), "objects-taken", &told))?;
                self.changed(run.id);
                Ok(Advanced::More)
            }
            Err(OrchestratorError::Store(error @ StoreError::Database { .. })) => Err(error.into()),
            Err(error) => {
                let (reason, hint) = (error.to_string(), error.hint());
                self.conclude(activation, run, RunStatus::FailedToComplete, Some(&reason), hint.as_deref())
            }
        }
    }

    async fn chosen(
        &self,
        run: &RunRow,
        steps: &[StepRow],
    ) -> Result<(Vec<palisade_store::StoredObject>, u64, Value), OrchestratorError> {
        let gone = || OrchestratorError::Conflict {
            code: "collection-gone",
            message: format!("the collection `{}` of this run is gone", run.collection),
        };
        let workflow = self.store().workflow(run.workflow.ok_or_else(gone)?)?;
        let collection = self.store().collection(workflow.collection.ok_or_else(gone)?)?;
        let filter = filter_of(&collection)?;
        let most = steps.iter().filter_map(|step| self.objects_per_run(step)).min();
        // Nothing is written where a run reached the end of its collection.
        let cursor = workflow.cursor.as_ref().filter(|cursor| !cursor.is_null());
        let cursor: Option<Cursor> = cursor.map(|cursor| read("cursor", cursor)).transpose()?;
        let marks = match workflow.takes {
            Takes::All => None,
            Takes::Changed => Some(self.store().marks(workflow.id)?),
        };
        let chooser = Chooser::new(most, marks, deed(steps), cursor);
        let look = move |chooser: &mut Chooser, record, file: &str| {
            if filter.admits(&record) {
                chooser.look_at(&record, file);
            } else {
                chooser.filtered();
            }
        };
        let (chooser, warnings) = self.read_collection(&collection, chooser, look).await?;
        let chosen = chooser.finish();
        let selection = json!({
            "takes": workflow.takes,
            "objects_per_run": most,
            "unchanged": chosen.unchanged,
            "filtered": chosen.filtered,
            "left_out": chosen.left_out,
            "warnings": warnings,
            "cursor": chosen.cursor,
        });
        Ok((chosen.objects, chosen.not_offered, selection))
    }

    /// How many objects an action takes in one run.
    fn objects_per_run(&self, step: &StepRow) -> Option<u64> {
        let manifest = self.manifest(step.bundle?).ok()?;
        let purpose = |parameter: &&palisade_bundle::Parameter| {
            matches!(
                parameter.kind,
                palisade_bundle::ParameterKind::Integer {
                    purpose: Some(palisade_bundle::Purpose::ObjectsPerRun),
                    ..
                }
            )
        };
        let name = &manifest.action(&step.action)?.parameters(&manifest).find(purpose)?.name;
        match step.configuration.get(name)? {
            palisade_store::StoredValue::Value(value) => value.as_u64(),
            palisade_store::StoredValue::Secret { .. } => None,
        }
    }

    /// Does one step with the objects that have no verdict there.
    async fn execute(
        &self,
        activation: Activation,
        run: &RunRow,
        step: &StepRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let store = self.store();
        let rows = store.open_objects(run.id, step.place)?;
        if rows.is_empty() {
            let end = StepEnd { how: "completed".to_owned(), ..no_end() };
            store.end_step(activation, step.place, &end, &[], self.now())?;
            return Ok(Advanced::More);
        }
        let gate = match self.tenant(&step.configuration) {
            Ok(tenant) => self.gate(&tenant),
            Err(error) => {
                let (code, message, hint) = (error.code(), error.to_string(), error.hint());
                self.give_up_step(activation, step, "not-begun", code, &message, hint.as_deref())?;
                return Ok(Advanced::More);
            }
        };
        if let Some(closed) = gate.closed() {
            let wait = closed.opens_at.saturating_duration_since(tokio::time::Instant::now());
            if wait.as_secs() >= limits::HELD_WAIT_SECONDS {
                let opens = self.now().saturating_add(wait).unwrap_or(run.deadline_at);
                let reason = format!("the service's rate budget is used up until {opens:.0}");
                store.wait_run(activation, Phase::Waiting, &reason)?;
                self.changed(run.id);
                return Ok(Advanced::WaitUntil(opens));
            }
        }
        let (selection, places) = objects::selection(rows);
        store.begin_step(activation, step.place, self.now())?;
        let message = format!("{} with {} objects", step.title, places.len());
        store.add_event(run.id, &Event::new(self.now(), "step-begun", &message).of_step(step.place))?;
        let prepared = match self.prepare(run, step, selection, gate).await {
            Ok(prepared) => prepared,
            Err(error) => {
                let (code, message, hint) = (error.code(), error.to_string(), error.hint());
                self.give_up_step(activation, step, "not-begun", code, &message, hint.as_deref())?;
                return Ok(Advanced::More);
            }
        };
        let places: Arc<[u64]> = places.into();
        let (lost, is_lost) = watch::channel(false);
        let writer = Arc::new(Writer {
            store: store.clone(),
            clock: Arc::clone(&self.inner.options.clock),
            orchestrator: self.clone(),
            activation,
            step: step.place,
            places: Arc::clone(&places),
            lost,
        });
        let report = prepared.execute(writer, interrupted(stopping.clone(), is_lost.clone())).await;
        let stop = if *is_lost.borrow() { Some(Stop::Lost) } else { *stopping.borrow() };
        if let Some(recorder) = prepared.recorder().filter(|recorder| recorder.entries() > 0) {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            if recorder.write(&mut packed).is_ok()
                && let Ok(har) = packed.finish()
            {
                store.add_recording(activation, step.place, &har)?;
            }
        }
        let was_interrupted = report.run.code.as_deref() == Some("cancelled");
        match stop {
            // What has no verdict is offered again.
            Some(Stop::Draining | Stop::Lost) if was_interrupted => {
                store.add_event(
                    run.id,
                    &Event::new(self.now(), "step-interrupted", "to be continued").of_step(step.place),
                )?;
                store.wait_run(activation, Phase::Queued, "the service was stopped")?;
                return Ok(Advanced::More);
            }
            _ => {}
        }
        self.keep_holdings(activation, step, &prepared.services(), &report)?;
        self.end_step(activation, step, &report, &places)?;
        Ok(Advanced::More)
    }

    async fn prepare(
        &self,
        run: &RunRow,
        step: &StepRow,
        selection: palisade_run::Selection,
        gate: palisade_egress::Gate,
    ) -> Result<palisade_run::Prepared, OrchestratorError> {
        let policy = self.policy()?;
        let bundle = step.bundle.ok_or_else(|| OrchestratorError::Conflict {
            code: "integration-gone",
            message: format!("{} {} is not installed any more", step.bundle_name, step.version),
        })?;
        let bundle = self.trusted_bundle(bundle, &policy)?;
        let component = self.component(&bundle).await?;
        let preparation = Preparation {
            protection: self.protection(&policy)?,
            client: self.client(&policy)?,
            policy,
            bundle,
            action: step.action.clone(),
            given: self.given(&step.configuration)?,
            input: Input::Selected(selection),
            dry_run: run.dry_run,
            compare: run.dry_run,
            most_evictions: run.evictions,
            overrides: Overrides::default(),
            evidence: Evidence::Record,
            gate,
            component: ComponentSource::Ready(component),
        };
        Ok(preparation.check(self.engine()).await?)
    }

    fn end_step(
        &self,
        activation: Activation,
        step: &StepRow,
        report: &Report,
        places: &[u64],
    ) -> Result<(), OrchestratorError> {
        let verdicts: Vec<NewVerdict> = report
            .objects
            .iter()
            .filter_map(|object| {
                let decided = Decided {
                    key: object.key,
                    verdict: object.verdict,
                    code: object.code.clone(),
                    message: object.message.clone(),
                    submissions: object.submissions.clone(),
                };
                placed(decided, places)
            })
            .collect();
        let end = StepEnd {
            how: match report.run.ended {
                EndedHow::Completed => "completed",
                EndedHow::Stopped => "stopped",
                EndedHow::Early => "early",
            }
            .to_owned(),
            code: report.run.code.clone(),
            message: report.run.message.clone(),
            hint: report.run.hint.clone(),
            traffic: json!(report.traffic),
            warnings: json!({ "listed": report.warnings, "not_listed": report.warnings_not_listed, "evictions": report.evictions, "holdings": report.holdings }),
        };
        self.store().end_step(activation, step.place, &end, &verdicts, self.now())?;
        traced::step_ended(&end);
        let told = end.message.as_deref().unwrap_or("worked through its objects");
        self.store()
            .add_event(activation.run, &Event::new(self.now(), "step-ended", told).of_step(step.place))?;
        self.changed(activation.run);
        Ok(())
    }

    /// Ends a step without working on it: what has no verdict there failed, and is safe to send again.
    fn give_up_step(
        &self,
        activation: Activation,
        step: &StepRow,
        how: &str,
        code: &str,
        message: &str,
        hint: Option<&str>,
    ) -> Result<(), OrchestratorError> {
        let failed = |row: palisade_store::ObjectRow| NewVerdict {
            place: row.place,
            verdict: Verdict::Failed,
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            submissions: json!([]),
        };
        let open = self.store().open_objects(activation.run, step.place)?;
        let verdicts: Vec<NewVerdict> = open.into_iter().map(failed).collect();
        let end = StepEnd {
            how: how.to_owned(),
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            hint: hint.map(str::to_owned),
            ..no_end()
        };
        self.store().end_step(activation, step.place, &end, &verdicts, self.now())?;
        traced::step_ended(&end);
        let event = Event::new(self.now(), "step-ended", message).of_step(step.place);
        Ok(self.store().add_event(activation.run, &event)?)
    }

    /// Ends the run, and lets its workflow remember how far it has come.
    fn conclude(
        &self,
        activation: Activation,
        run: &RunRow,
        status: RunStatus,
        reason: Option<&str>,
        hint: Option<&str>,
    ) -> Result<Advanced, OrchestratorError> {
        let store = self.store();
        let worked_through = matches!(status, RunStatus::Completed | RunStatus::ErrorOccurred);
        let counts_for_workflow = !run.dry_run
            && matches!(run.origin, palisade_store::Origin::Schedule | palisade_store::Origin::RunNow);
        let (mut marks, mut cursor) = (Vec::new(), None);
        if counts_for_workflow {
            let steps = store.run_steps(run.id)?;
            let selection = run.selection.as_ref();
            if selection.and_then(|selection| selection.get("takes")) == Some(&json!(Takes::Changed)) {
                let deed = deed(&steps);
                let finished = store.finished_objects(run.id, steps.len() as u64)?;
                marks = finished.iter().map(|object| mark(object, &deed)).collect();
            }
            if worked_through {
                cursor = selection.and_then(|selection| selection.get("cursor")).cloned();
            }
        }
        let end = RunEnd { status, reason, hint, marks: &marks, cursor: cursor.as_ref() };
        store.end_run(activation, &end, self.now())?;
        traced::run_ended(&self.inner.spans.of(run), status);
        self.changed(run.id);
        Ok(Advanced::Done)
    }
}

/// What is done with objects: where it changes, they are to be sent again.
fn deed(steps: &[StepRow]) -> Value {
    steps.iter().map(|step| json!([step.bundle_name, step.action, step.configuration])).collect()
}

/// How a run ended whose steps are over.
fn judge(steps: &[StepRow]) -> (RunStatus, Option<String>, Option<String>) {
    for end in steps.iter().filter_map(|step| step.end.as_ref()) {
        let status = match (end.how.as_str(), end.code.as_deref()) {
            ("completed", None) => continue,
            ("not-begun", _) => RunStatus::FailedToComplete,
            (_, Some("cancelled" | "deadline" | "run-deadline")) => RunStatus::Incomplete,
            _ => RunStatus::ErrorDuringRun,
        };
        return (status, end.message.clone(), end.hint.clone());
    }
    let unfinished: u64 = steps.iter().map(|step| step.counts.rejected + step.counts.failed).sum();
    if unfinished == 0 {
        return (RunStatus::Completed, None, None);
    }
    let objects = if unfinished == 1 { "object was" } else { "objects were" };
    let reason = format!("{unfinished} {objects} rejected or failed");
    (RunStatus::ErrorOccurred, Some(reason), Some("the objects' own reasons say what to do".to_owned()))
}

fn no_end() -> StepEnd {
    StepEnd {
        how: String::new(),
        code: None,
        message: None,
        hint: None,
        traffic: Value::Null,
        warnings: Value::Null,
    }
}

/// Resolves when the activation has to stop.
async fn interrupted(stopping: Stopping, lost: watch::Receiver<bool>) {
    tokio::select! {
        () = becomes(stopping, Option::is_some) => {}
        () = becomes(lost, |lost| *lost) => {}
    }
}

/// Resolves when what is watched is so; never where nobody can change it any more.
async fn becomes<T>(mut watched: watch::Receiver<T>, so: impl FnMut(&T) -> bool) {
    let gone = watched.wait_for(so).await.is_err();
    if gone {
        std::future::pending().await
    }
}

/// Writes verdicts as they happen.
struct Writer {
    store: Store,
    clock: Arc<dyn Clock>,
    orchestrator: Orchestrator,
    activation: Activation,
    step: u32,
    places: Arc<[u64]>,
    lost: watch::Sender<bool>,
}

impl Observer for Writer {
    fn progress(&self, _: Progress) {}

    fn decided(&self, verdicts: &mut dyn Iterator<Item = Decided>) {
        let verdicts: Vec<NewVerdict> =
            verdicts.filter_map(|decided| placed(decided, &self.places)).collect();
        let written = self.store.record_verdicts(self.activation, self.step, &verdicts, self.clock.now());
        if let Err(error) = written {
            // What cannot be remembered must not go on.
            tracing::error!(run = %self.activation.run, "verdicts not written: {error}");
            self.lost.send_replace(true);
        }
        self.orchestrator.changed(self.activation.run);
    }
}

/// A verdict by the object's place in the whole run.
fn placed(mut decided: Decided, places: &[u64]) -> Option<NewVerdict> {
    let place = |key: u64| places.get(usize::try_from(key.checked_sub(1)?).ok()?).copied();
    for submission in &mut decided.submissions {
        if let Some(earlier) = submission.duplicate_of.and_then(place) {
            submission.duplicate_of = Some(earlier);
            if decided.code.is_none() {
                decided.message = Some(format!("duplicate of object {earlier}, submitted once"));
            }
        }
    }
    Some(NewVerdict {
        place: place(decided.key)?,
        verdict: match decided.verdict {
            VerdictName::Accepted => Verdict::Accepted,
            VerdictName::Planned => Verdict::Planned,
            VerdictName::Skipped => Verdict::Skipped,
            VerdictName::Rejected => Verdict::Rejected,
            VerdictName::Failed => Verdict::Failed,
        },
        code: decided.code,
        message: decided.message,
        submissions: json!(decided.submissions),
    })
}
