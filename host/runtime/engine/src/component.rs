//! A component that is ready to run, and what it is asked before its run.

use std::sync::Arc;
use std::time::Duration;

use palisade_egress::{SendError, after};
use palisade_limits as limits;
use palisade_printable::printable;
use tokio::time::Instant;
use wasmtime::component::{InstancePre, ResourceTable};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::WasiHttpCtx;

use crate::bindings::generated::exports::palisade::action::{action, continuation, validation};
use crate::border::Border;
use crate::circumstances::{Circumstances, KnownLimits};
use crate::contract::{Attribute, Batch, Eviction, Holding, Offered, Outcome, Reason};
use crate::error::{Early, LoadError};
use crate::http::{Hooks, Refusal};
use crate::limiter::{Limiter, SandboxLimits};
use crate::output::Output;
use crate::state::{CallError, Host, State, Violation, Winding};

/// A compiled component, checked against the contract. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    engine: wasmtime::Engine,
    pub(crate) pre: InstancePre<State>,
    pub(crate) action: action::GuestIndices,
    /// A component may export `continuation`.
    pub(crate) continuation: Option<continuation::GuestIndices>,
    /// A component may export `validation`.
    validation: Option<validation::GuestIndices>,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Component").finish_non_exhaustive()
    }
}

/// The host's sides of one call: what the component reads and reports, what it sends, what of that may enter, and whether the
/// run is being stopped.
pub(crate) struct Sides {
    pub(crate) host: Box<dyn Host>,
    pub(crate) hooks: Hooks,
    pub(crate) border: Border,
    pub(crate) winding: Arc<Winding>,
    pub(crate) circumstances: Circumstances,
    pub(crate) limits: KnownLimits,
    /// When the host ends the activation.
    pub(crate) until: Instant,
}

impl Component {
    /// Starts the component once in a store that is thrown away: only then are the types of its exports known to be the
    /// contract's.
    pub(crate) async fn new(engine: wasmtime::Engine, pre: InstancePre<State>) -> Result<Self, LoadError> {
        let exports = |name: &str| pre.component().get_export_index(None, name).is_some();
        let (action_name, validation_name) =
            ("palisade:action/action@0.2.0", "palisade:action/validation@0.2.0");
        if !exports(action_name) {
            return Err(LoadError::Export(action_name.to_owned()));
        }
        let mismatch = |error: wasmtime::Error| LoadError::Contract(format!("{error:#}"));
        let validation = exports(validation_name)
            .then(|| validation::GuestIndices::new(&pre))
            .transpose()
            .map_err(mismatch)?;
        let continuation = exports("palisade:action/continuation@0.2.0")
            .then(|| continuation::GuestIndices::new(&pre))
            .transpose()
            .map_err(mismatch)?;
        let action = action::GuestIndices::new(&pre).map_err(mismatch)?;
        let component = Self { engine, pre, action, continuation, validation };
        component.check_types().await?;
        Ok(component)
    }

    /// Whether its actions can wait: it exports `continuation`.
    #[must_use]
    pub fn can_resume(&self) -> bool {
        self.continuation.is_some()
    }

    async fn check_types(&self) -> Result<(), LoadError> {
        // The manifest, which may ask for more memory than usual, is not known here.
        let limits = SandboxLimits { memory_bytes: limits::MEMORY_CEILING_BYTES, ..SandboxLimits::default() };
        self.before_run(limits, async |store| {
            let instance = self.pre.instantiate_async(&mut *store).await?;
            Ok((|| {
                self.action.load(&mut *store, &instance)?;
                self.continuation.as_ref().map(|resumes| resumes.load(&mut *store, &instance)).transpose()?;
                self.validation.as_ref().map(|validation| validation.load(&mut *store, &instance)).transpose()
            })())
        })
        .await
        .map_err(LoadError::Start)?
        .map_err(|error: wasmtime::Error| LoadError::Contract(format!("{error:#}")))?;
        Ok(())
    }

    /// Lets the component judge a configuration; an empty list where it has nothing to say or no such export. It may send
    /// nothing, and has [`limits::VALIDATION_SECONDS`] at most.
    ///
    /// # Errors
    /// Where the component traps, sends a request or does not come back in time.
    pub async fn validate(
        &self,
        action: &str,
        configuration: &[Attribute],
        limits: SandboxLimits,
    ) -> Result<Vec<Reason>, Early> {
        let Some(validation) = &self.validation else { return Ok(Vec::new()) };
        self.before_run(limits, async |store| {
            let instance = self.pre.instantiate_async(&mut *store).await?;
            let guest = validation.load(&mut *store, &instance)?;
            guest.call_validate(&mut *store, action, configuration).await
        })
        .await
        .map(|problems| Border::new(Arc::default(), 0).problems(problems))
    }

