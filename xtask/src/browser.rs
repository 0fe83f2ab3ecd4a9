//! `cargo xtask browser`: the web console in a browser, and pictures of it for the documentation. Chromium comes from the
//! system, what drives it from the package index of npm, in the versions of the lock file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::build::Scope;
use crate::cargo::run_within;
use crate::demo::serve::Demonstration;
use crate::service::{NAME, PASSWORD};
use crate::{build, paths, signing};

/// Where Debian has it.
const CHROMIUM: &str = "/usr/bin/chromium";
/// For what waits for a network.
const INSTALL: Duration = Duration::from_secs(600);
/// All tests together take four minutes on two cores, and several times that where these are busy.
const TESTS: Duration = Duration::from_secs(1_500);
/// The pictures take half a minute.
const PICTURES: Duration = Duration::from_secs(180);

/// Builds what is needed and tests the console.
pub(crate) fn test() -> Result<()> {
    let built = build::product(Scope::Workspace)?;
    let mut tests = node(&install()?)?;
    tests
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .env("PALISADE_BINARY", &built.palisade)
        .env("PALISADE_BUNDLE", &built.bundle)
        .env("PALISADE_POLICY", signing::signing(&built.palisade)?.policy)
        .env("PALISADE_SIMULATOR", &built.simulator);
    run_within(&mut tests, TESTS).context("the tests in a browser")
}

/// Takes the pictures of the demonstration that the documentation shows.
pub(crate) fn screenshots() -> Result<()> {
    let chromium = install()?;
    let demonstration = Demonstration::start(Scope::Workspace, "127.0.0.1:0", &[])?;
    let to = paths::root()?.join("docs/images");
    std::fs::create_dir_all(&to)?;
    let mut pictures = node(&chromium)?;
    pictures
        .arg("screenshots.mjs")
        .arg(&to)
        .env("PALISADE_ADDRESS", &demonstration.address)
        .env("PALISADE_NAME", NAME)
        .env("PALISADE_PASSWORD", PASSWORD);
    run_within(&mut pictures, PICTURES).context("the pictures of the console")
}

/// What drives the browser, as the lock file has it; gives the browser.
fn install() -> Result<PathBuf> {
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from(CHROMIUM), PathBuf::from);
    if !chromium.exists() {
        for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "chromium"]] {
            let mut install = Command::new("apt-get");
            run_within(install.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"), INSTALL)
                .context("Chromium is needed: install it, or name it in the variable `CHROMIUM`")?;
        }
    }
    let mut install = Command::new("npm");
    run_within(install.args(["ci", "--no-progress"]).current_dir(directory()?), INSTALL)
        .context("npm is needed, of Node.js 20 or later")?;
    Ok(chromium)
}

fn node(chromium: &Path) -> Result<Command> {
    let mut node = Command::new("node");
    node.current_dir(directory()?).env("CHROMIUM", chromium);
    Ok(node)
}

fn directory() -> Result<PathBuf> {
    Ok(paths::root()?.join("tests/browser"))
}
