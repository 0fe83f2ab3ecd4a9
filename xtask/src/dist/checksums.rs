//! `SHA256SUMS`, in the format that `sha256sum --check` reads.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::paths;

/// The name of the list.
pub(super) const FILE: &str = "SHA256SUMS";

/// Writes the digests of all files in a directory and returns the names of the files.
pub(super) fn write(directory: &Path) -> Result<Vec<String>> {
    let (mut text, mut names) = (String::new(), Vec::new());
    for path in paths::files_in(directory)? {
        let content = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        for byte in Sha256::digest(&content) {
            write!(text, "{byte:02x}")?;
        }
        writeln!(text, "  {name}")?;
        names.push(name);
    }
    std::fs::write(directory.join(FILE), text)?;
    names.push(FILE.to_owned());
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_sha256sum() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("b"), "abc").unwrap();
        std::fs::write(directory.path().join("a"), "").unwrap();
        assert_eq!(write(directory.path()).unwrap(), ["a", "b", FILE]);
        assert_eq!(
            std::fs::read_to_string(directory.path().join(FILE)).unwrap(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
             ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b\n"
        );
    }
}
