//! The rules of a policy: from its shape to a [`Policy`], or to everything that is wrong with it.
//!
//! Denies by default: what could be read in two ways is refused, also where one of them would do.

mod connections;
mod names;

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use palisade_bundle::nearest;
use palisade_grant::{METHODS, Origin, PathRule};
use palisade_printable::disguises;

use crate::document::{Document, Egress, ProtectTable, TrustedKey};
use crate::policy::EgressAllowed;
use crate::position::Positions;
use crate::{Allowed, Fault, FaultKind, Limit, Limits, Policy, Protect, TrustedKeyText};

/// Checks all rules. `name` is what the policy is called, relative paths in it are relative to `directory`.
pub(crate) fn check(
    document: Document,
    positions: &Positions<'_>,
    name: &str,
    directory: &Path,
) -> Result<Policy, Vec<Fault>> {
    let mut findings = Findings { positions, faults: Vec::new() };
    let policy = Policy {
        file: Some(name.to_owned()),
        trusted_keys: trusted_keys(document.trusted_keys, &mut findings),
        egress: document.egress.map(|entries| EgressAllowed {
            inline: (!positions.begins_with("egress", "[[")).then(|| positions.of_field("egress")),
            entries: egress(entries, &mut findings),
        }),
        ceilings: ceilings(document.ceilings, &mut findings),
        network: connections::network(document.network, directory, &mut findings),
        protect: protect(document.protect, directory, &mut findings),
    };
    if findings.faults.is_empty() { Ok(policy) } else { Err(findings.faults) }
}

/// What has been found so far.
struct Findings<'positions> {
    positions: &'positions Positions<'positions>,
    faults: Vec<Fault>,
}

impl Findings<'_> {
    fn add(&mut self, field: &str, kind: FaultKind) {
        self.faults.push(Fault { place: self.positions.of_field(field), kind });
    }

    /// What was made of a field's text, or nothing and a fault.
    fn keep<T>(&mut self, field: &str, result: Result<T, FaultKind>) -> Option<T> {
        result.map_err(|kind| self.add(field, kind)).ok()
    }

    /// What was made of each text of a list, without those that have a fault.
    fn keep_each<T>(
        &mut self,
        field: &str,
        texts: &[String],
        make: impl Fn(&str) -> Result<T, FaultKind>,
    ) -> Vec<T> {
        let each = texts.iter().enumerate();
        each.filter_map(|(index, text)| self.keep(&format!("{field}[{index}]"), make(text))).collect()
    }
}

/// A text that is not empty, and that shows what it is.
fn filled(text: &str, expected: &'static str) -> Result<(), FaultKind> {
    if text.trim().is_empty() {
        Err(FaultKind::Empty { expected })
    } else if text.chars().any(disguises) {
        Err(FaultKind::Unprintable)
    } else {
        Ok(())
    }
}

fn trusted_keys(keys: Vec<TrustedKey>, findings: &mut Findings<'_>) -> Vec<TrustedKeyText> {
    let (mut names, mut texts) = (BTreeSet::new(), BTreeSet::new());
    let mut checked = Vec::with_capacity(keys.len());
    for (index, TrustedKey { name, key }) in keys.into_iter().enumerate() {
        let field = |of: &str| format!("trusted-keys[{index}].{of}");
        findings.keep(&field("name"), filled(&name, "whose key it is"));
        if key.trim().is_empty() {
            let expected = "a minisign public key, which begins with `RW`";
            findings.add(&field("key"), FaultKind::Empty { expected });
        }
        if !names.insert(name.clone()) {
            findings
                .add(&field("name"), FaultKind::Duplicate { what: "the name of a key", value: name.clone() });
        }
        if !texts.insert(key.clone()) {
            findings.add(&field("key"), FaultKind::Duplicate { what: "the key", value: key.clone() });
        }
        checked.push(TrustedKeyText { name, key, place: findings.positions.of_field(&field("key")) });
    }
    checked
}

fn egress(entries: Vec<Egress>, findings: &mut Findings<'_>) -> Vec<Allowed> {
    let mut checked = Vec::with_capacity(entries.len());
    for (index, entry) in entries.into_iter().enumerate() {
        let field = |of: &str| format!("egress[{index}].{of}");
        if let Some(bundle) = &entry.bundle {
            findings.keep(&field("bundle"), bundle_id(bundle));
        }
        let origin = findings.keep(&field("origin"), origin(&entry.origin));
        for (list, of, expected) in [
            (&entry.methods, "methods", "methods such as `\"POST\"`"),
            (&entry.paths, "paths", "paths such as `\"/a/*\"`"),
        ] {
            if list.is_empty() {
                findings.add(&field(of), FaultKind::Empty { expected });
            }
        }
        let methods = findings.keep_each(&field("methods"), &entry.methods, method);
        let paths = findings.keep_each(&field("paths"), &entry.paths, |text| {
            PathRule::checked(text).map_err(FaultKind::Path)
        });
        if let Some(origin) = origin {
            let place = findings.positions.of_field(&format!("egress[{index}]"));
            checked.push(Allowed { bundle: entry.bundle, origin, methods, paths, place });
        }
    }
    checked
}

fn bundle_id(text: &str) -> Result<(), FaultKind> {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('-').all(word) {
        return Ok(());
    }
    Err(FaultKind::Malformed {
        value: text.to_owned(),
        expected: "a bundle's id: lower case, words joined by `-`, as `palisade inspect` shows it",
    })
}

fn origin(text: &str) -> Result<Origin, FaultKind> {
    Origin::parse(text).map_err(|error| {
        // User information may be a secret.
        let message = if text.contains('@') {
            "an origin has no user information".to_owned()
        } else {
            error.to_string()
        };
        FaultKind::Origin { message }
    })
}

fn method(text: &str) -> Result<Method, FaultKind> {
    let unknown = || FaultKind::Method {
        method: text.to_owned(),
        nearest: nearest(text, &METHODS).map(str::to_owned),
        known: METHODS.iter().map(ToString::to_string).collect(),
    };
    if METHODS.contains(&text) { text.parse().map_err(|_| unknown()) } else { Err(unknown()) }
}

fn ceilings(given: Limits, findings: &mut Findings<'_>) -> Limits {
    for limit in Limit::ALL {
        let field = format!("ceilings.{}", limit.key());
        let (ceiling, unit) = (limit.host_ceiling(), limit.unit());
        match given.get(limit) {
            Some(0) => findings.add(&field, FaultKind::CeilingZero),
            Some(given) if given > ceiling => {
                findings.add(&field, FaultKind::Ceiling { given, ceiling, unit });
            }
            _ => {}
        }
    }
    given
}

fn protect(table: ProtectTable, directory: &Path, findings: &mut Findings<'_>) -> Protect {
    let domains = findings.keep_each("protect.domains", &table.domains, names::domain);
    let networks = findings.keep_each("protect.networks", &table.networks, names::network);
    let values = findings.keep_each("protect.values", &table.values, |text| {
        if text.is_empty() { Err(FaultKind::Empty { expected: "a value" }) } else { Ok(text.to_owned()) }
    });
    let lists =
        table.lists.and_then(|path| findings.keep("protect.lists", connections::file(&path, directory)));
    Protect { private_addresses: table.private_addresses, domains, networks, values, lists }
}
