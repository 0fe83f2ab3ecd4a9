//! What every request may use: the state, the clock, options, numbers. And the router, with what stands before all routes, from
//! the outside in: numbers and log, headers, answers for failures, panics, the host's name, who asks.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Router, middleware};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade_limits as limits;
use palisade_orchestrator::Orchestrator;
use palisade_store::{NewAuditEntry, Store, StoreError, UserId, Wait as _};
use serde_json::Value;
use tokio::sync::watch;

use crate::api::idempotency;
use crate::bodies::{Account, Bodies, UploadPlaces};
use crate::client::TrustedProxies;
use crate::kept::Kept;
use crate::listen::PublicUrl;
use crate::metrics::Metrics;
use crate::operations::{Peer, Readiness};
use crate::pending::Pending;
use crate::people::Refusals;
use crate::rates::Rates;
use crate::routes::{Route, Routes};
use crate::security::Who;
use crate::security::forgery::Served;
use crate::security::host::Names;
use crate::security::password::Passwords;
use crate::security::session::Sessions;
use crate::security::throttle::Delayed;
use crate::security::who::{self, Caller};
use crate::view::Notice;
use crate::{Failure, answers, api, assets, bodies, client, compress, console, kept, observe, operations};

/// What says what time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Lets a span continue the trace that a request's headers name.
pub type JoinTrace = fn(&HeaderMap, &tracing::Span);

/// How the service is served.
#[derive(Clone)]
pub struct Options {
    /// Whether connections are under TLS: cookies and headers differ.
    pub tls: bool,
    /// Names and addresses under which it is reached, beside those of the loopback.
    pub names: Vec<String>,
    /// What time it is.
    pub clock: Clock,
    /// In which zone pages show times.
    pub zone: TimeZone,
    /// How requests join the traces of whoever asks; by default they do not.
    pub join_trace: JoinTrace,
    /// The proxies that name the client of a request.
    pub proxies: TrustedProxies,
    /// Requests of one token in a minute.
    pub token_requests_per_minute: u64,
    /// Where people reach the service, if it is not where a request says.
    pub public_url: Option<PublicUrl>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            tls: false,
            names: Vec::new(),
            clock: Arc::new(Timestamp::now),
            zone: TimeZone::system(),
            join_trace: |_, _| {},
            proxies: TrustedProxies::default(),
            token_requests_per_minute: limits::TOKEN_REQUESTS_PER_MINUTE,
            public_url: None,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("tls", &self.tls)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// The service. Cheap to clone; clones are the same service.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    orchestrator: Orchestrator,
    store: Arc<dyn Store>,
    options: Options,
    names: Names,
    passwords: Passwords,
    sessions: Sessions,
    metrics: Metrics,
    pending: Pending,
    bodies: Bodies,
    uploads: UploadPlaces,
    rates: Rates,
    delayed: Delayed,
    refusals: Refusals,
    kept: Kept,
    readiness: Readiness,
    stopping: watch::Sender<bool>,
    /// Changes of people are judged and made one at a time: two at once could leave no administrator.
    people: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("App").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl App {
    /// A service for this orchestrator.
    ///
    /// # Errors
    /// Where the state cannot be written, or the system has no random numbers.
    pub fn new(orchestrator: Orchestrator, options: Options) -> Result<Self, Failure> {
        idempotency::begin(orchestrator.store(), (options.clock)())?;
        let parts = Parts {
            store: orchestrator.shared_store(),
            orchestrator,
            names: Names::new(
                &options
                    .names
                    .iter()
                    .cloned()
                    .chain(options.public_url.as_ref().map(PublicUrl::host))
                    .collect::<Vec<_>>(),
            ),
            passwords: Passwords::new()?,
            sessions: Sessions::default(),
            metrics: Metrics::new(),
            pending: Pending::default(),
            bodies: Bodies::default(),
            uploads: UploadPlaces::default(),
            rates: Rates::new(options.token_requests_per_minute),
            delayed: Delayed::default(),
            refusals: Refusals::default(),
            kept: Kept::default(),
            readiness: Readiness::default(),
            stopping: watch::Sender::new(false),
            people: tokio::sync::Mutex::default(),
            options,
        };
        Ok(Self(Arc::new(parts)))
    }

    /// What does the work.
    pub(crate) fn orchestrator(&self) -> &Orchestrator {
        &self.0.orchestrator
    }

    /// A directory for files of the service that is not shared with others, if there is one.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.0.store.directory()
    }

