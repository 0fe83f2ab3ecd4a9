//! Installed bundles: what an upload is and may do, what it changes, and how it gets in and out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use palisade_bundle::{Action, Authenticity, Bundle, Manifest, TrustedBundle};
use palisade_run::{connection_form, connection_parameters, without_connection};
use palisade_store::{
    ActionDefaults, BundleId, BundleRow, Configuration, ConnectionContent, ConnectionId, ConnectionRow,
    ConnectionWrite, NewBundle, SecretId, StoreError, StoredValue, Version, Wait as _,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::connections::{content_of, merged};
use crate::form::{Completeness, Entered, SECRET};
use crate::{ConnectionChoice, Field, Form, Orchestrator, OrchestratorError, form};

/// What an uploaded zip is, for whoever has to decide on it.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// SHA-256 of the zip.
    pub digest: String,
    /// The manifest's id.
    pub bundle: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Who publishes it, by its own word.
    pub publisher: String,
    /// What it is for.
    pub description: String,
    /// Whose signature it has.
    pub authenticity: Authenticity,
    /// What it may do.
    pub actions: Vec<ReviewedAction>,
    /// The version that is there already.
    pub installed: Option<Installed>,
    /// Parameters whose saved defaults it overwrites.
    pub changes: Vec<ParameterChange>,
}

/// The version that is there already.
#[derive(Debug, Clone, Serialize)]
pub struct Installed {
    /// Its version.
    pub version: String,
    /// When.
    pub installed_at: Timestamp,
    /// Whether it is the very same zip.
    pub same: bool,
    /// Whether the zip has an older version than this: installing it is a downgrade.
    pub downgrade: bool,
}

/// What one action may do.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewedAction {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it does.
    pub description: String,
    /// The objects that it takes, by kind.
    pub accepts: BTreeMap<String, Vec<String>>,
    /// The requests that it asks to be allowed: methods, place and reason.
    pub requests: Vec<String>,
    /// What the action states about itself: effect, changes, approval, waiting, and what it returns.
    pub facts: Vec<String>,
    /// What must be in place at the service.
    pub requires: Vec<String>,
}

/// A parameter that a new version changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParameterChange {
    /// Id of the action.
    pub action: String,
    /// Name of the parameter.
    pub parameter: String,
    /// Its label.
    pub label: String,
    /// `added`, `removed` or `changed`.
    pub how: &'static str,
    /// What is saved for it; of a secret, that there is one. Nothing if nothing is saved.
    pub saved: Option<String>,
    /// What it is after the installation: the default of the zip, if that has one.
    pub becomes: Option<String>,
}

/// What whoever installs has been told and agrees to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// It is there already.
    pub replace: bool,
    /// It overwrites saved defaults.
    pub overwrite: bool,
}

/// An action of an installed version, as its page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct ActionPage {
    /// The installed version.
    #[serde(skip)]
    pub bundle: BundleRow,
    /// Id of the action.
    pub action: String,
    /// Its title.
    pub title: String,
    /// What it does.
    pub description: String,
    /// The objects that it takes, by kind.
    pub accepts: BTreeMap<String, Vec<String>>,
    /// Its form, with the defaults for future workflows.
    pub form: Form,
    /// Raised by each change of the defaults and of their connection; 0 if none were saved.
    pub version: Version,
    /// The same as they can be sent back: parameter to value; of a secret, that there is one.
    pub configuration: Value,
    /// The connection that future workflows use; none if none is saved.
    pub connection: Option<ConnectionId>,
    /// The kind of that connection; none if the action needs none.
    #[serde(skip)]
    pub connection_kind: Option<String>,
    /// Names of the parameters that belong to the connection.
    #[serde(skip)]
    pub of_connection: BTreeSet<String>,
    /// What the action states about itself: effect, changes, approval, waiting, and what it returns.
    pub facts: Vec<String>,
    /// What must be in place at the service.
    pub requires: Vec<String>,
    /// What each test of the connection proves, in order.
    pub proves: Vec<String>,
    /// The label of the parameter whose other choices a test of the connection tries, where the chosen one refuses the key.
    pub test_tries: Option<String>,
}

