//! Actions as a manifest describes them: what they accept and return, what they do, and what they ask to be allowed.

use palisade_model::INDICATOR;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConnectionAsked, Manifest, Parameter};

/// One action of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Identifies the action within the bundle: lower case, words joined by `-`.
    pub id: String,
    /// The action's name for people.
    pub title: String,
    /// What the action does, in a few sentences.
    pub description: String,
    /// What the action does to the objects that it is given.
    pub effect: Effect,
    /// Whether the action changes anything outside of the host, and whether that can be reversed.
    pub changes: ActionChanges,
    /// Id of the action that reverses this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversible_by: Option<String>,
    /// Whether somebody else should approve a run. By default `required` if `changes` is `lasting`, and `never` otherwise. The
    /// operator can make it stricter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalAsked>,
    /// What kind of activity the action is in a CACAO playbook (`playbook-activity-type-ov`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityType>,
    /// The objects that the action can use. Empty only for a feed.
    pub accepts: Vec<Accepts>,
    /// What the verdict `accepted` proves, in a sentence, if that is less than the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_means: Option<String>,
    /// How long objects wait for the service, if the action reports `pending`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<WaitsAsked>,
    /// What the action gives back to the host.
    #[serde(default, skip_serializing_if = "Returns::is_empty")]
    pub returns: Returns,
    /// How often the action runs, if it is a feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<FeedAsked>,
    /// What must be in place at the service, for example a permission of the key. Shown at installation and beside a response
    /// with status 403.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// The action's form: its parameters, in order, under headings.
    pub sections: Vec<Section>,
    /// The requests that the action asks to be allowed; nothing if the list is empty.
    #[serde(default)]
    pub egress: Vec<EgressAsked>,
    /// Where links to artefacts may lead that the service hands out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkAsked>,
}

/// What an action does to the objects that it is given. The author states it, and the host acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// They are blocked, or reported so that they are blocked. The host holds back protected values before the component sees
    /// them: the operator's own domains and networks, private and reserved addresses, and what warning lists name.
    Blocks,
    /// They are exempted from blocking. Nothing is held back: to exempt a protected value does no harm.
    Exempts,
    /// They are cut off: an endpoint is isolated, an account disabled. The host holds back what is protected.
    Contains,
    /// None of these. Nothing is held back.
    Other,
}

/// What remains of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionChanges {
    /// Nothing that affects its objects.
    None,
    /// Something that can be reversed.
    Reversible,
    /// Something that cannot be reversed.
    Lasting,
}

/// Whether somebody else should approve a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalAsked {
    /// Not needed.
    Never,
    /// Recommended; the operator decides.
    Advised,
    /// Required unless the operator exempts the action.
    Required,
}

/// The kinds of activity of CACAO Security Playbooks 2.0, `playbook-activity-type-ov`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "CACAO defines the names")]
pub enum ActivityType {
    ComposeContent,
    DeliverContent,
    IdentifyAudience,
    IdentifyChannel,
    ScanSystem,
    MatchIndicator,
    AnalyzeCollectedData,
    IdentifyIndicators,
    ScanVulnerabilities,
    ConfigureSystems,
    RestrictAccess,
    DisconnectSystem,
    EliminateRisk,
    RevertSystem,
    RestoreData,
    RestoreCapabilities,
    MapNetwork,
    IdentifySteps,
    StepSequence,
    PrepareEngagement,
    ExecuteOperation,
    AnalyzeEngagementResults,
}

/// One kind of object that an action can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepts {
    /// The kind as the platform names it, for example `Indicator`.
    pub kind: String,
    /// The types within the kind as the platform names them, for example `FQDN`.
    pub subtypes: Vec<String>,
    /// Sets of attributes. An object must have all attributes of one set. Without a set, it needs none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Vec<String>>,
}

/// How long the objects of an action wait for the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitsAsked {
    /// How long it usually takes, in seconds.
    pub usual_seconds: u64,
    /// After how many seconds the host stops waiting. The object has then failed.
    pub longest_seconds: u64,
    /// The shortest time between two questions, in seconds.
    pub poll_seconds: u64,
}

/// What an action gives back to the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Returns {
    /// Objects that the action finds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ReturnedObjects>,
    /// Named values that belong to an object that the action was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputAsked>,
    /// Files that the host downloads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artefacts: Vec<ArtefactAsked>,
}

/// One kind of object that an action finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnedObjects {
    /// The kind, for example `Alert`.
    pub kind: String,
    /// The types within the kind; any if the list is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subtypes: Vec<String>,
}

