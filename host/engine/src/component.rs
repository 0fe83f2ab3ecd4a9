//! A component that is ready to run, and one run of it.

use std::time::Duration;

use palisade_egress::{SendError, Session, after};
use palisade_limits as limits;
use tokio::time::Instant;
use wasmtime::component::{InstancePre, ResourceTable};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi_http::WasiHttpCtx;

use crate::bindings::generated::exports::palisade::action::{action, validation};
use crate::contract::{Context, Limits, Problem, Setting};
use crate::error::{Early, Ended, LoadError};
use crate::http::{Hooks, Refusal};
use crate::limiter::{Limiter, SandboxLimits};
use crate::output::Output;
use crate::state::{Host, State, Violation};
use crate::text::{cut_error, cut_problems};

/// A compiled component, checked against the contract. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    engine: wasmtime::Engine,
    pre: InstancePre<State>,
    action: action::GuestIndices,
    /// A component may export `validation`.
    validation: Option<validation::GuestIndices>,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Component").finish_non_exhaustive()
    }
}

/// What one run needs.
pub struct RunRequest {
    /// The action's id in the manifest.
    pub action: String,
    /// Identifies the run in logs.
    pub run_id: String,
    /// Nothing that changes the service may be sent.
    pub dry_run: bool,
    /// Each submission is to be compared with what the service has.
    pub compare: bool,
    /// Entries of others that the run may make the service remove; none for any number.
    pub most_evictions: Option<u64>,
    /// The configuration, without secrets.
    pub configuration: Vec<Setting>,
    /// Data in, results out.
    pub host: Box<dyn Host>,
    /// The requests that the run may send.
    pub session: Session,
    /// Largest request body, for the component's information.
    pub request_body_bytes: u64,
    /// Largest response body, for the component's information.
    pub response_body_bytes: u64,
    /// Requests in flight, for the component's information.
    pub concurrent_requests: u64,
    /// What it may take of the machine.
    pub limits: SandboxLimits,
}

impl Component {
    /// Starts the component once in a store that is thrown away: only then are the types of its exports known to be the
    /// contract's.
    pub(crate) async fn new(engine: wasmtime::Engine, pre: InstancePre<State>) -> Result<Self, LoadError> {
        let exports = |name: &str| pre.component().get_export_index(None, name).is_some();
        let (action_name, validation_name) =
            ("palisade:action/action@0.1.0", "palisade:action/validation@0.1.0");
        if !exports(action_name) {
            return Err(LoadError::Export(action_name.to_owned()));
        }
        let mismatch = |error: wasmtime::Error| LoadError::Contract(format!("{error:#}"));
        let validation = exports(validation_name)
            .then(|| validation::GuestIndices::new(&pre))
            .transpose()
            .map_err(mismatch)?;
        let action = action::GuestIndices::new(&pre).map_err(mismatch)?;
        let component = Self { engine, pre, action, validation };
        component.check_types().await?;
        Ok(component)
    }

    async fn check_types(&self) -> Result<(), LoadError> {
        // The manifest, which may ask for more memory than usual, is not known here.
        let limits = SandboxLimits { memory_bytes: limits::MEMORY_CEILING_BYTES, ..SandboxLimits::default() };
        self.before_run(limits, async |store| {
            let instance = self.pre.instantiate_async(&mut *store).await?;
            Ok((|| {
                self.action.load(&mut *store, &instance)?;
                self.validation.as_ref().map(|validation| validation.load(&mut *store, &instance)).transpose()
            })())
        })
        .await
        .map_err(LoadError::Start)?
        .map_err(|error: wasmtime::Error| LoadError::Contract(format!("{error:#}")))?;
        Ok(())
    }

