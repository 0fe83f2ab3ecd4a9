//! The key that signs what is built here, and the policy that trusts it: for the tests, the demo and the benchmark. It is
//! made once for each target directory, by the product itself, and is worth nothing elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::run;
use crate::paths;

/// A key and a policy that trusts it.
pub(crate) struct Signing {
    /// The secret key, without a password.
    pub(crate) key: PathBuf,
    /// A policy with the public key in it and nothing else.
    pub(crate) policy: PathBuf,
}

/// What an operator who trusts the key sees as its name.
const NAME: &str = "Local build";

/// The key and the policy; makes what is missing.
pub(crate) fn signing(palisade: &Path) -> Result<Signing> {
    let directory = paths::products()?.join("signing");
    let signing = Signing { key: directory.join("test.key"), policy: directory.join("palisade.toml") };
    let public = signing.key.with_extension("pub");
    if !public.exists() {
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        run(Command::new(palisade).args(["keygen", "--no-password"]).arg(&signing.key))?;
    }
    let public = std::fs::read_to_string(public)?;
    let key = public.lines().nth(1).context("a public key has a second line")?;
    let policy = format!("[[trusted-keys]]\nname = \"{NAME}\"\nkey = \"{key}\"\n");
    if !std::fs::read_to_string(&signing.policy).is_ok_and(|written| written == policy) {
        std::fs::write(&signing.policy, policy)?;
    }
    Ok(signing)
}
