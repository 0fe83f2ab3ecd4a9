//! What can be wrong with a policy: one kind for each rule, each with its place in the file. No message repeats what may be a
//! secret.

use std::fmt;
use std::path::PathBuf;

use palisade_grant::PathError;
use palisade_model::Setting;
use palisade_printable::printable;
use serde::Serialize;

use crate::NamedBy;

/// A place in a policy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// The field, for example `egress[0].origin`; empty where the place is not that of a field.
    pub field: String,
}

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: FaultKind,
}

/// Why there is no policy to go by.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file that was named does not exist.
    #[error("the policy `{}`, which {by} names, does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What named it.
        by: NamedBy,
    },
    /// A name without a text: an unset variable in a script would otherwise switch the policy off.
    #[error("{by} names no policy: its value is empty")]
    NotNamed {
        /// What has no value.
        by: NamedBy,
    },
    /// The file exists and cannot be read.
    #[error("the policy `{}` cannot be read: {cause}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is not UTF-8.
    #[error("{place}: the policy is not text in UTF-8")]
    NotText {
        /// The first byte that is none.
        place: Place,
    },
    /// The content: every fault, at least one; shown as one line for each.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faults(Vec<Fault>),
}

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum FaultKind {
    /// Longer than any policy needs to be.
    #[error("the policy is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    /// No TOML.
    #[error("not readable as TOML: {message}")]
    Syntax { message: String },
    /// TOML of another shape than a policy.
    #[error("{message}")]
    Shape { message: String },
    /// A key that does not exist there.
    #[error("unknown key `{name}`")]
    UnknownKey { name: String, nearest: Option<String>, known: Vec<String> },
    /// A key that has to be there.
    #[error("the key `{name}` is missing")]
    MissingKey { name: String },
    /// Nothing stands where something must.
    #[error("nothing is given, expected {expected}")]
    Empty { expected: &'static str },
    /// Characters that could show something else than what is there.
    #[error("the text has control characters, or characters that change the direction of writing")]
    Unprintable,
    /// Something is named twice.
    #[error("{what} `{value}` is given twice")]
    Duplicate { what: &'static str, value: String },
    /// A text of another form.
    #[error("`{value}` is not {expected}")]
    Malformed { value: String, expected: &'static str },
    /// An origin that is none, or not over `https`.
    #[error("{message}")]
    Origin { message: String },
    /// A method that cannot be allowed.
    #[error("`{method}` is not a method that can be allowed")]
    Method { method: String, nearest: Option<String>, known: Vec<String> },
    /// A path that could mean another one.
    #[error("{0}")]
    Path(PathError),
    /// A ceiling above the host's own.
    #[error("{given} is beyond the host's own ceiling of {ceiling} {unit}")]
    Ceiling { given: u64, ceiling: u64, unit: &'static str },
    /// A ceiling under which nothing runs.
    #[error("0 would stop every run, expected at least 1")]
    CeilingZero,
    /// A proxy that is none. Its text is not repeated: it may hold a password.
    #[error("{why}, expected `http://HOST:PORT`")]
    Proxy { why: &'static str },
    /// A secret that stands in the file itself. It is not repeated.
    #[error("a secret does not belong into the policy")]
    SecretInPlain,
    /// Credentials that no proxy of the policy would get.
    #[error("`proxy-credentials` are given without a `proxy`")]
    CredentialsWithoutProxy,
    /// A network that is none.
    #[error("`{value}` is not a network: {why}")]
    Network { value: String, why: &'static str, meant: Option<String> },
    /// A domain that is none.
    #[error("`{value}` is not a domain: {why}")]
    Domain { value: String, why: &'static str, meant: Option<String> },
}

impl FaultKind {
    /// The stable code of the fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "policy-too-large",
            Self::Syntax { .. } => "policy-syntax",
            Self::Shape { .. } => "policy-shape",
            Self::UnknownKey { .. } => "policy-unknown-key",
            Self::MissingKey { .. } => "policy-missing-key",
            Self::Empty { .. } => "policy-empty",
            Self::Unprintable => "policy-unprintable",
            Self::Duplicate { .. } => "policy-duplicate",
            Self::Malformed { .. } => "policy-malformed",
            Self::Origin { .. } => "policy-origin",
            Self::Method { .. } => "policy-method",
            Self::Path(_) => "policy-path",
            Self::Ceiling { .. } | Self::CeilingZero => "policy-ceiling",
            Self::Proxy { .. } | Self::CredentialsWithoutProxy => "policy-proxy",
            Self::SecretInPlain => "policy-secret-in-plain",
            Self::Network { .. } => "policy-network",
            Self::Domain { .. } => "policy-domain",
        }
    }

    /// What to do about it, where there is more to say than the message does.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, known, .. } | Self::Method { nearest, known, .. } => {
                Some(match nearest {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("known here: {}", quoted(known)),
                })
            }
            Self::Origin { .. } => Some("write `https://HOST` or `https://HOST:PORT`".to_owned()),
            Self::Path(_) => Some("write `/a/b`, or `/a/*` for everything below `/a/`".to_owned()),
            Self::Network { meant: Some(meant), .. } | Self::Domain { meant: Some(meant), .. } => {
                Some(format!("did you mean `{meant}`?"))
            }
            Self::Proxy { .. } | Self::SecretInPlain => Some(
                "credentials of a proxy come from elsewhere: `proxy-credentials = { env = \"NAME\" }` or \
                 `{ file = \"PATH\" }`, which holds `user:password`"
                    .to_owned(),
            ),
            Self::CredentialsWithoutProxy => {
                Some("name the proxy beside them: `proxy = \"http://HOST:PORT\"`".to_owned())
            }
            _ => None,
        }
    }
}

/// The names in backticks, in one line.
fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Fault {
    /// The stable code of the fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        self.kind.hint().map(|hint| printable(&hint))
    }
}

impl PolicyError {
    /// The stable code; that of the first fault where the content is at fault.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::NotNamed { .. } => "policy-missing",
            Self::Unreadable { .. } => "policy-unreadable",
            Self::NotText { .. } => "policy-not-text",
            Self::Faults(faults) => faults.first().map_or("policy-shape", Fault::code),
        }
    }

    /// What to do about it; about the first fault for which there is something to say where the content is at fault.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { by, .. } | Self::NotNamed { by } => {
                Some(format!("name a policy that exists, or leave {by} out"))
            }
            Self::Unreadable { .. } => Some(format!(
                "a policy that exists always applies: make it readable, or name another one with {}",
                Setting::Policy
            )),
            Self::NotText { .. } => None,
            Self::Faults(faults) => faults.iter().find_map(Fault::hint),
        }
    }

    /// The faults of the content; none where the file itself is the trouble.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Faults(faults) => faults,
            _ => &[],
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field =
            if self.place.field.is_empty() { String::new() } else { format!(" `{}`:", self.place.field) };
        formatter.write_str(&printable(&format!("{}:{field} {}", self.place, self.kind)))
    }
}
