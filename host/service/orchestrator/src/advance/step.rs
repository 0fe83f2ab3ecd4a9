//! One step of a run with the objects that have no verdict there. Verdicts are written as they happen; where that is not possible,
//! the step stops.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use palisade_bundle::Effect;
use palisade_egress::Gate;
use palisade_limits as limits;
use palisade_model::{StepEnding, Verdict};
use palisade_run::{Decided, EndedHow, OUTCOME_UNKNOWN, Observer, Preparation, Progress, Report, Stopper};
use palisade_store::{
    Activation, Cause, Event, NewVerdict, Phase, RunRow, StepEnd, StepRow, Store, Wait as _,
};
use serde_json::json;
use tokio::sync::watch;

use super::becomes;
use crate::clock::Clock;
use crate::executor::{Advanced, Stop, Stopping};
use crate::integrations::known_action;
use crate::judged::cause_of;
use crate::words::of_service;
use crate::{Orchestrator, OrchestratorError, objects, traced};

/// How often the clock is compared with the deadline of a run.
const CLOCK_LOOKED_AT: Duration = Duration::from_secs(1);

impl Orchestrator {
    /// Does one step with the objects that have no verdict there, once no other run pushes to its list.
    pub(super) async fn execute(
        &self,
        activation: Activation,
        run: &RunRow,
        step: &StepRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let Some(list) = self.list_of(run, step) else {
            return self.execute_alone(activation, run, step, stopping).await;
        };
        if let Some(other) = self.store().lease_list(activation, &list).await? {
            let reason = format!("run {other} is pushing to the same list");
            self.store().wait_run(activation, Phase::Waiting, &reason, None).await?;
            self.changed(run.id);
            // It is due earlier, as soon as the list is free.
            let pause = SignedDuration::from_secs(i64::try_from(limits::LIST_WAIT_SECONDS).unwrap_or(1));
            return Ok(Advanced::WaitUntil(self.now().saturating_add(pause).unwrap_or(run.deadline_at)));
        }
        let advanced = self.execute_alone(activation, run, step, stopping).await;
        self.store().release_list(activation, &list).await?;
        advanced
    }

    /// The list that a step pushes to, as a name: whose it is, and what it does there. None if the step changes no list, or
    /// cannot begin, which it reports itself.
    fn list_of(&self, run: &RunRow, step: &StepRow) -> Option<String> {
        if run.dry_run {
            return None;
        }
        let effect = match self.manifest(step.bundle?).ok()?.action(&step.action)?.effect {
            Effect::Blocks => "blocks",
            Effect::Exempts => "exempts",
            Effect::Contains | Effect::Other => return None,
        };
        Some(format!("{} {effect}", Self::tenant(step)))
    }

