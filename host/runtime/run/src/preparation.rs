//! What a run consists of, before anything has been checked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use palisade_bundle::TrustedBundle;
use palisade_egress::{ClientOptions, Gate};
use palisade_engine::{Component, Loading};
use palisade_model::RecordSource;
use palisade_policy::Policy;
use palisade_protect::Protection;
use palisade_recording::Recording;

use crate::artefacts::ArtefactDirectory;
use crate::found::Ingest;
use crate::given::Given;
use crate::journal::{Journal, Kept};
use crate::operator::{self, OperatorError};
use crate::plan::Plan;
use crate::prepare::{ComponentSource, Evidence, Input, Overrides};
use crate::selection::Selection;
use crate::uploads::Uploads;

/// One run in preparation: a bundle, one of its actions, and what the operator allows. Everything else has a default and a method
/// that replaces it. [`check`](Self::check) turns it into a [`Prepared`](crate::Prepared) run.
///
/// ```no_run
/// # async fn example(
/// #     bundle: palisade_bundle::TrustedBundle,
/// #     policy: palisade_policy::Policy,
/// #     engine: &palisade_engine::Engine,
/// #     collection: Box<dyn palisade_model::RecordSource>,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// use palisade_run::Preparation;
///
/// let prepared =
///     Preparation::new(bundle, policy, "add-to-blocklist").source(collection).dry_run(true).check(engine).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Preparation {
    pub(crate) bundle: TrustedBundle,
    pub(crate) policy: Policy,
    pub(crate) action: String,
    pub(crate) given: BTreeMap<String, Given>,
    pub(crate) input: Input,
    pub(crate) dry_run: bool,
    pub(crate) compare: bool,
    pub(crate) most_evictions: Option<u64>,
    pub(crate) overrides: Overrides,
    pub(crate) evidence: Evidence,
    pub(crate) gate: Gate,
    pub(crate) component: ComponentSource,
    pub(crate) keeping: Keeping,
    /// None for that of the policy.
    protection: Option<Protection>,
    /// None for those of the policy.
    client: Option<ClientOptions>,
}

/// What is kept of a run, and how long its process waits.
#[derive(Default)]
pub(crate) struct Keeping {
    pub(crate) journal: Option<Box<dyn Journal>>,
    pub(crate) caller: serde_json::Value,
    pub(crate) no_wait: bool,
    pub(crate) mark: Option<String>,
    pub(crate) artefacts: Option<ArtefactDirectory>,
    pub(crate) ingest: Option<Box<dyn Ingest>>,
    pub(crate) uploads: Uploads,
}

impl std::fmt::Debug for Keeping {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { journal, no_wait, mark, .. } = self;
        formatter
            .debug_struct("Keeping")
            .field("journal", &journal.is_some())
            .field("no_wait", no_wait)
            .field("mark", mark)
            .finish_non_exhaustive()
    }
}

impl Preparation {
    /// A run of `action` on no objects, without a configuration: it sends requests and displaces no entries of others.
    pub fn new(bundle: TrustedBundle, policy: Policy, action: impl Into<String>) -> Self {
        Self {
            bundle,
            policy,
            action: action.into(),
            given: BTreeMap::new(),
            input: Input::Sources(Vec::new()),
            dry_run: false,
            compare: false,
            most_evictions: Some(0),
            overrides: Overrides::default(),
            evidence: Evidence::None,
            gate: Gate::default(),
            component: ComponentSource::Bundle,
            keeping: Keeping::default(),
            protection: None,
            client: None,
        }
    }

    /// The configuration, for example from [`read_configuration`](crate::read_configuration).
    pub fn configuration(mut self, given: BTreeMap<String, Given>) -> Self {
        self.given = given;
        self
    }

    /// Adds a source of objects. Sources are read in the order in which they were added. Replaces a selection and a plan.
    pub fn source(mut self, source: Box<dyn RecordSource>) -> Self {
        if let Input::Sources(sources) = &mut self.input {
            sources.push(source);
        } else {
            self.input = Input::Sources(vec![source]);
        }
        self
    }

    /// The objects themselves, selected by the embedder. Replaces sources and a plan.
    pub fn selection(mut self, selection: Selection) -> Self {
        self.input = Input::Selected(selection);
        self
    }

    /// The objects of a plan, which [`Prepared::apply`](crate::Prepared::apply) carries out. Replaces sources and a selection.
    pub fn plan(mut self, plan: Arc<Plan>) -> Self {
        self.input = Input::Plan(plan);
        self
    }

