//! A workflow as a file: taken away, and brought to another service.

use std::collections::{BTreeMap, BTreeSet};

use palisade_schedule::Schedule;
use palisade_store::{BundleId, StoredValue, Takes, Wait as _, WorkflowId, WorkflowRow, WorkflowStep};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StepDraft, WorkflowDraft};
use crate::collections::read;
use crate::form::{Completeness, Entered};
use crate::{ConnectionChoice, Orchestrator, OrchestratorError};

/// A workflow as a file. It names its connections; their secrets are not in it.
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
    /// When it runs automatically.
    pub schedule: Schedule,
    /// `all` or `changed`.
    pub takes: Takes,
    /// Existing entries a run may displace: 0 by default, `null` for no limit.
    #[serde(default = "none_removed")]
    pub max_evictions: Option<u64>,
    /// Its actions in order.
    pub actions: Vec<ActionFile>,
}

/// What an import does if there is a workflow with the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// It fails.
    #[default]
    Fail,
    /// It creates a workflow with another name.
    Rename,
    /// It replaces the workflow: its runs and whether it is enabled stay, and its connections where the file names none.
    Replace,
}

fn none_removed() -> Option<u64> {
    Some(0)
}

/// One action of a workflow as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// The bundle's id.
    pub bundle: String,
    /// Its version, which has to be installed where it is imported.
    pub version: String,
    /// Id of the action.
    pub action: String,
    /// Name of its connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Its configuration, without the parameters of the connection.
    pub configuration: BTreeMap<String, Value>,
}

