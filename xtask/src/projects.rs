//! The tools for projects in C and Go, below the target directory, for the tests that build what `palisade new` writes: the
//! programs of `tests/e2e/projects/requirements.txt`, and a module proxy with the one module that Go needs. clang and its
//! libraries are the machine's own.
//!
//! A machine where these tools are not to be had tests everything else: what is left out is said, and with
//! `PALISADE_REQUIRE_PEERS` set it is an error.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::cargo::{cargo, output, run};
use crate::{paths, peers};

/// The generator of the bindings for Go, whose crate carries their runtime.
const GENERATOR: &str = "wit-bindgen-go";
/// The runtime's module.
const MODULE: &str = "go.bytecodealliance.org/pkg";

/// Installs the tools.
pub(crate) fn tools() -> Result<()> {
    let python = peers::environment("projects", "tests/e2e/projects/requirements.txt")?;
    let proxy = paths::products()?.join("projects/proxy");
    if proxy.exists() {
        std::fs::remove_dir_all(&proxy)?;
    }
    let (version, sources) = runtime()?;
    let mut make = Command::new(python);
    make.arg(paths::root()?.join("tests/e2e/projects/module_proxy.py")).args([MODULE, version.as_str()]);
    run(make.arg(sources).arg(proxy))
}

/// The same for the tests, which skip projects in C and Go where there are no tools, and say so.
pub(crate) fn tools_where_possible() -> Result<()> {
    peers::where_possible("projects in C and Go", tools())
}

/// The version that a project asks for, and the sources of the runtime.
fn runtime() -> Result<(String, PathBuf)> {
    let module = std::fs::read_to_string(paths::root()?.join("host/cli/templates/go/go.mod"))?;
    let version = module
        .lines()
        .find_map(|line| line.strip_prefix("require ")?.strip_prefix(MODULE))
        .with_context(|| format!("the template for Go does not require `{MODULE}`"))?;
    let metadata: Value =
        serde_json::from_slice(&output(&mut cargo(["metadata", "--locked", "--format-version", "1"])?)?)
            .context("cargo metadata is not JSON")?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package.get("name").is_some_and(|name| name == GENERATOR))
        .and_then(|package| package.get("manifest_path")?.as_str())
        .with_context(|| format!("there is no crate `{GENERATOR}`"))?;
    Ok((version.trim().to_owned(), PathBuf::from(manifest).with_file_name("src/pkg")))
}
