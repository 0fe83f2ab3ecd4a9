//! `cargo xtask bench`: to come with the native client.

use anyhow::{Result, bail};

/// Prints the figures.
pub(crate) fn bench() -> Result<()> {
    bail!("there is no benchmark yet")
}
