//! `cargo xtask peers`: other people's clients of the same service, unmodified, in a Python environment of their own below the
//! target directory. Tests and the benchmark run them beside the product.
//!
//! Every file is taken by the digest that `tests/interoperability/requirements.txt` has for it; nothing is built.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::run;
use crate::paths;

/// The environment variable with which a machine says that the tests with peers must not be skipped.
const REQUIRED: &str = "PALISADE_REQUIRE_PEERS";

/// The environment of the peers; gives its Python.
pub(crate) fn peers() -> Result<PathBuf> {
    environment("peers", "tests/interoperability/requirements.txt")
}

/// Makes an environment where it is missing or of other versions; gives its Python.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let listed = paths::root()?.join(requirements);
    let directory = paths::products()?.join(name);
    let python = directory.join("bin/python");
    let installed = directory.join("requirements.txt");
    let wanted = std::fs::read(&listed).with_context(|| format!("cannot read `{}`", listed.display()))?;
    if python.exists() && std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))
        .context("this needs Python 3.11 or later with `venv`")?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--require-hashes", "--only-binary", ":all:", "--requirement"]);
    run(pip.arg(&listed))
        .with_context(|| format!("`{requirements}` cannot be installed from the Python package index"))?;
    // Written last: it says that all of it is there.
    std::fs::write(&installed, wanted)?;
    Ok(python)
}

/// The same for the tests, which skip what needs peers where there are none, and say so. Where they are required, it fails.
pub(crate) fn peers_where_possible() -> Result<()> {
    where_possible("the tests with other clients", peers().map(drop))
}

/// Lets the tests go on without something that cannot be installed, and says so, unless it is required.
pub(crate) fn where_possible(what: &str, installed: Result<()>) -> Result<()> {
    match installed {
        Err(error) if std::env::var_os(REQUIRED).is_none() => {
            eprintln!("skipping {what}: {error:#}");
            Ok(())
        }
        result => result,
    }
}
