//! Connections: where a service is and the credential for it, entered once and used by actions and workflows. Each
//! connection of a bundle's manifest is a kind: [`Manifest::connection_kind`] gives its name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use palisade_bundle::{Action, Manifest};
use palisade_run::{connection_form, connection_parameters};
use palisade_store::{
    BundleId, Configuration, ConnectionContent, ConnectionId, ConnectionRow, ConnectionUsers,
    ConnectionWrite, StepRow, StoreError, StoredValue, Version, Wait as _, WorkflowStep,
};
use serde::Serialize;
use serde_json::Value;

use crate::collections::named;
use crate::form::{Completeness, Entered, form_entered, values_entered};
use crate::integrations::{secrets_of, told, told_beside};
use crate::{Field, Form, Orchestrator, OrchestratorError, form};

/// What actions and workflows connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionKind {
    /// The id of the bundle for its first connection, `bundle/connection` for each further one.
    pub kind: String,
    /// The service's name.
    pub title: String,
    /// What each test of the connection proves, in order.
    pub proves: Vec<String>,
    /// The version whose form a connection has.
    #[serde(skip)]
    pub bundle: BundleId,
}

/// A connection as it is entered.
#[derive(Debug)]
pub struct ConnectionDraft {
    /// Unique name.
    pub name: String,
    /// What it connects to: see [`Manifest::connection_kind`]. A saved connection keeps its kind.
    pub kind: String,
    /// What was entered; a change keeps the rest.
    pub entered: BTreeMap<String, Entered>,
}

/// A connection with its form and its users.
#[derive(Debug, Clone)]
pub struct ConnectionPage {
    /// The connection.
    pub row: ConnectionRow,
    /// The name of its kind; none if no version of the bundle is installed.
    pub title: Option<String>,
    /// What each test of the connection proves, in order.
    pub proves: Vec<String>,
    /// The text that people know the service by: the label of its region, or its origin.
    pub place: Option<String>,
    /// Its form; empty if no version of the bundle is installed.
    pub form: Form,
    /// Parameter to value; of a secret, that there is one.
    pub configuration: Value,
    /// What refers to it.
    pub users: ConnectionUsers,
}

/// Which connection an action is to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConnectionChoice {
    /// The one it has. A new action of a workflow has the action's default.
    #[default]
    Kept,
    /// None.
    Nothing,
    /// A new connection with what is entered beside it.
    New,
    /// This one.
    Is(ConnectionId),
}

impl ConnectionChoice {
    /// The connection that results.
    pub(crate) fn resolved(self, kept: Option<ConnectionId>) -> Option<ConnectionId> {
        match self {
            Self::Kept => kept,
            Self::Nothing | Self::New => None,
            Self::Is(id) => Some(id),
        }
    }
}

