//! The simulator as a program. It listens on loopback addresses only, ends by itself, and never takes a secret from the
//! command line or writes one to its output: they are in a file that only its owner may read.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Parser;
use serde_json::{Value, json};
use simulator_parts::program;
use threatq_simulator::{HOST, Settings, Simulator};

/// A local ThreatQ appliance: log-in, data collections and indicators, with faults on demand.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to write the authority's certificate (threatq-ca.pem) and who may log in (threatq-log-in.json).
    #[arg(long, value_name = "DIRECTORY")]
    directory: PathBuf,
    /// Where to serve TLS; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A data collection and the ThreatQ JSON file that holds its objects; may be given several times.
    #[arg(long = "collection", value_name = "HASH=FILE", value_parser = collection)]
    collections: Vec<(String, PathBuf)>,
    /// The environment variable that holds the password of the user who may log in; one is generated without it.
    #[arg(long, value_name = "NAME")]
    password_env: Option<String>,
    /// After how many seconds it ends by itself.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    run_for: u64,
}

fn collection(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((hash, file)) if !hash.is_empty() && !file.is_empty() => Ok((hash.to_owned(), file.into())),
        _ => Err("HASH=FILE is expected".to_owned()),
    }
}

fn main() -> anyhow::Result<()> {
    program::start(run(Arguments::parse()))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut settings = Settings::default();
    if let Some(address) = arguments.listen {
        settings.listen = address;
    }
    if let Some(name) = &arguments.password_env {
        settings.account.password = std::env::var(name)
            .ok()
            .filter(|password| !password.is_empty())
            .ok_or_else(|| anyhow!("the environment variable `{name}` holds no password"))?;
    }
    let simulator = Simulator::start(settings).await?;
    for (hash, file) in &arguments.collections {
        let unreadable = || format!("the collection `{}` could not be read", file.display());
        let text = std::fs::read(file).with_context(unreadable)?;
        let value: Value = serde_json::from_slice(&text).with_context(unreadable)?;
        simulator.set_collection(hash, value).with_context(unreadable)?;
    }
    let unusable = || format!("the directory `{}` could not be made", arguments.directory.display());
    std::fs::create_dir_all(&arguments.directory).with_context(unusable)?;
    let log_in = json!({"account": simulator.account(), "client": simulator.client()});
    program::write_private(&arguments.directory.join("threatq-log-in.json"), &log_in.to_string())?;
    program::write(&arguments.directory.join("threatq-ca.pem"), simulator.ca_pem())?;
    let hashes: Vec<&str> = arguments.collections.iter().map(|(hash, _)| hash.as_str()).collect();
    let ready = json!({"address": simulator.address().to_string(), "host": HOST, "collections": hashes});
    program::tell(&ready.to_string())?;
    program::over(Duration::from_secs(arguments.run_for)).await?;
    simulator.stop().await;
    Ok(())
}
