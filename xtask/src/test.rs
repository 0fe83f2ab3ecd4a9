//! `cargo xtask test`: formatting, lints, everything built, every test. The end-to-end tests use what is built here.

use anyhow::Result;

use crate::cargo::{cargo, run};
use crate::{build, paths};

/// Runs all of it; the first failure ends it.
pub(crate) fn test() -> Result<()> {
    let guests = paths::root()?.join("tests/guests/Cargo.toml");
    run(&mut cargo(["fmt", "--all", "--check"])?)?;
    run(cargo(["fmt", "--all", "--check", "--manifest-path"])?.arg(&guests))?;
    build::everything(false)?;
    run(&mut cargo(["clippy", "--locked", "--workspace", "--all-targets", "--", "--deny", "warnings"])?)?;
    run(&mut cargo(["test", "--locked", "--workspace", "--no-fail-fast"])?)
}
