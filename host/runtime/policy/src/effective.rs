//! What applies of two sides: a request is granted where the manifest asks for it and the policy allows it. Pure.
//!
//! Denies by default: neither side adds anything to the other, and what they say of a request apart from its origin, method
//! and path (the credential, whether it may be repeated) comes from the side that asks.

use http::{Method, Uri};
use palisade_grant::{Grant, PathRule};

use crate::{Allowed, EffectiveLimits, Limits, Policy};

impl Policy {
    /// The grants that apply to the bundle of this id: what is asked for and allowed. In the order of `asked`, so that the
    /// first grant that covers a request is made of the first asked one that does.
    #[must_use]
    pub fn grant(&self, bundle: &str, asked: &[Grant]) -> Vec<Grant> {
        asked.iter().flat_map(|asked| self.narrow(bundle, asked)).collect()
    }

    /// What the policy leaves of one grant that is asked for.
    pub(crate) fn narrow(&self, bundle: &str, asked: &Grant) -> Vec<Grant> {
        let Some(egress) = &self.egress else { return vec![asked.clone()] };
        let mut left: Vec<Grant> = Vec::new();
        for allowed in &egress.entries {
            if allowed.applies_to(bundle)
                && let Some(common) = common(asked, allowed)
            {
                join(&mut left, common);
            }
        }
        left
    }

    /// Whether the policy allows the request to the bundle, whatever the bundle asks for.
    #[must_use]
    pub fn allows(&self, bundle: &str, method: &Method, uri: &Uri) -> bool {
        let Some(egress) = &self.egress else { return true };
        egress.entries.iter().any(|allowed| allowed.applies_to(bundle) && allowed.covers(method, uri))
    }

    /// The limits that apply to a run that asks for `asked`: no more than the policy's ceilings and the host's own.
    #[must_use]
    pub fn limits(&self, asked: &Limits) -> EffectiveLimits {
        self.ceilings.effective_all(asked)
    }
}

/// What one asked grant and one allowed kind of request have in common.
fn common(asked: &Grant, allowed: &Allowed) -> Option<Grant> {
    if asked.origin != allowed.origin {
        return None;
    }
    let methods: Vec<Method> =
        asked.methods.iter().filter(|method| allowed.methods.contains(method)).cloned().collect();
    let mut paths = Vec::new();
    for one in &asked.paths {
        for path in allowed.paths.iter().filter_map(|other| one.intersection(other)) {
            add(&mut paths, path);
        }
    }
    (!methods.is_empty() && !paths.is_empty()).then(|| Grant { methods, paths, ..asked.clone() })
}

/// Adds a rule to a list in which no rule contains another.
fn add(paths: &mut Vec<PathRule>, path: PathRule) {
    if !paths.iter().any(|present| present.contains(&path)) {
        paths.retain(|present| !path.contains(present));
        paths.push(path);
    }
}

