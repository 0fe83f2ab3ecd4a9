//! What can be wrong with a manifest: one kind for each rule, each with its place in the file.

use std::fmt;

use crate::template::TemplateError;
use palisade_printable::printable;

/// A manifest that cannot be used. Holds every fault that was found, at least one; shown as one line for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError(Box<Faults>);

/// At least one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Faults {
    first: Fault,
    others: Vec<Fault>,
}

/// One thing that is wrong with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: FaultKind,
}

/// A place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// The field, for example `actions[0].egress[0].origin`; empty for the document as a whole.
    pub field: String,
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum FaultKind {
    /// Longer than any manifest needs to be.
    #[error("the manifest has {bytes} bytes, at most {limit} are read")]
    TooLarge { bytes: u64, limit: u64 },
    /// No YAML.
    #[error("not readable as YAML: {message}")]
    Syntax { message: String },
    /// YAML of another shape than a manifest.
    #[error("{message}")]
    Shape { message: String },
    /// A field that does not exist there.
    #[error("unknown field `{name}`")]
    UnknownField { name: String, nearest: Option<String>, known: Vec<String> },
    /// A field that has to be there.
    #[error("the field `{name}` is missing")]
    MissingField { name: String },
    /// A value that is none of a fixed list.
    #[error("`{value}` is not known here")]
    UnknownValue { value: String, nearest: Option<String>, known: Vec<String> },
    /// A version of the schema that this host does not read any more.
    #[error("schema version {found} is too old, this host reads {supported}")]
    SchemaTooOld { found: u32, supported: u32 },
    /// A version of the schema that this host does not read.
    #[error("schema version {found} is not supported, this host reads {supported}")]
    SchemaVersion { found: u32, supported: u32 },
    /// A contract that this host does not implement.
    #[error("the contract `{found}` is not supported")]
    Contract { found: String, supported: Vec<String> },
    /// A contract that this host does not implement any more.
    #[error("the contract `{found}` is too old for this host")]
    ContractTooOld { found: String, supported: Vec<String> },
    /// Nothing where something has to be.
    #[error("is empty")]
    Empty,
    /// Control characters, or characters that change the direction of writing.
    #[error("contains the character U+{character:04X}, which could disguise what is shown")]
    Unprintable { character: u32 },
    /// Longer than anything that is shown.
    #[error("has {bytes} bytes, at most {limit} are allowed")]
    TooLong { bytes: u64, limit: u64 },
    /// A name of the wrong form.
    #[error("`{value}` is not {expected}")]
    Malformed { value: String, expected: &'static str },
    /// A component of another name than the zip's.
    #[error("the component is named `{found}`, in a bundle it is `{expected}`")]
    ComponentName { found: String, expected: &'static str },
    /// Something named twice that can be named only once.
    #[error("{what} `{value}` occurs a second time")]
    Duplicate { what: &'static str, value: String },
    /// A reference that leads nowhere.
    #[error("there is no parameter `{name}`")]
    UnknownParameter { name: String, nearest: Option<String> },
    /// A parameter that no form shows.
    #[error("the parameter `{name}` is in no action's form")]
    UnusedParameter { name: String },
    /// A lower bound above its upper bound.
    #[error("the lower bound {low} is above the upper bound {high}")]
    BoundsCrossed { low: i128, high: i128 },
    /// A default that its own bounds exclude.
    #[error("the default {default} is outside of the bounds: {bounds}")]
    DefaultOutOfBounds { default: String, bounds: String },
    /// A default that is none of the options.
    #[error("the default `{default}` is not one of the options")]
    DefaultNotAnOption { default: String, nearest: Option<String>, options: Vec<String> },
    /// An option that could be chosen by another one's value.
    #[error("the label `{label}` is the value of another option")]
    LabelIsAnotherValue { label: String },
    /// A number of objects that could be nought.
    #[error("a parameter that sets the objects per run needs a minimum of at least 1")]
    ObjectsPerRunMinimum,
    /// Two numbers of objects in one form.
    #[error("the action `{action}` has two parameters that set the objects per run")]
    ObjectsPerRunTwice { action: String },
    /// Braces that enclose no name.
    #[error("{0}")]
    Template(TemplateError),
    /// A name in an origin that could be anything.
    #[error(
        "the origin refers to `{name}` of type `{kind}`, only a parameter of type `select` or `origin` can be part of one"
    )]
    OriginNotSelect { name: String, kind: &'static str },
    /// A part of an origin that brings a scheme of its own.
    #[error("`{name}` of type `origin` must be the whole origin, found `{origin}`")]
    OriginNotWhole { name: String, origin: String },
    /// A name in an origin that could be without a value.
    #[error("the origin refers to `{name}`, which can be without a value")]
    OriginWithoutValue { name: String },
    /// A reference to a parameter of another action.
    #[error("the parameter `{name}` is not in the form of the action `{action}`")]
    NotInForm { name: String, action: String },
    /// An origin that is none, or not over `https`.
    #[error("`{origin}` cannot be an origin: {why}")]
    Origin { origin: String, why: String },
    /// A path that could mean another one.
    #[error("`{path}` cannot be a path: {why}")]
    Path { path: String, why: &'static str },
    /// A credential that the component could see.
    #[error("the credential `{name}` is of type `{kind}`, only a `secret` parameter can be a credential")]
    CredentialNotSecret { name: String, kind: &'static str },
    /// A credential's format that leaves the credential out, or has other names in it.
    #[error("the format `{format}` does not contain the name of exactly one `secret` parameter in braces")]
    CredentialFormat { format: String },
    /// A path without a place for its credential, or with one for a credential that goes elsewhere.
    #[error("`{path}` must contain the segment `:credential` {}", if *wanted == 1 { "once" } else { "only if the credential is a `path_segment`" })]
    CredentialSegment { path: String, wanted: usize },
    /// A header that is not the bundle's to set.
    #[error("the header `{header}` belongs to the connection: it cannot carry a credential or be declared")]
    ReservedHeader { header: String },
    /// A reference to a connection that does not exist.
    #[error("there is no connection `{name}`")]
    UnknownConnection { name: String, nearest: Option<String> },
    /// A connection that no request goes over.
    #[error("no action sends a request over the connection `{name}`")]
    UnusedConnection { name: String },
    /// A request with two origins, or without one.
    #[error("a request has either `connection` or `origin`")]
    ConnectionOrOrigin,
    /// An action that would need two connections.
    #[error("the requests of the action `{action}` go over two connections, an action has one at most")]
    TwoConnections { action: String },
    /// A reference to a parameter that does not belong to the connection.
    #[error("the parameter `{name}` does not belong to the connection `{connection}`")]
    NotInConnection { name: String, connection: String },
    /// A parameter of a connection in the form of an action that does not use it.
    #[error(
        "the parameter `{name}` belongs to the connection `{connection}`, which the action `{action}` does not use"
    )]
    ConnectionNotUsed { name: String, connection: String, action: String },
    /// A secret that no credential contains.
    #[error("the secret `{name}` is not part of a connection's credential")]
    SecretOutsideConnection { name: String },
    /// A reference to an action that does not exist.
    #[error("there is no action `{name}`")]
    UnknownAction { name: String, nearest: Option<String> },
    /// Two fields of which one excludes the other.
    #[error("{message}")]
    Contradiction { message: &'static str },
    /// A condition that refers to a later parameter.
    #[error("the condition refers to `{name}`, which is not listed before this parameter")]
    ConditionOrder { name: String },
    /// A condition that does not fit the type of its parameter.
    #[error("the condition does not fit `{name}` of type `{kind}`")]
    ConditionType { name: String, kind: &'static str },
    /// A value from an object in an action that has no objects.
    #[error("the parameter `{name}` has `from: object`, and a feed has no objects")]
    FromObjectInFeed { name: String },
    /// A number below its least value.
    #[error("{found} is below the least value, {least}")]
    BelowLeast { found: u64, least: u64 },
    /// A limit beyond what any bundle gets.
    #[error("{asked} is beyond the ceiling of {ceiling} {unit}")]
    LimitBeyondCeiling { asked: u64, ceiling: u64, unit: &'static str },
}

impl FaultKind {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "manifest-too-large",
            Self::Syntax { .. } => "manifest-syntax",
            Self::Shape { .. } => "manifest-shape",
            Self::UnknownField { .. } => "unknown-field",
            Self::MissingField { .. } => "missing-field",
            Self::UnknownValue { .. } => "unknown-value",
            Self::SchemaTooOld { .. } => "schema-too-old",
            Self::SchemaVersion { .. } => "schema-version",
            Self::Contract { .. } => "contract-not-supported",
            Self::ContractTooOld { .. } => "contract-too-old",
            Self::Empty => "empty",
            Self::Unprintable { .. } => "unprintable",
            Self::TooLong { .. } => "too-long",
            Self::Malformed { .. } => "malformed",
            Self::ComponentName { .. } => "component-name",
            Self::Duplicate { .. } => "duplicate",
            Self::UnknownParameter { .. } => "unknown-parameter",
            Self::UnusedParameter { .. } => "unused-parameter",
            Self::BoundsCrossed { .. } => "bounds-crossed",
            Self::DefaultOutOfBounds { .. } => "default-out-of-bounds",
            Self::DefaultNotAnOption { .. } => "default-not-an-option",
            Self::LabelIsAnotherValue { .. } => "label-is-another-value",
            Self::ObjectsPerRunMinimum => "objects-per-run-minimum",
            Self::ObjectsPerRunTwice { .. } => "objects-per-run-twice",
            Self::Template(error) => error.code(),
            Self::OriginNotSelect { .. } => "origin-not-select",
            Self::OriginNotWhole { .. } => "origin-not-whole",
            Self::OriginWithoutValue { .. } => "origin-without-value",
            Self::NotInForm { .. } => "not-in-form",
            Self::Origin { .. } => "origin",
            Self::Path { .. } => "path",
            Self::CredentialNotSecret { .. } => "credential-not-secret",
            Self::CredentialFormat { .. } => "credential-format",
            Self::ReservedHeader { .. } => "reserved-header",
            Self::CredentialSegment { .. } => "credential-segment",
            Self::UnknownConnection { .. } => "unknown-connection",
            Self::UnusedConnection { .. } => "unused-connection",
            Self::ConnectionOrOrigin => "connection-or-origin",
            Self::TwoConnections { .. } => "two-connections",
            Self::NotInConnection { .. } => "not-in-connection",
            Self::ConnectionNotUsed { .. } => "connection-not-used",
            Self::SecretOutsideConnection { .. } => "secret-outside-connection",
            Self::UnknownAction { .. } => "unknown-action",
            Self::Contradiction { .. } => "contradiction",
            Self::ConditionOrder { .. } => "condition-order",
            Self::ConditionType { .. } => "condition-type",
            Self::FromObjectInFeed { .. } => "contradiction",
            Self::BelowLeast { .. } => "below-least",
            Self::LimitBeyondCeiling { .. } => "limit-beyond-ceiling",
        }
    }

    /// What to do about it, where there is more to say than the message does.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownField { nearest, known, .. } | Self::UnknownValue { nearest, known, .. } => {
                Some(meant(nearest.as_deref(), "known here", known))
            }
            Self::DefaultNotAnOption { nearest, options, .. } => {
                Some(meant(nearest.as_deref(), "the options", options))
            }
            Self::Contract { supported, .. } => Some(format!("this host implements {}", quoted(supported))),
            Self::ContractTooOld { supported, .. } => {
                Some(format!("install a version of the bundle for {}", quoted(supported)))
            }
            Self::UnknownParameter { nearest: Some(name), .. }
            | Self::UnknownConnection { nearest: Some(name), .. }
            | Self::UnknownAction { nearest: Some(name), .. } => Some(format!("did you mean `{name}`?")),
            Self::UnusedParameter { .. } => {
                Some("name it in a section of an action, or remove it".to_owned())
            }
            Self::OriginWithoutValue { .. } => Some("make it required or give it a default".to_owned()),
            Self::OriginNotWhole { name, .. } => Some(format!("write `\"{{{name}}}\"` and nothing else")),
            Self::NotInForm { .. } => Some("name it in one of the action's sections".to_owned()),
            Self::CredentialFormat { .. } => Some("for example `Bearer {api_key}`".to_owned()),
            Self::SchemaTooOld { supported, .. } => Some(format!(
                "write `schema: {supported}`, and list under `connections` what `egress` had in `origin` and `credential`"
            )),
            Self::ConnectionOrOrigin => Some(
                "name a connection if the request needs a credential, and write an origin otherwise"
                    .to_owned(),
            ),
            Self::NotInConnection { .. } => Some("list it in `parameters` of the connection".to_owned()),
            Self::ConnectionNotUsed { .. } => {
                Some("remove it from the action's sections, or send a request over the connection".to_owned())
            }
            Self::UnusedConnection { .. } => {
                Some("name it in `egress` of an action, or remove it".to_owned())
            }
            Self::SecretOutsideConnection { .. } => {
                Some("name it in `credential` of a connection: the component never sees a secret".to_owned())
            }
            Self::ConditionOrder { .. } => Some("list it before this parameter".to_owned()),
            Self::ConditionType { .. } => Some(
                "write `.contains('...')` for a `multiselect` or a `list`, and `==` or `!=` for the other types".to_owned(),
            ),
            Self::TwoConnections { .. } => Some("split it into two actions".to_owned()),
            _ => None,
        }
    }
}

