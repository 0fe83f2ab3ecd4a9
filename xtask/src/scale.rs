//! `cargo xtask scale`: how long each page of the console and each answer of the API takes on a state with 1,000 workflows and
//! 1,000,000 verdicts, and how 1,000 runs fare that are started at once. Prints tables, which `docs/performance.md` keeps. It fails
//! where something is wrong, and not where something is slow.

mod asking;
mod at_once;
mod crawl;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use palisade_multipart::Form;
use serde_json::json;

use crate::build::{Built, Scope};
use crate::cargo::{cargo, run};
use crate::service::{Client, Service};
use crate::simulator::Simulator;
use crate::{build, paths};

/// The action of every workflow.
const ACTION: &str = "add-to-blocklist";

/// How much of everything.
struct Size {
    workflows: usize,
    /// Runs that are there before.
    runs: usize,
    /// Objects of each of them.
    objects: usize,
}

/// Measures.
pub(crate) fn scale(release: bool, small: bool) -> Result<()> {
    let size = if small {
        Size { workflows: 100, runs: 10, objects: 100 }
    } else {
        Size { workflows: 1_000, runs: 100, objects: 10_000 }
    };
    let built = build::product(if release { Scope::Release } else { Scope::Demonstration })?;
    let directory = paths::products()?.join("scale");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let simulator = Simulator::start(&built.simulator, &directory)?;
    simulator.settings(r#"{"record": false}"#)?;
    let bench = Bench { built, simulator, directory, release };
    asking::measure(&bench, &size)?;
    at_once::measure(&bench, size.workflows)
}

/// What both parts need.
struct Bench {
    built: Built,
    simulator: Simulator,
    directory: PathBuf,
    release: bool,
}

impl Bench {
    /// A service on this data directory.
    fn start(&self, data: &Path) -> Result<(Service, Option<String>)> {
        let log = data.with_extension("log");
        let file = fs::File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let heard = move |line: &str| {
            use std::io::Write as _;
            // The log is for whoever looks for a cause.
            let _ = writeln!(&file, "{line}");
        };
        Service::start(&self.built.palisade, data, &self.simulator, "127.0.0.1:0", &[], heard)
    }

    /// The same on an empty one, with an administrator, the bundle and a collection of so many objects. Gives the numbers of
    /// both.
    fn furnish(&self, data: &Path, objects: usize) -> Result<(Service, Client, i64, i64)> {
        let (service, link) = self.start(data)?;
        let client = Client::administrator(&service.address, &link.context("no link")?)?;
        let zip = fs::read(&self.built.bundle)?;
        let integration = client.made("/integrations", "application/zip", &zip)?;
        let defaults = json!({ "configuration": { "api_key": self.simulator.key } }).to_string();
        client.put(&format!("/integrations/{integration}/actions/{ACTION}"), &defaults)?;
        let list: String = (0..objects).map(|number| format!("host-{number}.example\n")).collect();
        let (kind, body) =
            Form::new().text("name", "list").file("files", "list.txt", list.as_bytes()).finish();
        let collection = client.made("/collections/upload", &kind, &body)?;
        Ok((service, client, integration, collection))
    }

    /// Fills a state whose service does not run.
    fn fill(&self, data: &Path, size: &Size) -> Result<()> {
        let begun = Instant::now();
        let mut fill = cargo([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "palisade-store-sqlite",
            "--example",
            "measure",
        ])?;
        if self.release {
            fill.arg("--release");
        }
        fill.args(["--", "--fill"]).arg(data.join("palisade.db"));
        fill.args([size.workflows, size.runs, size.objects].map(|number| number.to_string()));
        run(&mut fill)?;
        let bytes = fs::metadata(data.join("palisade.db"))?.len();
        println!(
            "{} workflows, {} verdicts: {} MB, written in {:.0} s",
            size.workflows,
            size.runs * size.objects,
            bytes / 1_000_000,
            begun.elapsed().as_secs_f64()
        );
        Ok(())
    }
}