impl Orchestrator {
    /// Looks at a zip without installing it.
    ///
    /// # Errors
    /// [`OrchestratorError::Bundle`]: damaged, not signed, signed by somebody who is not trusted.
    pub fn review(&self, zip: &[u8], name: &str) -> Result<Review, OrchestratorError> {
        let bundle = TrustedBundle::from_bytes(zip, name, &self.trust(&self.policy()?)?)?;
        let manifest = bundle.manifest();
        let digest = bundle.digest().to_string();
        let (mut installed, mut changes) = (None, Vec::new());
        if let Some(row) = self.store().current_bundle(&manifest.id).wait()? {
            let before = Bundle::from_bytes(&self.store().bundle_zip(row.id).wait()?, &row.bundle)?;
            changes = changed_parameters(before.manifest(), manifest);
            for change in &mut changes {
                let held = self.store().action_defaults(&manifest.id, &change.action).wait()?;
                change.saved = value_of(before.manifest(), change, &held.configuration);
                change.becomes = value_of(manifest, change, &Configuration::new());
            }
            let same = row.digest == digest;
            let downgrade = is_older(&manifest.version, &row.version);
            installed =
                Some(Installed { version: row.version, installed_at: row.installed_at, same, downgrade });
        }
        Ok(Review {
            digest,
            bundle: manifest.id.clone(),
            title: manifest.name.clone(),
            version: manifest.version.clone(),
            publisher: manifest.publisher.clone(),
            description: manifest.description.clone(),
            authenticity: bundle.authenticity().clone(),
            actions: manifest.actions.iter().map(|action| reviewed(manifest, action)).collect(),
            installed,
            changes,
        })
    }

    /// Compiles the component of a zip, so that a run finds it compiled, and one that cannot be compiled is refused before it is
    /// installed.
    ///
    /// # Errors
    /// As [`Self::review`], and for the component's own reasons.
    pub async fn compile(&self, zip: &[u8], name: &str) -> Result<(), OrchestratorError> {
        let bundle = TrustedBundle::from_bytes(zip, name, &self.trust(&self.policy()?)?)?;
        Ok(self.engine().compile(bundle.component()).await.map_err(palisade_run::PrepareError::from)?)
    }

    /// Installs a zip. Versions that workflows run stay beside it.
    ///
    /// # Errors
    /// `already-installed` and `configuration-changes` where that was not confirmed; otherwise as [`Self::review`].
    pub fn install(
        &self,
        zip: &[u8],
        name: &str,
        confirmed: Confirmed,
        who: &str,
    ) -> Result<BundleId, OrchestratorError> {
        let review = self.review(zip, name)?;
        if let Some(installed) = review.installed.as_ref().filter(|_| !confirmed.replace) {
            let message = format!("{} is installed already, in version {}", review.title, installed.version);
            return Err(OrchestratorError::Conflict { code: "already-installed", message });
        }
        if !review.changes.is_empty() && !confirmed.overwrite {
            let names: Vec<String> =
                review.changes.iter().map(|change| format!("`{}`", change.label)).collect();
            let message = format!(
                "version {} changes the configuration and overwrites the saved defaults of {}",
                review.version,
                names.join(", ")
            );
            return Err(OrchestratorError::Conflict { code: "configuration-changes", message });
        }
        let bundle = TrustedBundle::from_bytes(zip, name, &self.trust(&self.policy()?)?)?;
        let manifest = bundle.manifest();
        let mut defaults = Vec::new();
        for action in &manifest.actions {
            let mut kept = self.store().action_defaults(&manifest.id, &action.id).wait()?;
            kept.configuration.retain(|name, _| {
                manifest.parameter(name).is_some()
                    && !review
                        .changes
                        .iter()
                        .any(|change| change.action == action.id && change.parameter == *name)
            });
            defaults.push((action.id.clone(), kept));
        }
        let signed_by = match bundle.authenticity() {
            Authenticity::Signed { by, .. } => Some(by.as_str()),
            _ => None,
        };
        let new = NewBundle {
            bundle: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: review.digest.clone(),
            title: manifest.name.clone(),
            publisher: manifest.publisher.clone(),
            signed_by: signed_by.map(str::to_owned),
            zip: zip.to_vec(),
        };
        let id = self.store().install_bundle(&new, &defaults, who, self.now()).wait()?;
        let before = review.installed.map(|installed| json!({ "version": installed.version }));
        let after = json!({ "version": review.version, "digest": review.digest, "signed_by": signed_by });
        self.audit(who, "integration.installed", &review.bundle, before, Some(after))?;
        Ok(id)
    }

