//! `cargo xtask demo --serve`: the service with everything in it, ready to click through, on a simulator.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use palisade_multipart::Form;
use serde_json::json;

use crate::build::{Built, Scope};
use crate::service::{Client, NAME, PASSWORD, Service};
use crate::simulator::{SECONDS, Simulator};
use crate::{build, paths};

/// Builds what is needed, sets everything up, and serves until a signal arrives or its time is up.
pub(crate) fn serve(listen: &str, no_build: bool) -> Result<()> {
    let built = if no_build { build::built()? } else { build::product(Scope::Demonstration)? };
    // Two demonstrations at once have a directory each.
    let name = format!("demo-service-{}", listen.replace(|one: char| !one.is_ascii_alphanumeric(), "-"));
    let demonstration = Demonstration::on(&built, &name, listen, &[])?;
    println!("\nThe service is at {}", demonstration.address);
    println!("  name      {NAME}");
    println!("  password  {PASSWORD}");
    println!(
        "\nIt has three collections and three workflows, each with a first run. The run of *Block prioritised indicators* ends \
         with an issue: five of its objects cannot be blocked, and its page shows why. Every region leads to a simulator on \
         this machine."
    );
    println!("Press Ctrl-C to stop. It stops automatically after {SECONDS} s.");
    demonstration.wait()
}

/// A service on a simulator, with the bundle, three collections and three workflows.
pub(crate) struct Demonstration {
    service: Service,
    /// Where it is reached.
    pub(crate) address: String,
    simulator: Simulator,
}

impl Demonstration {
    /// Builds what is needed and sets everything up.
    pub(crate) fn start(scope: Scope, listen: &str, arguments: &[&str]) -> Result<Self> {
        Self::on(&build::product(scope)?, "demo-service", listen, arguments)
    }

    /// Sets everything up in a directory of this name.
    fn on(built: &Built, name: &str, listen: &str, arguments: &[&str]) -> Result<Self> {
        let directory = paths::products()?.join(name);
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        let simulator = Simulator::start(&built.simulator, &directory)?;
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
        // Both actions get the connection that this creates.
        let defaults = json!({ "configuration": { "api_key": self.simulator.key } }).to_string();
        service.put(&format!("/integrations/{integration}/actions/add-to-blocklist"), &defaults)?;
        let cases = [
            (
                "Prioritised indicators",
                &["indicators.threatq.json", "notes.txt"][..],
                "Block prioritised indicators",
                "add-to-blocklist",
                json!({ "kind": "every", "period": "6-hours" }),
            ),
            (
                "Partners",
                &["partners.csv"][..],
                "Exempt partners",
                "add-to-exception-list",
                json!({ "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" }),
            ),
            (
                "Report of a campaign",
                &["report.misp.json"][..],
                "Block a campaign",
                "add-to-blocklist",
                json!({ "kind": "daily", "at": "06:00", "zone": "Europe/Berlin" }),
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

    /// Waits until it ends or its time is up; then both processes are stopped.
    fn wait(mut self) -> Result<()> {
        let begun = Instant::now();
        let longest = Duration::from_secs(SECONDS.parse()?);
        while begun.elapsed() < longest {
            if self.service.has_ended()? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        self.service.stop()
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
