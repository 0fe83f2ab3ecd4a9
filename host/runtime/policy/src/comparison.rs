//! Both sides and the result, as data: what a bundle asks for, what the policy allows, and what applies. Pure; showing it is
//! another crate's.

use http::Method;
use palisade_grant::{Grant, PathRule};
use serde::Serialize;

use crate::{Allowed, Limit, Limits, Network, Place, Policy, Protect, TrustedKeyText};

/// What becomes of a bundle under a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The policy's file; `None` without one.
    pub policy: Option<String>,
    /// The bundle's id.
    pub bundle: String,
    /// Everything that the policy allows to this bundle, in the order of the file; `None` where the policy leaves requests
    /// to the manifest.
    pub allowed: Option<Vec<AllowedShown>>,
    /// One for each action, in the order they were given.
    pub actions: Vec<ActionCompared>,
    /// One for each limit, in the order of the file.
    pub limits: Vec<LimitCompared>,
    /// The keys whose signatures are trusted.
    pub trusted_keys: Vec<TrustedKeyText>,
    /// How the network is reached.
    pub network: Network,
    /// What must never go to a block list.
    pub protect: Protect,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionCompared {
    /// The action's id.
    pub action: String,
    /// One for each grant that it asks for, in the order of the manifest.
    pub grants: Vec<GrantCompared>,
}

/// One grant that an action asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantCompared {
    /// What the manifest asks for.
    pub asked: GrantShown,
    /// What the policy allows of this origin, in the order of the file; empty where it leaves requests to the manifest.
    pub allowed: Vec<AllowedShown>,
    /// What applies.
    pub effective: Vec<GrantShown>,
    /// How much that is of what is asked for.
    pub extent: Extent,
}

/// How much of what is asked for applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// All of it.
    Whole,
    /// Some methods or paths.
    Part,
    /// Nothing of it.
    Nothing,
}

/// A grant as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrantShown {
    /// `https://host`, with a port where it is not 443.
    pub origin: String,
    /// Methods.
    pub methods: Vec<String>,
    /// Paths; those that end in `/*` stand for all below.
    pub paths: Vec<String>,
}

/// A kind of request that the policy allows, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedShown {
    /// The bundle that it is for; `None` for every bundle.
    pub bundle: Option<String>,
    /// What is allowed.
    #[serde(flatten)]
    pub grant: GrantShown,
    /// Where it stands.
    pub place: Place,
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LimitCompared {
    /// The key in the policy's `[ceilings]`.
    pub limit: &'static str,
    /// What the values count.
    pub unit: &'static str,
    /// What the bundle asks for; `None` where the host's usual value suits it.
    pub asked: Option<u64>,
    /// The policy's ceiling, if it has one.
    pub ceiling: Option<u64>,
    /// The host's own ceiling.
    pub host_ceiling: u64,
    /// What applies.
    pub effective: u64,
}

impl Policy {
    /// Compares what a bundle asks for with what the policy allows. `actions` are the ids with the concrete grants of each:
    /// where an origin depends on an option, one grant for each option. `limits` are what the manifest asks for.
    #[must_use]
    pub fn compare<Actions, Grants>(&self, bundle: &str, actions: Actions, limits: &Limits) -> Comparison
    where
        Actions: IntoIterator<Item = (String, Grants)>,
        Grants: IntoIterator<Item = Grant>,
    {
        let actions = actions.into_iter().map(|(action, grants)| ActionCompared {
            action,
            grants: grants.into_iter().map(|asked| self.compare_grant(bundle, &asked)).collect(),
        });
        let limits = Limit::ALL.map(|limit| LimitCompared {
            limit: limit.key(),
            unit: limit.unit(),
            asked: limits.get(limit),
            ceiling: self.ceilings().get(limit),
            host_ceiling: limit.host_ceiling(),
            effective: self.ceilings().effective(limit, limits.get(limit)),
        });
        Comparison {
            policy: self.file().map(str::to_owned),
            bundle: bundle.to_owned(),
            allowed: self.egress().map(|_| self.allowed_to(bundle).map(AllowedShown::of).collect()),
            actions: actions.collect(),
            limits: limits.to_vec(),
            trusted_keys: self.trusted_keys().to_vec(),
            network: self.network().clone(),
            protect: self.protect().clone(),
        }
    }

    fn compare_grant(&self, bundle: &str, asked: &Grant) -> GrantCompared {
        let effective = self.narrow(bundle, asked);
        let is_whole = asked.methods.iter().all(|method| {
            asked.paths.iter().all(|path| effective.iter().any(|grant| includes(grant, method, path)))
        });
        let extent = match (effective.is_empty(), is_whole) {
            (true, _) => Extent::Nothing,
            (false, true) => Extent::Whole,
            (false, false) => Extent::Part,
        };
        let allowed = self.allowed_to(bundle).filter(|allowed| allowed.origin == asked.origin);
        GrantCompared {
            asked: GrantShown::of(asked),
            allowed: allowed.map(AllowedShown::of).collect(),
            effective: effective.iter().map(GrantShown::of).collect(),
            extent,
        }
    }

    fn allowed_to(&self, bundle: &str) -> impl Iterator<Item = &Allowed> {
        self.egress().unwrap_or_default().iter().filter(move |allowed| allowed.applies_to(bundle))
    }
}

/// Whether a grant has all of this method and path. Several narrower rules never make up a wider one: it names infinitely many
/// paths.
fn includes(grant: &Grant, method: &Method, path: &PathRule) -> bool {
    grant.methods.contains(method) && grant.paths.iter().any(|rule| rule.contains(path))
}

impl GrantShown {
    fn of(grant: &Grant) -> Self {
        Self::new(&grant.origin, &grant.methods, &grant.paths)
    }

    fn new(origin: &palisade_grant::Origin, methods: &[Method], paths: &[PathRule]) -> Self {
        Self {
            origin: origin.to_string(),
            methods: methods.iter().map(ToString::to_string).collect(),
            paths: paths.iter().map(ToString::to_string).collect(),
        }
    }
}

impl AllowedShown {
    fn of(allowed: &Allowed) -> Self {
        Self {
            bundle: allowed.bundle.clone(),
            grant: GrantShown::new(&allowed.origin, &allowed.methods, &allowed.paths),
            place: allowed.place.clone(),
        }
    }
}
