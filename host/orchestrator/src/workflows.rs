//! Workflows: one collection, one or more actions in order, each with a configuration of its own, and when they run.

use std::collections::BTreeMap;

use palisade_schedule::Schedule;
use palisade_store::{
    BundleId, BundleRow, CollectionId, NewWorkflow, Takes, WorkflowId, WorkflowRow, WorkflowStep,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::collections::{named, read};
use crate::form::{Completeness, Entered};
use crate::integrations::{known_action, told};
use crate::{Form, Orchestrator, OrchestratorError, form};

/// A workflow as it is entered.
#[derive(Debug)]
pub struct WorkflowDraft {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its collection; none where it is only run on selected objects.
    pub collection: Option<CollectionId>,
    /// When it runs by itself.
    pub schedule: Schedule,
    /// Which objects it takes.
    pub takes: Takes,
    /// Entries of others that a run may make the service remove; none for any number.
    pub evictions: Option<u64>,
    /// Whether its schedule counts.
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
    /// The form with its configuration in this workflow.
    pub form: Form,
}

/// A workflow as a file. Secrets stay behind: an import says which are missing.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkflowFile {
    /// Unique name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Name of its collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// When it runs by itself.
    pub schedule: Schedule,
    /// `all` or `changed`.
    pub takes: Takes,
    /// Entries of others that a run may make the service remove; `any` is written as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_evictions: Option<u64>,
    /// Its actions in order.
    pub actions: Vec<ActionFile>,
}

/// One action of a workflow as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// The bundle's id.
    pub bundle: String,
    /// Its version when it was exported; an import takes the one that is installed.
    pub version: String,
    /// Id of the action.
    pub action: String,
    /// Its configuration, without secrets.
    pub configuration: BTreeMap<String, Value>,
}

impl Orchestrator {
    /// Makes a workflow.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields; those of the second action as `steps.2.api_key`.
    pub fn add_workflow(&self, draft: WorkflowDraft, who: &str) -> Result<WorkflowId, OrchestratorError> {
        let new = self.new_workflow(draft, None)?;
        let id = self.store().add_workflow(&new, who, self.now())?;
        self.audit(who, "workflow.created", &new.name, None, Some(self.shown(&new)))?;
        Ok(id)
    }

    /// Changes a workflow. A run that is under way keeps what it began with.
    ///
    /// # Errors
    /// As [`Self::add_workflow`].
    pub fn change_workflow(
        &self,
        id: WorkflowId,
        draft: WorkflowDraft,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let before = self.store().workflow(id)?;
        let new = self.new_workflow(draft, Some(&before))?;
        self.store().change_workflow(id, &new, self.now())?;
        let was = self.shown(&as_new(&before));
        self.audit(who, "workflow.changed", &new.name, Some(was), Some(self.shown(&new)))
    }

