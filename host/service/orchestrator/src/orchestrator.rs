//! What everything here works with: the state, the vault, the sandbox, the operator's policy and the clock.
//!
//! The policy is read anew for every run and every upload: a key that is no longer trusted stops what it signed at once,
//! installed or not.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use palisade_bundle::{Manifest, Trust, TrustedBundle};
use palisade_egress::{ClientOptions, ConnectTo, Gate};
use palisade_engine::{Component, Engine};
use palisade_policy::Policy;
use palisade_protect::Protection;
use palisade_run::operator;
use palisade_store::{BundleId, NewAuditEntry, StepRow, Store, UserId, Wait as _};
use palisade_vault::Vault;
use serde_json::Value;

use crate::OrchestratorError;
use crate::clock::Clock;
use crate::executor::Executor;

/// What the operator of the service has set up.
pub struct Options {
    /// The state.
    pub store: Arc<dyn Store>,
    /// Seals and opens secrets.
    pub vault: Vault,
    /// The sandbox.
    pub engine: Engine,
    /// The policy's file; nothing is granted beyond the manifest's word where there is none.
    pub policy: Option<PathBuf>,
    /// Origins that are reached at another address.
    pub connect_to: Vec<ConnectTo>,
    /// Certificate authorities that are trusted besides the public ones.
    pub ca_certificates: Vec<PathBuf>,
    /// Whether bundles that nobody trusted has signed may be installed.
    pub allow_unsigned: bool,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Integrations, collections, workflows and runs. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct Orchestrator {
    pub(crate) inner: Arc<Inner>,
    /// The address of the client that asks, for the audit log.
    client: Option<IpAddr>,
    /// The person who asks, for the audit log.
    user: Option<UserId>,
}

pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) executor: Box<dyn Executor>,
    /// Waits that services impose, by connection.
    gates: Mutex<HashMap<String, Gate>>,
    /// Components that are ready to run, by digest of their zips.
    components: Mutex<HashMap<String, Component>>,
    /// Manifests of installed versions, which never change: to read one is to unpack its zip.
    pub(crate) manifests: Mutex<HashMap<BundleId, Arc<Manifest>>>,
    pub(crate) changes: crate::progress::Changes,
    pub(crate) spans: crate::traced::RunSpans,
    pub(crate) tally: crate::tally::Tally,
}

impl std::fmt::Debug for Orchestrator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Orchestrator").finish_non_exhaustive()
    }
}

impl Orchestrator {
    /// An orchestrator that hands its runs to this executor.
    #[must_use]
    pub fn new(options: Options, executor: Box<dyn Executor>) -> Self {
        let inner = Inner {
            options,
            executor,
            gates: Mutex::default(),
            components: Mutex::default(),
            manifests: Mutex::default(),
            changes: crate::progress::Changes::default(),
            spans: crate::traced::RunSpans::default(),
            tally: crate::tally::Tally::default(),
        };
        Self { inner: Arc::new(inner), client: None, user: None }
    }

    /// The same orchestrator, asked by a client at this address and by this person: what it does then is in the audit log with
    /// both.
    #[must_use]
    pub fn on_behalf_of(&self, client: Option<IpAddr>, user: Option<UserId>) -> Self {
        Self { inner: Arc::clone(&self.inner), client, user }
    }

    /// The state.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.inner.options.store
    }

    /// The state, for work that outlives this call.
    #[must_use]
    pub fn shared_store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.inner.options.store)
    }

    /// Runs that ended since the start, and their verdicts.
    #[must_use]
    pub fn tallied(&self) -> crate::Tallied {
        self.inner.tally.so_far()
    }

    /// What executes runs.
    #[must_use]
    pub fn executor(&self) -> &dyn Executor {
        &*self.inner.executor
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.options.clock.now()
    }

    /// The operator's policy as it is now.
    pub(crate) fn policy(&self) -> Result<Policy, OrchestratorError> {
        match &self.inner.options.policy {
            Some(file) => Ok(Policy::read(file)?),
            None => Ok(Policy::default()),
        }
    }

    pub(crate) fn trust(&self, policy: &Policy) -> Result<Trust, OrchestratorError> {
        let trust = operator::trust(policy)?;
        Ok(if self.inner.options.allow_unsigned { trust.allow_unsigned() } else { trust })
    }

    pub(crate) fn protection(&self, policy: &Policy) -> Result<Protection, OrchestratorError> {
        Ok(operator::protection(policy, BTreeSet::new())?)
    }

    pub(crate) fn client(&self, policy: &Policy) -> Result<ClientOptions, OrchestratorError> {
        let options = &self.inner.options;
        Ok(operator::client(policy, options.connect_to.clone(), options.ca_certificates.clone())?)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.options.engine
    }

    /// An installed version, verified against the keys that are trusted now.
    pub(crate) fn trusted_bundle(
        &self,
        id: BundleId,
        policy: &Policy,
    ) -> Result<TrustedBundle, OrchestratorError> {
        let row = self.store().bundle(id).wait()?;
        let zip = self.store().bundle_zip(id).wait()?;
        let name = format!("{} {}", row.bundle, row.version);
        Ok(TrustedBundle::from_bytes(&zip, &name, &self.trust(policy)?)?)
    }

    /// A component that is ready to run: compiled, or taken from the last time.
    pub(crate) async fn component(&self, bundle: &TrustedBundle) -> Result<Component, OrchestratorError> {
        let digest = bundle.digest().to_string();
        let known =
            || self.inner.components.lock().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        if let Some(component) = known() {
            return Ok(component);
        }
        let component =
            self.engine().load(bundle.component()).await.map_err(palisade_run::PrepareError::from)?;
        let mut components = self.inner.components.lock().unwrap_or_else(PoisonError::into_inner);
        components.insert(digest, component.clone());
        Ok(component)
    }

    /// The wait that a service imposes on a connection, shared by everything that uses it.
    pub(crate) fn gate(&self, tenant: &str) -> Gate {
        let mut gates = self.inner.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(tenant.to_owned()).or_default().clone()
    }

    /// The connection that a step uses, as a name: steps of one connection share its rate budget, its turns and its lists. An action
    /// without a credential shares them with the other actions of its bundle.
    pub(crate) fn tenant(step: &StepRow) -> String {
        step.connection.map_or_else(|| step.bundle_name.clone(), |id| format!("connection {id}"))
    }

    /// Writes a line of the audit log.
    pub(crate) fn audit(
        &self,
        who: &str,
        what: &str,
        subject: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), OrchestratorError> {
        let entry = NewAuditEntry {
            who: who.to_string(),
            what: what.to_string(),
            subject: subject.to_string(),
            before,
            after,
            address: self.client,
            user: self.user,
            subject_user: None,
        };
        Ok(self.store().audit(&entry, self.now()).wait()?)
    }
}