    /// Removes an installed version.
    ///
    /// # Errors
    /// [`OrchestratorError::InUse`] naming the workflows.
    pub fn uninstall(&self, id: BundleId, who: &str) -> Result<(), OrchestratorError> {
        let row = self.store().bundle(id).wait()?;
        let by = self.store().remove_bundle(id).wait()?;
        if !by.is_empty() {
            let name = format!("{} {}", row.title, row.version);
            return Err(OrchestratorError::InUse { what: "integration", name, by });
        }
        self.inner.manifests.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.audit(who, "integration.removed", &row.bundle, Some(json!({ "version": row.version })), None)
    }

    /// The manifest of an installed version. Whether its signature is still trusted has no part in showing it.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn manifest(&self, id: BundleId) -> Result<Arc<Manifest>, OrchestratorError> {
        let known = || self.inner.manifests.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(manifest) = known() {
            // It may have been removed meanwhile.
            self.store().bundle(id).wait()?;
            return Ok(manifest);
        }
        let row = self.store().bundle(id).wait()?;
        let manifest =
            Bundle::from_bytes(&self.store().bundle_zip(id).wait()?, &row.bundle)?.manifest().clone();
        let manifest = Arc::new(manifest);
        let mut manifests = self.inner.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        manifests.insert(id, Arc::clone(&manifest));
        Ok(manifest)
    }

    /// What an installed version is and may do.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn reviewed_actions(&self, id: BundleId) -> Result<Vec<ReviewedAction>, OrchestratorError> {
        let manifest = self.manifest(id)?;
        Ok(manifest.actions.iter().map(|action| reviewed(&manifest, action)).collect())
    }

    /// An action of an installed version with its form.
    ///
    /// # Errors
    /// Where there is no such version or action.
    pub fn action_page(&self, id: BundleId, action: &str) -> Result<ActionPage, OrchestratorError> {
        let manifest = self.manifest(id)?;
        let action = known_action(&manifest, action)?;
        let version = self.store().action_defaults_version(&manifest.id, &action.id).wait()?;
        let (connection, holds) = self.defaults(&manifest, action)?;
        let of_connection = connection_parameters(&manifest);
        Ok(ActionPage {
            bundle: self.store().bundle(id).wait()?,
            action: action.id.clone(),
            title: action.title.clone(),
            description: action.description.clone(),
            accepts: accepted(action),
            form: form::form(&manifest, action, &holds, &[]),
            version,
            configuration: told(&holds),
            connection: connection.map(|row| row.id),
            facts: action.facts_in_words(&manifest),
            requires: action.requires.clone(),
            proves: action
                .connection(&manifest)
                .map(|connection| connection.tests.iter().map(|test| test.proves.trim().to_owned()).collect())
                .unwrap_or_default(),
            connection_kind: action
                .connection(&manifest)
                .map(|connection| manifest.connection_kind(connection)),
            of_connection: of_connection.into_iter().map(str::to_owned).collect(),
            test_tries: palisade_run::connection_parameter(&manifest, action)
                .map(|parameter| parameter.label.clone()),
        })
    }

    /// The connection of an action's defaults, and the defaults together with what the connection holds.
    pub(crate) fn defaults(
        &self,
        manifest: &Manifest,
        action: &Action,
    ) -> Result<(Option<ConnectionRow>, Configuration), OrchestratorError> {
        let defaults = self.store().action_defaults(&manifest.id, &action.id).wait()?;
        let row = defaults.connection.map(|id| self.store().connection(id).wait()).transpose()?;
        let all = merged(manifest, action, row.as_ref(), &defaults.configuration);
        Ok((row, all))
    }

    /// Saves the defaults for future workflows, if they have the expected version or none is given. Existing workflows keep their
    /// own copies. What belongs to the connection is saved there, for everything that uses it; without a connection, one is created.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields; `version-mismatch` if somebody has changed them since.
    pub fn save_defaults(
        &self,
        id: BundleId,
        action: &str,
        choice: ConnectionChoice,
        mut entered: BTreeMap<String, Entered>,
        expected: Option<Version>,
        who: &str,
    ) -> Result<(), OrchestratorError> {
        let manifest = self.manifest(id)?;
        let action = known_action(&manifest, action)?;
        let found = self.store().action_defaults_version(&manifest.id, &action.id).wait()?;
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(StoreError::Changed { what: "defaults of the action", expected, found }.into());
        }
        let (was, before) = self.defaults(&manifest, action)?;
        let names = connection_parameters(&manifest);
        let of_connection: BTreeMap<String, Entered> =
            entered.extract_if(.., |name, _| names.contains(name.as_str())).collect();
        let own = without_connection(&manifest, action);
        let configuration = self.accept(&manifest, &own, &before, entered, Completeness::Open)?;
        let kept = was.as_ref().map(|row| row.id);
        let connection = choice.resolved(kept);
        let row = connection.map(|id| self.usable_connection(&manifest, action, id)).transpose()?;
        let content = self.connection_beside(&manifest, action, choice, row.as_ref(), kept, of_connection)?;
        // A new connection serves the other actions that have none yet.
        let own_kind = action.connection(&manifest).map(|connection| &connection.id);
        let alike =
            |other: &&Action| other.connection(&manifest).map(|connection| &connection.id) == own_kind;
        let all: Vec<String> =
            manifest.actions.iter().filter(alike).map(|action| action.id.clone()).collect();
        let write = content.as_ref().map(|content| ConnectionWrite {
            id: row.as_ref().map(|row| row.id),
            content: content.clone(),
            expected: row.as_ref().map(|row| row.version),
            others: if row.is_none() { all } else { Vec::new() },
            who: who.to_owned(),
            now: self.now(),
        });
        let after = ActionDefaults { connection, configuration };
        self.store()
            .save_action_defaults(&manifest.id, &action.id, &after, Some(found), write.as_ref())
            .wait()?;
        if let Some(content) = &content {
            self.audit_connection(who, row.as_ref(), content)?;
        }
        let subject = format!("{} {}", manifest.id, action.id);
        let is = told_beside(&self.defaults(&manifest, action)?.1, &secrets_of(&before));
        self.audit(who, "integration.configured", &subject, Some(told(&before)), Some(is))
    }

    /// What becomes of the connection of an action's defaults when they are saved; none if it stays as it is.
    fn connection_beside(
        &self,
        manifest: &Manifest,
        action: &Action,
        choice: ConnectionChoice,
        row: Option<&ConnectionRow>,
        kept: Option<ConnectionId>,
        entered: BTreeMap<String, Entered>,
    ) -> Result<Option<ConnectionContent>, OrchestratorError> {
        let Some(connection) = action.connection(manifest) else { return Ok(None) };
        let form = connection_form(manifest, connection);
        match row {
            Some(row) if Some(row.id) != kept => {
                // What a form showed of another connection says nothing about this one.
                let message = "this belongs to the connection: save the choice of the connection first";
                let wrong: Vec<Field> = entered.into_keys().map(|name| Field::new(name, message)).collect();
                if wrong.is_empty() { Ok(None) } else { Err(OrchestratorError::Invalid(wrong)) }
            }
            Some(row) => {
                let configuration =
                    self.accept(manifest, &form, &row.configuration, entered, Completeness::Open)?;
                let content = ConnectionContent { configuration, ..content_of(row) };
                Ok((content.configuration != row.configuration).then_some(content))
            }
            None if choice == ConnectionChoice::Nothing => Ok(None),
            None => {
                let nothing = Configuration::new();
                let is_new = choice == ConnectionChoice::New;
                let empty = self.accept(manifest, &form, &nothing, BTreeMap::new(), Completeness::Open)?;
                let configuration = self.accept(manifest, &form, &nothing, entered, Completeness::Open)?;
                if configuration == empty && !is_new {
                    return Ok(None);
                }
                let name = self.free_connection_name(&connection.label)?;
                let kind = manifest.connection_kind(connection);
                Ok(Some(ConnectionContent { name, kind, configuration }))
            }
        }
    }
}