    /// Enables or disables a workflow's schedule.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn enable_workflow(&self, id: WorkflowId, enabled: bool, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().workflow(id)?;
        let schedule: Schedule = read("schedule", &row.schedule)?;
        let now = self.now();
        // What was missed while it was disabled is not made up for.
        let next_tick = enabled.then(|| schedule.next(row.anchor, now)).flatten();
        let new = NewWorkflow { enabled, next_tick, ..as_new(&row) };
        self.store().change_workflow(id, &new, now)?;
        let what = if enabled { "workflow.enabled" } else { "workflow.disabled" };
        self.audit(who, what, &row.name, None, None)
    }

    /// Makes a copy, disabled, under another name, secrets included.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn duplicate_workflow(&self, id: WorkflowId, who: &str) -> Result<WorkflowId, OrchestratorError> {
        let row = self.store().workflow(id)?;
        let taken: Vec<String> = self.store().workflows()?.into_iter().map(|row| row.name).collect();
        let name = (1_u32..)
            .map(|count| {
                if count == 1 {
                    format!("{} (copy)", row.name)
                } else {
                    format!("{} (copy {count})", row.name)
                }
            })
            .find(|name| !taken.contains(name))
            .unwrap_or_default();
        let new = NewWorkflow { name, enabled: false, next_tick: None, anchor: self.now(), ..as_new(&row) };
        let copy = self.store().add_workflow(&new, who, self.now())?;
        self.audit(who, "workflow.created", &new.name, None, Some(self.shown(&new)))?;
        Ok(copy)
    }

    /// Deletes a workflow. Its runs stay.
    ///
    /// # Errors
    /// `workflow-runs` while one of its runs is open.
    pub fn remove_workflow(&self, id: WorkflowId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().workflow(id)?;
        if self.store().has_open_run(id)? {
            let message = format!("a run of `{}` is under way: cancel it first, or let it end", row.name);
            return Err(OrchestratorError::Conflict { code: "workflow-runs", message });
        }
        self.store().remove_workflow(id)?;
        self.audit(who, "workflow.removed", &row.name, Some(self.shown(&as_new(&row))), None)
    }

    /// The steps of a workflow with their forms.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn step_forms(&self, row: &WorkflowRow) -> Result<Vec<StepForm>, OrchestratorError> {
        let step = |step: &WorkflowStep| {
            let manifest = self.manifest(step.bundle)?;
            let action = known_action(&manifest, &step.action)?;
            Ok(StepForm {
                bundle: self.store().bundle(step.bundle)?,
                action: action.id.clone(),
                title: action.title.clone(),
                form: form::form(&manifest, action, &step.configuration, &[]),
            })
        };
        row.steps.iter().map(step).collect()
    }

    /// A workflow as a file.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn export_workflow(&self, id: WorkflowId) -> Result<String, OrchestratorError> {
        let row = self.store().workflow(id)?;
        let action = |step: &WorkflowStep| {
            let bundle = self.store().bundle(step.bundle)?;
            let configuration = told(&step.configuration);
            let plain = configuration.as_object().into_iter().flatten();
            Ok::<_, OrchestratorError>(ActionFile {
                bundle: bundle.bundle,
                version: bundle.version,
                action: step.action.clone(),
                configuration: plain
                    .filter(|(name, _)| {
                        matches!(step.configuration.get(*name), Some(palisade_store::StoredValue::Value(_)))
                    })
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            })
        };
        let file = WorkflowFile {
            actions: row.steps.iter().map(action).collect::<Result<_, _>>()?,
            collection: row.collection.map(|id| self.store().collection(id)).transpose()?.map(|row| row.name),
            schedule: read("schedule", &row.schedule)?,
            name: row.name,
            description: row.description,
            takes: row.takes,
            max_evictions: row.evictions,
        };
        serde_saphyr::to_string(&file).map_err(|error| OrchestratorError::Conflict {
            code: "workflow-file",
            message: error.to_string(),
        })
    }

    /// Makes a workflow of a file, disabled. Secrets are taken from the actions' defaults where these have them.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`]: no such file, collection, bundle or parameter, or a secret that nobody has.
    pub fn import_workflow(&self, text: &str, who: &str) -> Result<WorkflowId, OrchestratorError> {
        let file: WorkflowFile = serde_saphyr::from_str(text)
            .map_err(|error| OrchestratorError::field("file", error.to_string()))?;
        let collection = match file.collection {
            None => None,
            Some(name) => {
                let known = self.store().collections()?.into_iter().find(|row| row.name == name);
                let message = format!("there is no collection named `{name}`");
                Some(known.ok_or_else(|| OrchestratorError::field("collection", message))?.id)
            }
        };
        let mut steps = Vec::new();
        for action in file.actions {
            let message = format!("`{}` is not installed", action.bundle);
            let bundle = self.store().current_bundle(&action.bundle)?;
            steps.push(StepDraft {
                bundle: bundle.ok_or_else(|| OrchestratorError::field("actions", message))?.id,
                action: action.action,
                was: None,
                entered: action
                    .configuration
                    .into_iter()
                    .map(|(name, value)| (name, Entered::Value(value)))
                    .collect(),
            });
        }
        let draft = WorkflowDraft {
            name: file.name,
            description: file.description,
            collection,
            schedule: file.schedule,
            takes: file.takes,
            evictions: file.max_evictions,
            enabled: false,
            steps,
        };
        self.add_workflow(draft, who)
    }

    fn new_workflow(
        &self,
        draft: WorkflowDraft,
        before: Option<&WorkflowRow>,
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
            self.store().collection(collection)?;
        } else if !matches!(draft.schedule, Schedule::None) {
            return Err(OrchestratorError::field("collection", "a schedule needs a collection"));
        }
        let (mut steps, mut wrong) = (Vec::new(), Vec::new());
        for (step, place) in draft.steps.into_iter().zip(1..) {
            match self.new_step(step, before) {
                Ok(step) => steps.push(step),
                Err(OrchestratorError::Invalid(fields)) => {
                    wrong.extend(fields.into_iter().map(|mut field| {
                        field.name = format!("steps.{place}.{}", field.name);
                        field
                    }));
                }
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

    fn new_step(
        &self,
        step: StepDraft,
        before: Option<&WorkflowRow>,
    ) -> Result<WorkflowStep, OrchestratorError> {
        let manifest = self.manifest(step.bundle)?;
        let action = known_action(&manifest, &step.action)?;
        let was = before
            .zip(step.was)
            .and_then(|(row, was)| row.steps.get(was))
            .filter(|was| was.action == step.action);
        let held = match was {
            Some(was) => was.configuration.clone(),
            None => self.store().action_defaults(&manifest.id, &action.id)?,
        };
        let configuration = self.accept(&manifest, action, &held, step.entered, Completeness::Complete)?;
        Ok(WorkflowStep { bundle: step.bundle, action: step.action, configuration })
    }

    /// A workflow as the audit log may show it.
    fn shown(&self, workflow: &NewWorkflow) -> Value {
        let step = |step: &WorkflowStep| json!({ "bundle": step.bundle, "action": step.action, "configuration": told(&step.configuration) });
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
