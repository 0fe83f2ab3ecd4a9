//! What one store holds, and the host's side of the contract's imports.

use std::result::Result as StdResult;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use palisade_limits as limits;
use palisade_multipart::Form;
use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime::{Result, format_err};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::bindings::generated::palisade::action::{artefacts, collection, log, model, results};
use crate::border::Border;
use crate::circumstances::{Circumstances, KnownLimits};
use crate::contract::{Batch, Eviction, Holding, Offered, Outcome, Reason};
use crate::http::Hooks;
use crate::limiter::Limiter;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For developers.
    Debug,
    /// For operators who watch.
    Info,
    /// Part of the report.
    Warn,
    /// Part of the report.
    Error,
}

/// How a component broke the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// An outcome for a key that was not handed out.
    #[error("it reported the unknown key {0}")]
    UnknownKey(u64),
    /// A second outcome.
    #[error("it reported the key {0} twice")]
    SecondOutcome(u64),
    /// `planned` outside of a dry run, `accepted` inside of one.
    #[error("it reported `{verdict}` for the key {key} in a {run}")]
    VerdictOfOtherRun {
        /// The object.
        key: u64,
        /// What was reported.
        verdict: &'static str,
        /// What kind of run it is.
        run: &'static str,
    },
    /// A request before the run: at its start or while it judges a configuration.
    #[error("it asked for `{0}` before its run, when it may not send requests")]
    RequestBeforeRun(String),
    /// A part of the contract that this host does not offer for this activation.
    #[error("it used `{0}`, which this host does not support for this action")]
    NotSupported(&'static str),
    /// A state of a waiting object that holds a credential.
    #[error("it reported a state for the key {0} that contains a secret of the run")]
    SecretInState(u64),
    /// A file that was not offered.
    #[error("it asked for the artefact `{0}`, which was not offered to it")]
    UnknownArtefact(String),
    /// A cursor that holds a credential.
    #[error("it handed over a cursor that contains a secret of the run")]
    SecretInCursor,
    /// A state of a waiting object that is larger than allowed.
    #[error("it reported a state of {bytes} bytes for the key {key}, {limit} are allowed")]
    StateTooLarge {
        /// The object.
        key: u64,
        /// Its state's size.
        bytes: usize,
        /// What is allowed.
        limit: u64,
    },
    /// An outcome gives back what it may not.
    #[error("it reported outputs for the key {key} that are not valid: {problem}")]
    OutputInvalid {
        /// The object.
        key: u64,
        /// What is wrong.
        problem: String,
    },
    /// More submissions for one object than allowed.
    #[error("it reported {count} submissions for the key {key}, {limit} are allowed")]
    TooManySubmissions {
        /// The object.
        key: u64,
        /// How many.
        count: usize,
        /// What is allowed.
        limit: u64,
    },
}

impl Violation {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownKey(_) => "contract-unknown-key",
            Self::SecondOutcome(_) => "contract-second-outcome",
            Self::VerdictOfOtherRun { .. } => "contract-wrong-verdict",
            Self::RequestBeforeRun(_) => "contract-request-before-run",
            Self::SecretInState(_) => "contract-secret-in-state",
            Self::UnknownArtefact(_) => "contract-unknown-artefact",
            Self::SecretInCursor => "contract-secret-in-cursor",
            Self::StateTooLarge { .. } => "contract-state-too-large",
            Self::NotSupported(_) => "not-supported-here",
            Self::OutputInvalid { .. } => "contract-output-invalid",
            Self::TooManySubmissions { .. } => "contract-too-many-submissions",
        }
    }
}

/// Why the host ends an activation in the middle of a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The component broke the contract.
    #[error(transparent)]
    Violation(#[from] Violation),
    /// The host cannot keep what the component reports, or what it is about to get.
    #[error("what became of the objects cannot be kept: {0}")]
    NotKept(String),
    /// A file that was offered cannot be read any more.
    #[error("an artefact cannot be read: {0}")]
    Unreadable(String),
}

