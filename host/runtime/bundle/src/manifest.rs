//! The manifest: what a bundle is, what it asks its operator for, and what it asks to be allowed.
//!
//! Denies by default: every field is known or the manifest is refused, an action may send nothing that no
//! [`EgressAsked`] names, and a limit that is not asked for is the host's own.

mod check;
mod fault;
mod locations;
mod parameter;
mod read;
mod schema;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fault::{Fault, FaultKind, ManifestError, Place};
pub use schema::manifest_schema;

/// The version of the manifest's own schema that this crate reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The contract versions that this host can run, the newest first. The package is the one in `wit/`.
pub const CONTRACTS: &[&str] = &["palisade:action@0.2.0"];

/// What a bundle is, what it asks its operator for, and what it asks to be allowed. The file is `manifest.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this schema: 1.
    pub schema: u32,
    /// The contract that the component implements, as WIT names it, for example `palisade:action@0.2.0`.
    pub contract: String,
    /// Identifies the bundle across versions: lower case, words joined by `-`.
    pub id: String,
    /// The bundle's name for people.
    pub name: String,
    /// The bundle's version, as Semantic Versioning 2.0 defines it.
    pub version: String,
    /// Who publishes the bundle.
    pub publisher: String,
    /// What the bundle does, in a few sentences.
    pub description: String,
    /// Where more is to be found; an `https` address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// The bundle's licence as an SPDX expression.
    pub license: String,
    /// The component's file name in the zip: `component.wasm`.
    pub component: String,
    /// Everything that an operator can set, for all actions together.
    pub parameters: Vec<Parameter>,
    /// What the bundle can do.
    pub actions: Vec<Action>,
    /// What the bundle needs where the host's own limits do not suit it.
    #[serde(default)]
    pub limits: LimitsAsked,
}

/// One thing that an operator can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Parameter {
    /// The name in configuration files and in the component: lower case, words joined by `_`.
    pub name: String,
    /// The name for people.
    pub label: String,
    /// What to enter, in a sentence or two.
    pub help: String,
    /// The type and what belongs to it.
    #[serde(flatten)]
    pub kind: ParameterKind,
    /// Whether an action cannot run without a value. A default is a value.
    #[serde(default)]
    pub required: bool,
}

/// The type of a parameter and what belongs to that type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ParameterKind {
    /// Free text.
    Text {
        /// The value where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
        /// Fewest characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_length: Option<u64>,
        /// Most characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_length: Option<u64>,
    },
    /// A whole number.
    Integer {
        /// The value where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<i64>,
        /// Smallest value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        minimum: Option<i64>,
        /// Largest value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        maximum: Option<i64>,
        /// What the host itself uses the value for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        purpose: Option<Purpose>,
    },
    /// Yes or no.
    Flag {
        /// The value where none is given.
        #[serde(default)]
        default: bool,
    },
    /// One of several options.
    Select {
        /// The options, in the order of the form.
        options: Vec<SelectOption>,
        /// The value of the option that is taken where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// An `https` origin that the operator enters, and by entering it allows where an [`EgressAsked`] refers to it. It has no
    /// default: a bundle that could bring its own would grant it to itself.
    Origin {},
    /// A credential. It never reaches the component: the host puts it where an [`EgressAsked`] says.
    Secret {},
}

/// What the host itself uses a parameter for, besides handing it to the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The number of objects of the collection that one run takes.
    ObjectsPerRun,
}

/// One option of a `select` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectOption {
    /// What configuration files and the component say.
    pub value: String,
    /// What the form says.
    pub label: String,
}

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
    /// What the action does to the objects that it sends.
    pub effect: Effect,
    /// The objects that the action can use.
    pub accepts: Vec<Accepts>,
    /// Whether the action gives data back to the platform.
    #[serde(default)]
    pub returns_data: bool,
    /// The action's form: its parameters, in order, under headings.
    pub sections: Vec<Section>,
    /// The requests that the action asks to be allowed; nothing where the list is empty.
    #[serde(default)]
    pub egress: Vec<EgressAsked>,
}