impl Orchestrator {
    /// The kinds of connections that can be created.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn connection_kinds(&self) -> Result<Vec<ConnectionKind>, OrchestratorError> {
        let mut kinds = Vec::new();
        for row in self.store().bundles().wait()?.into_iter().filter(|row| row.current) {
            let manifest = self.manifest(row.id)?;
            kinds.extend(manifest.connections.iter().map(|connection| ConnectionKind {
                kind: manifest.connection_kind(connection),
                title: connection.label.clone(),
                proves: connection.tests.iter().map(|test| test.proves.trim().to_owned()).collect(),
                bundle: row.id,
            }));
        }
        Ok(kinds)
    }

    /// The manifest that says what a connection of this kind has, and the connection as an action.
    pub(crate) fn kind_of_connection(
        &self,
        kind: &str,
    ) -> Result<(ConnectionKind, Arc<Manifest>, Action), OrchestratorError> {
        let kinds = self.connection_kinds()?;
        let known = kinds.iter().map(|known| format!("`{}`", known.kind)).collect::<Vec<_>>().join(", ");
        let found = kinds.into_iter().find(|known| known.kind == kind).ok_or_else(|| {
            let message = if known.is_empty() {
                format!("`{kind}` is not installed; no installed integration needs a connection")
            } else {
                format!("`{kind}` is not an installed integration that needs a connection; expected one of {known}")
            };
            OrchestratorError::field("kind", message)
        })?;
        let manifest = self.manifest(found.bundle)?;
        let connection = manifest.connection_of_kind(kind);
        let form = connection.map(|connection| connection_form(&manifest, connection)).ok_or_else(|| {
            OrchestratorError::field("kind", format!("`{kind}` is not a kind of connection"))
        })?;
        Ok((found, manifest, form))
    }

    /// All connections by name, each with its form and its users.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn connection_pages(&self) -> Result<Vec<ConnectionPage>, OrchestratorError> {
        self.store().connections().wait()?.into_iter().map(|row| self.page_of_connection(row)).collect()
    }

    /// One connection with its form and its users.
    ///
    /// # Errors
    /// If there is no connection with this id.
    pub fn connection_page(&self, id: ConnectionId) -> Result<ConnectionPage, OrchestratorError> {
        self.page_of_connection(self.store().connection(id).wait()?)
    }

    fn page_of_connection(&self, row: ConnectionRow) -> Result<ConnectionPage, OrchestratorError> {
        let users = self.store().connection_users(row.id).wait()?;
        let manifest = self.kind_of_connection(&row.kind).ok();
        let form = match &manifest {
            Some((_, manifest, form)) => form::form(manifest, form, &row.configuration, &[]),
            None => Form { sections: Vec::new() },
        };
        let place = form.sections.iter().flat_map(|section| &section.fields).find_map(|field| {
            let option = field.options.iter().find(|option| option.chosen);
            let origin = (field.kind == "origin" && field.is_set).then(|| field.value.clone());
            option.map(|option| option.label.clone()).or(origin)
        });
        let (title, proves) = match manifest {
            Some((kind, ..)) => (Some(kind.title), kind.proves),
            None => (None, Vec::new()),
        };
        Ok(ConnectionPage { configuration: told(&row.configuration), row, title, proves, place, form, users })
    }

    /// The form of a new connection of a kind.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] if there is no such kind.
    pub fn new_connection_form(&self, kind: &str) -> Result<Form, OrchestratorError> {
        let (_, manifest, form) = self.kind_of_connection(kind)?;
        Ok(form::form(&manifest, &form, &Configuration::new(), &[]))
    }

    /// The values that a program sent for a connection.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] if there is no such kind.
    pub fn connection_values(
        &self,
        kind: &str,
        values: BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Entered>, OrchestratorError> {
        let (_, manifest, form) = self.kind_of_connection(kind)?;
        Ok(values_entered(&manifest, &form, values))
    }

    /// The values that a form sent for a connection, whose fields are `prefix` and the parameter's name.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] if there is no such kind.
    pub fn connection_fields(
        &self,
        kind: &str,
        prefix: &str,
        fields: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, Entered>, OrchestratorError> {
        let (_, manifest, form) = self.kind_of_connection(kind)?;
        Ok(form_entered(&manifest, &form, prefix, fields))
    }

    /// Creates a connection.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields; `name-taken`.
    pub fn add_connection(
        &self,
        draft: ConnectionDraft,
        who: &str,
    ) -> Result<ConnectionId, OrchestratorError> {
        let (_, manifest, form) = self.kind_of_connection(&draft.kind)?;
        let name = named(&draft.name)?.to_owned();
        let before = Configuration::new();
        let configuration = self.accept(&manifest, &form, &before, draft.entered, Completeness::Complete)?;
        let content = ConnectionContent { name, kind: draft.kind, configuration };
        let write = ConnectionWrite {
            id: None,
            content: content.clone(),
            expected: None,
            others: Vec::new(),
            who: who.to_owned(),
            now: self.now(),
        };
        let id = self.store().write_connection(&write).wait()?;
        self.audit_connection(who, None, &content)?;
        Ok(id)
    }

    /// Changes a connection that has the expected version, if one is given. Everything that refers to it uses the new contents; a run
    /// in progress uses a new key from its next step on.
    ///
    /// # Errors
    /// As [`Self::add_connection`]; `version-mismatch` if somebody has changed it since.
    pub fn change_connection(
        &self,
        id: ConnectionId,
        draft: ConnectionDraft,
        expected: Option<Version>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let row = self.store().connection(id).wait()?;
        if let Some(expected) = expected.filter(|expected| *expected != row.version) {
            return Err(StoreError::Changed { what: "connection", expected, found: row.version }.into());
        }
        if draft.kind != row.kind {
            let message = format!("a connection keeps its kind, `{}`; create another connection", row.kind);
            return Err(OrchestratorError::field("kind", message));
        }
        let (_, manifest, form) = self.kind_of_connection(&row.kind)?;
        let name = named(&draft.name)?.to_owned();
        let configuration =
            self.accept(&manifest, &form, &row.configuration, draft.entered, Completeness::Complete)?;
        let content = ConnectionContent { name, kind: draft.kind, configuration };
        let write = ConnectionWrite {
            id: Some(id),
            content: content.clone(),
            expected: Some(row.version),
            others: Vec::new(),
            who: who.to_owned(),
            now: self.now(),
        };
        self.store().write_connection(&write).wait()?;
        self.audit_connection(who, Some(&row), &content)
    }

    /// Whether what was entered for a connection is what is saved.
    pub(crate) fn is_saved(
        &self,
        row: &ConnectionRow,
        entered: &BTreeMap<String, Entered>,
    ) -> Result<bool, OrchestratorError> {
        let is_plain = |entered: &Entered| matches!(entered, Entered::Text(_) | Entered::Value(_));
        if !entered.values().all(is_plain) {
            return Ok(false);
        }
        let (_, manifest, form) = self.kind_of_connection(&row.kind)?;
        match self.accept(&manifest, &form, &row.configuration, entered.clone(), Completeness::Open) {
            Ok(configuration) => Ok(configuration == row.configuration),
            Err(OrchestratorError::Invalid(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes a connection that no workflow and no open run uses.
    ///
    /// # Errors
    /// [`OrchestratorError::InUse`] naming them.
    pub fn remove_connection(&self, id: ConnectionId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().connection(id).wait()?;
        let users = self.store().remove_connection(id).wait()?;
        if users.prevent_deletion() {
            let run = |(run, workflow): (palisade_store::RunId, String)| {
                format!("run {run} of {workflow}, which has not ended")
            };
            let workflows = users.workflows.into_iter().map(|(_, name)| name);
            let by = workflows.chain(users.runs.into_iter().map(run)).collect();
            return Err(OrchestratorError::InUse { what: "connection", name: row.name, by });
        }
        self.audit(who, "connection.removed", &row.name, Some(shown(&content_of(&row), None)), None)
    }

    /// Writes the line about a created or a changed connection.
    pub(crate) fn audit_connection(
        &self,
        who: &str,
        before: Option<&ConnectionRow>,
        after: &ConnectionContent,
    ) -> Result<(), OrchestratorError> {
        let before = before.map(content_of);
        let what = if before.is_some() { "connection.changed" } else { "connection.created" };
        let was = before.as_ref().map(|before| shown(before, None));
        self.audit(who, what, &after.name, was, Some(shown(after, before.as_ref())))
    }

    /// A name that no connection has: `Vendor`, `Vendor 2`.
    pub(crate) fn free_connection_name(&self, name: &str) -> Result<String, OrchestratorError> {
        let taken: BTreeSet<String> =
            self.store().connections().wait()?.into_iter().map(|row| row.name).collect();
        let named = |count: u32| if count == 1 { name.to_owned() } else { format!("{name} {count}") };
        Ok((1..).map(named).find(|name| !taken.contains(name)).unwrap_or_default())
    }

    /// A connection that an action of this bundle can use.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] for the field `connection`.
    pub(crate) fn usable_connection(
        &self,
        manifest: &Manifest,
        action: &Action,
        id: ConnectionId,
    ) -> Result<ConnectionRow, OrchestratorError> {
        let row = match self.store().connection(id).wait() {
            Err(StoreError::Missing { .. }) => {
                return Err(OrchestratorError::field("connection", format!("there is no connection `{id}`")));
            }
            found => found?,
        };
        let kind = manifest.kind_for(action);
        if Some(&row.kind) != kind.as_ref() {
            let message = format!(
                "the connection `{}` is for `{}`; expected one for `{}`",
                row.name,
                row.kind,
                kind.unwrap_or_else(|| manifest.id.clone())
            );
            return Err(OrchestratorError::field("connection", message));
        }
        Ok(row)
    }

    /// Makes sure that an action can be run with its connection: there is one, with everything that the action needs, and its secrets
    /// were entered for the origins that the action sends them to.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] for the field `connection`.
    pub(crate) fn check_usable(
        &self,
        manifest: &Manifest,
        action: &Action,
        connection: Option<ConnectionId>,
        own: &Configuration,
    ) -> Result<(), OrchestratorError> {
        if !uses_connection(manifest, action) {
            return Ok(());
        }
        let Some(id) = connection else {
            let message = format!("choose a connection to {}, or create one", service_name(manifest, action));
            return Err(OrchestratorError::field("connection", message));
        };
        let row = self.usable_connection(manifest, action, id)?;
        let all = merged(manifest, action, Some(&row), own);
        match self.accept(manifest, action, &all, BTreeMap::new(), Completeness::Complete) {
            Ok(_) => Ok(()),
            Err(OrchestratorError::Invalid(fields)) => {
                let names = connection_parameters(manifest);
                let of_connection = |field: Field| {
                    if !names.contains(field.name.as_str()) {
                        return field;
                    }
                    let message = format!("connection `{}`, `{}`: {}", row.name, field.name, field.message);
                    Field::new("connection", message)
                };
                Err(OrchestratorError::Invalid(fields.into_iter().map(of_connection).collect()))
            }
            Err(error) => Err(error),
        }
    }

    /// The configuration of a run's step as it is recorded: with the values of its connection, without secrets.
    pub(crate) fn without_secrets(
        &self,
        manifest: &Manifest,
        action: &Action,
        step: &WorkflowStep,
    ) -> Result<Configuration, OrchestratorError> {
        let row = step.connection.map(|id| self.store().connection(id).wait()).transpose()?;
        let mut all = merged(manifest, action, row.as_ref(), &step.configuration);
        all.retain(|_, value| matches!(value, StoredValue::Value(_)));
        Ok(all)
    }

    /// The configuration that a run's step runs with: as it was recorded, and the secrets that its connection has now.
    pub(crate) fn with_secrets(
        &self,
        manifest: &Manifest,
        action: &Action,
        step: &StepRow,
    ) -> Result<Configuration, OrchestratorError> {
        let mut all = step.configuration.clone();
        let Some(id) = step.connection else { return Ok(all) };
        let row = self.store().connection(id).wait()?;
        let held =
            row.configuration.into_iter().filter(|(_, value)| matches!(value, StoredValue::Secret { .. }));
        all.extend(held.filter(|(name, _)| has(manifest, action, name)));
        Ok(all)
    }
}

/// Whether an action needs a connection.
pub(crate) fn uses_connection(manifest: &Manifest, action: &Action) -> bool {
    action.connection(manifest).is_some()
}

/// The name of the service that an action connects to.
fn service_name<'manifest>(manifest: &'manifest Manifest, action: &Action) -> &'manifest str {
    action.connection(manifest).map_or(&manifest.name, |connection| &connection.label)
}

fn has(manifest: &Manifest, action: &Action, name: &str) -> bool {
    action.parameters(manifest).any(|parameter| parameter.name == name)
}

/// The configuration of an action together with its connection's, which says where the service is.
pub(crate) fn merged(
    manifest: &Manifest,
    action: &Action,
    connection: Option<&ConnectionRow>,
    own: &Configuration,
) -> Configuration {
    let names = connection_parameters(manifest);
    let mut all = own.clone();
    all.retain(|name, _| !names.contains(name.as_str()));
    let held = connection.into_iter().flat_map(|row| &row.configuration);
    all.extend(
        held.filter(|(name, _)| names.contains(name.as_str()) && has(manifest, action, name))
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    all
}

pub(crate) fn content_of(row: &ConnectionRow) -> ConnectionContent {
    ConnectionContent {
        name: row.name.clone(),
        kind: row.kind.clone(),
        configuration: row.configuration.clone(),
    }
}

/// A connection as the audit log may show it: secrets that the one before did not have are new.
fn shown(content: &ConnectionContent, before: Option<&ConnectionContent>) -> Value {
    let known = secrets_of(&before.unwrap_or(content).configuration);
    serde_json::json!({
        "name": content.name,
        "kind": content.kind,
        "configuration": told_beside(&content.configuration, &known),
    })
}
