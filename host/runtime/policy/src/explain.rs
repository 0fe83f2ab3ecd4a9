//! Why a request was refused, by which of the two sides, and the lines that would allow it: one glance, one paste. Pure.
//!
//! Denies by default: the lines grant the request and no more, as far as a rule can say so; what the component wrote into its
//! request cannot become a wider grant where the lines are pasted, and where only a wider one is possible that is said.

use std::fmt;

use http::{Method, Uri};
use palisade_grant::{Denial, Grant, Missing, PathRule};
use serde::Serialize;

use crate::{Allowed, Place, Policy};

/// Which side lacks a refused request, and what would allow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "lacking", rename_all = "kebab-case")]
pub enum Remedy {
    /// No line of either side helps.
    Nothing {
        /// Why, as a sentence without a full stop.
        reason: &'static str,
    },
    /// The policy allows it, or says nothing of requests; the bundle does not ask for it.
    Manifest {
        /// For the bundle's author.
        manifest: ManifestLines,
    },
    /// The bundle asks for it; the policy does not allow it.
    Policy {
        /// For the operator.
        policy: PolicyLines,
    },
    /// The bundle does not ask for it, and the policy would not allow it.
    Both {
        /// For the bundle's author.
        manifest: ManifestLines,
        /// For the operator.
        policy: PolicyLines,
    },
}

/// Lines of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestLines {
    /// The lines, in YAML, as they stand in an action; without a line feed at the end.
    pub text: String,
    /// They grant more than the request, since its path cannot be written as a rule.
    pub wider: bool,
}

/// Lines of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyLines {
    /// The file that they belong into.
    pub file: String,
    /// Where in it.
    pub placement: Placement,
    /// The lines, in TOML; without a line feed at the end.
    pub text: String,
    /// They allow more than the request, since its path cannot be written as a rule.
    pub wider: bool,
    /// Where the policy allows the request to another bundle, and to which.
    pub allowed_to: Option<(String, Place)>,
}

/// Where lines belong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// At the end of the file.
    End,
    /// In place of the empty list `egress = []`.
    InPlaceOf(Place),
    /// Into the list that begins here, as one more entry.
    IntoList(Place),
}

impl Policy {
    /// Says which side lacks a request that was refused to the bundle of this id, and what would allow it. `asked` is what
    /// the manifest asks for, before the policy narrowed it.
    #[must_use]
    pub fn explain(&self, bundle: &str, asked: &[Grant], denial: &Denial) -> Remedy {
        match denial.missing {
            Missing::DryRun => {
                return Remedy::Nothing { reason: "both sides grant it, but a dry run changes nothing" };
            }
            Missing::Resume => {
                let reason =
                    "both sides grant it, but an action that asks about waiting objects changes nothing";
                return Remedy::Nothing { reason };
            }
            _ => {}
        }
        let never = Remedy::Nothing { reason: "no bundle is ever granted such a request" };
        let Some((origin, _, path)) = denial.grantable() else { return never };
        let (Ok(method), Ok(uri)) = (denial.method.parse::<Method>(), denial.url.parse::<Uri>()) else {
            return never;
        };
        // The text may be the same: a request can ask for a path that itself ends in `/*`.
        let wider = matches!(path, PathRule::Below(_));
        let manifest = || ManifestLines { text: denial.would_be_granted_by().unwrap_or_default(), wider };
        let policy = || {
            let inline = self.egress.as_ref().and_then(|egress| egress.inline.as_ref());
            let fields = [
                format!("bundle = {}", quoted(bundle)),
                format!("origin = {}", quoted(&origin.to_string())),
                format!("methods = [{}]", quoted(&denial.method)),
                format!("paths = [{}]", quoted(&path.to_string())),
            ];
            let table = || format!("[[egress]]\n{}", fields.join("\n"));
            let (placement, text) = match inline {
                None => (Placement::End, table()),
                // Tables under a heading end the keys before them: what stood behind the list would become theirs.
                Some(place) if self.egress().is_some_and(<[Allowed]>::is_empty) => {
                    let text = format!("egress = [\n  {{ {} }},\n]", fields.join(", "));
                    (Placement::InPlaceOf(place.clone()), text)
                }
                Some(place) => (Placement::IntoList(place.clone()), format!("{{ {} }},", fields.join(", "))),
            };
            let others = self.egress().unwrap_or_default().iter();
            let allowed_to = others
                .filter(|allowed| allowed.covers(&method, &uri))
                .find_map(|allowed| Some((allowed.bundle.clone()?, allowed.place.clone())));
            let file = self.file().unwrap_or_default().to_owned();
            PolicyLines { file, placement, text, wider, allowed_to }
        };
        let by_manifest = asked.iter().any(|grant| grant.covers(&method, &uri));
        match (by_manifest, self.allows(bundle, &method, &uri)) {
            (true, true) => Remedy::Nothing { reason: "both sides grant it" },
            (true, false) => Remedy::Policy { policy: policy() },
            (false, true) => Remedy::Manifest { manifest: manifest() },
            (false, false) => Remedy::Both { manifest: manifest(), policy: policy() },
        }
    }
}

/// A text in TOML's quotes.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Remedy {
    /// The lines of the policy, where the policy lacks the request.
    #[must_use]
    pub fn policy(&self) -> Option<&PolicyLines> {
        match self {
            Self::Policy { policy } | Self::Both { policy, .. } => Some(policy),
            Self::Nothing { .. } | Self::Manifest { .. } => None,
        }
    }

    /// The lines of the manifest, where the manifest lacks the request.
    #[must_use]
    pub fn manifest(&self) -> Option<&ManifestLines> {
        match self {
            Self::Manifest { manifest } | Self::Both { manifest, .. } => Some(manifest),
            Self::Nothing { .. } | Self::Policy { .. } => None,
        }
    }
}

/// What lines that grant more than the request are followed by.
const WIDER: &str = "\n(they grant more than this request: its path cannot be written as a rule)";

impl fmt::Display for ManifestLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the bundle itself does not ask for this request, so that no line of a policy helps; if it is wanted, the \
             bundle's author has to ask for it in the manifest:\n{}{}",
            self.text,
            if self.wider { WIDER } else { "" }
        )
    }
}

impl fmt::Display for PolicyLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((bundle, place)) = &self.allowed_to {
            write!(formatter, "{place} allows it, but to the bundle `{bundle}` only; ")?;
        }
        formatter.write_str("if the request is wanted, ")?;
        match &self.placement {
            Placement::End => write!(formatter, "add at the end of `{}`:", self.file)?,
            Placement::InPlaceOf(place) => {
                write!(formatter, "write at {place}, in place of the empty list:")?
            }
            Placement::IntoList(place) => write!(formatter, "add to the list at {place}:")?,
        }
        write!(formatter, "\n{}{}", self.text, if self.wider { WIDER } else { "" })
    }
}

impl fmt::Display for Remedy {
    /// As a hint: sentences, with lines to paste below them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { reason } => formatter.write_str(reason),
            Self::Manifest { manifest } => write!(formatter, "{manifest}"),
            Self::Policy { policy } => {
                write!(formatter, "the bundle asks for this request, the policy does not allow it; {policy}")
            }
            Self::Both { manifest, policy } => {
                write!(formatter, "{manifest}\nthe policy does not allow it either; {policy}")
            }
        }
    }
}
