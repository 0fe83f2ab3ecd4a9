//! A local Trend Vision One: the object lists, response actions with their tasks, and what belongs to them in its public API v3.0,
//! over real TLS with a certificate for every regional host name, with faults on demand. It binds loopback addresses only,
//! holds everything in memory, and knows no key but those of its settings.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use vision_one_simulator::{Fault, Settings, Simulator};
//!
//! let simulator = Simulator::start(Settings::default()).await?;
//! simulator.inject(Fault::status(503).times(2))?;
//! // ... a client talks to `simulator.address()`, trusting `simulator.ca_pem()` ...
//! assert_eq!(simulator.received().len(), 3);
//! assert!(simulator.suspicious_objects().is_empty());
//! # Ok(())
//! # }
//! ```

mod accounts;
mod actions;
mod administration;
mod answer;
mod archive;
mod authentication;
mod calls;
mod certificate;
mod clock;
mod collection;
mod digest;
mod endpoints;
mod exception_list;
mod exchange;
mod fault;
mod files;
mod filter;
mod form;
mod holdings;
mod identifier;
mod inventory;
mod limits;
mod listing;
mod mail;
mod notes;
mod page;
mod permission;
mod queries;
mod rate;
mod response_block_list;
mod routes;
mod sandbox;
mod scripts;
mod searches;
mod seed;
mod server;
pub mod settings;
mod state;
mod submission;
mod suspicious_list;
mod tasks;
mod workbench;
mod writing;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::state::Shared;

pub use crate::accounts::{Account, Iam};
pub use crate::actions::Command;
pub use crate::certificate::HOSTS;
pub use crate::exception_list::Exception;
pub use crate::fault::{Effect, Fault, InvalidFault, RetryAfter};
pub use crate::identifier::Kind;
pub use crate::inventory::Endpoint;
pub use crate::mail::{Message, MessageState};
pub use crate::notes::Note;
pub use crate::permission::Permission;
pub use crate::sandbox::{
    Analysis, SandboxError, SandboxRisk, SandboxSeed, SeededSubmission, SuspiciousFinding,
};
pub use crate::scripts::{Script, ScriptType};
pub use crate::seed::{Object, Seed};
pub use crate::settings::{ApiKey, KeyStatus, RiskLevel, ScanAction, Settings};
pub use crate::suspicious_list::SuspiciousObject;
pub use crate::tasks::{Decision, ItemRefusal, TaskArchive, TaskEnd, TaskPlan};
pub use crate::workbench::Alert;
pub use simulator_parts::{Received, Refused, StartError};

