//! Which names a file in a bundle can have.
//!
//! Denies by default: a name is a relative path of printable ASCII characters that means the same on every system, and no
//! other name of the zip is equal to it on a system that ignores case. Beyond ASCII, systems differ in which names are
//! equal: they normalise, fold and ignore different characters.

use std::collections::BTreeMap;

use super::fault::ArchiveFault;
use palisade_printable::disguises;

/// Checks the names of a zip, each and together. Gives them as text, in the same order.
pub(super) fn checked<'name>(
    names: impl IntoIterator<Item = &'name [u8]>,
) -> Result<Vec<String>, ArchiveFault> {
    let mut seen: BTreeMap<String, &'name str> = BTreeMap::new();
    let mut checked = Vec::new();
    for raw in names {
        let lossy = || String::from_utf8_lossy(raw).into_owned();
        let name = std::str::from_utf8(raw).map_err(|_| ArchiveFault::NameNotText { name: lossy() })?;
        portable(name)?;
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            let name = name.to_owned();
            return Err(if other == name {
                ArchiveFault::DuplicateName { name }
            } else {
                ArchiveFault::DuplicateIgnoringCase { name, other: other.to_owned() }
            });
        }
        checked.push(name.to_owned());
    }
    // A file that another one needs as its directory.
    let parents = |name: &str| {
        name.match_indices('/')
            .any(|(end, _)| name.get(..end).is_some_and(|parent| seen.contains_key(parent)))
    };
    match seen.iter().find(|(folded, _)| parents(folded)) {
        Some((_, name)) => Err(ArchiveFault::AmbiguousPath { name: (*name).to_owned() }),
        None => Ok(checked),
    }
}

/// Checks one name.
fn portable(name: &str) -> Result<(), ArchiveFault> {
    let own = || name.to_owned();
    if name.is_empty() {
        return Err(ArchiveFault::EmptyName);
    }
    if name.chars().any(disguises) {
        return Err(ArchiveFault::UnprintableName { name: own() });
    }
    if !name.is_ascii() {
        return Err(ArchiveFault::NameNotAscii { name: own() });
    }
    let drive = name.chars().nth(1) == Some(':');
    if name.starts_with(['/', '\\']) || drive {
        return Err(ArchiveFault::AbsolutePath { name: own() });
    }
    if name.split(['/', '\\']).any(|segment| segment == "..") {
        return Err(ArchiveFault::ClimbingPath { name: own() });
    }
    if name.ends_with('/') {
        return Err(ArchiveFault::Directory { name: own() });
    }
    if name.contains(AMBIGUOUS) || name.split('/').any(is_ambiguous) {
        return Err(ArchiveFault::AmbiguousPath { name: own() });
    }
    if name.split('/').any(is_device) {
        return Err(ArchiveFault::ReservedName { name: own() });
    }
    Ok(())
}

/// Characters with a meaning of their own on Windows: separators, streams, wildcards, redirections, and the tilde of short
/// names, by which `MANIFE~1.YAM` is `manifest.yaml`.
const AMBIGUOUS: [char; 9] = ['\\', ':', '*', '?', '"', '<', '>', '|', '~'];

/// Whether systems disagree about a segment: Windows drops dots and blanks at its end.
fn is_ambiguous(segment: &str) -> bool {
    segment.is_empty() || segment == "." || segment.starts_with(' ') || segment.ends_with(['.', ' '])
}

/// Whether Windows opens a device under this name, in any directory and with any extension.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or(segment).trim_end_matches(' ').to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        stem.strip_prefix(port)
            .is_some_and(|number| number.len() == 1 && number.bytes().all(|digit| digit.is_ascii_digit()))
    });
    numbered || matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$")
}
