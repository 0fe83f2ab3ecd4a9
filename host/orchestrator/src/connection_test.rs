//! Finds out whether an action's configuration works, without changing anything: the action itself, in a dry run that compares
//! one object, asks the service for the lists that it would push to. That takes the name, TLS, the key, its role and its
//! region to the same test that a run would.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use palisade_collection::{Location, Object};
use palisade_egress::Gate;
use palisade_limits as limits;
use palisade_run::{
    ComponentSource, EndedHow, Evidence, Given, GivenValue, Input, Offered, Overrides, Preparation, Prompted,
    Report, SecretSource, Selection, Silent,
};
use palisade_store::BundleId;
use serde::Serialize;

use crate::form::Entered;
use crate::integrations::known_action;
use crate::{Orchestrator, OrchestratorError};

/// What is looked for, and never sent, by type: a name that nobody can own (RFC 2606) and digests of nothing that exists.
const LOOKED_FOR: &[(&str, &str)] = &[
    ("FQDN", "connection-test.example"),
    ("SHA-256", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("SHA-1", "0000000000000000000000000000000000000000"),
];

/// What a test of a connection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionTest {
    /// Whether a run would get through.
    pub works: bool,
    /// `name`, `tls`, `key`, `role`, `network` or `other`: what failed.
    pub failed: Option<&'static str>,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Requests that were made.
    pub requests: u64,
}

impl Orchestrator {
    /// Tests an action with its saved defaults, and on top of them what was entered.
    ///
    /// # Errors
    /// [`OrchestratorError::Invalid`] naming the fields that are missing or wrong.
    pub async fn test_connection(
        &self,
        bundle: BundleId,
        action: &str,
        entered: BTreeMap<String, Entered>,
    ) -> Result<ConnectionTest, OrchestratorError> {
        let manifest = self.manifest(bundle)?;
        let known = known_action(&manifest, action)?;
        let held = self.store().action_defaults(&manifest.id, &known.id)?;
        let mut given = self.given(&held)?;
        for (name, entered) in entered {
            let value = match entered {
                Entered::Text(text) if text.is_empty() => {
                    given.remove(&name);
                    continue;
                }
                Entered::Text(text) => GivenValue::Text(text),
                Entered::Value(value) => GivenValue::Value(value),
                // Not sealed, not kept: it may be the wrong one.
                Entered::Secret(secret) => GivenValue::Secret(SecretSource::Prompted(Prompted::of(secret))),
            };
            given.insert(name, Given { value, origin: String::new(), shared: false });
        }
        let policy = self.policy()?;
        let trusted = self.trusted_bundle(bundle, &policy)?;
        let component = self.component(&trusted).await?;
        let accepted = |subtype: &str| {
            known.accepts.iter().any(|accepts| accepts.subtypes.iter().any(|one| one == subtype))
        };
        let looked_for = LOOKED_FOR.iter().find(|(subtype, _)| accepted(subtype)).or(LOOKED_FOR.first());
        let (subtype, value) = looked_for.copied().unwrap_or_default();
        let object = Object::indicator(subtype, value, Location::Line(1));
        let selection = Selection { offered: vec![(0, Offered::Object(object))], ..Selection::default() };
        let time = Duration::from_secs(limits::CONNECTION_TEST_SECONDS);
        let preparation = Preparation {
            protection: self.protection(&policy)?,
            client: self.client(&policy)?,
            policy,
            bundle: trusted,
            action: action.to_owned(),
            given,
            input: Input::Selected(selection),
            dry_run: true,
            compare: true,
            most_evictions: Some(0),
            overrides: Overrides { run: Some(time), exchange: Some(time) },
            evidence: Evidence::None,
            gate: Gate::default(),
            component: ComponentSource::Ready(component),
        };
        let prepared = preparation.check(self.engine()).await?;
        let report = prepared.execute(Arc::new(Silent), std::future::pending()).await;
        Ok(judge(&report))
    }
}

/// What a report says about the connection.
fn judge(report: &Report) -> ConnectionTest {
    let requests = report.traffic.requests;
    if report.run.ended == EndedHow::Completed && report.run.code.is_none() && requests > 0 {
        let message =
            "the service answers, and the key may read the lists that the action works on".to_owned();
        return ConnectionTest { works: true, failed: None, code: None, message, hint: None, requests };
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
    let failed = match code.as_deref() {
        Some("credential-refused") => "key",
        Some("access-denied") => "role",
        Some("host-unresolvable" | "address-refused") => "name",
        Some("tls-failed") => "tls",
        Some(
            "connection-failed"
            | "connection-lost"
            | "connection-timed-out"
            | "timed-out"
            | "proxy-unreachable"
            | "proxy-refused"
            | "proxy-credentials-refused",
        ) => "network",
        _ => "other",
    };
    ConnectionTest { works: false, failed: Some(failed), code, message, hint, requests }
}
