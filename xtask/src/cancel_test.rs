//! `cargo xtask cancel-test`: the tests of the suite that cancel runs at random moments, at more moments.

use anyhow::Result;

use crate::build;
use crate::cargo::{cargo, run};

/// Cancels at so many moments, at the command line and in the service.
pub(crate) fn cancel_test(cancels: u64, seed: Option<u64>) -> Result<()> {
    build::everything(false)?;
    for (suite, name) in [("product", "cancel::interrupted_at_any"), ("service", "cancels::cancelled_at_any")]
    {
        let mut test = cargo(["test", "--locked", "--package", "palisade-e2e", "--test", suite, name])?;
        test.env("PALISADE_CANCELS", cancels.to_string());
        if let Some(seed) = seed {
            test.env("PALISADE_SEED", seed.to_string());
        }
        run(&mut test)?;
    }
    Ok(())
}
