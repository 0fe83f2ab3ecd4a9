//! Everything that can be checked before the first request. [`Prepared`] exists only where all of it has passed.

use std::collections::BTreeMap;
use std::time::Duration;

use palisade_bundle::{Action, Bundle, LimitsAsked, nearest};
use palisade_collection::{Format, Source};
use palisade_egress::{Client, ClientOptions, Grant, SessionLimits};
use palisade_engine::{Component, Engine, SandboxLimits};
use palisade_limits as limits;

use crate::PrepareError;
use crate::configuration::{Configuration, ConfigurationFault, ConfigurationProblem};
use crate::given::Given;
use crate::grants;
use crate::selection::Selection;

/// What the operator sets for one run, against the manifest's and the host's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Wall clock of the run.
    pub run: Option<Duration>,
    /// Time for one whole exchange.
    pub exchange: Option<Duration>,
}

/// What a run is made of.
#[derive(Debug)]
pub struct Preparation {
    /// The zip, opened and checked.
    pub bundle: Bundle,
    /// Id of the action.
    pub action: String,
    /// The configuration as given.
    pub given: BTreeMap<String, Given>,
    /// The collection's files.
    pub sources: Vec<Source>,
    /// Their format; found from the content where none is given.
    pub format: Option<Format>,
    /// Nothing that changes the service is to be sent.
    pub dry_run: bool,
    /// Connections.
    pub client: ClientOptions,
    /// Limits.
    pub overrides: Overrides,
}

/// A run that can start: every check has passed, nothing has been sent.
pub struct Prepared {
    pub(crate) bundle: Bundle,
    pub(crate) action: Action,
    pub(crate) configuration: Configuration,
    pub(crate) component: Component,
    pub(crate) selection: Selection,
    pub(crate) client: Client,
    pub(crate) grants: Vec<Grant>,
    pub(crate) dry_run: bool,
    pub(crate) sandbox: SandboxLimits,
    pub(crate) requests: SessionLimits,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prepared").field("action", &self.action.id).finish_non_exhaustive()
    }
}

impl Preparation {
    /// The action, its configuration and its grants: what needs neither the engine nor the collection.
    ///
    /// # Errors
    /// The first of [`PrepareError`]'s cases that applies; all problems of the configuration at once.
    pub fn configure(
        bundle: &Bundle,
        action: &str,
        given: &BTreeMap<String, Given>,
    ) -> Result<(Action, Configuration, Vec<Grant>), PrepareError> {
        let manifest = bundle.manifest();
        let action = manifest.action(action).cloned().ok_or_else(|| {
            let ids: Vec<&str> = manifest.actions.iter().map(|action| action.id.as_str()).collect();
            PrepareError::Action {
                id: action.to_owned(),
                nearest: nearest(action, ids.iter().copied()).map(str::to_owned),
                actions: ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "),
            }
        })?;
        let configuration =
            Configuration::resolve(manifest, &action, given).map_err(PrepareError::Configuration)?;
        let grants = grants::grants(&action, &configuration)?;
        Ok((action, configuration, grants))
    }

    /// Checks everything, in the order in which an operator would want to know: what was typed first, then the bundle's
    /// inside, then the collection.
    ///
    /// # Errors
    /// [`PrepareError`]; nothing has been sent.
    pub async fn check(self, engine: &Engine) -> Result<Prepared, PrepareError> {
        let (action, configuration, grants) = Self::configure(&self.bundle, &self.action, &self.given)?;
        let client = Client::new(&self.client)?;
        let (sources, format, most) = (self.sources, self.format, configuration.objects_per_run);
        // Reading a large file and compiling a component both keep a core busy: they do so side by side.
        let reading = tokio::task::spawn_blocking(move || Selection::read(sources, format, most));
        let component = engine.load(self.bundle.component()).await?;
        let (sandbox, requests) = effective(&self.bundle.manifest().limits, self.overrides, self.dry_run);
        validate(&component, &action, &configuration, sandbox).await?;
        let selection = reading.await.map_err(|error| PrepareError::Interrupted(error.to_string()))??;
        Ok(Prepared {
            bundle: self.bundle,
            action,
            configuration,
            component,
            selection,
            client,
            grants,
            dry_run: self.dry_run,
            sandbox,
            requests,
        })
    }
}

impl Prepared {
    /// What the run will take.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }
}

/// Lets the component judge the configuration; it may send nothing.
pub(crate) async fn validate(
    component: &Component,
    action: &Action,
    configuration: &Configuration,
    sandbox: SandboxLimits,
) -> Result<(), PrepareError> {
    let problems = component
        .validate(&action.id, &configuration.settings, sandbox)
        .await
        .map_err(PrepareError::Validation)?;
    if problems.is_empty() {
        return Ok(());
    }
    let problems = problems.into_iter().map(|problem| {
        let fault = ConfigurationFault::Component { code: problem.code, message: problem.message };
        ConfigurationProblem::unplaced("", fault)
    });
    Err(PrepareError::Configuration(problems.collect()))
}

/// The manifest asks, the host's table is the ceiling, the operator's word is last.
fn effective(asked: &LimitsAsked, overrides: Overrides, dry_run: bool) -> (SandboxLimits, SessionLimits) {
    let memory = asked.memory_mib.map_or(limits::MEMORY_BYTES, |mib| mib.saturating_mul(1 << 20));
    let seconds = asked.run_seconds.unwrap_or(limits::RUN_SECONDS).min(limits::RUN_CEILING_SECONDS);
    let sandbox = SandboxLimits {
        memory_bytes: memory.min(limits::MEMORY_CEILING_BYTES),
        run: overrides.run.unwrap_or(Duration::from_secs(seconds)),
        page_objects: limits::PAGE_OBJECTS,
    };
    let defaults = SessionLimits::default();
    let at_most = |asked: Option<u64>, most: u64| asked.map_or(most, |asked| asked.min(most));
    let requests = SessionLimits {
        requests: at_most(asked.requests, defaults.requests),
        request_body_bytes: at_most(asked.request_body_bytes, defaults.request_body_bytes),
        response_body_bytes: at_most(asked.response_body_bytes, defaults.response_body_bytes),
        exchange: overrides.exchange.unwrap_or(defaults.exchange),
        dry_run,
        ..defaults
    };
    (sandbox, requests)
}
