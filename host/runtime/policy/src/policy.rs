//! The policy that applies: everything in it is checked, and relative paths are joined.

use http::{Method, Uri};
use palisade_grant::{Grant, Origin, PathRule};
use serde::Serialize;

use crate::{Limits, Network, Place, Protect};

/// The operator's policy. [`Policy::default`] is what applies without a file: bundles may send what they ask for, within
/// the host's own limits, no key is trusted, and addresses that are not public are protected.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// As the file was named.
    pub(crate) file: Option<String>,
    pub(crate) trusted_keys: Vec<TrustedKeyText>,
    /// `None` where the file names no egress at all.
    pub(crate) egress: Option<EgressAllowed>,
    pub(crate) ceilings: Limits,
    pub(crate) network: Network,
    pub(crate) protect: Protect,
}

/// One key whose signatures are trusted, not yet read as a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustedKeyText {
    /// Whose key it is, for people; no two keys have the same.
    pub name: String,
    /// The Base64 text of a minisign public key, as the file has it.
    pub key: String,
    /// Where the key's text stands.
    pub place: Place,
}

/// One kind of request that the policy allows.
#[derive(Debug, Clone)]
pub struct Allowed {
    /// For the bundle of this id only; for every bundle where there is none.
    pub bundle: Option<String>,
    /// Where to.
    pub origin: Origin,
    /// With which methods; at least one.
    pub methods: Vec<Method>,
    /// To which paths; at least one.
    pub paths: Vec<PathRule>,
    /// Where it stands.
    pub place: Place,
}

/// All requests that the policy allows.
#[derive(Debug, Clone)]
pub(crate) struct EgressAllowed {
    pub(crate) entries: Vec<Allowed>,
    /// Where the list stands if it is written as one, `egress = [...]`, so that no `[[egress]]` can follow it.
    pub(crate) inline: Option<Place>,
}

impl Allowed {
    /// Whether the bundle of this id is allowed it.
    #[must_use]
    pub fn applies_to(&self, bundle: &str) -> bool {
        self.bundle.as_deref().is_none_or(|only| only == bundle)
    }

    /// Whether it allows a request, of a bundle that it applies to.
    #[must_use]
    pub fn covers(&self, method: &Method, uri: &Uri) -> bool {
        let grant = Grant {
            origin: self.origin.clone(),
            methods: self.methods.clone(),
            paths: self.paths.clone(),
            headers: Vec::new(),
            credential: None,
            changes: true,
            idempotent: false,
            reason: String::new(),
        };
        grant.covers(method, uri)
    }
}

impl Policy {
    /// The file, as it was named; `None` without one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The keys whose signatures are trusted, in the order of the file.
    #[must_use]
    pub fn trusted_keys(&self) -> &[TrustedKeyText] {
        &self.trusted_keys
    }

    /// The requests that are allowed, in the order of the file; `None` where the policy leaves them to the manifests, an
    /// empty list where it allows nothing.
    #[must_use]
    pub fn egress(&self) -> Option<&[Allowed]> {
        self.egress.as_ref().map(|egress| egress.entries.as_slice())
    }

    /// The policy's ceilings; `None` in them where the host's own apply.
    #[must_use]
    pub fn ceilings(&self) -> &Limits {
        &self.ceilings
    }

    /// How the network is reached.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What must never go to a block list.
    #[must_use]
    pub fn protect(&self) -> &Protect {
        &self.protect
    }
}
