//! Runs: asked for, cancelled, made again for what failed, and pruned.

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{
    NewRun, NewStep, NewVerdict, Origin, Phase, RunId, RunRow, StoredObject, Wait as _, WorkflowId,
    WorkflowRow,
};
use serde_json::json;

use crate::integrations::known_action;
use crate::{Orchestrator, OrchestratorError};

/// What is asked for.
#[derive(Debug)]
pub enum Request<'a> {
    /// A tick of the schedule.
    Tick(Timestamp),
    /// The workflow's collection, now.
    Now,
    /// These objects in place of the collection.
    Selected(Vec<StoredObject>),
    /// What failed in an earlier run, and nothing else.
    Retry(&'a RunRow),
}

/// Objects, and verdicts by step that they begin with.
type Failed = (Vec<StoredObject>, Vec<(u32, NewVerdict)>);

impl Orchestrator {
    /// Asks for a run; none where the tick has one already.
    ///
    /// # Errors
    /// Where the workflow cannot be run so.
    pub fn request_run(
        &self,
        workflow: WorkflowId,
        request: Request<'_>,
        dry_run: bool,
        who: &str,
    ) -> Result<Option<RunId>, OrchestratorError> {
        let row = self.store().workflow(workflow).wait()?;
        let now = self.now();
        if !matches!(request, Request::Tick(_)) {
            self.check_complete(&row)?;
        }
        let steps = self.new_steps(&row)?;
        let tick = match &request {
            Request::Tick(tick) => Some(format!("{workflow}@{tick}")),
            _ => None,
        };
        let collection = row.collection.map(|id| self.store().collection(id).wait()).transpose()?;
        let (origin, retry_of, objects, carried) = match request {
            Request::Tick(_) => (Origin::Schedule, None, None, Vec::new()),
            Request::Now => (Origin::RunNow, None, None, Vec::new()),
            Request::Selected(objects) => {
                crate::selected::bounded(objects.len())?;
                (Origin::Manual, None, Some(objects), Vec::new())
            }
            Request::Retry(earlier) => {
                let (objects, carried) = self.failed(earlier, &steps)?;
                (Origin::Retry, Some(earlier.id), Some(objects), carried)
            }
        };
        let objects_given = objects.as_ref().map(Vec::len);
        if objects_given == Some(0) {
            let message = "there are no objects to run with".to_owned();
            return Err(OrchestratorError::Conflict { code: "no-objects", message });
        }
        if objects.is_none() && collection.is_none() {
            return Err(OrchestratorError::field(
                "collection",
                "this workflow has no collection: select objects",
            ));
        }
        let deadline =
            SignedDuration::from_secs(i64::try_from(limits::RUN_DEADLINE_SECONDS).unwrap_or(i64::MAX));
        let new = NewRun {
            workflow,
            origin,
            requested_by: who.to_owned(),
            tick,
            retry_of,
            dry_run,
            evictions: row.evictions,
            collection: collection.as_ref().map(|collection| collection.name.clone()).unwrap_or_default(),
            deadline_at: now.saturating_add(deadline).unwrap_or(now),
            steps,
            objects,
            carried,
        };
        let Some(run) = self.store().add_run(&new, now).wait()? else { return Ok(None) };
        if origin != Origin::Schedule {
            let after = json!({ "run": run, "origin": origin, "dry_run": dry_run, "objects": objects_given });
            self.audit(who, "run.requested", &row.name, None, Some(after))?;
        }
        self.submit(run)?;
        self.changed(run);
        Ok(Some(run))
    }

    /// Hands a run to the executor. Doing so twice changes nothing.
    pub(crate) fn submit(&self, run: RunId) -> Result<(), OrchestratorError> {
        let row = self.store().run(run).wait()?;
        let steps = self.store().run_steps(run).wait()?;
        let tenant = steps.first().map(Self::tenant).unwrap_or_default();
        let lane = row.workflow.map_or_else(|| format!("run {run}"), |workflow| workflow.to_string());
        Ok(self.executor().submit(run, &lane, &tenant, row.deadline_at)?)
    }

