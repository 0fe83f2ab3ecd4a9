//! A local ThreatQ appliance, as far as live data collections need one: log-in, pages of a collection and single objects,
//! over real TLS with a certificate for `threatq.example`, with faults on demand. It binds loopback addresses only, holds
//! everything in memory, and lets nobody in but those of its settings.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use threatq_simulator::{Effect, Endpoint, Fault, Settings, Simulator};
//!
//! let simulator = Simulator::start(Settings::default()).await?;
//! simulator.set_collection("5d41402abc4b2a76", serde_json::json!({"data": [{"id": 1, "value": "a.example"}]}))?;
//! simulator.inject(Fault::new(Effect::ExpireTokens).on(Endpoint::Page).after(1).times(1));
//! // ... a client talks to `simulator.address()`, trusting `simulator.ca_pem()` ...
//! assert_eq!(simulator.received().len(), 3);
//! # Ok(())
//! # }
//! ```

mod administration;
mod answer;
mod certificate;
mod collection;
mod fault;
mod routes;
mod server;
mod settings;
mod state;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::collection::Collection;
use crate::state::Shared;

pub use crate::certificate::HOST;
pub use crate::collection::InvalidCollection;
pub use crate::fault::{Change, Effect, Endpoint, Fault};
pub use crate::settings::{Account, ApiClient, ScoreShape, Settings};
pub use simulator_parts::{Received, StartError};
pub use vision_one_simulator::RetryAfter;

/// A running simulator. It ends when it is dropped or stopped.
///
/// Every method but [`Simulator::start`] and [`Simulator::stop`] may be called from any thread, inside a runtime or not.
pub struct Simulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    listener: JoinHandle<()>,
}

impl Simulator {
    /// Starts a simulator on the current tokio runtime; it accepts connections as soon as this returns. A password and a
    /// client secret that the settings do not name are generated.
    ///
    /// # Errors
    /// When the address is not a loopback address or cannot be bound, or the certificates cannot be made.
    pub async fn start(mut settings: Settings) -> Result<Self, StartError> {
        for secret in [&mut settings.account.password, &mut settings.client.secret] {
            if secret.is_empty() {
                *secret = certificate::random_text()?;
            }
        }
        let identity = certificate::identity()?;
        let listener = simulator_parts::bind(settings.listen).await?;
        let address =
            listener.local_addr().map_err(|source| StartError::Bind { address: settings.listen, source })?;
        let shared = Arc::new(Shared::new(settings, identity.ca_pem));
        let (stop, stopped) = watch::channel(false);
        let acceptor = TlsAcceptor::from(identity.config);
        let listener = server::serve(listener, acceptor, Arc::clone(&shared), stopped);
        Ok(Self { shared, address, stop, listener })
    }

    /// Ends the simulator: when this returns, its port is free.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A listener has nothing to say at its end, and one that panicked has ended too.
        let _ = self.listener.await;
    }

    /// Where it serves TLS.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the authority that signed its own, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.shared.ca_pem
    }

    /// The mapping of a host's HTTPS port to this simulator, as `HOST:443:ADDRESS:PORT`.
    #[must_use]
    pub fn connect_to(&self, host: &str) -> String {
        format!("{host}:443:{}:{}", self.address.ip(), self.address.port())
    }

    /// The user who may log in by password.
    #[must_use]
    pub fn account(&self) -> Account {
        self.shared.state().settings.account.clone()
    }

    /// The client that may log in by client credentials.
    #[must_use]
    pub fn client(&self) -> ApiClient {
        self.shared.state().settings.client.clone()
    }

    /// A token, as a log-in would give it out.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn token(&self) -> Result<String, StartError> {
        let token = certificate::random_text()?;
        self.shared.state().give_out(token.clone());
        Ok(token)
    }

    /// Lets every token that was given out expire.
    pub fn expire_tokens(&self) {
        self.shared.state().expire_tokens();
    }

    /// Makes or replaces a collection: a page as ThreatQ answers it, or a list of objects.
    ///
    /// # Errors
    /// When it is neither, or an object has no number.
    pub fn set_collection(&self, hash: &str, objects: Value) -> Result<(), InvalidCollection> {
        let collection = Collection::read(objects)?;
        self.shared.state().collections.insert(hash.to_owned(), collection);
        Ok(())
    }

    /// Changes a collection now.
    ///
    /// # Errors
    /// When an object that comes in has no number.
    pub fn change(&self, change: &Change) -> Result<(), InvalidCollection> {
        self.shared.state().change(change)
    }

    /// Changes the settings for all requests from now on. The address is read only at start.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.shared.state().settings);
    }

    /// Adds a fault behind those that were injected before.
    pub fn inject(&self, fault: Fault) {
        self.shared.state().faults.inject(fault);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.state().faults.clear();
    }

    /// Every request on record, in the order in which they were complete. Requests to the administration are not among them.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().records.requests().cloned().collect()
    }
}