    /// Asks the state on a thread that may block: `work` also renders, sorts and compares.
    ///
    /// # Errors
    /// Whatever the work says.
    pub async fn store<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.0.store.clone();
        match tokio::task::spawn_blocking(move || work(&*store)).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => {
                Err(StoreError::File { place: "the state".to_owned(), cause: std::io::Error::other(error) }
                    .into())
            }
        }
    }

    /// Writes a line of the audit log: who did what to what, and how it was before and after, without secrets.
    ///
    /// # Errors
    /// Where the state cannot be written.
    pub async fn audit(
        &self,
        who: &str,
        what: &'static str,
        subject: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), Failure> {
        self.write_audit(who, what, (subject, None), before, after).await
    }

    /// Writes a line of the audit log about a person: their name, and the number by which they are told from others of that name.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub(crate) async fn audit_person(
        &self,
        who: &str,
        what: &'static str,
        (name, id): (&str, UserId),
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), Failure> {
        self.write_audit(who, what, (name, Some(id)), before, after).await
    }

    async fn write_audit(
        &self,
        who: &str,
        what: &'static str,
        (subject, subject_user): (&str, Option<UserId>),
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), Failure> {
        let (who, subject, now) = (who.to_owned(), subject.to_owned(), self.now());
        let (address, user) = (client::current(), client::user());
        self.store(move |store| {
            let (who, subject) = (&*who, &*subject);
            let entry = NewAuditEntry {
                who: who.to_string(),
                what: what.to_string(),
                subject: subject.to_string(),
                before,
                after,
                address,
                user,
                subject_user,
            };
            store.audit(&entry, now).wait()
        })
        .await
        .map_err(Failure::from)
    }

    /// What the next page of this person says on top.
    pub fn notify(&self, who: &Who, notice: Notice) {
        self.sessions().notify(who, notice);
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0.options.clock)()
    }

    /// In which zone pages show times.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.0.options.zone
    }

    /// Numbers for Prometheus.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Says that the service is about to stop: streams end, nothing new is taken.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Waits until [`App::stop`] was called. Whoever streams for long stops then.
    pub async fn stopping(&self) {
        let mut stopping = self.0.stopping.subscribe();
        // The sender is part of this very service.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    pub(crate) fn join_trace(&self, headers: &HeaderMap, span: &tracing::Span) {
        (self.0.options.join_trace)(headers, span);
    }

    pub(crate) fn tls(&self) -> bool {
        self.0.options.tls
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    pub(crate) fn pending(&self) -> &Pending {
        &self.0.pending
    }

    pub(crate) fn bodies(&self) -> &Bodies {
        &self.0.bodies
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.0.rates
    }

    pub(crate) fn delayed(&self) -> &Delayed {
        &self.0.delayed
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }

    pub(crate) fn public_url(&self) -> Option<&PublicUrl> {
        self.0.options.public_url.as_ref()
    }

    /// The client of a request, as the connection and trusted proxies have it.
    fn client(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<Peer>()?;
        Some(self.0.options.proxies.client(peer.0.ip(), request.headers()))
    }

    pub(crate) fn people_lock(&self) -> &tokio::sync::Mutex<()> {
        &self.0.people
    }
}

/// Everything that the service answers.
pub fn router(app: App) -> Router {
    router_with(app, |routes| routes)
}

/// The same with further routes, behind the same guards.
pub fn router_with(app: App, more: impl FnOnce(Routes) -> Routes) -> Router {
    let (router, document, _) = more(all(&app)).finish();
    let router = router
        .layer(middleware::from_fn_with_state(app.clone(), identify))
        .layer(DefaultBodyLimit::max(limits::FORM_BYTES as usize))
        .layer(from_fn_with_state(app.clone(), bodies::middleware))
        .layer(middleware::from_fn(observe::catch_panics))
        .layer(from_fn_with_state(app.clone(), answers::middleware))
        .layer(from_fn_with_state(app.clone(), observe::middleware))
        .layer(compress::layer())
        .layer(axum::Extension(api::Document::new(&document)))
        .with_state(app.clone());
    // Around the choice of a route: what a kept form is sent to is another one than the log-in's.
    Router::new()
        .fallback_service(router)
        .layer(middleware::from_fn(kept::middleware))
        .layer(from_fn_with_state(app, with_client))
}

/// Everything that is done for a request knows its client.
async fn with_client(State(app): State<App>, request: Request, next: Next) -> Response {
    let client = client::Client::new(app.client(&request), request.headers());
    client::scope(client, next.run(request)).await
}

/// Every route with who may use it.
#[must_use]
pub fn table(app: &App) -> Vec<Route> {
    all(app).finish().2
}

fn all(app: &App) -> Routes {
    let routes = Routes::new(app, api::document());
    let routes = console::routes(routes);
    let routes = api::routes(routes);
    let routes = operations::routes(routes);
    assets::routes(routes)
}

/// The host's name and who asks, for every request.
async fn identify(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = async {
        // What only says that the process lives is asked by machines, by whatever name they have for it.
        if parts.method == Method::GET && operations::is_probe(parts.uri.path()) {
            return Ok(Caller(None));
        }
        let served = app.0.names.check(&parts)?;
        parts.extensions.insert(Served(served));
        if assets::is_asset(parts.uri.path()) {
            return Ok(Caller(None));
        }
        parts.extensions.insert(app.0.uploads.clone());
        who::identify(&app, &parts.headers).await.map(Caller)
    };
    match caller.await {
        Ok(caller) => {
            if let Some(who) = &caller.0 {
                client::acts_for(who.id);
                if let Some(account) = parts.extensions.get::<Arc<Account>>() {
                    account.known();
                }
            }
            parts.extensions.insert(caller.clone());
            let mut response = match app.0.rates.count_session(caller.0.as_ref()) {
                Ok(()) => next.run(Request::from_parts(parts, body)).await,
                Err(failure) => failure.into_response(),
            };
            // A page for a failure is written further out, and shows who is logged in.
            response.extensions_mut().insert(caller);
            response
        }
        Err(failure) => failure.into_response(),
    }
}