    /// Does one step with the objects that have no verdict there.
    async fn execute_alone(
        &self,
        activation: Activation,
        run: &RunRow,
        step: &StepRow,
        stopping: Stopping,
    ) -> Result<Advanced, OrchestratorError> {
        let store = self.store();
        let rows = store.open_objects(run.id, step.place).await?;
        if rows.is_empty() {
            let end = StepEnd::of(StepEnding::Completed);
            store.end_step(activation, step.place, &end, &[], self.now()).await?;
            return Ok(Advanced::More);
        }
        let gate = self.gate(&Self::tenant(step));
        if let Some(closed) = gate.closed() {
            let wait = closed.opens_at.saturating_duration_since(tokio::time::Instant::now());
            if wait.as_secs() >= limits::HELD_WAIT_SECONDS {
                let opens = self.now().saturating_add(wait).unwrap_or(run.deadline_at);
                store.wait_run(activation, Phase::Waiting, &waits_until(opens), Some(opens)).await?;
                self.changed(run.id);
                return Ok(Advanced::WaitUntil(opens));
            }
        }
        let (selection, places) = objects::selection(rows);
        store.begin_step(activation, step.place, self.now()).await?;
        let event = if step.started_at.is_none() {
            let message = format!("{} with {} objects", step.title, places.len());
            Event::new(self.now(), "step-begun", &message)
        } else {
            let message = format!("{} with the {} objects that have no verdict", step.title, places.len());
            Event::new(self.now(), "step-continued", &message)
        };
        store.add_event(run.id, &event.of_step(step.place)).await?;
        let prepared = match self.prepare(run, step, selection, gate.clone()).await {
            Ok(prepared) => prepared,
            Err(error) => {
                self.give_up_step(activation, step, &GivenUp::not_begun(&error))?;
                return Ok(Advanced::More);
            }
        };
        let places: Arc<[u64]> = places.into();
        let (lost, is_lost) = watch::channel(false);
        let writer = Arc::new(Writer {
            store: self.shared_store(),
            clock: Arc::clone(&self.inner.options.clock),
            orchestrator: self.clone(),
            activation,
            step: step.place,
            places: Arc::clone(&places),
            in_hand: AtomicU64::new(0),
            stopping: stopping.clone(),
            lost,
        });
        let (stopper, run_stopping) = Stopper::new();
        let mut report = tokio::select! {
            report = prepared.execute(writer, run_stopping) => report,
            never = pass_on(stopping.clone(), is_lost.clone(), &stopper) => match never {},
            never = stop_at(run.deadline_at, &*self.inner.options.clock, &stopper) => match never {},
        };
        store.note_wait(activation, None).await?;
        let stop = if *is_lost.borrow() { Some(Stop::Lost) } else { *stopping.borrow() };
        if let Some(recorder) = prepared.recorder().filter(|recorder| recorder.entries() > 0) {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            if recorder.write(&mut packed).is_ok()
                && let Ok(har) = packed.finish()
            {
                store.add_recording(activation, step.place, &har).await?;
            }
        }
        let was_interrupted = report.run.code.as_deref() == Some("cancelled");
        if was_interrupted && stop.is_none() && self.now() >= run.deadline_at {
            exceeded(&mut report);
        }
        match stop {
            // What has no verdict is offered again.
            Some(Stop::Draining | Stop::Lost) if was_interrupted => {
                if !report
                    .objects
                    .iter()
                    .any(|object| object.outcome.code.as_deref() == Some(OUTCOME_UNKNOWN))
                {
                    store.put_down(activation, step.place).await?;
                }
                let message = "the service is stopping; the run continues when it has started again";
                let event = Event::new(self.now(), "step-interrupted", message);
                store.add_event(run.id, &event.of_step(step.place)).await?;
                store.wait_run(activation, Phase::Queued, "the service was stopped", None).await?;
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
        gate: Gate,
    ) -> Result<palisade_run::Prepared, OrchestratorError> {
        let policy = self.policy()?;
        let bundle = step.bundle.ok_or_else(|| OrchestratorError::Conflict {
            code: "integration-gone",
            message: format!("{} {} is not installed any more", step.bundle_name, step.version),
        })?;
        let bundle = self.trusted_bundle(bundle, &policy)?;
        let action = known_action(bundle.manifest(), &step.action)?;
        let configuration = self.with_secrets(bundle.manifest(), action, step)?;
        let given = self.given(bundle.manifest(), action, &configuration, BTreeMap::new())?;
        let component = self.component(&bundle).await?;
        let (protection, client) = (self.protection(&policy)?, self.client(&policy)?);
        let preparation = Preparation::new(bundle, policy, &step.action)
            .protection(protection)
            .client(client)
            .configuration(given)
            .selection(selection)
            .dry_run(run.dry_run)
            .compare(run.dry_run)
            .most_evictions(run.evictions)
            .record()
            .gate(gate)
            .component(component);
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
                let decided = Decided { key: object.key, outcome: object.outcome.clone() };
                let is_open = report.run.ended == EndedHow::Early && object.outcome.code == report.run.code;
                let verdict = placed(decided, places)?;
                Some(if is_open { in_hand(verdict, step) } else { verdict })
            })
            .collect();
        let mut warnings = report.warnings.clone();
        for warning in warnings.iter_mut().filter(|warning| warning.source == "host") {
            if let Some(hint) = warning.fields.get_mut("hint") {
                *hint = of_service(hint);
            }
        }
        let end = StepEnd {
            how: match report.run.ended {
                EndedHow::Completed => StepEnding::Completed,
                EndedHow::Stopped => StepEnding::Stopped,
                EndedHow::Early => StepEnding::Early,
            },
            code: report.run.code.clone(),
            message: report.run.message.clone(),
            hint: report.run.hint.as_deref().map(of_service),
            cause: report.run.code.as_deref().map(cause_of),
            traffic: json!(report.traffic),
            warnings: json!({ "listed": warnings, "not_listed": report.warnings_not_listed, "evictions": report.evictions, "holdings": report.holdings }),
        };
        self.store().end_step(activation, step.place, &end, &verdicts, self.now()).wait()?;
        traced::step_ended(&end);
        let told = end.message.as_deref().unwrap_or("worked through its objects");
        self.store()
            .add_event(activation.run, &Event::new(self.now(), "step-ended", told).of_step(step.place))
            .wait()?;
        self.changed(activation.run);
        Ok(())
    }

