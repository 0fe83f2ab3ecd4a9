//! A simulator as a process of its own, and its administration.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::children::Owned;

/// It ends by itself after this time, should we not be there to end it: the benchmark takes ten minutes.
pub(crate) const SECONDS: &str = "1800";
/// Waiting for it to accept connections.
const START: Duration = Duration::from_secs(20);

/// A running simulator; it ends when this is dropped.
pub(crate) struct Simulator {
    process: Owned,
    /// Where it serves TLS.
    pub(crate) address: String,
    plain_address: String,
    /// Its authority, as a PEM file.
    pub(crate) certificate: PathBuf,
    /// An API key that may do everything.
    pub(crate) key: String,
    /// The names of the services that it stands in for.
    hosts: Vec<String>,
}

impl Simulator {
    /// Starts it, with its files in `directory`.
    pub(crate) fn start(binary: &Path, directory: &Path) -> Result<Self> {
        let (certificate, ready, key_file) =
            (directory.join("ca.pem"), directory.join("ready.json"), directory.join("api-key"));
        let mut command = Command::new(binary);
        command
            .args(["--listen", "127.0.0.1:0", "--plain-listen", "127.0.0.1:0", "--run-for", SECONDS])
            .arg("--ca-out")
            .arg(&certificate)
            .arg("--ready-file")
            .arg(&ready)
            .arg("--api-key-out")
            .arg(&key_file)
            .stdin(Stdio::null())
            // It ends after the service, when `xtask` says so: not with a Ctrl-C on the terminal.
            .process_group(0);
        let mut simulator = Self {
            process: Owned::spawn(&mut command)?,
            address: String::new(),
            plain_address: String::new(),
            certificate,
            key: String::new(),
            hosts: Vec::new(),
        };
        let begun = Instant::now();
        let addresses: Value = loop {
            if let Ok(text) = std::fs::read(&ready)
                && let Ok(addresses) = serde_json::from_slice(&text)
            {
                break addresses;
            }
            if begun.elapsed() > START || simulator.process.child().try_wait()?.is_some() {
                bail!("the simulator did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let text =
            |name: &str| addresses.get(name).and_then(Value::as_str).map(str::to_owned).context("no address");
        simulator.address = text("address")?;
        simulator.plain_address = text("plain_address")?;
        let hosts = addresses.get("hosts").and_then(Value::as_array).context("no hosts")?;
        simulator.hosts = hosts.iter().filter_map(|host| host.as_str().map(str::to_owned)).collect();
        simulator.key = std::fs::read_to_string(key_file)?.trim().to_owned();
        Ok(simulator)
    }

    /// The arguments that lead every region to it, so that no request leaves the machine.
    pub(crate) fn connect_to(&self) -> Vec<String> {
        let led = |host: &String| ["--connect-to".to_owned(), format!("{host}:443:{}", self.address)];
        self.hosts.iter().flat_map(led).collect()
    }

    /// What it holds.
    pub(crate) fn state(&self) -> Result<Value> {
        let text = ureq::get(self.administration("state")).call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Every request on record, oldest first.
    pub(crate) fn requests(&self) -> Result<Vec<Value>> {
        let text = ureq::get(self.administration("requests")).call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Changes some of its settings, given as JSON.
    pub(crate) fn settings(&self, patch: &str) -> Result<()> {
        ureq::post(self.administration("settings")).send(patch)?;
        Ok(())
    }

    /// Forgets what it holds.
    pub(crate) fn reset(&self) -> Result<()> {
        ureq::post(self.administration("reset")).send_empty()?;
        Ok(())
    }

    fn administration(&self, call: &str) -> String {
        format!("http://{}/_simulator/{call}", self.plain_address)
    }
}
