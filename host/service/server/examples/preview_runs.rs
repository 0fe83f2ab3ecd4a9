//! Serves the console on the loopback with workflows that have really run, on a state that is thrown away, for looking at it:
//! `cargo run --example preview_runs -- BUNDLE POLICY COLLECTIONS SIMULATOR [PORT]`. BUNDLE is the built zip of Trend Vision One,
//! POLICY the one that trusts its key, COLLECTIONS the directory of the examples, SIMULATOR the binary of the simulator.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use palisade_engine::{Cache, Compiler, Engine};
use palisade_orchestrator::executor::Embedded;
use palisade_orchestrator::{
    Confirmed, ConnectionChoice, ConnectionDraft, Orchestrator, Request, StepDraft, SystemClock, Upload,
    WorkflowDraft,
};
use palisade_schedule::Schedule;
use palisade_server::{App, Listener, Options, router};
use palisade_store::{BundleId, CollectionId, ConnectionId, FileWriter, Store, Takes, Wait as _, WorkflowId};
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{Key, Vault};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

type Failed = Box<dyn Error>;

/// A running simulator; it ends when this is dropped.
struct Simulator {
    process: Child,
    address: String,
    certificate: PathBuf,
    key: String,
}

impl Simulator {
    fn start(binary: &Path, directory: &Path) -> Result<Self, Failed> {
        let (certificate, ready, key) =
            (directory.join("ca.pem"), directory.join("ready.json"), directory.join("api-key"));
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--plain-listen", "127.0.0.1:0", "--run-for", "7200"])
            .arg("--ca-out")
            .arg(&certificate)
            .arg("--ready-file")
            .arg(&ready)
            .arg("--api-key-out")
            .arg(&key)
            .spawn()?;
        let addresses: Value = loop {
            if let Some(addresses) =
                std::fs::read(&ready).ok().and_then(|text| serde_json::from_slice(&text).ok())
            {
                break addresses;
            }
            if process.try_wait()?.is_some() {
                return Err("the simulator did not start".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let address = addresses.get("address").and_then(Value::as_str).ok_or("no address")?.to_owned();
        Ok(Self { process, address, certificate, key: std::fs::read_to_string(key)?.trim().to_owned() })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn orchestrator(state: &Path, policy: PathBuf, simulator: &Simulator) -> Result<Orchestrator, Failed> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(state)?);
    let clock = Arc::new(SystemClock);
    let executor = Embedded::new(store.clone(), clock.clone(), 2);
    let options = palisade_orchestrator::Options {
        store,
        vault: Vault::new(Key::generate()?, Vec::new()),
        engine: Engine::new(&Cache::Off, Compiler::InProcess)?,
        policy: Some(policy),
        connect_to: vec![format!("api.xdr.trendmicro.com:443:{}", simulator.address).parse()?],
        ca_certificates: vec![simulator.certificate.clone()],
        allow_unsigned: false,
        clock,
    };
    Ok(Orchestrator::new(options, Box::new(executor)))
}

fn upload(name: &str, bytes: &[u8]) -> Upload {
    let mut content = FileWriter::default();
    content.push(bytes);
    let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Upload { name: name.to_owned(), digest, content }
}

/// The connection with this key.
fn connection(orchestrator: &Orchestrator, key: &str) -> Result<ConnectionId, Failed> {
    let name = format!("Vision One {}", key.chars().take(4).collect::<String>());
    if let Some(row) = orchestrator.store().connections().wait()?.into_iter().find(|row| row.name == name) {
        return Ok(row.id);
    }
    let kind = "trend-vision-one".to_owned();
    let values = BTreeMap::from([
        ("api_region".to_owned(), json!("api.xdr.trendmicro.com")),
        ("api_key".to_owned(), json!(key)),
    ]);
    let entered = orchestrator.connection_values(&kind, values)?;
    Ok(orchestrator.add_connection(ConnectionDraft { name, kind, entered }, "ada")?)
}

/// A workflow of one action.
struct Made<'a> {
    name: &'a str,
    description: &'a str,
    collection: CollectionId,
    schedule: &'a str,
    action: &'a str,
    key: &'a str,
}

fn workflow(orchestrator: &Orchestrator, bundle: BundleId, made: &Made<'_>) -> Result<WorkflowId, Failed> {
    let values = BTreeMap::from([("url_scheme".to_owned(), json!("http"))]);
    let schedule: Schedule = serde_json::from_str(made.schedule)?;
    let draft = WorkflowDraft {
        name: made.name.to_owned(),
        description: made.description.to_owned(),
        collection: Some(made.collection),
        schedule,
        takes: Takes::All,
        evictions: Some(0),
        enabled: true,
        steps: vec![StepDraft {
            bundle,
            action: made.action.to_owned(),
            was: None,
            connection: ConnectionChoice::Is(connection(orchestrator, made.key)?),
            entered: orchestrator.entered_values(bundle, made.action, values)?,
        }],
    };
    Ok(orchestrator.add_workflow(draft, "ada")?)
}

/// Installs, collects, builds, and asks for a run of everything.
fn furnish(orchestrator: &Orchestrator, bundle: &Path, collections: &Path, key: &str) -> Result<(), Failed> {
    let bundle = orchestrator.install(&std::fs::read(bundle)?, "bundle.zip", Confirmed::default(), "ada")?;
    let file = |name: &str| Ok::<_, Failed>(upload(name, &std::fs::read(collections.join(name))?));
    let priority =
        ["indicators.threatq.json", "notes.txt"].map(file).into_iter().collect::<Result<Vec<_>, _>>()?;
    let priority = orchestrator.add_file_collection(
        "Prioritised indicators",
        "From the Threat Library",
        palisade_collection::Reading::default(),
        priority,
        "ada",
    )?;
    let good = orchestrator.add_file_collection(
        "Known good",
        "Never to be blocked",
        palisade_collection::Reading::default(),
        vec![file("known-good.csv")?],
        "ada",
    )?;
    let many: String = (0..10_000).map(|number| format!("host-{number}.campaign.example\n")).collect();
    let many = vec![upload("campaign.txt", many.as_bytes())];
    let many = orchestrator.add_file_collection(
        "A large campaign",
        "",
        palisade_collection::Reading::default(),
        many,
        "ada",
    )?;
    let made = [
        Made {
            name: "Block prioritised indicators",
            description: "What analysts have scored 7 or more",
            collection: priority,
            schedule: r#"{"kind":"daily","at":"02:30","zone":"Europe/Berlin"}"#,
            action: "add-to-blocklist",
            key,
        },
        Made {
            name: "Exempt what is known to be good",
            description: "",
            collection: good,
            schedule: r#"{"kind":"every","period":"6-hours"}"#,
            action: "add-to-exception-list",
            key,
        },
        Made {
            name: "Block a large campaign",
            description: "",
            collection: many,
            schedule: r#"{"kind":"none"}"#,
            action: "add-to-blocklist",
            key,
        },
        Made {
            name: "Block with a key that was revoked",
            description: "",
            collection: good,
            schedule: r#"{"kind":"weekly","day":"monday","at":"08:00","zone":"UTC"}"#,
            action: "add-to-blocklist",
            key: "this-key-is-not-known",
        },
    ];
    for made in made {
        let id = workflow(orchestrator, bundle, &made)?;
        orchestrator.request_run(id, Request::Now, false, "ada")?;
        orchestrator.request_run(id, Request::Now, true, "grace")?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [bundle, policy, collections, simulator, rest @ ..] = &given[..] else {
        return Err("give BUNDLE POLICY COLLECTIONS SIMULATOR [PORT]".into());
    };
    let port = rest.first().and_then(|port| port.to_str()).map_or(Ok(8_080), str::parse)?;
    let directory = tempfile::tempdir()?;
    let simulator = Simulator::start(simulator, directory.path())?;
    let orchestrator = orchestrator(&directory.path().join("palisade.db"), policy.clone(), &simulator)?;
    orchestrator.recover()?;
    furnish(&orchestrator, bundle, collections, &simulator.key)?;
    let app = App::new(orchestrator.clone(), Options::default())?;
    let listener = Listener::bind(([127, 0, 0, 1], port).into(), None).await?;
    let link = app.first_link().await?.unwrap_or_default();
    tracing::info!("open {}{link}", listener.url(&[]));
    let (drain, draining) = watch::channel(false);
    let (worker, clock) = (orchestrator.clone(), orchestrator.clone());
    let (working, ticking) = (draining.clone(), draining);
    let works = tokio::spawn(async move { worker.executor().serve(Arc::new(worker.clone()), working).await });
    let ticks = tokio::spawn(async move { clock.keep_time(90, ticking).await });
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    listener.serve(router(app), stop).await;
    drain.send_replace(true);
    works.await?;
    ticks.await?;
    Ok(())
}