fn meant(nearest: Option<&str>, list: &str, known: &[String]) -> String {
    match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("{list}: {}", quoted(known)),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Fault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.kind.hint().map(|hint| printable(&hint))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)?;
        if self.field.is_empty() { Ok(()) } else { write!(formatter, ": `{}`", self.field) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}: {}", self.place, self.kind);
        formatter.write_str(&printable(&text))
    }
}

impl ManifestError {
    /// An error with one fault.
    pub(super) fn one(fault: Fault) -> Self {
        Self(Box::new(Faults { first: fault, others: Vec::new() }))
    }

    /// An error where there is any fault.
    pub(super) fn unless_none(faults: Vec<Fault>) -> Result<(), Self> {
        let mut faults = faults.into_iter();
        faults.next().map_or(Ok(()), |first| Err(Self(Box::new(Faults { first, others: faults.collect() }))))
    }

    /// Everything that is wrong, in the order of the checks.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        std::iter::once(&self.0.first).chain(&self.0.others)
    }

    /// The stable code of the first fault.
    pub fn code(&self) -> &'static str {
        self.0.first.code()
    }

    /// What to do about the first fault for which there is something to say.
    pub fn hint(&self) -> Option<String> {
        self.faults().find_map(Fault::hint)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.first)?;
        self.0.others.iter().try_for_each(|fault| write!(formatter, "\n{fault}"))
    }
}

impl std::error::Error for ManifestError {}
