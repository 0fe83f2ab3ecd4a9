//! `cargo xtask test`: formatting, lints, packages, everything built, every test. The end-to-end tests use what is built here.

use anyhow::Result;

use crate::cargo::{WASM_TARGET, cargo, run};
use crate::{build, bundles, hosts, lint, package, paths, peers};

/// Runs all of it; the first failure ends it.
pub(crate) fn test() -> Result<()> {
    let guests = paths::root()?.join("tests/guests/Cargo.toml");
    run(&mut cargo(["fmt", "--all", "--check"])?)?;
    run(cargo(["fmt", "--all", "--check", "--manifest-path"])?.arg(&guests))?;
    let fuzz = paths::root()?.join("fuzz/Cargo.toml");
    run(cargo(["fmt", "--check", "--manifest-path"])?.arg(&fuzz))?;
    package::package(false)?;
    peers::peers_where_possible()?;
    hosts::packages_where_possible()?;
    lint::must_deny()?;
    build::everything(false)?;
    if !lint::with_build() {
        run(&mut cargo(["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"])?)?;
    }
    // What is compiled for WebAssembly only: the edges of the components, and the guests.
    for bundle in bundles::all()? {
        let mut edge = cargo(["clippy", "--locked", "--package", &bundle.package, "--target", WASM_TARGET])?;
        run(edge.args(["--", "--deny", "warnings"]))?;
    }
    let mut clippy =
        cargo(["clippy", "--locked", "--examples", "--lib", "--target", WASM_TARGET, "--manifest-path"])?;
    clippy.arg(&guests).env("CARGO_TARGET_DIR", paths::target()?.join("guests"));
    run(clippy.args(["--", "--deny", "warnings"]))?;
    run(lint::workspace("test")?.arg("--no-fail-fast"))
}
