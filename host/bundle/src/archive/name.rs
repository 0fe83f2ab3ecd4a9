//! Which names a file in a bundle can have.
//!
//! Denies by default: a name is a relative path of printable characters that means the same on every system, and no other
//! name of the zip is equal to it on a system that ignores case.

use std::collections::BTreeMap;

use super::fault::ArchiveFault;
use crate::printable::disguises;

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
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            let name = name.to_owned();
            return Err(if other == name {
                ArchiveFault::DuplicateName { name }
            } else {
                ArchiveFault::DuplicateIgnoringCase { name, other: other.to_owned() }
            });
        }
        checked.push(name.to_owned());
    }
    Ok(checked)
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
    let unusual = |segment: &str| segment.is_empty() || segment == "." || segment.ends_with(['.', ' ']);
    if name.contains(['\\', ':']) || name.split('/').any(unusual) {
        return Err(ArchiveFault::AmbiguousPath { name: own() });
    }
    Ok(())
}
