//! A local Trend Vision One: the suspicious object list, the exception list and the connectivity call of its public API v3.0,
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

mod administration;
mod answer;
mod authentication;
mod certificate;
mod exception_list;
mod exchange;
mod fault;
mod filter;
mod identifier;
mod limits;
mod listing;
mod page;
mod rate;
mod routes;
mod server;
pub mod settings;
mod state;
mod submission;
mod suspicious_list;
mod writing;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::state::Shared;

pub use crate::certificate::HOSTS;
pub use crate::exception_list::Exception;
pub use crate::fault::{Effect, Fault, InvalidFault, RetryAfter};
pub use crate::identifier::Kind;
pub use crate::settings::{ApiKey, KeyStatus, RiskLevel, ScanAction, Settings};
pub use crate::suspicious_list::SuspiciousObject;
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
    /// the settings, one with both roles is generated.
    ///
    /// # Errors
    /// When an address is not a loopback address or cannot be bound, or the certificates cannot be made.
    pub async fn start(mut settings: Settings) -> Result<Self, StartError> {
        if settings.keys.is_empty() {
            settings.keys.push(ApiKey::new(certificate::random_key()?));
        }
        let api_key = settings.keys.first().map(|key| key.value.clone()).unwrap_or_default();
        let identity = certificate::identity(settings.http2)?;
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

    /// Changes the settings for all requests that begin from now on. The addresses and `http2` are read only at start.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        self.shared.change(change);
    }

    /// Puts the clock forward, by which objects and tokens expire and rate windows end.
    pub fn advance_clock(&self, seconds: u32) {
        self.shared.advance(seconds);
    }

    /// Forgets what the lists hold, the requests on record, the faults and the rate windows, and sets the clock right.
    /// Settings stay as they are; the numbers of requests go on rising.
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
