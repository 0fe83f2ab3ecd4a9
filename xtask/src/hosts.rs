//! What the hosts of `examples/hosts` need, below the target directory, for the tests that run them: packages of the Python package
//! index and of npm at the versions that the examples pin.
//!
//! If a machine cannot install them, the tests of these hosts are skipped, with a message. With `PALISADE_REQUIRE_PEERS` set it is
//! an error.

use std::process::Command;

use anyhow::Result;

use crate::cargo::run_within;
use crate::languages::{INSTALL, inputs, once};
use crate::{paths, peers};

/// Installs the packages.
pub(crate) fn packages() -> Result<()> {
    peers::environment("hosts/python", "examples/hosts/python/requirements.txt")?;
    let work = paths::products()?.join("hosts/node");
    std::fs::create_dir_all(&work)?;
    let example = paths::root()?.join("examples/hosts/node");
    let files = ["package.json", "package-lock.json"];
    let listed = inputs(files.iter().map(|file| example.join(file)).collect())?;
    once(&work.join("packages.inputs"), &listed, || {
        for file in files {
            paths::copy(&example.join(file), &work.join(file))?;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(&work);
        run_within(&mut npm, INSTALL)
    })
}

/// Installs the packages for the tests, which skip the hosts if that is not possible.
pub(crate) fn packages_where_possible() -> Result<()> {
    peers::where_possible("the hosts in other languages", packages())
}
