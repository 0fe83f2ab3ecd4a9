//! `cargo xtask demo`: the product as an engineer would use it, against a simulator instead of a tenant.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{build, paths};

/// Where the example configuration looks for the key.
const KEY_VARIABLE: &str = "VISION_ONE_API_KEY";
/// The demo is over long before.
const SIMULATOR_SECONDS: &str = "600";
/// Waiting for the simulator to accept connections.
const START: Duration = Duration::from_secs(20);

/// Builds what is needed, runs both actions, and shows what came of it.
pub(crate) fn demo() -> Result<()> {
    let built = build::product(false)?;
    let simulator = build::binary("vision-one-simulator", false)?;
    let directory = paths::products()?.join("demo");
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let simulator = Simulator::start(&simulator, &directory)?;
    let runs = [
        (
            "add-to-blocklist",
            &["indicators.threatq.json", "report.misp.json", "campaign.stix.json", "notes.txt"][..],
        ),
        ("add-to-exception-list", &["known-good.csv"][..]),
    ];
    let mut reports = Vec::new();
    for (action, collections) in runs {
        println!("\n── palisade run --action {action} ──\n");
        let report = directory.join(format!("{action}.json"));
        let status = palisade(&built.palisade, &built.bundle, &simulator, action, collections, &report)?;
        // Some objects of the examples are meant to be rejected: exit status 3.
        if !matches!(status, 0 | 3) {
            bail!("palisade ended with status {status}");
        }
        reports.push(report);
    }
    println!("\n── what the simulator now holds ──\n");
    show(&simulator.state()?)?;
    println!("\nThe whole reports, one entry for each object:");
    for report in reports {
        println!("  {}", report.display());
    }
    println!("The bundle:\n  {}", built.bundle.display());
    Ok(())
}

fn palisade(
    palisade: &Path,
    bundle: &Path,
    simulator: &Simulator,
    action: &str,
    collections: &[&str],
    report: &Path,
) -> Result<i32> {
    let examples = paths::root()?.join("examples");
    let mut run = Command::new(palisade);
    run.arg("run").arg("--bundle").arg(bundle).args(["--action", action]);
    run.arg("--collection").args(collections.iter().map(|name| examples.join("collections").join(name)));
    run.arg("--config").arg(examples.join("configuration.yaml"));
    run.arg("--report").arg(report);
    run.arg("--connect-to").arg(format!("api.xdr.trendmicro.com:443:{}", simulator.address));
    run.arg("--ca-cert").arg(&simulator.certificate);
    run.env(KEY_VARIABLE, &simulator.key);
    std::io::stdout().flush()?;
    run.status().context("cannot start palisade")?.code().context("palisade was killed")
}

/// Counts by type, and the first few of each.
fn show(state: &Value) -> Result<()> {
    let lists = [("block list", "suspiciousObjects"), ("exception list", "suspiciousObjectExceptions")];
    for (title, name) in lists {
        let pointer = format!("/{name}/items");
        let objects =
            state.pointer(&pointer).and_then(Value::as_array).with_context(|| format!("no `{pointer}`"))?;
        println!("{title}: {} entries", objects.len());
        let mut kinds: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
        for object in objects {
            let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
            let value = object.get(kind).and_then(Value::as_str).unwrap_or_default();
            kinds.entry(kind).or_default().push(value);
        }
        for (kind, values) in kinds {
            let first: Vec<&str> = values.iter().take(3).copied().collect();
            println!("  {kind:<18} {:>4}  {}, ...", values.len(), first.join(", "));
        }
    }
    Ok(())
}

/// The simulator as a process of its own, ended with the demo.
struct Simulator {
    process: Child,
    address: String,
    plain_address: String,
    certificate: std::path::PathBuf,
    key: String,
}

impl Simulator {
    fn start(binary: &Path, directory: &Path) -> Result<Self> {
        let (certificate, ready, key_file) =
            (directory.join("ca.pem"), directory.join("ready.json"), directory.join("api-key"));
        let process = Command::new(binary)
            .args([
                "--listen",
                "127.0.0.1:0",
                "--plain-listen",
                "127.0.0.1:0",
                "--run-for",
                SIMULATOR_SECONDS,
            ])
            .arg("--ca-out")
            .arg(&certificate)
            .arg("--ready-file")
            .arg(&ready)
            .arg("--api-key-out")
            .arg(&key_file)
            .stdin(Stdio::null())
            .spawn()
            .context("cannot start the simulator")?;
        let mut simulator = Self {
            process,
            address: String::new(),
            plain_address: String::new(),
            certificate,
            key: String::new(),
        };
        let begun = Instant::now();
        let addresses: Value = loop {
            if let Ok(text) = std::fs::read(&ready)
                && let Ok(addresses) = serde_json::from_slice(&text)
            {
                break addresses;
            }
            if begun.elapsed() > START || simulator.process.try_wait()?.is_some() {
                bail!("the simulator did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let text =
            |name: &str| addresses.get(name).and_then(Value::as_str).map(str::to_owned).context("no address");
        simulator.address = text("address")?;
        simulator.plain_address = text("plain_address")?;
        simulator.key = std::fs::read_to_string(key_file)?.trim().to_owned();
        Ok(simulator)
    }

    /// What it holds, by its administration.
    fn state(&self) -> Result<Value> {
        let url = format!("http://{}/_simulator/state", self.plain_address);
        let text = ureq::get(&url).call()?.body_mut().read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