/// A running simulator. It ends when it is dropped or stopped.
///
/// Every method but [`Simulator::start`] and [`Simulator::stop`] may be called from any thread, inside a runtime or not.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    plain_address: Option<SocketAddr>,
    api_key: String,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Starts a simulator on the current tokio runtime; it accepts connections as soon as this returns. Without keys in
    /// the settings, one with every permission is generated.
    ///
    /// # Errors
    /// When an address is not a loopback address or cannot be bound, or the certificates cannot be made.
    pub async fn start(mut settings: Settings) -> Result<Self, StartError> {
        if settings.keys.is_empty() {
            settings.keys.push(ApiKey::new(certificate::random_key()?));
        }
        let api_key = settings.keys.first().map(|key| key.value.clone()).unwrap_or_default();
        let identity = certificate::identity(settings.http2, &settings.further_hosts)?;
        let listener = simulator_parts::bind(settings.listen).await?;
        let address = local_address(&listener, settings.listen)?;
        let plain = match settings.plain_listen {
            Some(address) => Some((simulator_parts::bind(address).await?, address)),
            None => None,
        };
        let shared = Arc::new(Shared::new(settings, identity.ca_pem));
        let (stop, stopped) = watch::channel(false);
        let acceptor = TlsAcceptor::from(identity.config);
        let mut listeners = Vec::new();
        let mut plain_address = None;
        if let Some((listener, address)) = plain {
            plain_address = Some(local_address(&listener, address)?);
            listeners.push(server::serve(listener, None, Arc::clone(&shared), stopped.clone()));
        }
        listeners.push(server::serve(listener, Some(acceptor), Arc::clone(&shared), stopped));
        Ok(Self { shared, address, plain_address, api_key, stop, listeners })
    }

    /// Ends the simulator: when this returns, its ports are free.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        for listener in self.listeners.drain(..) {
            // A listener has nothing to say at its end, and one that panicked has ended too.
            let _ = listener.await;
        }
    }

    /// Where it serves TLS.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves plain HTTP, if the settings asked for it.
    pub fn plain_address(&self) -> Option<SocketAddr> {
        self.plain_address
    }

    /// The certificate of the authority that signed its own, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.shared.ca_pem
    }

    /// The first of the API keys that it was started with, or the one that was generated.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The mapping of a host's HTTPS port to this simulator, as `HOST:443:ADDRESS:PORT`.
    pub fn connect_to(&self, host: &str) -> String {
        format!("{host}:443:{}:{}", self.address.ip(), self.address.port())
    }

    /// Every request on record, in the order in which they were complete. Requests to the administration are not among them.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().records.requests().cloned().collect()
    }

    /// What the suspicious object list holds now, ordered by kind and value.
    pub fn suspicious_objects(&self) -> Vec<SuspiciousObject> {
        let now = self.shared.now();
        self.shared.settle();
        let mut state = self.shared.state();
        state.lists.suspicious.expire(now);
        let mut objects: Vec<_> = state.lists.suspicious.objects().cloned().collect();
        drop(state);
        objects.sort_unstable_by(|left, right| (left.kind, &left.value).cmp(&(right.kind, &right.value)));
        objects
    }

    /// What the exception list holds now, ordered by kind and value.
    pub fn exceptions(&self) -> Vec<Exception> {
        let mut exceptions: Vec<_> = self.shared.state().lists.exceptions.exceptions().cloned().collect();
        exceptions.sort_unstable_by(|left, right| (left.kind, &left.value).cmp(&(right.kind, &right.value)));
        exceptions
    }

    /// Adds to what the tenant holds.
    ///
    /// # Errors
    /// When one of the seed's faults could not be carried out as it is written; those before it are injected.
    pub fn seed(&self, seed: Seed) -> Result<(), InvalidFault> {
        seed::sow(&self.shared, seed)
    }

    /// Says what is to become of tasks. Plans are chosen in the order in which they were made, those that name a target first.
    pub fn plan(&self, plan: TaskPlan) {
        self.shared.state().holdings.tasks.plans.add(plan);
    }

    /// Says what an analysis of the sandbox is to find. Plans are chosen as those of tasks are.
    pub fn analysis(&self, analysis: Analysis) {
        self.shared.state().holdings.sandbox.plan(analysis);
    }

    /// The alerts with their notes as they are now.
    pub fn alerts(&self) -> Vec<Alert> {
        self.shared.state().holdings.alerts.clone()
    }

    /// Decides about a task; says whether there is such a task that has not ended.
    pub fn decide(&self, task: &str, decision: Decision) -> bool {
        let now = self.shared.now();
        self.shared.state().holdings.tasks.decide(task, decision, now)
    }

    /// Every item of an action that was received, in order.
    pub fn commands(&self) -> Vec<Command> {
        self.shared.state().holdings.commands.clone()
    }

    /// The tasks as the service shows them now, without their archives, in the order in which they were accepted.
    pub fn tasks(&self) -> Vec<Value> {
        administration::tasks(&self.shared)
    }

    /// The endpoints as they are now.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.shared.settle();
        self.shared.state().holdings.endpoints.clone()
    }

    /// The messages as they are now.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.settle();
        self.shared.state().holdings.messages.clone()
    }

    /// The accounts as they are now.
    pub fn accounts(&self) -> Vec<Account> {
        self.shared.settle();
        self.shared.state().holdings.accounts.clone()
    }

    /// Adds a fault behind those that were injected before.
    ///
    /// # Errors
    /// When the fault could not be carried out as it is written; it is not injected then.
    pub fn inject(&self, fault: Fault) -> Result<(), InvalidFault> {
        self.shared.state().faults.inject(fault)
    }

    /// The faults, and how many requests each has matched so far.
    pub fn faults(&self) -> Vec<(Fault, u64)> {
        self.shared.state().faults.list().map(|(fault, requests)| (fault.clone(), requests)).collect()
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Settings {
        (*self.shared.settings()).clone()
    }

    /// Changes the settings for all requests that begin from now on. The addresses, `http2` and
    /// `further_hosts` are read only at start.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.change(change);
    }

    /// Puts the clock forward, by which objects and tokens expire and rate windows end.
    pub fn advance_clock(&self, seconds: u32) {
        self.shared.clock.advance(seconds);
    }

    /// Stops the clock where it is, or lets it run on from there.
    pub fn freeze_clock(&self, frozen: bool) {
        self.shared.clock.freeze(frozen);
    }

    /// Sets the clock to a time.
    pub fn set_clock(&self, now: OffsetDateTime) {
        self.shared.clock.set(now);
    }

    /// The time by the clock, in whole seconds.
    pub fn now(&self) -> OffsetDateTime {
        self.shared.now()
    }

    /// Forgets what the tenant holds (what it was seeded with, too), the requests on record, the faults, the plans and the rate
    /// windows, and sets the clock right. Settings stay as they are; the numbers of requests go on rising.
    pub fn reset(&self) {
        self.shared.reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

fn local_address(listener: &tokio::net::TcpListener, asked: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Bind { address: asked, source })
}
