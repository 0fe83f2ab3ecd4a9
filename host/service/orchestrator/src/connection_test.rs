//! Finds out whether an action's configuration works, without changing anything. First the host sends the
//! requests that the manifest names for this purpose, each of which states what it proves. Then the action itself, in
//! a dry run that compares one object, reads the lists that it would push to: that takes the key's role to it.

mod ask;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use palisade_egress::Client;
use palisade_limits as limits;
use palisade_model::{Location, Object};
use palisade_run::{
    EndedHow, Offered, Overrides, Preparation, PrepareError, Report, Secrets, Selection, Silent, Stopping,
    connection_requests,
};
use palisade_store::{BundleId, Configuration, ConnectionId, ConnectionRow, WorkflowRow};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::connections::merged;
use crate::form::Entered;
use crate::integrations::known_action;
use crate::{ConnectionChoice, Orchestrator, OrchestratorError, StepDraft};
use ask::{Asked, ask};

/// What is looked for, and never sent, by type: a name that nobody can own (RFC 2606) and digests of nothing that exists.
const LOOKED_FOR: &[(&str, &str)] = &[
    ("FQDN", "connection-test.example"),
    ("SHA-256", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("SHA-1", "0000000000000000000000000000000000000000"),
];

/// What a test of a connection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionTest {
    /// Whether a run would get through.
    pub works: bool,
    /// What failed.
    pub failed: Option<Failing>,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Requests that were made.
    pub requests: u64,
    /// What the tests that passed have proved, in order.
    #[serde(default)]
    pub proven: Vec<String>,
}

/// The result of a test, and when it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedAt {
    /// When.
    pub at: Timestamp,
    /// The result.
    #[serde(flatten)]
    pub test: ConnectionTest,
}

/// What of a connection can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failing {
    /// The service's name leads nowhere, or to where nobody may go.
    Name,
    /// Nobody answers there.
    Network,
    /// The proxy does not let it through.
    Proxy,
    /// Whoever answers cannot prove to be the service.
    Tls,
    /// The service refuses the credential.
    Key,
    /// The service refuses the credential here, and takes it elsewhere.
    Region,
    /// The credential may not do what the action needs.
    Role,
    /// The service does not work.
    Service,
    /// Something else.
    Other,
}

impl Failing {
    /// For people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Name => "the name",
            Self::Network => "the network",
            Self::Proxy => "the proxy",
            Self::Tls => "TLS",
            Self::Key => "the key",
            Self::Region => "the region",
            Self::Role => "the key’s role",
            Self::Service => "the service",
            Self::Other => "something else",
        }
    }

    /// By the code of a request without an answer, or of an action that gave up.
    fn of(code: Option<&str>) -> Self {
        match code {
            Some("credential-refused" | "token-refused") => Self::Key,
            Some("access-denied") => Self::Role,
            Some("host-unresolvable" | "address-refused") => Self::Name,
            Some("tls-failed") => Self::Tls,
            Some("proxy-unreachable" | "proxy-refused" | "proxy-credentials-refused") => Self::Proxy,
            Some("connection-failed" | "connection-lost" | "connection-timed-out" | "timed-out") => {
                Self::Network
            }
            Some("list-unreadable") => Self::Service,
            _ => Self::Other,
        }
    }
}

impl Orchestrator {
    /// Tests an action with its saved defaults and the chosen connection, and on top of them what was entered.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields that are missing or wrong.
    pub async fn test_connection(
        &self,
        bundle: BundleId,
        action: &str,
        choice: ConnectionChoice,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        let known = known_action(&manifest, action)?;
        let row = choice.resolved(self.store().action_defaults(&manifest.id, &known.id).await?.connection);
        let row = row.map(|id| self.usable_connection(&manifest, known, id)).transpose()?;
        let own = self.store().action_defaults(&manifest.id, &known.id).await?.configuration;
        let held = merged(&manifest, known, row.as_ref(), &own);
        self.test_on_top(bundle, action, &held, entered).await
    }

    /// Tests a saved connection, with what was entered on top of it. The result is kept if nothing else was entered than what is saved.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields that are missing or wrong.
    pub async fn test_saved_connection(
        &self,
        id: ConnectionId,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let row = self.store().connection(id).await?;
        let is_saved = self.is_saved(&row, &entered)?;
        let test = self.test_of_kind(&row.kind, Some(&row), entered).await?;
        if is_saved {
            let result = json!(TestedAt { at: self.now(), test: test.clone() });
            self.store().record_connection_test(id, row.version, &result).await?;
        }
        Ok(test)
    }

    /// Tests a connection that is not saved.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields that are missing or wrong.
    pub async fn test_new_connection(
        &self,
        kind: &str,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        self.test_of_kind(kind, None, entered).await
    }

    /// Tests a connection with the first action that uses it.
    async fn test_of_kind(
        &self,
        kind: &str,
        row: Option<&ConnectionRow>,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let (kind, manifest, _) = self.kind_of_connection(kind)?;
        let connection = manifest.connection_of_kind(&kind.kind).map(|connection| &connection.id);
        let uses = |action: &&palisade_bundle::Action| {
            action.connection(&manifest).map(|connection| &connection.id) == connection
        };
        let action = manifest.actions.iter().find(uses).ok_or_else(|| {
            OrchestratorError::field("kind", format!("no action of `{}` uses a connection", kind.kind))
        })?;
        let own = self.store().action_defaults(&manifest.id, &action.id).await?.configuration;
        let held = merged(&manifest, action, row, &own);
        self.test_on_top(kind.bundle, &action.id, &held, entered).await
    }

