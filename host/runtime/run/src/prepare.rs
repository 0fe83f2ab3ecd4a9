//! Everything that can be checked before the first request. [`Prepared`] exists only where all of it has passed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Method;
use palisade_bundle::{Action, Bundle, Effect, LimitsAsked, ParameterKind, TrustedBundle, nearest};
use palisade_egress::{Client, Gate, Grant, Origin, SessionLimits, TokenSource, Wire};
use palisade_engine::{Component, Engine, Loading, SandboxLimits};
use palisade_limits as limits;
use palisade_model::RecordSource;
use palisade_policy::{Limits, Policy};
use palisade_recording::{Provenance, Recorder, Recording, Replayer};
use palisade_redaction::Redactor;
use time::OffsetDateTime;

use crate::PrepareError;
use crate::artefacts::ArtefactDirectory;
use crate::configuration::{Configuration, ConfigurationFault, ConfigurationProblem, Secrets};
use crate::declared::Declared;
use crate::found::Ingest;
use crate::given::Given;
use crate::journal::{Begun, Journal, Kept, KeptSetting, PendingFileError};
use crate::plan::Plan;
use crate::preparation::Preparation;
use crate::report::{BundleIdentity, CollectionReport};
use crate::selection::Selection;
use crate::uploads::Uploads;
use crate::waiting::WaitBounds;
use crate::{grants, summary};

/// What the operator sets for one run, against the manifest's and the host's own numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Wall clock of the run, the reading of its files included.
    pub run: Option<Duration>,
    /// How much of that is used already.
    pub spent: Duration,
    /// Time for one whole exchange.
    pub exchange: Option<Duration>,
}

/// Where the objects of a run come from.
#[derive(Debug)]
pub(crate) enum Input {
    /// From sources that are read one after the other, for example the files of a collection.
    Sources(Vec<Box<dyn RecordSource>>),
    /// Selected by the embedder, for example from its own state.
    Selected(Selection),
    /// From a plan, which then is to be done: see [`Prepared::apply`].
    Plan(Arc<Plan>),
    /// From a run that another process began.
    Kept(Box<Kept>),
}

/// What evidence a run leaves or is made from.
#[derive(Debug, Default)]
pub(crate) enum Evidence {
    /// None.
    #[default]
    None,
    /// Every attempt is recorded: see [`Prepared::recorder`].
    Record,
    /// Nothing is sent: this recording answers. No credential is needed.
    Replay(Recording),
}

/// How far the component of the bundle has come.
#[derive(Debug)]
pub(crate) enum ComponentSource {
    /// It is to be compiled.
    Bundle,
    /// It is being compiled.
    Loading(Box<Loading>),
    /// It is ready.
    Ready(Component),
}