/// A named value that an action returns for an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputAsked {
    /// The name, for example `taskId`.
    pub name: String,
    /// The type of the value.
    pub r#type: OutputType,
    /// Whether the host seals the value and shows it only on request. Only a `text` can be sensitive.
    #[serde(default)]
    pub sensitive: bool,
}

/// The types of outputs: the cases of the contract's `value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutputType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// True or false.
    Flag,
    /// A moment.
    At,
    /// Several texts.
    Texts,
    /// A JSON document.
    Json,
}

/// A kind of file that an action returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArtefactAsked {
    /// The media type, for example `application/zip`.
    pub media_type: String,
    /// The largest size in bytes.
    pub most_bytes: u64,
}

/// How often a feed runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedAsked {
    /// The shortest time between two runs, in seconds.
    pub least_seconds: u64,
    /// The time between two runs unless the operator sets another, in seconds.
    pub usual_seconds: u64,
    /// How far back the first run reads, as an ISO 8601 duration, for example `P30D`; everything if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// Where links may lead that the service hands out. The host follows them with GET and without a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkAsked {
    /// Host names: exact, `*.` and a domain for all names below it, or `{name}` for the value of a `select` parameter.
    pub hosts: Vec<String>,
    /// What is downloaded, in a sentence for the operator.
    pub reason: String,
}

/// One heading of an action's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// Names of the parameters under it, in order.
    pub parameters: Vec<String>,
}

/// One kind of request that an action asks to be allowed. It goes over a connection, or to an origin without a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EgressAsked {
    /// Id of the connection that gives origin and credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The origin if there is no connection. Written like the origin of a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// HTTP methods in upper case.
    pub methods: Vec<String>,
    /// Paths that begin with `/`: exact, or ending in `/*` for all below. `{segment}` in the place of a whole segment stands for
    /// any one segment.
    pub paths: Vec<String>,
    /// Headers that the component sets in these requests, beside the usual ones that it may set always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Whether such a request changes something at the service. In a dry run the host sends only requests that change nothing.
    /// The method does not decide: some services add and delete with GET, and some search with POST.
    pub changes: bool,
    /// Whether the host may repeat such a request after a 5xx answer or a lost connection, because sending it twice has
    /// the effect of sending it once.
    #[serde(default)]
    pub idempotent: bool,
    /// What the request does, in a sentence for the operator. Recordings have it beside each attempt, and a run's timeline shows it.
    pub reason: String,
}

impl Action {
    /// The action's parameters in the order of its form.
    pub fn parameters<'m>(&'m self, manifest: &'m Manifest) -> impl Iterator<Item = &'m Parameter> {
        self.sections
            .iter()
            .flat_map(|section| &section.parameters)
            .filter_map(|name| manifest.parameter(name))
    }

    /// The connection that the action's requests go over. An action uses at most one.
    pub fn connection<'m>(&self, manifest: &'m Manifest) -> Option<&'m ConnectionAsked> {
        self.egress.iter().find_map(|asked| manifest.connection_of(asked))
    }

    /// Whether the action can use objects of this kind and type. Names are compared as the platform writes them.
    pub fn accepts(&self, kind: &str, subtype: &str) -> bool {
        self.accepts
            .iter()
            .any(|accepts| accepts.kind == kind && accepts.subtypes.iter().any(|one| one == subtype))
    }

    /// The kind and type of what a plain list of values holds, such as host names, if the action accepts no indicators: the first
    /// that it accepts.
    pub fn listed_type(&self) -> Option<(&str, &str)> {
        let first = self.accepts.first()?;
        let is_told_apart = self.accepts.iter().any(|accepts| accepts.kind == INDICATOR);
        first
            .subtypes
            .first()
            .filter(|_| !is_told_apart)
            .map(|subtype| (first.kind.as_str(), subtype.as_str()))
    }

    /// Whether somebody else should approve a run, as far as the author has a say.
    pub fn approval(&self) -> ApprovalAsked {
        self.approval.unwrap_or(match self.changes {
            ActionChanges::Lasting => ApprovalAsked::Required,
            ActionChanges::None | ActionChanges::Reversible => ApprovalAsked::Never,
        })
    }
}

impl Effect {
    /// Whether the host holds back protected objects.
    pub fn spares_protected(self) -> bool {
        matches!(self, Self::Blocks | Self::Contains)
    }
}

impl Returns {
    /// Whether the action gives nothing back.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.outputs.is_empty() && self.artefacts.is_empty()
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&OutputAsked> {
        self.outputs.iter().find(|output| output.name == name)
    }
}
