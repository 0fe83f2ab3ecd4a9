//! The built binary with its arguments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::guest::guest_bundle;
use crate::outcome::Outcome;
use crate::product;
use crate::running::Running;
use crate::tenant::{REGION, Tenant};

/// The environment variable that holds the tenant's key in tests.
const KEY_VARIABLE: &str = "PALISADE_TEST_API_KEY";

/// One call of `palisade`, built up argument by argument.
pub struct Palisade {
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    input: Option<Vec<u8>>,
    directory: TempDir,
    report: Option<PathBuf>,
}

impl Palisade {
    /// `palisade VERB`, with a directory of its own to work in.
    #[must_use]
    pub fn verb(verb: &str) -> Self {
        Self {
            arguments: vec![verb.into()],
            environment: Vec::new(),
            input: None,
            directory: TempDir::new().expect("a temporary directory"),
            report: None,
        }
    }

    /// `palisade run` with the built bundle, against a tenant: its key in the environment, its address mapped, its
    /// authority trusted, a report asked for.
    #[must_use]
    pub fn run(tenant: &Tenant, action: &str) -> Self {
        Self::run_bundle(tenant, &product::bundle(), action)
    }

    /// The same with another bundle.
    #[must_use]
    pub fn run_bundle(tenant: &Tenant, bundle: &Path, action: &str) -> Self {
        Self::verb("run").with_bundle(tenant, bundle, action)
    }

    /// The same with a bundle around one of the guests.
    #[must_use]
    pub fn run_guest(tenant: &Tenant, name: &str) -> Self {
        let call = Self::verb("run");
        let bundle = guest_bundle(call.directory(), name);
        call.with_bundle(tenant, &bundle, "act")
    }

    fn with_bundle(self, tenant: &Tenant, bundle: &Path, action: &str) -> Self {
        let mut call = self
            .argument("--bundle")
            .argument(bundle)
            .argument("--action")
            .argument(action)
            .argument("--connect-to")
            .argument(tenant.connect_to(REGION))
            .argument("--ca-cert")
            .argument(tenant.certificate())
            .environment(KEY_VARIABLE, tenant.api_key());
        let report = call.directory.path().join("report.json");
        call = call.argument("--report").argument(&report);
        call.report = Some(report);
        call
    }

    /// Adds an argument.
    #[must_use]
    pub fn argument(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds `--set NAME=VALUE`.
    #[must_use]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.argument("--set").argument(format!("{name}={value}"))
    }

    /// Adds `--collection FILE`.
    #[must_use]
    pub fn collection(self, path: impl AsRef<Path>) -> Self {
        self.argument("--collection").argument(path.as_ref())
    }

    /// Adds a collection of this content; the name's ending does not decide how it is read.
    #[must_use]
    pub fn collection_of(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.file(name, content);
        self.collection(path)
    }

    /// Adds a configuration with the key and the given lines of YAML.
    #[must_use]
    pub fn configured(self, lines: &str) -> Self {
        let text = format!("api_key: {{env: {KEY_VARIABLE}}}\n{lines}");
        self.configuration(&text)
    }

    /// Adds a configuration of exactly this text.
    #[must_use]
    pub fn configuration(self, text: &str) -> Self {
        let path = self.file("configuration.yaml", text);
        self.argument("--config").argument(path)
    }

    /// Writes a file into the call's own directory, in which the process works.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).expect("the file is written");
        path
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives standard input.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// The call's own directory: the process works in it.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs it to its end.
    #[must_use]
    pub fn go(self) -> Outcome {
        self.start().finish()
    }

    /// Starts it. The environment holds nothing but what was set, and where compiled components are kept.
    #[must_use]
    pub fn start(self) -> Running {
        let mut command = Command::new(product::binary());
        command
            .args(&self.arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PALISADE_CACHE_DIR", product::cache())
            .envs(self.environment);
        Running::start(command, self.input, self.directory, self.report)
    }
}