/// Adds a grant to others that are made of the same asked one; those with the same methods become one.
fn join(grants: &mut Vec<Grant>, grant: Grant) {
    match grants.iter_mut().find(|present| present.methods == grant.methods) {
        Some(present) => grant.paths.into_iter().for_each(|path| add(&mut present.paths, path)),
        None => grants.push(grant),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use palisade_grant::{Credential, Origin, SecretString};
    use proptest::prelude::*;

    use super::*;

    const HOSTS: [&str; 2] = ["https://a.example", "https://b.example"];
    const METHODS: [&str; 3] = ["GET", "POST", "PUT"];

    /// Few values of each kind, so that two sides meet often.
    fn methods() -> impl Strategy<Value = Vec<Method>> {
        proptest::sample::subsequence(METHODS.to_vec(), 1..=3)
            .prop_map(|methods| methods.into_iter().map(|method| method.parse().unwrap()).collect())
    }

    fn path() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab]", 1..4).prop_map(|segments| format!("/{}", segments.join("/")))
    }

    fn paths() -> impl Strategy<Value = Vec<PathRule>> {
        let rule = (path(), any::<bool>())
            .prop_map(|(path, below)| PathRule::parse(&if below { format!("{path}/*") } else { path }));
        proptest::collection::vec(rule, 1..4)
    }

    fn origin() -> impl Strategy<Value = Origin> {
        proptest::sample::select(HOSTS.to_vec()).prop_map(|text| Origin::parse(text).unwrap())
    }

    fn asked() -> impl Strategy<Value = Grant> {
        (origin(), methods(), paths(), any::<[bool; 2]>(), any::<bool>()).prop_map(
            |(origin, methods, paths, [changes, idempotent], secret)| {
                let credential = secret.then(|| {
                    Credential::new("authorization", "Bearer ", &SecretString::from("word"), "").unwrap()
                });
                Grant {
                    origin,
                    methods,
                    paths,
                    headers: Vec::new(),
                    credential,
                    changes,
                    idempotent,
                    reason: String::new(),
                }
            },
        )
    }

    fn policy() -> impl Strategy<Value = Policy> {
        let bundle = proptest::option::of(proptest::sample::select(vec!["mine", "other"]));
        let entry = (bundle, origin(), methods(), paths());
        let entries = proptest::collection::vec(entry, 0..4);
        proptest::option::of(entries).prop_map(|entries| {
            let text = entries.map(|entries| {
                let tables = entries.iter().map(|(bundle, origin, methods, paths)| {
                    let bundle = bundle.map(|bundle| format!("bundle = \"{bundle}\"\n")).unwrap_or_default();
                    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
                    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
                    format!("[[egress]]\n{bundle}origin = \"{origin}\"\nmethods = {methods:?}\npaths = {paths:?}\n")
                });
                if entries.is_empty() { "egress = []".to_owned() } else { tables.collect() }
            });
            Policy::parse(&text.unwrap_or_default(), "policy", Path::new("")).unwrap()
        })
    }

    proptest! {
        #[test]
        fn a_request_is_granted_exactly_where_it_is_asked_for_and_allowed(
            asked in proptest::collection::vec(asked(), 0..4),
            policy in policy(),
            host in proptest::sample::select(HOSTS.to_vec()),
            method in proptest::sample::select(METHODS.to_vec()),
            path in path(),
        ) {
            let method: Method = method.parse().unwrap();
            let uri: Uri = format!("{host}{path}?query=1").parse().unwrap();
            let by_manifest = asked.iter().find(|grant| grant.covers(&method, &uri));
            let by_policy = policy.allows("mine", &method, &uri);
            let effective = policy.grant("mine", &asked);
            let granted = effective.iter().find(|grant| grant.covers(&method, &uri));
            prop_assert_eq!(granted.is_some(), by_manifest.is_some() && by_policy);
            if let (Some(granted), Some(asked)) = (granted, by_manifest) {
                prop_assert_eq!(granted.idempotent, asked.idempotent);
                prop_assert_eq!(granted.changes, asked.changes);
                prop_assert_eq!(granted.credential.is_some(), asked.credential.is_some());
            }
        }
    }

    fn of(text: &str, asked: &Grant) -> Vec<String> {
        let policy = Policy::parse(text, "policy", Path::new("")).unwrap();
        let grants = policy.grant("mine", std::slice::from_ref(asked));
        let shown = grants.iter().map(|grant| {
            let paths: Vec<String> = grant.paths.iter().map(ToString::to_string).collect();
            format!("{:?} {}", grant.methods, paths.join(" "))
        });
        shown.collect()
    }

    #[test]
    fn what_is_left_has_no_part_twice_and_the_narrower_path_of_two() {
        let asked = Grant {
            origin: Origin::parse("https://a.example").unwrap(),
            methods: vec![Method::GET, Method::POST],
            paths: vec![PathRule::parse("/v1/*"), PathRule::parse("/v2/list")],
            headers: Vec::new(),
            credential: None,
            changes: true,
            idempotent: false,
            reason: String::new(),
        };
        let entry = |methods: &str, paths: &str| {
            format!("[[egress]]\norigin = \"https://a.example\"\nmethods = [{methods}]\npaths = [{paths}]\n")
        };
        let one = entry("\"POST\"", "\"/v1/a\", \"/v2/*\"") + &entry("\"POST\", \"PUT\"", "\"/v1/*\"");
        assert_eq!(of(&one, &asked), ["[POST] /v2/list /v1/*"]);
        let two = entry("\"POST\"", "\"/v1/a\"") + &entry("\"GET\"", "\"/v2/list\"");
        assert_eq!(of(&two, &asked), ["[POST] /v1/a", "[GET] /v2/list"]);
        assert_eq!(of("egress = []", &asked), Vec::<String>::new());
        assert_eq!(of("", &asked), ["[GET, POST] /v1/* /v2/list"]);
    }
}
