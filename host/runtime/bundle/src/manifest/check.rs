//! The rules of a manifest that its shape cannot express.
//!
//! Denies by default: what is shown to people has to be printable, what is referred to has to exist, and what is asked for has to
//! stay under the ceilings.

mod actions;
mod behaviour;
mod connections;
mod credential;
mod egress;
mod limits;
mod parameters;

use std::collections::BTreeSet;

use palisade_limits::TEXT_BYTES;
use url::Url;

use super::fault::{Fault, FaultKind, Place};
use super::locations::Locations;
use super::{CONTRACTS, Manifest, SCHEMA_VERSION};
use crate::COMPONENT_FILE;
use crate::template::is_id;
use palisade_printable::disguises;

/// Every fault of a manifest against the rules, in the order of the checks.
pub(super) fn check(manifest: &Manifest, file: &str, locations: &Locations) -> Vec<Fault> {
    let mut findings = Findings { file, locations, faults: Vec::new() };
    head(manifest, &mut findings);
    parameters::check(manifest, &mut findings);
    connections::check(manifest, &mut findings);
    actions::check(manifest, &mut findings);
    limits::check(&manifest.limits, &mut findings);
    findings.faults
}

/// The fault of a manifest for a contract that this host does not implement any more, or of another version of the schema. Looked
/// for before everything else: the rest of such a manifest may have another shape.
pub(super) fn of_another_version(
    schema: Option<u32>,
    contract: Option<&str>,
    file: &str,
    locations: &Locations,
) -> Option<Fault> {
    let mut findings = Findings { file, locations, faults: Vec::new() };
    match (contract.filter(|contract| is_too_old(contract)), schema) {
        (Some(found), _) => {
            findings.add(
                "contract",
                FaultKind::ContractTooOld { found: found.to_owned(), supported: supported() },
            );
        }
        (None, Some(found)) if found < SCHEMA_VERSION => {
            findings.add("schema", FaultKind::SchemaTooOld { found, supported: SCHEMA_VERSION });
        }
        (None, Some(found)) if found > SCHEMA_VERSION => {
            findings.add("schema", FaultKind::SchemaVersion { found, supported: SCHEMA_VERSION });
        }
        (None, _) => {}
    }
    findings.faults.pop()
}

/// Whether this is an earlier version of the contracts that this host implements.
fn is_too_old(contract: &str) -> bool {
    let version = |contract: &str| {
        let (package, version) = contract.split_once('@')?;
        Some((package.to_owned(), semver::Version::parse(version).ok()?))
    };
    let Some((package, found)) = version(contract) else { return false };
    let newer =
        |supported: &&str| version(supported).is_some_and(|(name, least)| name == package && found < least);
    CONTRACTS.iter().all(newer)
}

/// The contracts of this host.
fn supported() -> Vec<String> {
    CONTRACTS.iter().map(ToString::to_string).collect()
}

/// The faults that were found so far.
struct Findings<'a> {
    file: &'a str,
    locations: &'a Locations,
    faults: Vec<Fault>,
}

impl Findings<'_> {
    /// Adds a fault of the field at this path.
    fn add(&mut self, field: impl Into<String>, kind: FaultKind) {
        let field = field.into();
        let position = self.locations.find(&field);
        let place = Place { file: self.file.to_owned(), line: position.line, column: position.column, field };
        self.faults.push(Fault { place, kind });
    }

    /// Checks a text that is shown to people: not empty, not too long, nothing that disguises what is shown.
    fn shown(&mut self, field: impl Into<String>, text: &str) {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if text.trim().is_empty() {
            self.add(field, FaultKind::Empty);
        } else if bytes > TEXT_BYTES {
            self.add(field, FaultKind::TooLong { bytes, limit: TEXT_BYTES });
        } else if let Some(character) = text.chars().find(|one| *one != '\n' && disguises(*one)) {
            self.add(field, FaultKind::Unprintable { character: character.into() });
        }
    }

    /// Checks that no two items have the same name; `field` gives the path of the item with that index.
    fn unique<'n>(
        &mut self,
        what: &'static str,
        names: impl IntoIterator<Item = &'n str>,
        field: impl Fn(usize) -> String,
    ) {
        let mut seen = BTreeSet::new();
        for (index, name) in names.into_iter().enumerate() {
            if !seen.insert(name) {
                self.add(field(index), FaultKind::Duplicate { what, value: name.to_owned() });
            }
        }
    }

    /// Checks that a list has an item.
    fn filled<T>(&mut self, field: impl Into<String>, list: &[T]) {
        if list.is_empty() {
            self.add(field, FaultKind::Empty);
        }
    }
}

/// The fields that say what the bundle is.
fn head(manifest: &Manifest, findings: &mut Findings<'_>) {
    if !CONTRACTS.contains(&manifest.contract.as_str()) {
        findings.add(
            "contract",
            FaultKind::Contract { found: manifest.contract.clone(), supported: supported() },
        );
    }
    if !is_id(&manifest.id) {
        findings.add("id", FaultKind::Malformed { value: manifest.id.clone(), expected: ID });
    }
    findings.shown("name", &manifest.name);
    if semver::Version::parse(&manifest.version).is_err() {
        let expected = "a version as Semantic Versioning 2.0 defines it, for example `1.0.0`";
        findings.add("version", FaultKind::Malformed { value: manifest.version.clone(), expected });
    }
    findings.shown("publisher", &manifest.publisher);
    findings.shown("description", &manifest.description);
    if let Some(homepage) = &manifest.homepage
        && !Url::parse(homepage).is_ok_and(|url| url.scheme() == "https")
    {
        let expected = "an address that begins with `https://`";
        findings.add("homepage", FaultKind::Malformed { value: homepage.clone(), expected });
    }
    if !is_licence_expression(&manifest.license) {
        let expected = "a licence as an SPDX expression, for example `Apache-2.0`";
        findings.add("license", FaultKind::Malformed { value: manifest.license.clone(), expected });
    }
    if manifest.component != COMPONENT_FILE {
        let found = manifest.component.clone();
        findings.add("component", FaultKind::ComponentName { found, expected: COMPONENT_FILE });
    }
}

/// What an id has to be.
const ID: &str = "an id: lower case letters and digits, words joined by `-`";

/// Whether the text has the characters of an SPDX expression. Whether the licences exist is not known here.
fn is_licence_expression(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '(')
        && text.chars().all(|one| one.is_ascii_alphanumeric() || " .+-():".contains(one))
}
