//! The manifest: what a bundle is, what it asks its operator for, and what it asks to be allowed.
//!
//! Denies by default: every field is known or the manifest is refused, an action may send nothing that no
//! [`EgressAsked`] names, and a limit that is not asked for is the host's own.

mod action;
mod check;
mod condition;
mod connection;
mod fault;
mod locations;
mod parameter;
mod read;
mod schema;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::{
    Accepts, Action, ActionChanges, ActivityType, ApprovalAsked, ArtefactAsked, Effect, EgressAsked,
    FeedAsked, LinkAsked, OutputAsked, OutputType, ReturnedObjects, Returns, Section, WaitsAsked,
};
pub use condition::Condition;
pub use connection::{
    BasicAsked, ClientAuthentication, ConnectionAsked, CredentialAsked, HeaderAsked, OauthAsked, QueryAsked,
    SegmentAsked, TestAsked,
};
pub use fault::{Fault, FaultKind, ManifestError, Place};
pub use schema::manifest_schema;

/// The version of the manifest's own schema that this crate reads.
pub const SCHEMA_VERSION: u32 = 2;

/// The contract versions that this host can run, the newest first. The package is the one in `wit/`.
pub const CONTRACTS: &[&str] = &["palisade:action@0.2.0"];

/// What a bundle is, what it asks its operator for, and what it asks to be allowed. The file is `manifest.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this schema: 2.
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
    /// The services that the bundle's actions connect to, each with what an operator enters for it once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<ConnectionAsked>,
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
    /// Where a value comes from that takes precedence over what the operator entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ParameterSource>,
    /// When the parameter is shown and used: `name == 'value'`, `name != 'value'` or `name.contains('value')`, with the name of a
    /// parameter that is listed before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// Where a value comes from that takes precedence over what the operator entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterSource {
    /// The attribute of the object that has the name of the parameter.
    Object,
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
    /// Free text of several lines.
    Multiline {
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
    /// Several texts, one on each line.
    List {
        /// The texts where none are given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        default: Vec<String>,
    },
    /// A day, as `2026-12-31`.
    Date {
        /// The value where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// A length of time as an ISO 8601 duration, for example `P30D`. The component gets seconds.
    Duration {
        /// The value where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
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
    /// Any number of several options.
    Multiselect {
        /// The options, in the order of the form.
        options: Vec<SelectOption>,
        /// The values of the options that are taken where none are given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        default: Vec<String>,
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

/// One option of a `select` or `multiselect` parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectOption {
    /// What configuration files and the component say.
    pub value: String,
    /// What the form says.
    pub label: String,
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
    /// Requests per minute over one connection, for all runs that use it together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u64>,
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