/// What a run lends to the component: data in, results out, messages.
pub trait Host: Send + 'static {
    /// The next objects, at most `limit`; empty at the end.
    ///
    /// # Errors
    /// [`CallError::NotKept`], which ends the activation.
    fn next(&mut self, limit: u64) -> StdResult<Vec<Offered>, CallError>;

    /// Whether there are objects that were not handed out.
    fn has_more(&self) -> bool;

    /// Takes outcomes; all that are valid, even where one is not.
    ///
    /// # Errors
    /// The first violation, which ends the run, or that they cannot be kept.
    fn record(&mut self, outcomes: Vec<Outcome>) -> StdResult<(), CallError>;

    /// Keeps what the action found, together with its cursor.
    ///
    /// # Errors
    /// The violation that ends the activation, or that it cannot be kept.
    fn ingest(&mut self, batch: Batch) -> StdResult<(), CallError>;

    /// The content of a file that was offered as an object. Of one with more bytes than `most`, one byte more than that.
    ///
    /// # Errors
    /// The violation that ends the activation, or that the file cannot be read.
    fn artefact(&mut self, id: &str, most: u64) -> StdResult<Vec<u8>, CallError>;

    /// Takes entries that the service would remove by itself because of the run.
    fn evicting(&mut self, entries: Vec<Eviction>);

    /// Takes what lists of the service hold; the last word about a list and type counts.
    fn holds(&mut self, lists: Vec<Holding>);

    /// Takes a message, already cut to its limit.
    fn log(&mut self, level: LogLevel, message: String, fields: Vec<(String, String)>);
}

/// What a store holds.
pub(crate) struct State {
    pub(crate) host: Box<dyn Host>,
    pub(crate) page_objects: u64,
    pub(crate) table: ResourceTable,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) hooks: Hooks,
    pub(crate) limiter: Limiter,
    pub(crate) ended_by: Option<CallError>,
    pub(crate) messages: u64,
    pub(crate) border: Border,
    pub(crate) winding: Arc<Winding>,
    pub(crate) circumstances: Circumstances,
    pub(crate) limits: KnownLimits,
    /// When the host ends the activation.
    pub(crate) until: Instant,
}

/// Whether the run is being stopped, and what the component does about it.
#[derive(Debug, Default)]
pub(crate) struct Winding {
    /// The collection is to have no further page.
    is_down: AtomicBool,
    /// A page was withheld.
    withheld: AtomicBool,
    /// Calls that brought something: the component makes progress.
    reports: AtomicU64,
}

