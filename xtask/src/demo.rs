//! `cargo xtask demo`: the product as an engineer would use it, against a simulator instead of a tenant.

pub(crate) mod serve;

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::build::Scope;
use crate::children::Owned;
use crate::simulator::Simulator;
use crate::{build, paths, signing};

/// Where the example configuration looks for the key.
const KEY_VARIABLE: &str = "VISION_ONE_API_KEY";

/// Builds what is needed, runs both actions, and shows what came of it.
pub(crate) fn demo(keep: bool) -> Result<()> {
    let built = build::product(Scope::Demonstration)?;
    let directory = paths::products()?.join("demo");
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory)?;
    let simulator = Simulator::start(&built.simulator, &directory)?;
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
        let recording = directory.join(format!("{action}.har"));
        let status =
            palisade(&built.palisade, &built.bundle, &simulator, action, collections, [&report, &recording])?;
        // Some objects of the examples are meant to be rejected: exit status 3.
        if !matches!(status, 0 | 3) {
            bail!("palisade ended with status {status}");
        }
        if keep {
            paths::copy(&recording, &paths::root()?.join(format!("examples/recordings/{action}.har")))?;
        }
        reports.push(report);
    }
    println!("\n── what the simulator now holds ──\n");
    show(&simulator.state()?)?;
    println!(
        "\nThe whole reports, one entry for each object, and beside each the recording of all requests:"
    );
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
    [report, recording]: [&Path; 2],
) -> Result<i32> {
    let examples = paths::root()?.join("examples");
    let mut run = Command::new(palisade);
    run.arg("run").arg("--bundle").arg(bundle).args(["--action", action]);
    run.arg("--collection").args(collections.iter().map(|name| examples.join("collections").join(name)));
    run.arg("--config").arg(examples.join("configuration.yaml"));
    run.arg("--policy").arg(signing::signing(palisade)?.policy);
    run.arg("--report").arg(report).arg("--record").arg(recording);
    run.args(simulator.connect_to());
    run.arg("--ca-cert").arg(&simulator.certificate);
    run.env(KEY_VARIABLE, &simulator.key);
    std::io::stdout().flush()?;
    Owned::spawn(&mut run)?.wait()?.code().context("palisade was killed")
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
