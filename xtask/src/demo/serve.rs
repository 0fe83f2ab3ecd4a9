//! `cargo xtask demo --serve`: the service with everything in it, ready to click through, on a simulator.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use palisade_multipart::Form;
use serde_json::json;

use crate::service::{Client, NAME, PASSWORD, Service};
use crate::simulator::{SECONDS, Simulator};
use crate::{build, paths};

/// Where it listens.
const LISTEN: &str = "127.0.0.1:8420";

/// Builds what is needed, sets everything up, and serves until it is interrupted or its time is up.
pub(crate) fn serve() -> Result<()> {
    let demonstration = Demonstration::start(LISTEN, &[])?;
    println!("\nThe service is at {}", demonstration.address);
    println!("  name      {NAME}");
    println!("  password  {PASSWORD}");
    println!(
        "\nTwo collections, two workflows and their first runs are there. What is blocked is blocked in a simulator."
    );
    println!("Ctrl-C ends it; it ends by itself after {SECONDS} s.");
    demonstration.wait()
}

/// A service on a simulator, with the bundle, two collections and two workflows.
pub(crate) struct Demonstration {
    service: Service,
    /// Where it is reached.
    pub(crate) address: String,
    simulator: Simulator,
}

impl Demonstration {
    /// Sets everything up.
    pub(crate) fn start(listen: &str, arguments: &[&str]) -> Result<Self> {
        let built = build::product(false)?;
        let simulator = build::binary("vision-one-simulator", false)?;
        let directory = paths::products()?.join("demo-service");
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        let simulator = Simulator::start(&simulator, &directory)?;
        let (service, link) = Service::start(
            &built.palisade,
            &directory.join("data"),
            &simulator,
            listen,
            arguments,
            |line| println!("{line}"),
        )?;
        let client = Client::administrator(&service.address, &link.context("no link")?)?;
        let demonstration = Self { address: service.address.clone(), service, simulator };
        demonstration.furnish(&client, &built.bundle)?;
        Ok(demonstration)
    }

    fn furnish(&self, service: &Client, bundle: &Path) -> Result<()> {
        let zip = std::fs::read(bundle)?;
        let integration = service.made("/integrations", "application/zip", &zip)?;
        let key = &self.simulator.key;
        for action in ["add-to-blocklist", "add-to-exception-list"] {
            let defaults = json!({ "configuration": { "api_key": key } }).to_string();
            service.put(&format!("/integrations/{integration}/actions/{action}"), &defaults)?;
        }
        let cases = [
            (
                "Prioritised indicators",
                &["indicators.threatq.json", "notes.txt"][..],
                "Block prioritised indicators",
                "add-to-blocklist",
                json!({ "kind": "every", "period": "6-hours" }),
            ),
            (
                "Known good",
                &["known-good.csv"][..],
                "Exempt what is known to be good",
                "add-to-exception-list",
                json!({ "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" }),
            ),
        ];
        for (collection, files, workflow, action, schedule) in cases {
            let (kind, body) = form(collection, files)?;
            let collection = service.made("/collections/upload", &kind, &body)?;
            let workflow = json!({
                "name": workflow,
                "collection": collection,
                "schedule": schedule,
                "enabled": true,
                "actions": [{ "integration": integration, "action": action }],
            });
            let workflow = service.made("/workflows", "application/json", workflow.to_string().as_bytes())?;
            service.made(&format!("/workflows/{workflow}/run"), "application/json", b"{}")?;
        }
        Ok(())
    }

    /// Waits for its end.
    fn wait(mut self) -> Result<()> {
        let begun = Instant::now();
        let longest = Duration::from_secs(SECONDS.parse()?);
        while begun.elapsed() < longest {
            if self.service.has_ended()? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

/// A form with files of the examples, and its type.
fn form(name: &str, files: &[&str]) -> Result<(String, Vec<u8>)> {
    let mut form = Form::new().text("name", name);
    for file in files {
        let content = std::fs::read(paths::root()?.join("examples/collections").join(file))?;
        form = form.file("files", file, &content);
    }
    Ok(form.finish())
}