    /// Ends every step that is not over without working on it: each object has its verdict in each step also where a run gives up.
    pub(super) fn give_up_steps(
        &self,
        activation: Activation,
        steps: &[StepRow],
        how: StepEnding,
        code: &str,
        message: &str,
    ) -> Result<(), OrchestratorError> {
        for step in steps.iter().filter(|step| step.end.is_none()) {
            let given_up =
                GivenUp { how, code, message: message.to_owned(), hint: None, cause: cause_of(code) };
            self.give_up_step(activation, step, &given_up)?;
        }
        Ok(())
    }

    /// Ends a step without working on it: what has no verdict there failed, and is safe to send again. What an activation had that did
    /// not come to its end may have been sent.
    fn give_up_step(
        &self,
        activation: Activation,
        step: &StepRow,
        given_up: &GivenUp<'_>,
    ) -> Result<(), OrchestratorError> {
        let GivenUp { how, code, cause, .. } = *given_up;
        let message = given_up.message.as_str();
        let failed = |row: palisade_store::ObjectRow| NewVerdict {
            place: row.place,
            verdict: Verdict::Failed,
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            submissions: json!([]),
        };
        let open = self.store().open_objects(activation.run, step.place).wait()?;
        let verdicts: Vec<NewVerdict> = open.into_iter().map(|row| in_hand(failed(row), step)).collect();
        let end = StepEnd {
            code: Some(code.to_owned()),
            message: Some(message.to_owned()),
            hint: given_up.hint.clone(),
            cause: Some(cause),
            ..StepEnd::of(how)
        };
        self.store().end_step(activation, step.place, &end, &verdicts, self.now()).wait()?;
        traced::step_ended(&end);
        let event = Event::new(self.now(), "step-ended", message).of_step(step.place);
        Ok(self.store().add_event(activation.run, &event).wait()?)
    }
}

/// Why a step is not worked on.
struct GivenUp<'a> {
    how: StepEnding,
    code: &'a str,
    message: String,
    hint: Option<String>,
    cause: Cause,
}

impl GivenUp<'_> {
    /// It cannot begin.
    fn not_begun(error: &OrchestratorError) -> Self {
        Self {
            how: StepEnding::NotBegun,
            code: error.code(),
            message: of_service(&error.to_string()),
            hint: error.hint().map(|hint| of_service(&hint)),
            cause: error.cause(),
        }
    }
}

/// Stops a step when the deadline of its run comes, with patience for what is in flight. Never ends.
async fn stop_at(deadline: Timestamp, clock: &dyn Clock, stopper: &Stopper) -> Infallible {
    loop {
        let left = deadline.duration_since(clock.now());
        if left <= SignedDuration::ZERO {
            break;
        }
        // The clock may be set meanwhile.
        tokio::time::sleep(left.unsigned_abs().min(CLOCK_LOOKED_AT)).await;
    }
    stopper.finish();
    std::future::pending().await
}

/// Says of a report that the deadline of the run ended it.
fn exceeded(report: &mut Report) {
    let (code, message) = run_deadline();
    for object in report.objects.iter_mut().filter(|object| object.outcome.code == report.run.code) {
        object.outcome.code = Some(code.to_owned());
    }
    report.run.code = Some(code.to_owned());
    report.run.message = Some(message);
    report.run.hint = None;
}

/// Code and message of a run that exceeded its deadline.
pub(super) fn run_deadline() -> (&'static str, String) {
    ("run-deadline", format!("the run exceeded its deadline of {} h", limits::RUN_DEADLINE_SECONDS / 3_600))
}

fn waits_until(opens: Timestamp) -> String {
    format!("the service asked to wait; the next request is sent at {opens:.0}")
}

/// Stops the run when the activation has to stop. What is in flight is waited for, unless nothing of it can be written any more.
/// Never ends.
async fn pass_on(stopping: Stopping, lost: watch::Receiver<bool>, stopper: &Stopper) -> Infallible {
    let ends = becomes(stopping.clone(), |stop| matches!(stop, Some(Stop::Cancelled | Stop::Draining)));
    let is_lost = async {
        tokio::select! {
            () = becomes(stopping, |stop| *stop == Some(Stop::Lost)) => {}
            () = becomes(lost, |lost| *lost) => {}
        }
    };
    let mut is_lost = std::pin::pin!(is_lost);
    tokio::select! {
        () = ends => {
            stopper.finish();
            is_lost.await;
        }
        () = &mut is_lost => {}
    }
    stopper.at_once();
    std::future::pending().await
}

