//! Workflows: one collection, one or more actions in order, each with a configuration of its own, and when they run.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use palisade_bundle::{Action, ApprovalAsked, Manifest};
use palisade_run::{connection_parameters, without_connection};
use palisade_schedule::Schedule;
use palisade_store::{
    ActionDefaults, BundleId, BundleRow, CollectionId, Configuration, ConnectionId, NewWorkflow, StoreError,
    Takes, Version, Wait as _, WorkflowId, WorkflowRow, WorkflowStep,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::collections::{named, read};
use crate::connections::uses_connection;
use crate::form::{Completeness, Entered};
use crate::integrations::{known_action, told};
use crate::{ConnectionChoice, Field, Form, Orchestrator, OrchestratorError, form};

pub use file::{ActionFile, OnConflict, WorkflowFile};

/// A workflow as it is entered.
#[derive(Debug)]
pub struct WorkflowDraft {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection; none where it is only run on selected objects.
    pub collection: Option<CollectionId>,
    /// When it runs automatically.
    pub schedule: Schedule,
    /// Which objects it takes.
    pub takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    pub evictions: Option<u64>,
    /// Whether it runs on schedule.
    pub enabled: bool,
    /// Its actions in order.
    pub steps: Vec<StepDraft>,
}

/// One action of a workflow as it is entered.
#[derive(Debug)]
pub struct StepDraft {
    /// The installed version; the current one of its bundle where another step of the same action does not say otherwise.
    pub bundle: BundleId,
    /// Id of the action.
    pub action: String,
    /// Which of the workflow's steps it was before, from 0 on: what is not entered stays as it was there. A new step
    /// begins with the action's defaults.
    pub was: Option<usize>,
    /// The connection that it uses.
    pub connection: ConnectionChoice,
    /// What was entered.
    pub entered: BTreeMap<String, Entered>,
}

/// A step of a workflow with its form.
#[derive(Debug, Clone, Serialize)]
pub struct StepForm {
    /// The installed version.
    #[serde(skip)]
    pub bundle: BundleRow,
    /// Id of the action.
    pub action: String,
    /// Its title.
    pub title: String,
    /// The connection that it uses: its number and its name.
    #[serde(skip)]
    pub connection: Option<(ConnectionId, String)>,
    /// The form with its configuration in this workflow, without the parameters of the connection.
    pub form: Form,
}

impl Orchestrator {
    /// Creates a workflow.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields; those of the second action as `steps.2.api_key`.
    pub fn add_workflow(&self, draft: WorkflowDraft, who: &str) -> Result<WorkflowId, OrchestratorError> {
        self.make_workflow(draft, Completeness::Complete, who)
    }

    fn make_workflow(
        &self,
        draft: WorkflowDraft,
        completeness: Completeness,
        who: &str,
    ) -> Result<WorkflowId, OrchestratorError> {
        let new = self.new_workflow(draft, None, completeness)?;
        let id = self.store().add_workflow(&new, who, self.now()).wait().map_err(connection_gone)?;
        self.audit(who, "workflow.created", &new.name, None, Some(shown(&new)))?;
        Ok(id)
    }

    /// Changes a workflow that has the expected version, if one is given. Runs in progress keep their configuration.
    ///
    /// # Errors
    /// As [`Self::add_workflow`]; `version-mismatch` if somebody has changed it since.
    pub fn change_workflow(
        &self,
        id: WorkflowId,
        draft: WorkflowDraft,
        expected: Option<Version>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let before = self.store().workflow(id).wait()?;
        // Steps refer to those of the version that was edited: they are not looked up in another one.
        if let Some(expected) = expected.filter(|expected| *expected != before.version) {
            return Err(StoreError::Changed { what: "workflow", expected, found: before.version }.into());
        }
        self.replace_workflow(&before, draft, Completeness::Complete, who)
    }

    fn replace_workflow(
        &self,
        before: &WorkflowRow,
        draft: WorkflowDraft,
        completeness: Completeness,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let new = self.new_workflow(draft, Some(before), completeness)?;
        let changed = self.store().change_workflow(before.id, &new, Some(before.version), self.now()).wait();
        changed.map_err(connection_gone)?;
        let (was, is) = (shown(&as_new(before)), shown(&new));
        self.audit(who, "workflow.changed", &new.name, Some(was), Some(is))
    }

    /// Enables or disables a workflow's schedule.
    ///
    /// # Errors
    /// Where there is none of this id; [`OrchestratorError::Invalid`] where something that it needs is missing.
    pub fn enable_workflow(&self, id: WorkflowId, enabled: bool, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().workflow(id).wait()?;
        if enabled {
            self.check_complete(&row)?;
        }
        let schedule: Schedule = read("schedule", &row.schedule)?;
        let now = self.now();
        // What was missed while it was disabled is not made up for.
        let next_tick = enabled.then(|| schedule.next(row.anchor, now)).flatten();
        let new = NewWorkflow { enabled, next_tick, ..as_new(&row) };
        self.store().change_workflow(id, &new, Some(row.version), now).wait()?;
        let what = if enabled { "workflow.enabled" } else { "workflow.disabled" };
        self.audit(who, what, &row.name, None, None)
    }

    /// Makes a copy, disabled, under another name, with the same connections.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn duplicate_workflow(&self, id: WorkflowId, who: &str) -> Result<WorkflowId, OrchestratorError> {
        let row = self.store().workflow(id).wait()?;
        let name = self.free_name(&row.name, "copy")?;
        let new = NewWorkflow { name, enabled: false, next_tick: None, anchor: self.now(), ..as_new(&row) };
        let copy = self.store().add_workflow(&new, who, self.now()).wait()?;
        self.audit(who, "workflow.created", &new.name, None, Some(shown(&new)))?;
        Ok(copy)
    }

    /// A name that no workflow has: `Nightly (copy)`, `Nightly (copy 2)`.
    fn free_name(&self, name: &str, why: &str) -> Result<String, OrchestratorError> {
        let taken: BTreeSet<String> =
            self.store().workflows().wait()?.into_iter().map(|row| row.name).collect();
        let named = |count: u32| match count {
            1 => format!("{name} ({why})"),
            _ => format!("{name} ({why} {count})"),
        };
        Ok((1..).map(named).find(|name| !taken.contains(name)).unwrap_or_default())
    }

    /// Deletes a workflow. Its runs stay.
    ///
    /// # Errors
    /// `workflow-runs` while one of its runs is open.
    pub fn remove_workflow(&self, id: WorkflowId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().workflow(id).wait()?;
        if self.store().has_open_run(id).wait()? {
            let message = format!("a run of `{}` is under way: cancel it first, or let it end", row.name);
            return Err(OrchestratorError::Conflict { code: "workflow-runs", message });
        }
        self.store().remove_workflow(id).wait()?;
        self.audit(who, "workflow.removed", &row.name, Some(shown(&as_new(&row))), None)
    }

    /// The steps of a workflow with their forms.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn step_forms(&self, row: &WorkflowRow) -> Result<Vec<StepForm>, OrchestratorError> {
        let step = |step: &WorkflowStep| {
            let manifest = self.manifest(step.bundle)?;
            let action = known_action(&manifest, &step.action)?;
            let own = without_connection(&manifest, action);
            let connection = step.connection.map(|id| self.store().connection(id).wait()).transpose()?;
            Ok(StepForm {
                bundle: self.store().bundle(step.bundle).wait()?,
                action: action.id.clone(),
                title: action.title.clone(),
                connection: connection.map(|row| (row.id, row.name)),
                form: form::form(&manifest, &own, &step.configuration, &[]),
            })
        };
        row.steps.iter().map(step).collect()
    }

    fn new_workflow(
        &self,
        draft: WorkflowDraft,
        before: Option<&WorkflowRow>,
        completeness: Completeness,
    ) -> Result<NewWorkflow, OrchestratorError> {
        let name = named(&draft.name)?.to_owned();
        if draft.steps.is_empty() {
            return Err(OrchestratorError::field("steps", "a workflow needs at least one action"));
        }
        if draft.steps.len() as u64 > palisade_limits::WORKFLOW_STEPS {
            let message = format!("a workflow has at most {} actions", palisade_limits::WORKFLOW_STEPS);
            return Err(OrchestratorError::field("steps", message));
        }
        if let Some(collection) = draft.collection {
            self.store().collection(collection).wait()?;
        } else if !matches!(draft.schedule, Schedule::None) {
            return Err(OrchestratorError::field("collection", "a schedule needs a collection"));
        }
        let (mut steps, mut wrong) = (Vec::new(), Vec::new());
        for (step, place) in draft.steps.into_iter().zip(1..) {
            match self.new_step(step, before, completeness) {
                Ok(step) => steps.push(step),
                Err(OrchestratorError::Invalid(fields)) => wrong.extend(of_step(place, fields)),
                Err(error) => return Err(error),
            }
        }
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        let now = self.now();
        let schedule = json!(draft.schedule);
        let same = before.filter(|row| row.schedule == schedule && row.enabled == draft.enabled);
        let anchor = before.filter(|row| row.schedule == schedule).map_or(now, |row| row.anchor);
        let next_tick = match same {
            Some(row) => row.next_tick,
            None if draft.enabled => draft.schedule.next(anchor, now),
            None => None,
        };
        Ok(NewWorkflow {
            name,
            description: draft.description,
            collection: draft.collection,
            schedule,
            takes: draft.takes,
            evictions: draft.evictions,
            enabled: draft.enabled,
            anchor,
            next_tick,
            steps,
        })
    }

    /// The connection and the values of a step before anything is entered: those of the step that it was, or the defaults of its
    /// action.
    pub(crate) fn step_base(
        &self,
        manifest: &Manifest,
        action: &Action,
        before: Option<&WorkflowRow>,
        was: Option<usize>,
    ) -> Result<ActionDefaults, OrchestratorError> {
        let was =
            before.zip(was).and_then(|(row, was)| row.steps.get(was)).filter(|was| was.action == action.id);
        // A connection of one bundle is never given to another.
        match was {
            Some(was) if self.store().bundle(was.bundle).wait()?.bundle == manifest.id => {
                Ok(ActionDefaults { connection: was.connection, configuration: was.configuration.clone() })
            }
            _ => Ok(self.store().action_defaults(&manifest.id, &action.id).wait()?),
        }
    }

    fn new_step(
        &self,
        step: StepDraft,
        before: Option<&WorkflowRow>,
        completeness: Completeness,
    ) -> Result<WorkflowStep, OrchestratorError> {
        let manifest = self.manifest(step.bundle)?;
        let action = known_action(&manifest, &step.action)?;
        check_supported(action)?;
        let held = self.step_base(&manifest, action, before, step.was)?;
        let names = connection_parameters(&manifest);
        let message = "this belongs to the connection: change it there, or choose another connection";
        let mut wrong: Vec<Field> = step
            .entered
            .keys()
            .filter(|name| names.contains(name.as_str()))
            .map(|name| Field::new(name, message))
            .collect();
        let uses = uses_connection(&manifest, action);
        let connection = step.connection.resolved(held.connection).filter(|_| uses);
        let mut note = |result: Result<(), OrchestratorError>| match result {
            Err(OrchestratorError::Invalid(fields)) => {
                let new =
                    fields.into_iter().filter(|field| !wrong.iter().any(|known| known.name == field.name));
                let new: Vec<Field> = new.collect();
                wrong.extend(new);
                Ok(())
            }
            other => other,
        };
        let own = without_connection(&manifest, action);
        let entered = step.entered.into_iter().filter(|(name, _)| !names.contains(name.as_str())).collect();
        let mut configuration = Configuration::new();
        let accepted = self.accept(&manifest, &own, &held.configuration, entered, completeness);
        note(accepted.map(|accepted| configuration = accepted))?;
        if let Some(id) = connection {
            note(self.usable_connection(&manifest, action, id).map(drop))?;
        }
        if completeness == Completeness::Complete {
            note(self.check_usable(&manifest, action, connection, &configuration))?;
        }
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        Ok(WorkflowStep { bundle: step.bundle, action: step.action, connection, configuration })
    }

    /// Whether a workflow has everything that it needs to run.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn is_complete(&self, row: &WorkflowRow) -> Result<bool, OrchestratorError> {
        match self.check_complete(row) {
            Ok(()) => Ok(true),
            Err(OrchestratorError::Invalid(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes sure that a workflow can be run: what was imported may lack something, and a connection may have changed.
    pub(crate) fn check_complete(&self, row: &WorkflowRow) -> Result<(), OrchestratorError> {
        let mut wrong = Vec::new();
        for (step, place) in row.steps.iter().zip(1..) {
            let manifest = self.manifest(step.bundle)?;
            let action = known_action(&manifest, &step.action)?;
            let own = without_connection(&manifest, action);
            let held = &step.configuration;
            let own = check_supported(action)
                .and_then(|()| self.accept(&manifest, &own, held, BTreeMap::new(), Completeness::Complete));
            let checked = own.and_then(|own| self.check_usable(&manifest, action, step.connection, &own));
            match checked {
                Ok(()) => {}
                Err(OrchestratorError::Invalid(fields)) => wrong.extend(of_step(place, fields)),
                Err(error) => return Err(error),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(OrchestratorError::Invalid(wrong)) }
    }
}

/// Refuses an action that the service cannot run safely: it keeps nothing of objects that wait, and asks nobody for an approval.
fn check_supported(action: &Action) -> Result<(), OrchestratorError> {
    let message = if action.waits.is_some() {
        "the service cannot run actions yet that wait for a task: run it on the command line"
    } else if action.approval() == ApprovalAsked::Required {
        "the service cannot ask for approvals yet: run the action on the command line"
    } else {
        return Ok(());
    };
    Err(OrchestratorError::Invalid(vec![Field::new("action", message)]))
}

/// A workflow as the audit log may show it.
fn shown(workflow: &NewWorkflow) -> Value {
    let step = |step: &WorkflowStep| {
        json!({
            "bundle": step.bundle,
            "action": step.action,
            "connection": step.connection,
            "configuration": told(&step.configuration),
        })
    };
    json!({
        "name": workflow.name,
        "description": workflow.description,
        "collection": workflow.collection,
        "schedule": workflow.schedule,
        "takes": workflow.takes,
        "max_evictions": workflow.evictions,
        "enabled": workflow.enabled,
        "steps": workflow.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

/// A connection that was deleted while the workflow was being saved.
fn connection_gone(error: StoreError) -> OrchestratorError {
    match error {
        StoreError::Missing { what: "connection", id } => OrchestratorError::Conflict {
            code: "connection-gone",
            message: format!("the connection `{id}` was deleted in the meantime: choose another connection"),
        },
        error => error.into(),
    }
}

/// Fields of one action of a workflow, by its place.
fn of_step(place: usize, fields: Vec<Field>) -> impl Iterator<Item = Field> {
    fields.into_iter().map(move |field| Field { name: format!("steps.{place}.{}", field.name), ..field })
}

fn as_new(row: &WorkflowRow) -> NewWorkflow {
    NewWorkflow {
        name: row.name.clone(),
        description: row.description.clone(),
        collection: row.collection,
        schedule: row.schedule.clone(),
        takes: row.takes,
        evictions: row.evictions,
        enabled: row.enabled,
        anchor: row.anchor,
        next_tick: row.next_tick,
        steps: row.steps.clone(),
    }
}