impl Orchestrator {
    /// A workflow as a file.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn export_workflow(&self, id: WorkflowId) -> Result<String, OrchestratorError> {
        let row = self.store().workflow(id).wait()?;
        let action = |step: &WorkflowStep| {
            let bundle = self.store().bundle(step.bundle).wait()?;
            let plain = |(name, value): (&String, &StoredValue)| match value {
                StoredValue::Value(value) => Some((name.clone(), value.clone())),
                StoredValue::Secret { .. } => None,
            };
            let connection = step.connection.map(|id| self.store().connection(id).wait()).transpose()?;
            Ok::<_, OrchestratorError>(ActionFile {
                bundle: bundle.bundle,
                version: bundle.version,
                action: step.action.clone(),
                connection: connection.map(|row| row.name),
                configuration: step.configuration.iter().filter_map(plain).collect(),
            })
        };
        let file = WorkflowFile {
            actions: row.steps.iter().map(action).collect::<Result<_, _>>()?,
            collection: row
                .collection
                .map(|id| self.store().collection(id).wait())
                .transpose()?
                .map(|row| row.name),
            schedule: read("schedule", &row.schedule)?,
            name: row.name,
            description: row.description,
            takes: row.takes,
            max_evictions: row.evictions,
        };
        serde_saphyr::to_string(&file).map_err(|error| OrchestratorError::Internal(error.to_string()))
    }

    /// Creates a workflow of a file, disabled. Connections are found by name; an action whose file names none gets the default of the
    /// action. What is missing then, also a connection that is not there, has to be entered before it runs.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`]: no such file, collection, version or parameter. `name-taken` if there is a workflow with
    /// this name and the import may neither rename nor replace.
    pub fn import_workflow(
        &self,
        text: &str,
        on_conflict: OnConflict,
        who: &str,
    ) -> Result<WorkflowId, OrchestratorError> {
        let file: WorkflowFile = serde_saphyr::from_str(text)
            .map_err(|error| OrchestratorError::field("file", in_short(&error.to_string())))?;
        let collection = match file.collection {
            None => None,
            Some(name) => {
                let known = self.store().collections().wait()?.into_iter().find(|row| row.name == name);
                let message = format!("there is no collection named `{name}`");
                Some(known.ok_or_else(|| OrchestratorError::field("collection", message))?.id)
            }
        };
        let known = self.store().workflows().wait()?.into_iter().find(|row| row.name == file.name.trim());
        let replaced = known.as_ref().filter(|_| on_conflict == OnConflict::Replace);
        let connections = self.store().connections().wait()?;
        let (mut steps, mut kept) = (Vec::new(), BTreeSet::new());
        for action in file.actions {
            let bundle = self.installed_version(&action.bundle, &action.version)?;
            let was = match replaced {
                Some(row) => self.step_to_keep(row, &action, &mut kept)?,
                None => None,
            };
            let manifest = self.manifest(bundle)?;
            let kind = manifest.action(&action.action).and_then(|action| manifest.kind_for(action));
            let connection = match &action.connection {
                None => ConnectionChoice::Kept,
                // Never another one in its place: that may lead to another service.
                Some(name) => connections
                    .iter()
                    .find(|row| row.name == *name && Some(&row.kind) == kind.as_ref())
                    .map_or(ConnectionChoice::Nothing, |row| ConnectionChoice::Is(row.id)),
            };
            steps.push(StepDraft {
                bundle,
                action: action.action,
                was,
                connection,
                entered: action
                    .configuration
                    .into_iter()
                    .map(|(name, value)| (name, Entered::Value(value)))
                    .collect(),
            });
        }
        let name = match on_conflict {
            OnConflict::Rename if known.is_some() => self.free_name(file.name.trim(), "imported")?,
            _ => file.name,
        };
        let draft = WorkflowDraft {
            name,
            description: file.description,
            collection,
            schedule: file.schedule,
            takes: file.takes,
            evictions: file.max_evictions,
            enabled: replaced.is_some_and(|row| row.enabled),
            steps,
        };
        match replaced {
            // An enabled workflow stays complete: a run of it must be able to start.
            Some(row) => {
                let completeness = if row.enabled { Completeness::Complete } else { Completeness::Open };
                self.replace_workflow(row, draft, completeness, who)?;
                Ok(row.id)
            }
            None => self.make_workflow(draft, Completeness::Open, who),
        }
    }

    /// The step of a replaced workflow whose connection an imported action keeps: the first one of the same action of the same bundle
    /// that no other imported action keeps.
    fn step_to_keep(
        &self,
        row: &WorkflowRow,
        action: &ActionFile,
        kept: &mut BTreeSet<usize>,
    ) -> Result<Option<usize>, OrchestratorError> {
        for (place, step) in row.steps.iter().enumerate() {
            let is_same = step.action == action.action
                && self.store().bundle(step.bundle).wait()?.bundle == action.bundle;
            if is_same && kept.insert(place) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    fn installed_version(&self, bundle: &str, version: &str) -> Result<BundleId, OrchestratorError> {
        let installed = self.store().bundles().wait()?.into_iter().filter(|row| row.bundle == bundle);
        let (wanted, others): (Vec<_>, Vec<_>) = installed.partition(|row| row.version == version);
        if let Some(row) = wanted.first() {
            return Ok(row.id);
        }
        let message = if others.is_empty() {
            format!("`{bundle}` is not installed")
        } else {
            let others: Vec<String> = others.iter().map(|row| format!("`{}`", row.version)).collect();
            format!("version `{version}` of `{bundle}` is not installed, but {} is", others.join(", "))
        };
        Err(OrchestratorError::field("actions", message))
    }
}

/// What the parser says and where, without its drawing of the place: `line 1, column 7: expected string scalar`.
fn in_short(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" --> ").next().unwrap_or(line).trim();
    let Some(rest) = line.strip_prefix("error: ").unwrap_or(line).strip_prefix("line ") else {
        return line.to_owned();
    };
    match rest.split_once(" column ") {
        Some((number, rest)) => format!("line {number}, column {rest}"),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_short;

    #[test]
    fn what_a_parser_draws_is_not_shown() {
        let drawn = "error: line 1 column 7: expected string scalar\n --> <input>:1:7\n  |\n1 | name: [x\n  | ^ expected string scalar";
        for message in [drawn.to_owned(), drawn.split_whitespace().collect::<Vec<_>>().join(" ")] {
            assert_eq!(in_short(&message), "line 1, column 7: expected string scalar");
        }
        assert_eq!(in_short("there is no collection named `a`"), "there is no collection named `a`");
    }
}
