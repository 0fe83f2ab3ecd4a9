//! The built binary with its arguments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::guest::guest_bundle;
use crate::outcome::Outcome;
use crate::product;
use crate::receiver::Receiver;
use crate::running::Running;
use crate::task_service::TaskService;
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
    bundle: Option<PathBuf>,
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
            bundle: None,
        }
    }

    /// `palisade run` with the built bundle, against a tenant: its key in the environment, its address mapped, its
    /// authority trusted, a report asked for. Any number of entries may be displaced, so that nothing but the collection is
    /// sent.
    #[must_use]
    pub fn run(tenant: &Tenant, action: &str) -> Self {
        Self::run_guarded(tenant, action).argument("--max-evictions").argument("any")
    }

    /// The same as an operator has it who does not say how many entries may be displaced: none.
    #[must_use]
    pub fn run_guarded(tenant: &Tenant, action: &str) -> Self {
        Self::run_bundle(tenant, &product::bundle(), action)
    }

    /// `palisade run --apply` with the built bundle and a plan.
    #[must_use]
    pub fn apply(tenant: &Tenant, plan: &Path) -> Self {
        let call = Self::verb("run").argument("--bundle").argument(product::bundle());
        call.against(tenant).argument("--apply").argument(plan)
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

    /// `palisade run` with a bundle that speaks to a service that works by tasks.
    #[must_use]
    pub fn run_tasks(service: &TaskService, bundle: &Path) -> Self {
        let mut call =
            Self::verb("run").argument("--bundle").argument(bundle).argument("--action").argument("act");
        call.bundle = Some(bundle.to_owned());
        call.against_tasks(service).configured("")
    }

    /// `palisade resume` against such a service.
    #[must_use]
    pub fn resume(service: &TaskService, pending: &Path) -> Self {
        Self::verb("resume").argument(pending).against_tasks(service)
    }

    /// `palisade resume` against a tenant.
    #[must_use]
    pub fn resume_on(tenant: &Tenant, pending: &Path) -> Self {
        Self::verb("resume").argument(pending).against(tenant)
    }

    fn against_tasks(self, service: &TaskService) -> Self {
        self.argument("--connect-to")
            .argument(service.connect_to())
            .argument("--ca-cert")
            .argument(service.certificate())
            .environment(KEY_VARIABLE, "a-key-of-the-tests")
            .with_report()
    }

    /// `palisade run` with a Webhook export bundle, unsigned as an author has it, against a receiver: its address mapped, its
    /// authority trusted, a report asked for.
    #[must_use]
    pub fn run_webhook(receiver: &Receiver, bundle: &Path) -> Self {
        Self::verb("run")
            .argument("--bundle")
            .argument(bundle)
            .argument("--action")
            .argument("export")
            .argument("--allow-unsigned")
            .argument("--connect-to")
            .argument(receiver.connect_to())
            .argument("--ca-cert")
            .argument(receiver.certificate())
            .with_report()
    }

    fn with_bundle(self, tenant: &Tenant, bundle: &Path, action: &str) -> Self {
        let mut call = self.argument("--bundle").argument(bundle).argument("--action").argument(action);
        call.bundle = Some(bundle.to_owned());
        call.against(tenant)
    }

    /// Makes this the first run of its bundle on the machine, which is told; otherwise it has been run before.
    #[must_use]
    pub fn first_run(mut self) -> Self {
        self.bundle = None;
        self
    }

    /// Leads the call to a tenant.
    fn against(self, tenant: &Tenant) -> Self {
        self.argument("--connect-to")
            .argument(tenant.connect_to(REGION))
            .argument("--ca-cert")
            .argument(tenant.certificate())
            .environment(KEY_VARIABLE, tenant.api_key())
            .with_report()
    }

    /// Asks for a report.
    #[must_use]
    pub fn with_report(self) -> Self {
        let report = self.directory.path().join("report.json");
        let mut call = self.argument("--report").argument(&report);
        call.report = Some(report);
        call
    }

    /// Takes back what asks for a report: the test asks for one in its own way, or for none.
    #[must_use]
    pub fn without_report(mut self) -> Self {
        if let Some(report) = self.report.take() {
            self.arguments.retain(|argument| argument != "--report" && argument != report.as_os_str());
        }
        self
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

    /// Replaces the tests' policy by the same with these lines of TOML.
    #[must_use]
    pub fn policy(self, lines: &str) -> Self {
        let trusted = std::fs::read_to_string(product::policy()).expect("the tests' policy is there");
        let path = self.file("palisade.toml", format!("{lines}\n{trusted}"));
        self.argument("--policy").argument(path)
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

    /// Starts it. The environment holds nothing but what was set, where compiled components are kept, the tests' policy, and a
    /// home of its own.
    #[must_use]
    pub fn start(self) -> Running {
        if let Some(zip) = self.bundle.as_ref().and_then(|bundle| std::fs::read(bundle).ok()) {
            let bundles = self.directory.path().join(".local/state/palisade/bundles");
            std::fs::create_dir_all(&bundles).expect("a directory for what has been run");
            let digest: String = Sha256::digest(zip).iter().map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(bundles.join(digest), "").expect("the bundle has been run");
        }
        let mut command = Command::new(product::binary());
        command
            .args(&self.arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PALISADE_CACHE_DIR", product::cache())
            .env("PALISADE_POLICY", product::policy())
            .env("HOME", self.directory.path())
            .envs(self.environment);
        Running::start(command, self.input, self.directory, self.report)
    }
}