/// A run that can start: every check has passed, nothing has been sent.
pub struct Prepared {
    pub(crate) run_id: String,
    pub(crate) bundle: TrustedBundle,
    pub(crate) policy: Policy,
    pub(crate) action: Action,
    pub(crate) configuration: Configuration,
    pub(crate) component: Component,
    pub(crate) selection: Arc<Selection>,
    /// Values that were exempted from protection and needed no exemption.
    pub(crate) unneeded: Vec<String>,
    pub(crate) wire: Wire,
    pub(crate) recorder: Option<Recorder>,
    /// Knows all secrets of the configuration and of the connections.
    pub(crate) redactor: Arc<Redactor>,
    /// What the manifest asks for.
    pub(crate) asked: Vec<Grant>,
    /// What of that the policy allows.
    pub(crate) grants: Vec<Grant>,
    pub(crate) dry_run: bool,
    pub(crate) compare: bool,
    pub(crate) most_evictions: Option<u64>,
    pub(crate) sandbox: SandboxLimits,
    /// As the operator knows it: what is left of it when the run begins is among the limits of the sandbox.
    pub(crate) deadline: Duration,
    pub(crate) requests: SessionLimits,
    pub(crate) gate: Gate,
    /// What a journal begins with; its time of the start is set by each run.
    pub(crate) begun: Begun,
    /// Taken by the first run.
    pub(crate) journal: Mutex<Option<Box<dyn Journal>>>,
    /// Taken by the first run.
    pub(crate) ingest: Mutex<Option<Box<dyn Ingest>>>,
    /// Taken by the first run.
    pub(crate) kept: Mutex<Option<Box<Kept>>>,
    /// Files that the action may send.
    pub(crate) uploads: Uploads,
    /// Where files go that the action returns.
    pub(crate) artefacts: Option<ArtefactDirectory>,
    /// Ends when no object is due.
    pub(crate) no_wait: bool,
    /// The operator has set a time for the whole run, waiting included.
    pub(crate) is_bounded: bool,
    pub(crate) wait_bounds: WaitBounds,
    /// What the action may give back.
    pub(crate) declared: Arc<Declared>,
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
        secrets: Secrets,
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
            Configuration::resolve(manifest, &action, given, secrets).map_err(PrepareError::Configuration)?;
        let grants = grants::grants(manifest, &action, &configuration)?;
        Ok((action, configuration, grants))
    }

    /// Checks everything, in the order in which an operator would want to know: what was typed first, then the bundle's
    /// inside, then the collection.
    ///
    /// # Errors
    /// [`PrepareError`]; nothing has been sent.
    pub async fn check(mut self, engine: &Engine) -> Result<Prepared, PrepareError> {
        let (protection, client) = self.operator()?;
        self.take_settings()?;
        let now = tokio::time::Instant::now();
        let began = now.checked_sub(self.overrides.spent).unwrap_or(now);
        let secrets = match self.evidence {
            // Nothing is sent: the key may still have to be created.
            Evidence::None | Evidence::Record if self.dry_run && !self.compare => Secrets::IfThere,
            Evidence::None | Evidence::Record => Secrets::Read,
            Evidence::Replay(_) => Secrets::StandIn,
        };
        let (action, configuration, asked) =
            Self::configure(&self.bundle, &self.action, &self.given, secrets)?;
        let is_real = !self.dry_run && !matches!(self.evidence, Evidence::Replay(_));
        let has_place = self.keeping.artefacts.is_some() || self.keeping.journal.is_some();
        if is_real && !has_place && !action.returns.artefacts.is_empty() {
            return Err(PrepareError::ArtefactsWithoutPlace);
        }
        let manifest = self.bundle.manifest();
        let grants = self.policy.grant(&manifest.id, &asked);
        let begun = self.begun(&action);
        if matches!(self.evidence, Evidence::None | Evidence::Record) {
            token_is_allowed(&self.policy, &manifest.id, &grants)?;
        }
        let run_id = begun.run_id.clone();
        let records = matches!(self.evidence, Evidence::Record);
        let wire = match self.evidence {
            Evidence::None | Evidence::Record => {
                // It reads the files of further authorities.
                let reading = tokio::task::spawn_blocking(move || Client::new(&client));
                Wire::Network(in_time(self.overrides.run, began, "certificate authorities", reading).await??)
            }
            Evidence::Replay(recording) => Wire::Recording(Replayer::new(recording)),
        };
        let redactor = Arc::new(Redactor::new(configuration.secrets.values().chain(wire.secrets())));
        let recorder = records.then(|| {
            let provenance = Provenance {
                bundle_digest: self.bundle.digest().to_string(),
                action: action.id.clone(),
                run_id: run_id.clone(),
                dry_run: self.dry_run,
            };
            Recorder::new(provenance, Arc::clone(&redactor))
        });
        if let Input::Plan(plan) = &self.input {
            let settings = configuration.settings.iter().map(summary::setting).collect();
            plan.check_made_with(&BundleIdentity::of(&self.bundle), &settings)?;
        }
        let most = configuration.objects_per_run;
        let blocks = action.effect == Effect::Blocks;
        let spares_protected = action.effect.spares_protected();
        // Reading a large file and compiling a component both keep a core busy: they do so side by side.
        let input = self.input;
        let reading = tokio::task::spawn_blocking(move || match input {
            Input::Sources(sources) => Selection::read(sources, most, blocks).map(|read| (read, None)),
            Input::Selected(selection) => Ok((selection, None)),
            Input::Plan(plan) => Ok((plan.selection(), None)),
            Input::Kept(mut kept) => Ok((kept.selection(), Some(kept))),
        });
        let component = match self.component {
            ComponentSource::Bundle => engine.load(self.bundle.component()).await?,
            ComponentSource::Loading(loading) => loading.ready().await?,
            ComponentSource::Ready(component) => component,
        };
        self.gate.limit_per_minute(manifest.limits.requests_per_minute);
        let (mut sandbox, requests) = effective(&manifest.limits, &self.policy, self.overrides);
        validate(&component, &action, &configuration, sandbox).await?;
        let (mut selection, kept) = in_time(self.overrides.run, began, "collection", reading).await??;
        let deadline = sandbox.run;
        if let Some(limit) = self.overrides.run {
            // One time for everything: what reading has taken, the requests do not have.
            sandbox.run = sandbox.run.min(limit.saturating_sub(began.elapsed()));
        }
        if spares_protected {
            let from = kept.as_ref().map_or(0, |kept| kept.handed_out);
            selection.hold_back(from, |object| {
                let hit = protection.check(&object.subtype, &object.value)?;
                Some(format!("it is protected by {hit}"))
            });
        }
        let collection = summary::collection(&selection, configuration.objects_per_run);
        Ok(Prepared {
            begun: Begun { collection, ..begun },
            journal: Mutex::new(self.keeping.journal),
            ingest: Mutex::new(self.keeping.ingest),
            kept: Mutex::new(kept),
            uploads: self.keeping.uploads,
            artefacts: self.keeping.artefacts,
            no_wait: self.keeping.no_wait,
            is_bounded: self.overrides.run.is_some(),
            wait_bounds: action.waits.map(WaitBounds::of).unwrap_or_default(),
            declared: Arc::new(Declared::of(&action, |name| grants::part_of_origin(&configuration, name))),
            run_id,
            policy: self.policy,
            bundle: self.bundle,
            action,
            configuration,
            component,
            selection: Arc::new(selection),
            unneeded: protection.unused_allowed(),
            wire,
            recorder,
            redactor,
            asked,
            grants,
            dry_run: self.dry_run,
            compare: self.compare,
            most_evictions: self.most_evictions,
            sandbox,
            deadline,
            requests,
            gate: self.gate,
        })
    }
}