pub(crate) fn known_action<'manifest>(
    manifest: &'manifest Manifest,
    action: &str,
) -> Result<&'manifest Action, OrchestratorError> {
    manifest
        .action(action)
        .ok_or_else(|| palisade_store::StoreError::Missing { what: "action", id: action.to_owned() }.into())
}

/// A configuration as the audit log and the API may show it: of a secret, that there is one.
#[must_use]
pub fn told(configuration: &Configuration) -> Value {
    told_beside(configuration, &secrets_of(configuration))
}

/// The same for the audit log where these secrets were there before: one that was not among them is a new one.
pub(crate) fn told_beside(configuration: &Configuration, before: &BTreeSet<SecretId>) -> Value {
    let value = |value: &StoredValue| match value {
        StoredValue::Value(value) => value.clone(),
        StoredValue::Secret { secret } if before.contains(secret) => json!(SECRET),
        StoredValue::Secret { .. } => json!("[new secret]"),
    };
    configuration
        .iter()
        .map(|(name, held)| (name.clone(), value(held)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The secrets that a configuration names.
pub(crate) fn secrets_of(configuration: &Configuration) -> BTreeSet<SecretId> {
    let secret = |value: &StoredValue| match value {
        StoredValue::Secret { secret } => Some(*secret),
        StoredValue::Value(_) => None,
    };
    configuration.values().filter_map(secret).collect()
}

fn accepted(action: &Action) -> BTreeMap<String, Vec<String>> {
    action.accepts.iter().map(|accepts| (accepts.kind.clone(), accepts.subtypes.clone())).collect()
}

fn reviewed(manifest: &Manifest, action: &Action) -> ReviewedAction {
    let request = |asked: &palisade_bundle::EgressAsked| {
        let (methods, origin, paths) =
            (asked.methods.join(", "), manifest.origin_of(asked), asked.paths.join(", "));
        format!("{methods} {origin}{paths}: {}", asked.reason)
    };
    let tests = action.connection(manifest).into_iter().flat_map(|connection| connection.test_requests());
    let requests = action.egress.iter().cloned().chain(tests);
    ReviewedAction {
        id: action.id.clone(),
        title: action.title.clone(),
        description: action.description.clone(),
        accepts: accepted(action),
        requests: requests.map(|asked| request(&asked)).collect(),
        facts: action.facts_in_words(manifest),
        requires: action.requires.clone(),
    }
}

/// Whether a version is older than another one; neither if one of them is not a version.
fn is_older(version: &str, than: &str) -> bool {
    match (semver::Version::parse(version), semver::Version::parse(than)) {
        (Ok(version), Ok(than)) => version < than,
        _ => false,
    }
}

/// What a parameter holds, as people read it.
fn value_of(manifest: &Manifest, change: &ParameterChange, held: &Configuration) -> Option<String> {
    let form = form::form(manifest, manifest.action(&change.action)?, held, &[]);
    let field = form.sections.iter().flat_map(|section| &section.fields);
    let field = field.into_iter().find(|field| field.name == change.parameter)?;
    let option = field.options.iter().find(|option| option.value == field.value);
    match (field.kind, option) {
        ("secret", _) => field.is_set.then(|| SECRET.to_owned()),
        (_, Some(option)) => Some(option.label.clone()),
        _ => Some(field.value.clone()).filter(|value| !value.is_empty()),
    }
}

/// The parameters of each action that are not what they were.
fn changed_parameters(before: &Manifest, after: &Manifest) -> Vec<ParameterChange> {
    let mut changes = Vec::new();
    // A connection keeps what it holds: nothing of it is overwritten.
    let of_connection: BTreeSet<&str> =
        connection_parameters(before).union(&connection_parameters(after)).copied().collect();
    for action in &after.actions {
        let Some(earlier) = before.action(&action.id) else { continue };
        let mut note = |parameter: &palisade_bundle::Parameter, how| {
            if of_connection.contains(parameter.name.as_str()) {
                return;
            }
            changes.push(ParameterChange {
                action: action.id.clone(),
                parameter: parameter.name.clone(),
                label: parameter.label.clone(),
                how,
                saved: None,
                becomes: None,
            });
        };
        for parameter in action.parameters(after) {
            match earlier.parameters(before).find(|known| known.name == parameter.name) {
                None => note(parameter, "added"),
                // How it is called and explained is not what it holds.
                Some(known) if known.kind != parameter.kind || known.required != parameter.required => {
                    note(parameter, "changed");
                }
                Some(_) => {}
            }
        }
        for parameter in earlier.parameters(before) {
            if action.parameters(after).all(|known| known.name != parameter.name) {
                note(parameter, "removed");
            }
        }
    }
    changes
}
