//! `cargo xtask kill-test`: the test of the suite that kills the service at random moments, with more kills.

use anyhow::Result;

use crate::build;
use crate::cargo::{cargo, run};

/// Makes so many kills.
pub(crate) fn kill_test(kills: u64, seed: Option<u64>) -> Result<()> {
    build::everything(false)?;
    let mut test = cargo([
        "test",
        "--locked",
        "--package",
        "palisade-e2e",
        "--test",
        "service",
        "kills::",
        "--",
        "--nocapture",
    ])?;
    test.env("PALISADE_KILLS", kills.to_string());
    if let Some(seed) = seed {
        test.env("PALISADE_SEED", seed.to_string());
    }
    run(&mut test)
}