/// The verdict of an object that was not sent, as far as this activation knows: one that an earlier activation had when it ended
/// without a word may have been.
fn in_hand(verdict: NewVerdict, step: &StepRow) -> NewVerdict {
    if verdict.place > step.in_hand {
        return verdict;
    }
    let message = "it may have been sent: the service ended while the action worked on it";
    NewVerdict { code: Some(OUTCOME_UNKNOWN.to_owned()), message: Some(message.to_owned()), ..verdict }
}

/// Writes verdicts as they happen.
struct Writer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    orchestrator: Orchestrator,
    activation: Activation,
    step: u32,
    places: Arc<[u64]>,
    /// How many objects the action has, as far as that is written.
    in_hand: AtomicU64,
    stopping: Stopping,
    lost: watch::Sender<bool>,
}

impl Observer for Writer {
    fn progress(&self, progress: Progress) {
        let handed_out = progress.handed_out;
        if self.in_hand.fetch_max(handed_out, Ordering::Relaxed) >= handed_out {
            return;
        }
        let index = handed_out.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let Some(place) = index.and_then(|index| self.places.get(index)) else { return };
        if let Err(error) = self.store.take_in_hand(self.activation, self.step, *place).wait() {
            tracing::error!(run = %self.activation.run, "objects in hand not written: {error}");
            self.lost.send_replace(true);
        }
    }

    fn waiting(&self, until: Option<SystemTime>) {
        let until = until.map(|until| Timestamp::try_from(until).unwrap_or(Timestamp::MAX));
        let reason = until.map(waits_until);
        // Where it cannot be written, verdicts cannot either, and they stop the run.
        let _ = self.store.note_wait(self.activation, reason.as_deref().zip(until)).wait();
        self.orchestrator.changed(self.activation.run);
    }

    fn decided(&self, verdicts: &mut dyn Iterator<Item = Decided>) {
        // A run that goes on later offers again what it could not finish now.
        let goes_on = matches!(*self.stopping.borrow(), Some(Stop::Draining | Stop::Lost));
        let stands = |decided: &Decided| !(goes_on && decided.outcome.verdict == Verdict::Failed);
        let verdicts: Vec<NewVerdict> =
            verdicts.filter(stands).filter_map(|decided| placed(decided, &self.places)).collect();
        let written =
            self.store.record_verdicts(self.activation, self.step, &verdicts, self.clock.now()).wait();
        if let Err(error) = written {
            // What cannot be remembered must not go on.
            tracing::error!(run = %self.activation.run, "verdicts not written: {error}");
            self.lost.send_replace(true);
        }
        self.orchestrator.changed(self.activation.run);
    }
}

/// A verdict by the object's place in the whole run.
fn placed(decided: Decided, places: &[u64]) -> Option<NewVerdict> {
    let Decided { key, mut outcome } = decided;
    let place = |key: u64| places.get(usize::try_from(key.checked_sub(1)?).ok()?).copied();
    for submission in &mut outcome.submissions {
        if let Some(earlier) = submission.duplicate_of.and_then(place) {
            submission.duplicate_of = Some(earlier);
            if outcome.code.is_none() {
                outcome.message = Some(format!("duplicate of object {earlier}, submitted once"));
            }
        }
    }
    Some(NewVerdict {
        place: place(key)?,
        verdict: outcome.verdict,
        code: outcome.code,
        message: outcome.message,
        submissions: json!(outcome.submissions),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Moves by a minute whenever it is looked at.
    struct Moving(Mutex<Timestamp>);

    impl Clock for Moving {
        fn now(&self) -> Timestamp {
            let mut now = self.0.lock().unwrap();
            *now = now.saturating_add(SignedDuration::from_mins(1)).unwrap();
            *now
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_in_progress_is_stopped_at_the_deadline_of_its_run() {
        let (stopper, stopping) = Stopper::new();
        let begun = Timestamp::UNIX_EPOCH;
        let clock = Moving(Mutex::new(begun));
        let deadline = begun.saturating_add(SignedDuration::from_hours(24)).unwrap();
        let waited = tokio::time::timeout(Duration::from_secs(600), stop_at(deadline, &clock, &stopper));
        assert!(!stopping.is_asked() && waited.await.is_err());
        assert!(!stopping.is_asked(), "600 looks are ten hours");
        let waited = tokio::time::timeout(Duration::from_secs(3_000), stop_at(deadline, &clock, &stopper));
        assert!(waited.await.is_err());
        assert!(stopping.is_asked() && !stopping.is_at_once(), "what is in flight is waited for");
    }
}