impl Preparation {
    /// Takes the settings of a run that is continued. Of what was given now, only secrets count.
    fn take_settings(&mut self) -> Result<(), PendingFileError> {
        let Input::Kept(kept) = &self.input else { return Ok(()) };
        let now = BundleIdentity::of(&self.bundle);
        if kept.begun.bundle.digest != now.digest {
            let name =
                |bundle: &BundleIdentity| format!("`{} {}` ({})", bundle.id, bundle.version, bundle.digest);
            return Err(PendingFileError::OtherBundle { kept: name(&kept.begun.bundle), now: name(&now) });
        }
        let manifest = self.bundle.manifest();
        let is_secret = |name: &str| {
            manifest
                .parameter(name)
                .is_some_and(|parameter| matches!(parameter.kind, ParameterKind::Secret {}))
        };
        self.given.retain(|name, _| is_secret(name));
        for (name, setting) in &kept.begun.given {
            self.given.entry(name.clone()).or_insert_with(|| setting.given());
        }
        Ok(())
    }

    /// What a journal of the run begins with, apart from its collection.
    fn begun(&self, action: &Action) -> Begun {
        if let Input::Kept(kept) = &self.input {
            return kept.begun.clone();
        }
        // A file of settings can hold those of other actions, which nobody has checked.
        let parameters = action.parameters(self.bundle.manifest());
        let given = parameters.filter_map(|parameter| {
            let setting = KeptSetting::of(self.given.get(&parameter.name)?)?;
            Some((parameter.name.clone(), setting))
        });
        Begun {
            schema: Begun::SCHEMA,
            host: Begun::HOST.to_owned(),
            run_id: run_id(OffsetDateTime::now_utc()),
            started_at: String::new(),
            bundle: BundleIdentity::of(&self.bundle),
            action: action.id.clone(),
            given: given.collect(),
            most_evictions: self.most_evictions,
            mark: self.keeping.mark.clone().filter(|mark| is_mark(mark)),
            collection: CollectionReport::default(),
            caller: self.keeping.caller.clone(),
        }
    }
}

/// Whether a text can be the mark of a workflow, as the contract describes it: printable ASCII, at most 48 characters.
#[must_use]
pub fn is_mark(text: &str) -> bool {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    printable && !text.is_empty() && text.len() as u64 <= limits::MARK_CHARACTERS
}

