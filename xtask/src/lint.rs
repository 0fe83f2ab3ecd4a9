//! Lints that the build of the workspace does on the way, for the gate: with `PALISADE_LINT_WITH_BUILD` set, Clippy takes the place
//! of the compiler for the workspace's own crates. `cargo clippy` would read all 600 dependencies a second time, for five minutes
//! of processor time. Not the default: what `cargo build` and `cargo test` compile by hand is another build then.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::cargo::cargo;

/// Set by the gate.
const VARIABLE: &str = "PALISADE_LINT_WITH_BUILD";
/// Clippy's own program.
const DRIVER: &str = "clippy-driver";
/// How `cargo clippy -- --deny warnings` passes its words on; the toolchain is pinned, and [`must_deny`] checks it.
const WORDS: (&str, &str) = ("CLIPPY_ARGS", "--deny__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");

/// Whether the build lints.
pub(crate) fn with_build() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// A cargo command that compiles the workspace. Each of them has to be made here: one that lints and one that does not compile
/// the workspace twice.
pub(crate) fn workspace(verb: &str) -> Result<Command> {
    let mut command = cargo([verb, "--locked", "--workspace"])?;
    if with_build() {
        // Not a variable of the environment: the tests' own calls of cargo are not linted.
        command.args(["--config", &format!("build.rustc-workspace-wrapper = {DRIVER:?}")]);
        command.env(WORDS.0, WORDS.1);
    }
    Ok(command)
}

/// Fails if a warning of Clippy would pass.
pub(crate) fn must_deny() -> Result<()> {
    if !with_build() {
        return Ok(());
    }
    let mut driver = Command::new(DRIVER);
    driver.args([
        "--crate-name",
        "warned",
        "--crate-type",
        "lib",
        "--edition",
        "2024",
        "--emit",
        "metadata",
        "-o",
    ]);
    driver.args(["/dev/null", "-"]).env(WORDS.0, WORDS.1).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = driver.spawn().with_context(|| format!("cannot start `{DRIVER}`"))?;
    let source = "pub fn warned(one: bool) -> bool { one == true }";
    child.stdin.take().context("no standard input")?.write_all(source.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        !output.status.success() && said.contains("bool_comparison"),
        "`{DRIVER}` does not deny warnings in a build: {said}"
    );
    Ok(())
}
