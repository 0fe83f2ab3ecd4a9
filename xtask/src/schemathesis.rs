//! `cargo xtask schemathesis`: asks a fresh service what its own OpenAPI document allows, and what it does not. It fails where an
//! answer is a fault of the service (5xx), is not in the document, or refuses what the document allows.
//!
//! Calls are made up from a fixed seed, so that the same service gets the same calls.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::build::Scope;
use crate::cargo::run;
use crate::service::{Client, Service};
use crate::simulator::Simulator;
use crate::{build, paths, peers};

/// Any number does.
const SEED: &str = "20261122";

/// Asks.
pub(crate) fn schemathesis(examples: u32) -> Result<()> {
    let python = peers::environment("schemathesis", "tests/schemathesis/requirements.txt")?;
    let built = build::product(Scope::Workspace)?;
    let directory = paths::products()?.join("schemathesis-service");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let simulator = Simulator::start(&built.simulator, &directory)?;
    let data = directory.join("data");
    let (service, link) = Service::start(&built.palisade, &data, &simulator, "127.0.0.1:0", &[], |_| {})?;
    let client = Client::administrator(&service.address, &link.context("no link")?)?;
    // The first ones are what the document has for examples, and may be revoked.
    for number in 1..=4 {
        client.token(&format!("schemathesis {number}"))?;
    }
    let token = client.token("schemathesis")?;
    let tests = paths::root()?.join("tests/schemathesis");
    let mut command = Command::new(python.with_file_name("schemathesis"));
    command
        .arg("--config-file")
        .arg(tests.join("schemathesis.toml"))
        .args(["run", &format!("{}/api/v1/openapi.json", service.address)])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--seed",
            SEED,
            "--max-examples",
            &examples.to_string(),
        ])
        .args(["--workers", "1", "--continue-on-failure", "--warnings", "off"])
        .env("PALISADE_TOKEN", token)
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", &tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // It keeps what it has found beside where it runs.
        .current_dir(&directory);
    let asked = run(&mut command);
    service.stop()?;
    asked
}
