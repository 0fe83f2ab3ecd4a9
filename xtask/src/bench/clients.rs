//! The clients that are compared, and the command line of each: this product, the same job without WebAssembly, and two
//! clients of other people from the Python package index, unmodified.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths;

/// The environment variable with the key, for clients that are ours.
const KEY_VARIABLE: &str = "VISION_ONE_API_KEY";
/// The service's name, as the manifest's default has it.
const HOST: &str = "api.xdr.trendmicro.com";

/// A list that objects are added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Block,
    Exceptions,
}

impl List {
    /// The action that adds to it.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Block => "add-to-blocklist",
            Self::Exceptions => "add-to-exception-list",
        }
    }

    /// Its name in what the simulator says that it holds.
    pub(super) fn in_state(self) -> &'static str {
        match self {
            Self::Block => "suspiciousObjects",
            Self::Exceptions => "suspiciousObjectExceptions",
        }
    }
}

/// One who adds objects to a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Native,
    Palisade,
    Pytmv1,
    TmVisionOne,
}

impl Client {
    /// Those compared; the native one first, because the others are compared with it.
    pub(super) const ALL: [Self; 4] = [Self::Native, Self::Palisade, Self::Pytmv1, Self::TmVisionOne];

    /// Its name and, where it is somebody else's, its version.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Native => "native client",
            Self::Palisade => "palisade",
            Self::Pytmv1 => "pytmv1 0.11.0",
            Self::TmVisionOne => "tm-visionone 0.1.0",
        }
    }

    /// Whether it can add to a list at all: one of the others knows no exceptions.
    pub(super) fn can(self, list: List) -> bool {
        !(self == Self::TmVisionOne && list == List::Exceptions)
    }

    /// The script that drives it, where it is a library in Python.
    fn script(self) -> Option<&'static str> {
        match self {
            Self::Pytmv1 => Some("push_with_pytmv1.py"),
            Self::TmVisionOne => Some("push_with_tm_visionone.py"),
            Self::Native | Self::Palisade => None,
        }
    }
}

/// What the clients are made of and where they find each other.
pub(super) struct Programs {
    pub(super) palisade: PathBuf,
    pub(super) bundle: PathBuf,
    /// Trusts the bundle's key.
    pub(super) policy: PathBuf,
    pub(super) native: PathBuf,
    /// A Python with the other clients; none where they are not to be had.
    pub(super) python: Option<PathBuf>,
    /// The server's authority, as a PEM file.
    pub(super) certificate: PathBuf,
    pub(super) key: String,
    /// For configuration, cache and reports.
    pub(super) directory: PathBuf,
}

/// What is kept of compiled components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cache {
    /// As an earlier run left it.
    Kept,
    /// Nothing: the component is compiled.
    Off,
}

impl Programs {
    /// The command that adds `collection` to a list of the server at `address`. `None` where the client is not to be had or
    /// cannot do that.
    pub(super) fn push(
        &self,
        client: Client,
        list: List,
        collection: &Path,
        address: &str,
    ) -> Option<Command> {
        if !client.can(list) {
            return None;
        }
        let Some(script) = client.script() else {
            return Some(match client {
                Client::Native => self.native(list, collection, address),
                _ => self.palisade(list, collection, address, Cache::Kept),
            });
        };
        let mut push = Command::new(self.python.as_ref()?);
        // No proxies and no authorities but ours.
        push.env_clear().env("SIMULATOR_URL", format!("https://{address}"));
        push.env("SIMULATOR_KEY", &self.key).env("SIMULATOR_AUTHORITY", &self.certificate);
        push.arg("-B").arg(paths::root().ok()?.join("tests/interoperability/bench").join(script));
        push.arg(list.action()).arg(collection);
        Some(push)
    }

    /// The product as an operator runs it: signed bundle, policy, its default guard against pushing others' entries out, and
    /// a report.
    pub(super) fn palisade(&self, list: List, collection: &Path, address: &str, cache: Cache) -> Command {
        let mut run = Command::new(&self.palisade);
        run.arg("run").arg("--bundle").arg(&self.bundle).arg("--policy").arg(&self.policy);
        run.args(["--action", list.action()]).arg("--collection").arg(collection);
        run.arg("--config").arg(self.configuration());
        run.arg("--report").arg(self.directory.join("palisade.json"));
        run.arg("--connect-to").arg(connect_to(address)).arg("--ca-cert").arg(&self.certificate);
        match cache {
            Cache::Kept => run.arg("--cache-dir").arg(self.directory.join("cache")),
            Cache::Off => run.arg("--no-cache"),
        };
        run.env(KEY_VARIABLE, &self.key);
        run
    }

    fn native(&self, list: List, collection: &Path, address: &str) -> Command {
        let mut run = Command::new(&self.native);
        run.args(["--action", list.action()]).arg("--collection").arg(collection);
        run.args(["--address", address]).arg("--ca-cert").arg(&self.certificate);
        run.arg("--report").arg(self.directory.join("native.json"));
        run.env(KEY_VARIABLE, &self.key);
        run
    }

    /// The example that embeds the product's library and makes many runs in one process; it prints the median of each kind.
    pub(super) fn embedded(&self, example: &Path, collection: &Path, address: &str) -> Command {
        let mut run = Command::new(example);
        run.arg(&self.bundle).arg(&self.policy).arg(self.configuration()).arg(collection);
        run.arg(connect_to(address)).arg(&self.certificate);
        run.env(KEY_VARIABLE, &self.key);
        run
    }

    /// The configuration of every run of the product.
    pub(super) fn configuration(&self) -> PathBuf {
        self.directory.join("configuration.yaml")
    }
}

/// What the file at [`Programs::configuration`] holds.
pub(super) fn configuration() -> String {
    format!("api_key: {{ env: {KEY_VARIABLE} }}\n")
}

fn connect_to(address: &str) -> String {
    format!("{HOST}:443:{address}")
}