    /// What a start has to do: take back what a process that is gone had in hand, and submit what it did not come to.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn recover(&self) -> Result<u64, OrchestratorError> {
        let taken_back = self.executor().reconcile()?;
        for run in self.store().runs_without_task().wait()? {
            self.submit(run)?;
        }
        Ok(taken_back)
    }

    /// Lets a run end soon.
    ///
    /// # Errors
    /// `run-over` where it is over.
    pub fn cancel_run(&self, run: RunId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().run(run).wait()?;
        if row.phase == Phase::Ended {
            let message = format!("run {run} is over already");
            return Err(OrchestratorError::Conflict { code: "run-over", message });
        }
        self.executor().cancel(run)?;
        self.audit(who, "run.cancelled", &format!("{} {run}", row.workflow_name), None, None)
    }

    /// Asks for a run of exactly the objects that failed in this one, in the actions in which they did, with the workflow's
    /// configuration as it is now. Once: what fails again is for that run to retry.
    ///
    /// # Errors
    /// `run-under-way`, `no-objects`, `retried-already`, or that the workflow is gone.
    pub fn retry_run(&self, run: RunId, who: &str) -> Result<RunId, OrchestratorError> {
        let row = self.store().run(run).wait()?;
        let conflict = |code, message: String| OrchestratorError::Conflict { code, message };
        if row.phase != Phase::Ended {
            return Err(conflict("run-under-way", format!("run {run} is not over yet")));
        }
        let Some(workflow) = row.workflow else {
            let message = format!("the workflow `{}` was deleted", row.workflow_name);
            return Err(conflict("workflow-gone", message));
        };
        let retried = |by: RunId| conflict("retried-already", format!("run {by} is the retry of run {run}"));
        if let Some(by) = self.store().retry_of(run).wait()? {
            return Err(retried(by));
        }
        match self.request_run(workflow, Request::Retry(&row), row.dry_run, who)? {
            Some(made) => Ok(made),
            // Of two who asked at once, one made it.
            None => Err(self
                .store()
                .retry_of(run)
                .wait()?
                .map_or_else(|| conflict("run-made", "the run has been made already".to_owned()), retried)),
        }
    }

    /// Removes runs that have been over for longer than the retention rule says, and secrets that nothing names any more.
    /// How many runs.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub fn prune(&self, days: u64) -> Result<u64, OrchestratorError> {
        let before = |seconds: u64| {
            let age = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
            self.now().saturating_sub(age).unwrap_or(Timestamp::MIN)
        };
        let removed = self.store().remove_unused_secrets(before(limits::UNUSED_SECRET_SECONDS)).wait()?;
        if removed > 0 {
            tracing::info!("{removed} secrets that were replaced or taken away are removed");
        }
        let ended_before = before(days.saturating_mul(24 * 60 * 60));
        Ok(self.store().prune_runs(ended_before, limits::RUNS_PRUNED_AT_ONCE).wait()?)
    }

    fn new_steps(&self, row: &WorkflowRow) -> Result<Vec<NewStep>, OrchestratorError> {
        let step = |step: &palisade_store::WorkflowStep| {
            let bundle = self.store().bundle(step.bundle).wait()?;
            let manifest = self.manifest(step.bundle)?;
            let action = known_action(&manifest, &step.action)?;
            Ok(NewStep {
                bundle: step.bundle,
                bundle_name: bundle.bundle,
                version: bundle.version,
                digest: bundle.digest,
                action: step.action.clone(),
                title: action.title.clone(),
                connection: step.connection,
                configuration: self.without_secrets(&manifest, action, step)?,
            })
        };
        row.steps.iter().map(step).collect()
    }

    /// The objects of a run that failed in an action that the workflow still has, and for the steps in which they did not, that
    /// nothing is to be done.
    fn failed(&self, run: &RunRow, steps: &[NewStep]) -> Result<Failed, OrchestratorError> {
        let earlier = self.store().run_steps(run.id).wait()?;
        let then = same_actions(
            steps.iter().map(|step| (step.bundle_name.as_str(), step.action.as_str())),
            earlier.iter().map(|step| (step.bundle_name.as_str(), step.action.as_str(), step.place)),
        );
        let (mut objects, mut carried) = (Vec::new(), Vec::new());
        for failed in self.store().failed_objects(run.id).wait()? {
            let verdict_in = |place: &u32| {
                failed.verdicts.iter().find(|(step, _)| step == place).map(|(_, verdict)| *verdict)
            };
            let verdicts: Vec<Option<Verdict>> =
                then.iter().map(|place| verdict_in(place.as_ref()?)).collect();
            if !verdicts.contains(&Some(Verdict::Failed)) {
                continue;
            }
            objects.push(failed.object);
            let place = objects.len() as u64;
            for (verdict, step) in verdicts.into_iter().zip(1..) {
                let (code, message) = match verdict {
                    Some(Verdict::Failed) => continue,
                    Some(verdict) => {
                        ("done-before", format!("{verdict} in run {}, object {}", run.id, failed.place))
                    }
                    None => ("not-retried", format!("run {} did not have this action", run.id)),
                };
                let verdict = NewVerdict {
                    place,
                    verdict: Verdict::Skipped,
                    code: Some(code.to_owned()),
                    message: Some(message),
                    submissions: json!([]),
                };
                carried.push((step, verdict));
            }
        }
        Ok((objects, carried))
    }
}

/// For each action of a workflow, which step of an earlier run was the same; of several alike the first is the first.
fn same_actions<'a>(
    now: impl Iterator<Item = (&'a str, &'a str)>,
    earlier: impl Iterator<Item = (&'a str, &'a str, u32)>,
) -> Vec<Option<u32>> {
    let mut open: Vec<_> = earlier.collect();
    now.map(|(bundle, action)| {
        let found = open
            .iter()
            .position(|(its_bundle, its_action, _)| (*its_bundle, *its_action) == (bundle, action))?;
        Some(open.remove(found).2)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_knows_an_action_again_wherever_it_stands_now() {
        let earlier = [("one", "exempt", 1), ("one", "block", 2), ("two", "block", 3), ("one", "block", 4)];
        let now =
            [("one", "block"), ("one", "exempt"), ("one", "block"), ("one", "block"), ("three", "block")];
        let same = same_actions(now.into_iter(), earlier.into_iter());
        assert_eq!(same, [Some(2), Some(1), Some(4), None, None]);
    }
}