impl Prepared {
    /// Whether an object that may have been sent is offered again: the component can look whether it was, or sending it twice has
    /// the effect of sending it once.
    pub(crate) fn may_be_offered_again(&self) -> bool {
        let can_look = self.component.can_resume() && self.grants.iter().any(|grant| !grant.changes);
        can_look || self.grants.iter().all(|grant| grant.idempotent || !grant.changes)
    }

    /// Identifies the run.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// What the run will take.
    #[must_use]
    pub fn selection(&self) -> &Arc<Selection> {
        &self.selection
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &TrustedBundle {
        &self.bundle
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &Action {
        &self.action
    }

    /// What the operator allows.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is recorded of the run, where that was asked for; complete when the run is over.
    #[must_use]
    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.as_ref()
    }
}

/// Makes sure that the policy allows the request for an access token, which the host sends.
fn token_is_allowed(policy: &Policy, bundle: &str, grants: &[Grant]) -> Result<(), PrepareError> {
    let sources = grants.iter().filter_map(|grant| grant.credential.as_ref()?.token_source());
    for url in sources.map(TokenSource::url) {
        if !policy.allows(bundle, &Method::POST, url) {
            let cause =
                format!("the policy does not allow POST `{}`, which requests the access token", url.path());
            let origin = Origin::of(url).map_or_else(String::new, |origin| origin.to_string());
            return Err(PrepareError::Grant { origin, cause });
        }
    }
    Ok(())
}

/// What a thread reads that may have to wait for others: a pipe may never end. What has been read already is taken, however long
/// everything else took.
async fn in_time<T>(
    limit: Option<Duration>,
    began: tokio::time::Instant,
    what: &'static str,
    reading: tokio::task::JoinHandle<T>,
) -> Result<T, PrepareError> {
    let read = match limit {
        Some(limit) => tokio::time::timeout_at(began + limit, reading)
            .await
            .map_err(|_| PrepareError::ReadingTooLong { what, limit })?,
        None => reading.await,
    };
    read.map_err(|error| PrepareError::Interrupted(error.to_string()))
}

/// Sortable by time, and different for two runs of the same second.
fn run_id(started: OffsetDateTime) -> String {
    format!("{}-{:08x}", started.unix_timestamp(), fastrand::u32(..))
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

/// The limits that a manifest asks for, as the policy names them.
#[must_use]
pub fn asked_limits(asked: &LimitsAsked) -> Limits {
    Limits {
        memory_mib: asked.memory_mib,
        run_seconds: asked.run_seconds,
        requests: asked.requests,
        concurrent_requests: None,
        request_body_bytes: asked.request_body_bytes,
        response_body_bytes: asked.response_body_bytes,
        exchange_seconds: None,
    }
}

/// The manifest asks, the policy and the host's table are the ceilings, and below them the operator's word for this run
/// is last.
fn effective(asked: &LimitsAsked, policy: &Policy, overrides: Overrides) -> (SandboxLimits, SessionLimits) {
    let asked = Limits {
        run_seconds: overrides.run.map(whole_seconds).or(asked.run_seconds),
        exchange_seconds: overrides.exchange.map(whole_seconds),
        ..asked_limits(asked)
    };
    let limits = policy.limits(&asked);
    // What was given in parts of a second stays so.
    let within = |given: Option<Duration>, seconds: u64| {
        let most = Duration::from_secs(seconds);
        given.map_or(most, |given| given.min(most))
    };
    let sandbox = SandboxLimits {
        memory_bytes: limits.memory_bytes,
        run: within(overrides.run, limits.run_seconds),
        page_objects: limits::PAGE_OBJECTS,
        output_bytes: limits::OUTPUT_BYTES,
    };
    let requests = SessionLimits {
        requests: limits.requests,
        concurrent_requests: limits.concurrent_requests,
        request_body_bytes: limits.request_body_bytes,
        response_body_bytes: limits.response_body_bytes,
        exchange: within(overrides.exchange, limits.exchange_seconds),
        past_deadline: Duration::from_secs(limits::ANSWER_WAIT_SECONDS + limits::SETTLE_SECONDS),
        ..SessionLimits::default()
    };
    (sandbox, requests)
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