    /// Runs one action to its end in a store of its own. Always comes back: the deadline holds for computing and for
    /// waiting. What the component recorded before an early end has reached the host.
    pub async fn run(&self, request: RunRequest) -> Ended {
        let deadline = request.limits.run;
        let context = Context {
            run_id: request.run_id,
            dry_run: request.dry_run,
            compare: request.compare,
            most_evictions: request.most_evictions,
            limits: Limits {
                page_objects: u32::try_from(request.limits.page_objects).unwrap_or(u32::MAX),
                concurrent_requests: u32::try_from(request.concurrent_requests).unwrap_or(u32::MAX),
                request_body_bytes: request.request_body_bytes,
                response_body_bytes: request.response_body_bytes,
                run_milliseconds: u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX),
            },
        };
        let output = Output::default();
        let (hooks, mut refused) = Hooks::of_run(request.session, request.request_body_bytes);
        let mut store = self.store(request.host, hooks, &output, request.limits);
        let call = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let guest = self.action.load(&mut store, &instance)?;
            guest.call_run(&mut store, &request.action, &context, &request.configuration).await
        };
        // Biased, so that a request that was refused is named even where the component ends because of it.
        let result = tokio::select! {
            biased;
            Some(refusal) = refused.recv() => Err(early(refusal, deadline)),
            result = tokio::time::timeout(deadline, call) => match result {
                Ok(result) => Ok(result),
                Err(_) => Err(Early::Deadline(deadline)),
            },
        };
        log_output(&output);
        store.data_mut().tell_dropped_messages();
        match result {
            Err(early) => Ended::Early(early),
            Ok(result) => match (refused.try_recv(), result) {
                (Ok(refusal), _) => Ended::Early(early(refusal, deadline)),
                (Err(_), Ok(Ok(()))) => Ended::Completed,
                (Err(_), Ok(Err(stopped))) => Ended::Stopped(cut_error(stopped)),
                (Err(_), Err(error)) => Ended::Early(explain(&store, &error, deadline)),
            },
        }
    }

    /// Lets the component judge a configuration; an empty list where it has nothing to say or no such export. It may send
    /// nothing, and has [`limits::VALIDATION_SECONDS`] at most.
    ///
    /// # Errors
    /// Where the component traps, sends a request or does not come back in time.
    pub async fn validate(
        &self,
        action: &str,
        configuration: &[Setting],
        limits: SandboxLimits,
    ) -> Result<Vec<Problem>, Early> {
        let Some(validation) = &self.validation else { return Ok(Vec::new()) };
        self.before_run(limits, async |store| {
            let instance = self.pre.instantiate_async(&mut *store).await?;
            let guest = validation.load(&mut *store, &instance)?;
            guest.call_validate(&mut *store, action, configuration).await
        })
        .await
        .map(cut_problems)
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
        let mut store = self.store(Box::new(Nothing), hooks, &output, limits);
        let result = tokio::select! {
            biased;
            Some(refusal) = refused.recv() => Err(early(refusal, longest)),
            result = tokio::time::timeout(longest, call(&mut store)) => result.map_err(|_| Early::NotBack(longest)),
        };
        log_output(&output);
        match (refused.try_recv(), result) {
            (Ok(refusal), _) => Err(early(refusal, longest)),
            (Err(_), Err(early)) => Err(early),
            (Err(_), Ok(result)) => result.map_err(|error| match explain(&store, &error, longest) {
                Early::Deadline(longest) => Early::NotBack(longest),
                early => early,
            }),
        }
    }

    fn store(
        &self,
        host: Box<dyn Host>,
        hooks: Hooks,
        output: &Output,
        limits: SandboxLimits,
    ) -> Store<State> {
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
            table,
            wasi,
            http,
            hooks,
            limiter: Limiter::new(limits.memory_bytes),
            violation: None,
            messages: 0,
        };
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(limits::HOSTCALL_BYTES as usize);
        store.set_max_component_handles(limits::RESOURCES as usize);
        let until = after(Instant::now(), limits.run).into_std();
        // Yields at every tick, so that waiting futures get their turn, and ends computing at the deadline.
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
fn early(refusal: Refusal, deadline: Duration) -> Early {
    match refusal {
        Refusal::Request(SendError::DeadlinePassed) => Early::Deadline(deadline),
        Refusal::Request(error) => Early::Refused(error),
        Refusal::BeforeRun(asked) => Early::Violation(Violation::RequestBeforeRun(asked)),
    }
}

/// Why WebAssembly stopped, in the order of who knows best: the contract, the limits, the clock, the trap itself.
fn explain(store: &Store<State>, error: &wasmtime::Error, deadline: Duration) -> Early {
    tracing::debug!("{error:?}");
    let state = store.data();
    if let Some(violation) = &state.violation {
        return Early::Violation(violation.clone());
    }
    if let Some(limit) = &state.limiter.exceeded {
        return Early::Limit(limit.clone());
    }
    if error.is::<DeadlinePassed>() {
        return Early::Deadline(deadline);
    }
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return Early::Trap(format!("it ended itself with status {}", exit.0));
    }
    Early::Trap(error.root_cause().to_string())
}

fn log_output(output: &Output) {
    let text = output.text();
    for line in text.lines() {
        tracing::debug!(target: "palisade_engine::component", "{line}");
    }
}

/// A host without a collection: for validation, which may not read one.
struct Nothing;

impl Host for Nothing {
    fn next(&mut self, _limit: u64) -> Vec<crate::contract::Object> {
        Vec::new()
    }

    fn record(&mut self, outcomes: Vec<crate::contract::Outcome>) -> Result<(), crate::state::Violation> {
        outcomes.first().map_or(Ok(()), |outcome| Err(crate::state::Violation::UnknownKey(outcome.key)))
    }

    fn evicting(&mut self, _entries: Vec<crate::contract::Eviction>) {}

    fn holds(&mut self, _lists: Vec<crate::contract::Holding>) {}

    fn log(&mut self, _level: crate::state::LogLevel, message: String, _fields: Vec<(String, String)>) {
        tracing::debug!(target: "palisade_engine::component", "{message}");
    }
}
