//! The simulator as other people's clients use it: unmodified, from the package index, in a process of their own. And the
//! product's component as hosts in other languages run it.
//!
//! The clients show that the simulator is what such a client expects of the service, so that what the product's own tests
//! find there holds elsewhere. `cargo xtask peers` installs the clients and the packages of the hosts. If they are missing, the
//! tests are skipped with a message, or fail if `PALISADE_REQUIRE_PEERS` is set.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness of tests: what goes wrong here is a failed test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_e2e::{Tenant, component, root, say_skipped, target};
use tempfile::TempDir;

/// Runs a scenario of a client on a tenant of its own; panics with what the client says where it fails. `client` is the name
/// of the folder with its scenarios.
pub fn run(client: &str, scenario: &str) {
    let Some((succeeded, said)) = python_on_a_tenant(client, "scenarios.py", Some(scenario)) else { return };
    assert!(succeeded && said.contains(&format!("passed: {scenario}")), "`{scenario}` of {client}: {said}");
}

/// Runs the suite of a client on a tenant of its own; gives the names of the cases that passed. Panics with what the client
/// says if one fails. `None` if the client is missing and not required.
pub fn suite(client: &str) -> Option<Vec<String>> {
    let (succeeded, said) = python_on_a_tenant(client, "suite.py", None)?;
    assert!(succeeded, "{client}: {said}");
    Some(said.lines().filter_map(|line| line.strip_prefix("passed: ")).map(str::to_owned).collect())
}

/// Runs a script of a client on a tenant of its own; says whether it succeeded, and what it printed.
fn python_on_a_tenant(client: &str, script: &str, argument: Option<&str>) -> Option<(bool, String)> {
    let python = python()?;
    let tenant = Tenant::start();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(client).join(script);
    let output = Command::new(python)
        // No compiled files beside the scripts, no proxies and no authorities but ours.
        .arg("-B")
        .arg(script)
        .args(argument)
        .env_clear()
        .env("SIMULATOR_URL", format!("https://{}", tenant.address()))
        .env("SIMULATOR_KEY", tenant.api_key())
        .env("SIMULATOR_AUTHORITY", tenant.certificate())
        .output()
        .expect("Python starts");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        said += &format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Some((output.status.success(), said))
}

/// The Python that has the clients. `None`, said on standard error, where it is missing and not required.
fn python() -> Option<PathBuf> {
    installed("peers/bin/python")
}

/// A host of `examples/hosts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// In Node.js.
    Node,
    /// In Python.
    Python,
}

impl Host {
    /// The directory of its example, and of its packages.
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }
}

/// Runs the Vision One component in this host, on the tenant, with the objects of a JSON file. Returns what the host prints.
/// `None`, with a message on standard error, if the host's packages are missing and not required.
pub fn run_host(host: Host, tenant: &Tenant, objects: &Path, variables: &[(&str, &str)]) -> Option<String> {
    let example = root().join("examples/hosts").join(host.name());
    let directory = TempDir::new().expect("a temporary directory");
    let mut command = match host {
        Host::Node => {
            // Node.js looks for packages beside the program.
            let packages = installed("hosts/node/node_modules")?;
            let link = directory.path().join("node_modules");
            std::os::unix::fs::symlink(packages, link).expect("the packages are linked");
            for file in ["host.js", "package.json"] {
                std::fs::copy(example.join(file), directory.path().join(file)).expect("the host is copied");
            }
            let mut node = Command::new("node");
            node.arg(directory.path().join("host.js"));
            node
        }
        Host::Python => {
            let mut python = Command::new(installed("hosts/python/bin/python")?);
            python.arg("-B").arg(example.join("host.py"));
            python
        }
    };
    command.arg(component()).arg(objects).env_clear().env("API_KEY", tenant.api_key());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("CONNECT_TO", tenant.address().to_string());
    command.env("NODE_EXTRA_CA_CERTS", tenant.certificate()).env("SSL_CERT_FILE", tenant.certificate());
    let output = command.envs(variables.iter().copied()).output().expect("the host starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{host:?}: {}\n{errors}", output.status);
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A file below `palisade` in the target directory. `None`, said on standard error, if it is missing and not required.
fn installed(path: &str) -> Option<PathBuf> {
    let file = target().join("palisade").join(path);
    if file.exists() {
        return Some(file);
    }
    if std::env::var_os("PALISADE_REQUIRE_PEERS").is_some() {
        panic!("`{path}` is required and missing: run `cargo xtask peers`");
    }
    say_skipped(&format!("`{path}` is missing; `cargo xtask peers` installs it"));
    None
}