    /// Calls the component in a store of its own, without a collection, without requests and not for long.
    async fn before_run<T>(
        &self,
        limits: SandboxLimits,
        call: impl AsyncFnOnce(&mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Early> {
        let longest = Duration::from_secs(limits::VALIDATION_SECONDS);
        let output = Output::default();
        let (hooks, mut refused) = Hooks::before_run();
        let limits = SandboxLimits { run: longest, ..limits };
        // Nothing has been sent yet, so that no secret can have come back.
        let border = Border::new(Arc::default(), limits.output_bytes);
        let mut store = self.store(
            Sides {
                host: Box::new(Nothing),
                hooks,
                border,
                winding: Arc::default(),
                circumstances: Circumstances { dry_run: true, ..Circumstances::default() },
                limits: KnownLimits::default(),
                until: after(Instant::now(), longest),
            },
            &output,
            limits,
            longest,
        );
        let result = tokio::select! {
            biased;
            Some(refusal) = refused.recv() => Err(early(refusal, longest)),
            result = tokio::time::timeout(longest, call(&mut store)) => result.map_err(|_| Early::NotBack(longest)),
        };
        log_output(&output, &store.data().border);
        match (refused.try_recv(), result) {
            (Ok(refusal), _) => Err(early(refusal, longest)),
            (Err(_), Err(early)) => Err(early),
            (Err(_), Ok(result)) => result.map_err(|error| match explain(&store, &error, longest) {
                Early::Deadline(longest) => Early::NotBack(longest),
                early => early,
            }),
        }
    }

    /// A store for one call of the component, which may compute for `longest`.
    pub(crate) fn store(
        &self,
        sides: Sides,
        output: &Output,
        limits: SandboxLimits,
        longest: Duration,
    ) -> Store<State> {
        let Sides { host, hooks, border, winding, circumstances, limits: known, until: ends } = sides;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::RESOURCES as usize);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits::HEADER_BYTES as usize);
        let wasi = WasiCtxBuilder::new()
            .stdout(output.clone())
            .stderr(output.clone())
            .max_random_size(limits::RANDOM_BYTES)
            .build();
        let state = State {
            host,
            page_objects: limits.page_objects,
            circumstances,
            limits: known,
            until: ends,
            table,
            wasi,
            http,
            hooks,
            limiter: Limiter::new(limits.memory_bytes),
            ended_by: None,
            messages: 0,
            winding,
            border,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(limits::HOSTCALL_BYTES as usize);
        store.set_max_component_handles(limits::RESOURCES as usize);
        let until = after(Instant::now(), longest).into_std();
        // Yields at every tick, so that waiting futures get their turn, and ends computing when even those may not go on.
        store.epoch_deadline_callback(move |_| {
            if std::time::Instant::now() >= until {
                Err(wasmtime::Error::new(DeadlinePassed))
            } else {
                Ok(UpdateDeadline::Yield(1))
            }
        });
        store.set_epoch_deadline(1);
        store
    }
}

/// The epoch's way of saying that time is up.
#[derive(Debug, thiserror::Error)]
#[error("the deadline has passed")]
struct DeadlinePassed;

/// What a request that ends the run means. One that the deadline cut off races with the deadline itself, and is the same.
pub(crate) fn early(refusal: Refusal, deadline: Duration) -> Early {
    match refusal {
        Refusal::Exhausted(SendError::DeadlinePassed) => Early::Deadline(deadline),
        Refusal::Request(error) | Refusal::Exhausted(error) => Early::Refused(error),
        Refusal::BeforeRun(asked) => Early::Violation(Violation::RequestBeforeRun(asked)),
    }
}

/// Why WebAssembly stopped, in the order of who knows best: the contract, the limits, the clock, the trap itself.
pub(crate) fn explain(store: &Store<State>, error: &wasmtime::Error, deadline: Duration) -> Early {
    tracing::debug!("{error:?}");
    let state = store.data();
    match &state.ended_by {
        Some(CallError::Violation(violation)) => return Early::Violation(violation.clone()),
        Some(CallError::NotKept(cause)) => return Early::NotKept(cause.clone()),
        Some(CallError::Unreadable(cause)) => return Early::ArtefactUnreadable(cause.clone()),
        None => {}
    }
    if let Some(limit) = &state.limiter.exceeded {
        return Early::Limit(limit.clone());
    }
    if let Some(budget) = state.border.exceeded() {
        return Early::Output(budget);
    }
    if error.is::<DeadlinePassed>() {
        return Early::Deadline(deadline);
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Early::Trap(format!("it ended itself with status {}", exit.0));
    }
    Early::Trap(error.root_cause().to_string())
}

pub(crate) fn log_output(output: &Output, border: &Border) {
    // Before it is split: a line break does not hide a secret.
    for line in border.redacted(&output.text()).lines() {
        tracing::debug!(target: "palisade_engine::component", "{}", printable(line));
    }
}

/// A host without a collection: for validation, which may not read one.
struct Nothing;

impl Host for Nothing {
    fn next(&mut self, _limit: u64) -> Result<Vec<Offered>, CallError> {
        Ok(Vec::new())
    }

    fn has_more(&self) -> bool {
        false
    }

    fn record(&mut self, outcomes: Vec<Outcome>) -> Result<(), CallError> {
        outcomes.first().map_or(Ok(()), |outcome| Err(Violation::UnknownKey(outcome.key).into()))
    }

    fn ingest(&mut self, _batch: Batch) -> Result<(), CallError> {
        Err(Violation::NotSupported("results.ingest").into())
    }

    fn artefact(&mut self, id: &str, _most: u64) -> Result<Vec<u8>, CallError> {
        Err(Violation::UnknownArtefact(id.to_owned()).into())
    }

    fn evicting(&mut self, _entries: Vec<Eviction>) {}

    fn holds(&mut self, _lists: Vec<Holding>) {}

    fn log(&mut self, _level: crate::state::LogLevel, message: String, _fields: Vec<(String, String)>) {
        tracing::debug!(target: "palisade_engine::component", "{}", printable(&message));
    }
}