/// What an action does to the objects that it sends. The author says so, and the host acts upon it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// They are blocked, or reported where that leads to blocking. The host holds back protected values before the component
    /// sees them: the operator's own domains and networks, private and reserved addresses, and what warning lists name.
    Blocks,
    /// They are exempted from blocking. Nothing is held back: to exempt a protected value does no harm.
    Exempts,
    /// Neither. Nothing is held back.
    Other,
}

/// One kind of object that an action can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepts {
    /// The kind as the platform names it, for example `Indicator`.
    pub kind: String,
    /// The types within the kind as the platform names them, for example `FQDN`.
    pub subtypes: Vec<String>,
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

/// One kind of request that an action asks to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EgressAsked {
    /// `https://` and a host name, with a port where it is not 443. `{name}` stands for the value of the `select`
    /// parameter of that name; `{name}` alone may stand for an `origin` parameter.
    pub origin: String,
    /// HTTP methods in upper case.
    pub methods: Vec<String>,
    /// Paths that begin with `/`: exact, or ending in `/*` for all below. `{segment}` in the place of a whole segment stands for
    /// any one segment.
    pub paths: Vec<String>,
    /// Headers that the component sets in these requests, beside the usual ones that it may set always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// The credential that the host adds to these requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// Whether such a request changes something at the service. In a dry run the host sends only requests that change nothing.
    /// The method does not decide: some services add and delete with GET, and some search with POST.
    pub changes: bool,
    /// Whether the host may repeat such a request after a 5xx answer or a lost connection, because sending it twice has
    /// the effect of sending it once.
    #[serde(default)]
    pub idempotent: bool,
    /// What the host itself sends such a request for. The action may not send it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<RequestPurpose>,
    /// What the request does, in a sentence for the operator. Recordings have it beside each attempt, and a run's timeline shows it.
    pub reason: String,
}

/// What the host itself sends a request for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestPurpose {
    /// To find out, when somebody asks for it, whether the service can be reached and takes the credential: a GET of one
    /// path, with a 2xx answer where it does and 401 where it refuses the credential. Where that is refused, the same
    /// request goes to the origins of the other options of the `select` parameter in `origin`.
    ConnectionTest,
}

/// A credential that the host adds to requests, without the component seeing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Name of the `secret` parameter.
    pub parameter: String,
    /// Name of the header.
    pub header: String,
    /// The header's value, with the parameter's name in braces: `Bearer {api_key}`.
    pub format: String,
}

/// The limits that a bundle asks for; the host's own where nothing is given. The operator's are the ceiling.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsAsked {
    /// Linear memory, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Wall clock of one run, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_seconds: Option<u64>,
    /// Requests of one run, repeats included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// Bytes of one request body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body_bytes: Option<u64>,
    /// Bytes of one response body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body_bytes: Option<u64>,
}

impl Manifest {
    /// The action of this id.
    pub fn action(&self, id: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl Action {
    /// The action's parameters in the order of its form.
    pub fn parameters<'m>(&'m self, manifest: &'m Manifest) -> impl Iterator<Item = &'m Parameter> {
        self.sections
            .iter()
            .flat_map(|section| &section.parameters)
            .filter_map(|name| manifest.parameter(name))
    }

    /// The request that tests the connection, where the action names one.
    pub fn connection_test(&self) -> Option<&EgressAsked> {
        self.egress.iter().find(|asked| asked.purpose == Some(RequestPurpose::ConnectionTest))
    }

    /// Whether the action can use objects of this kind and type. Names are compared as the platform writes them.
    pub fn accepts(&self, kind: &str, subtype: &str) -> bool {
        self.accepts
            .iter()
            .any(|accepts| accepts.kind == kind && accepts.subtypes.iter().any(|one| one == subtype))
    }
}