    /// Tests an action of a workflow that is being edited: what was entered, on top of the configuration of the saved step, or of
    /// the defaults if there is none. A kept secret is sent only to where it was entered for.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields that are missing or wrong.
    pub async fn test_step(
        &self,
        workflow: Option<&WorkflowRow>,
        step: StepDraft,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let manifest = self.manifest(step.bundle)?;
        let known = known_action(&manifest, &step.action)?;
        let held = self.step_base(&manifest, known, workflow, step.was)?;
        let connection = step.connection.resolved(held.connection);
        if connection.is_none() {
            self.check_usable(&manifest, known, None, &held.configuration)?;
        }
        let row = connection.map(|id| self.usable_connection(&manifest, known, id)).transpose()?;
        let held = merged(&manifest, known, row.as_ref(), &held.configuration);
        self.test_on_top(step.bundle, &step.action, &held, step.entered).await
    }

    async fn test_on_top(
        &self,
        bundle: BundleId,
        action: &str,
        held: &Configuration,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        let known = known_action(&manifest, action)?;
        // Not sealed, not kept: it may be the wrong one.
        let given = self.given(&manifest, known, held, entered)?;
        let policy = self.policy()?;
        let trusted = self.trusted_bundle(bundle, &policy)?;
        let (_, configuration, _) = Preparation::configure(&trusted, action, &given, Secrets::Read)?;
        let client = self.client(&policy)?;
        let asked = match connection_requests(&manifest, known, &configuration)? {
            Some(requests) => {
                let client = Client::new(&client).map_err(PrepareError::from)?;
                ask(requests, &policy, &manifest.id, client, &known.requires).await
            }
            None => Asked::Skipped { hint: None },
        };
        let (before, proven, hint) = match asked {
            Asked::Failed(test) => return Ok(test),
            Asked::Answers { requests, proven } => (requests, proven, None),
            Asked::Skipped { hint } => (0, Vec::new(), hint),
        };
        let component = self.component(&trusted).await?;
        let accepted = |subtype: &str| {
            known.accepts.iter().any(|accepts| accepts.subtypes.iter().any(|one| one == subtype))
        };
        let looked_for = LOOKED_FOR.iter().find(|(subtype, _)| accepted(subtype)).or(LOOKED_FOR.first());
        let (subtype, value) = looked_for.copied().unwrap_or_default();
        let object = Object::indicator(subtype, value, Location::Line(1));
        let selection = Selection { offered: vec![(0, Offered::Object(object))], ..Selection::default() };
        let time = Duration::from_secs(limits::CONNECTION_TEST_SECONDS);
        let protection = self.protection(&policy)?;
        let preparation = Preparation::new(trusted, policy, action)
            .protection(protection)
            .client(client)
            .configuration(given)
            .selection(selection)
            .dry_run(true)
            .compare(true)
            .overrides(Overrides { run: Some(time), exchange: Some(time), ..Overrides::default() })
            .component(component);
        let prepared = preparation.check(self.engine()).await?;
        let report = prepared.execute(Arc::new(Silent), Stopping::never()).await;
        let test = judge(&report, &proven, &known.requires);
        Ok(ConnectionTest { requests: test.requests + before, hint: test.hint.or(hint), proven, ..test })
    }
}

/// What the report of a look at the lists says about the connection, after the tests that have proved something.
fn judge(report: &Report, proven: &[String], requires: &[String]) -> ConnectionTest {
    let requests = report.traffic.requests;
    let completed = report.run.ended == EndedHow::Completed && report.run.code.is_none();
    // An action that compares nothing sends nothing in a dry run.
    if completed && (requests > 0 || !proven.is_empty()) {
        let message = match requests {
            0 => "the service answers; the action itself sends nothing in a dry run",
            _ => "the service answers, and the key may read the lists that the action works on",
        };
        return ConnectionTest {
            works: true,
            failed: None,
            code: None,
            message: message.to_owned(),
            hint: None,
            requests,
            proven: Vec::new(),
        };
    }
    // What a request came to is told in a warning, and why the action gave up because of it in the run.
    let warning = report.warnings.iter().find_map(|warning| Some((warning, warning.fields.get("code")?)));
    let code = warning.map(|(_, code)| code.clone()).or_else(|| report.run.code.clone());
    let message = warning
        .map(|(warning, _)| warning.message.clone())
        .or_else(|| report.run.message.clone())
        .unwrap_or_else(|| "the action made no request".to_owned());
    let hint = warning
        .and_then(|(warning, _)| warning.fields.get("hint").cloned())
        .or_else(|| report.run.hint.clone());
    let failed = Failing::of(code.as_deref());
    let hint = match failed {
        Failing::Role if !requires.is_empty() => Some(required(requires)),
        _ => hint,
    };
    ConnectionTest { works: false, failed: Some(failed), code, message, hint, requests, proven: Vec::new() }
}

/// What an action requires, as a hint beside a response with status 403.
fn required(requires: &[String]) -> String {
    let list: Vec<&str> = requires.iter().map(|text| text.trim().trim_end_matches('.')).collect();
    format!("check what the action requires: {}", list.join("; "))
}
