//! The crates that other programs embed document every public item: each asks the compiler for it.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::PathBuf;

use palisade_e2e::root;

/// The directories of the embedded crates: a crate, or a directory of crates.
const EMBEDDED: [&str; 4] = ["host/embed", "host/model", "host/runtime", "host/sources"];

/// The root files of the embedded crates.
fn crates() -> Vec<PathBuf> {
    let below =
        |directory: PathBuf| fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path());
    let directories = EMBEDDED.iter().flat_map(|name| {
        let directory = root().join(name);
        below(directory.clone()).chain([directory])
    });
    directories.map(|directory| directory.join("src/lib.rs")).filter(|file| file.is_file()).collect()
}

#[test]
fn every_embedded_crate_requires_documentation() {
    let crates = crates();
    assert!(crates.len() > 10, "{crates:?}");
    for file in crates {
        let source = fs::read_to_string(&file).unwrap();
        assert!(
            source.contains("#![warn(missing_docs)]"),
            "`{}` lacks `#![warn(missing_docs)]`",
            file.display()
        );
    }
}