impl Winding {
    pub(crate) fn begin(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_withheld(&self) -> bool {
        self.withheld.load(Ordering::SeqCst)
    }

    pub(crate) fn reports(&self) -> u64 {
        self.reports.load(Ordering::SeqCst)
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

impl model::Host for State {}

impl State {
    /// A request that was refused ends the run: until that is done, the component gets and reports nothing more.
    fn check_not_refused(&self) -> Result<()> {
        if self.hooks.refusals.is_refused() { Err(format_err!("a request was refused")) } else { Ok(()) }
    }

    /// Ends the activation in the middle of a call.
    fn broken(&mut self, error: impl Into<CallError>) -> wasmtime::Error {
        let error = error.into();
        let ended = format_err!("{error}");
        self.ended_by = Some(error);
        ended
    }

    /// A form with the contents of its artefacts. One that is too large is refused when it is sent.
    fn form(&mut self, parts: Vec<artefacts::Part>) -> Result<Form> {
        let mut form = Form::new();
        for part in parts {
            let content = match part.content {
                artefacts::Content::Text(text) => text.into_bytes(),
                artefacts::Content::Artefact(id) => {
                    let most = self.limits.request_body_bytes;
                    self.host.artefact(&id, most).map_err(|error| self.broken(error))?
                }
            };
            let (file_name, media_type) = (part.file_name.as_deref(), part.media_type.as_deref());
            form = form.typed(&part.name, file_name, media_type, &content);
        }
        Ok(form)
    }

    /// Ends the run if the component has reported more than it may.
    fn check_output(&self) -> Result<()> {
        match self.border.exceeded() {
            Some(budget) => Err(format_err!("more than {budget} bytes were reported")),
            None => Ok(()),
        }
    }

    /// Says how many messages were beyond the limit, where there were such.
    pub(crate) fn tell_dropped_messages(&mut self) {
        let dropped = self.messages.saturating_sub(limits::LOG_MESSAGES);
        if dropped > 0 {
            let message = format!(
                "{dropped} messages of the component were dropped, {} are kept",
                limits::LOG_MESSAGES
            );
            self.host.log(LogLevel::Warn, message, Vec::new());
        }
    }
}

impl collection::Host for State {
    fn next(&mut self, limit: u32) -> Result<Vec<Offered>> {
        self.check_not_refused()?;
        if self.winding.is_down.load(Ordering::SeqCst) {
            if self.host.has_more() {
                self.winding.withheld.store(true, Ordering::SeqCst);
            }
            return Ok(Vec::new());
        }
        // An empty page means the end: who asks for none gets one.
        let limit = u64::from(limit).clamp(1, self.page_objects.max(1));
        self.host.next(limit).map_err(|error| self.broken(error))
    }
}

impl results::Host for State {
    fn record(&mut self, outcomes: Vec<Outcome>) -> Result<()> {
        self.check_not_refused()?;
        if !outcomes.is_empty() {
            self.winding.reports.fetch_add(1, Ordering::SeqCst);
        }
        let (secret, outcomes): (Vec<_>, Vec<_>) =
            outcomes.into_iter().partition(|outcome| self.border.has_secret_in_state(outcome));
        let outcomes = self.border.outcomes(outcomes);
        self.host.record(outcomes).map_err(|error| self.broken(error))?;
        if let Some(outcome) = secret.first() {
            return Err(self.broken(Violation::SecretInState(outcome.key)));
        }
        self.check_output()
    }

    fn ingest(&mut self, batch: Batch) -> Result<()> {
        self.check_not_refused()?;
        self.winding.reports.fetch_add(1, Ordering::SeqCst);
        if self.border.has_secret_in_cursor(&batch) {
            return Err(self.broken(Violation::SecretInCursor));
        }
        if let Some(batch) = self.border.batch(batch) {
            self.host.ingest(batch).map_err(|error| self.broken(error))?;
        }
        self.check_output()
    }

    fn evicting(&mut self, entries: Vec<Eviction>) -> Result<()> {
        self.check_not_refused()?;
        let entries = self.border.evictions(entries);
        self.host.evicting(entries);
        self.check_output()
    }

    fn holds(&mut self, lists: Vec<Holding>) -> Result<()> {
        self.check_not_refused()?;
        let lists = self.border.holdings(lists);
        self.host.holds(lists);
        self.check_output()
    }
}

impl artefacts::Host for State {
    fn store(
        &mut self,
        _name: String,
        _media_type: String,
        _content: Vec<u8>,
        _about: Vec<u64>,
    ) -> Result<StdResult<String, Reason>> {
        self.check_not_refused()?;
        Err(self.broken(Violation::NotSupported("artefacts.store")))
    }

    async fn send_form(
        &mut self,
        url: String,
        headers: Vec<(String, String)>,
        form: Vec<artefacts::Part>,
    ) -> Result<StdResult<artefacts::Answer, ErrorCode>> {
        self.check_not_refused()?;
        let (media_type, body) = self.form(form)?.finish();
        let mut request = http::Request::post(url).header(http::header::CONTENT_TYPE, media_type);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Bytes::from(body)) else {
            return Ok(Err(ErrorCode::HttpProtocolError));
        };
        let answer = self.hooks.sender().send(request).await;
        Ok(answer.map(|response| {
            let (parts, body) = response.into_parts();
            let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            artefacts::Answer {
                status: parts.status.as_u16(),
                headers: parts.headers.iter().map(header).collect(),
                body: body.to_vec(),
            }
        }))
    }
}

impl log::Host for State {
    async fn emit(
        &mut self,
        level: log::Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> Result<()> {
        let Some((message, fields)) = self.border.message(message, fields) else {
            return self.check_output();
        };
        self.messages += 1;
        if self.messages > limits::LOG_MESSAGES {
            return Ok(());
        }
        let level = match level {
            log::Level::Trace => LogLevel::Trace,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        self.host.log(level, message, fields);
        Ok(())
    }
}