    /// Continues a run that another process began: its objects, its settings, its verdicts. Of the configuration only secrets are
    /// used. Replaces sources, a selection and a plan.
    pub fn resume(mut self, kept: Kept) -> Self {
        self.action = kept.action().to_owned();
        self.most_evictions = kept.begun.most_evictions;
        self.keeping.caller = kept.caller().clone();
        self.keeping.mark = kept.begun.mark.clone();
        self.input = Input::Kept(Box::new(kept));
        self
    }

    /// Keeps the run, so that another process can continue it. A dry run is not kept.
    pub fn journal(mut self, journal: impl Journal + 'static) -> Self {
        self.keeping.journal = Some(Box::new(journal));
        self
    }

    /// Where files go that the action returns. Without a directory, an object with a file has failed, or is pending if the run has a
    /// journal.
    pub fn artefacts(mut self, directory: ArtefactDirectory) -> Self {
        self.keeping.artefacts = Some(directory);
        self
    }

    /// Files that the action may send in forms. Their objects come from [`Uploads::source`].
    pub fn uploads(mut self, uploads: Uploads) -> Self {
        self.keeping.uploads = uploads;
        self
    }

    /// Where goes what the action finds, and where its cursor is. A dry run keeps nothing.
    pub fn ingest(mut self, ingest: impl Ingest + 'static) -> Self {
        self.keeping.ingest = Some(Box::new(ingest));
        self
    }

    /// What the caller wants to know when the run is continued. It must not contain a secret.
    pub fn caller(mut self, caller: serde_json::Value) -> Self {
        self.keeping.caller = caller;
        self
    }

    /// Ends the run when no object is left that is due, instead of waiting for the service. Needs a journal: without one the
    /// objects that wait have failed.
    pub fn no_wait(mut self, no_wait: bool) -> Self {
        self.keeping.no_wait = no_wait;
        self
    }

    /// The mark of the workflow to which the run belongs: printable ASCII, at most 48 characters, the same in every run of it.
    /// Anything else counts as no mark.
    pub fn mark(mut self, mark: impl Into<String>) -> Self {
        self.keeping.mark = Some(mark.into());
        self
    }

    /// Whether requests that change the service are refused. The default is `false`.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Whether a dry run compares each submission with what the service holds. The default is `false`.
    pub fn compare(mut self, compare: bool) -> Self {
        self.compare = compare;
        self
    }

    /// How many entries of others the run may cause the service to remove; `None` for any number. The default is 0.
    pub fn most_evictions(mut self, most: Option<u64>) -> Self {
        self.most_evictions = most;
        self
    }

    /// Replaces the protected values of the policy, for example with exemptions for this run.
    pub fn protection(mut self, protection: Protection) -> Self {
        self.protection = Some(protection);
        self
    }

    /// Replaces the connection settings of the policy, for example with a further certificate authority.
    pub fn client(mut self, client: ClientOptions) -> Self {
        self.client = Some(client);
        self
    }

    /// Limits of time for this run. They lower those of manifest and policy and never raise them.
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Records every attempt: see [`Prepared::recorder`](crate::Prepared::recorder).
    pub fn record(mut self) -> Self {
        self.evidence = Evidence::Record;
        self
    }

    /// Sends nothing and answers requests from a recording. No secret is needed.
    pub fn replay(mut self, recording: Recording) -> Self {
        self.evidence = Evidence::Replay(recording);
        self
    }

    /// Shares the waits that a service imposes with other runs that use the same secret.
    pub fn gate(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// A component that is compiled already. It must be that of the bundle.
    pub fn component(mut self, component: Component) -> Self {
        self.component = ComponentSource::Ready(component);
        self
    }

    /// A component that is being compiled. It must be that of the bundle.
    pub fn loading(mut self, loading: Loading) -> Self {
        self.component = ComponentSource::Loading(Box::new(loading));
        self
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &TrustedBundle {
        &self.bundle
    }

    /// Id of the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// Fills in what the policy states unless it was replaced.
    pub(crate) fn operator(&mut self) -> Result<(Protection, ClientOptions), OperatorError> {
        let protection = match self.protection.take() {
            Some(protection) => protection,
            None => operator::protection(&self.policy, BTreeSet::new())?,
        };
        let client = match self.client.take() {
            Some(client) => client,
            None => operator::client(&self.policy, Vec::new(), Vec::new())?,
        };
        Ok((protection, client))
    }
}
