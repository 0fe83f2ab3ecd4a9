//! The simulator as other people's clients use it: unmodified, from the package index, in a process of their own.
//!
//! What they show is that the simulator is what such a client expects of the service, so that what the product's own tests
//! find there holds elsewhere. `cargo xtask peers` installs the clients; where they are missing, the tests are skipped and say
//! so, and fail instead where `PALISADE_REQUIRE_PEERS` is set.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness of tests: what goes wrong here is a failed test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_e2e::Tenant;

/// Runs a scenario of a client on a tenant of its own; panics with what the client says where it fails. `client` is the name
/// of the folder with its scenarios.
pub fn run(client: &str, scenario: &str) {
    let Some(python) = python() else { return };
    let tenant = Tenant::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(client).join("scenarios.py");
    let output = Command::new(python)
        // No compiled files beside the scripts, no proxies and no authorities but ours.
        .arg("-B")
        .arg(script)
        .arg(scenario)
        .env_clear()
        .env("SIMULATOR_URL", format!("https://{}", tenant.address()))
        .env("SIMULATOR_KEY", tenant.api_key())
        .env("SIMULATOR_AUTHORITY", tenant.certificate())
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains(&format!("passed: {scenario}")),
        "`{scenario}` of {client}: {}\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The Python that has the clients. `None`, said on standard error, where it is missing and not required.
fn python() -> Option<PathBuf> {
    let executable = std::env::current_exe().expect("a test has a path");
    let target = executable.ancestors().nth(3).expect("tests run from <target>/<profile>/deps");
    let python = target.join("palisade/peers/bin/python");
    if python.exists() {
        return Some(python);
    }
    if std::env::var_os("PALISADE_REQUIRE_PEERS").is_some() {
        panic!("other people's clients are required and missing: run `cargo xtask peers`");
    }
    say_skipped();
    None
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn say_skipped() {
    eprintln!("skipped: there are no other clients; `cargo xtask peers` installs them");
}
