//! The simulator as a program. It listens on loopback addresses only, ends by itself, and never takes an API key from the
//! command line or writes one to its output.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use serde::de::DeserializeOwned;
use simulator_parts::program;
use vision_one_simulator::{ApiKey, Seed, Settings, Simulator};

/// A local Trend Vision One: object lists and response actions of its API v3.0, with faults on demand.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve TLS; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Where to serve plain HTTP, if anywhere.
    #[arg(long, value_name = "ADDRESS:PORT")]
    plain_listen: Option<SocketAddr>,
    /// Where to write the certificate of the authority, as PEM.
    #[arg(long, value_name = "FILE")]
    ca_out: Option<PathBuf>,
    /// Where to write the addresses, as JSON, once it accepts connections.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// The settings, as JSON; see the README.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// What the tenant holds at first, as JSON; see the README.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// The environment variable that holds an API key with every permission.
    #[arg(long, value_name = "NAME")]
    api_key_env: Option<String>,
    /// Where to write the API key, readable for its owner alone; needed if it is to be generated.
    #[arg(long, value_name = "FILE")]
    api_key_out: Option<PathBuf>,
    /// After how many seconds it ends by itself.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    run_for: u64,
}

fn main() -> anyhow::Result<()> {
    program::start(run(Arguments::parse()))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = settings(&arguments)?;
    let seed: Option<Seed> = arguments.seed.as_deref().map(|path| read(path, "seed")).transpose()?;
    if settings.keys.is_empty() && arguments.api_key_out.is_none() {
        bail!(
            "there is no API key: name one with `--api-key-env`, or a file for a generated one with `--api-key-out`"
        );
    }
    let simulator = Simulator::start(settings).await?;
    if let Some(seed) = seed {
        simulator.seed(seed)?;
    }
    if let Some(path) = &arguments.api_key_out {
        program::write_private(path, simulator.api_key())?;
    }
    if let Some(path) = &arguments.ca_out {
        program::write(path, simulator.ca_pem())?;
    }
    let ready = serde_json::json!({
        "address": simulator.address().to_string(),
        "plain_address": simulator.plain_address().map(|address| address.to_string()),
        "hosts": vision_one_simulator::HOSTS,
    });
    if let Some(path) = &arguments.ready_file {
        program::write_at_once(path, &ready.to_string())?;
    }
    program::tell(&ready.to_string())?;
    program::over(Duration::from_secs(arguments.run_for)).await?;
    simulator.stop().await;
    Ok(())
}

/// What a file of the command line holds, as JSON.
fn read<T: DeserializeOwned>(path: &Path, name: &str) -> anyhow::Result<T> {
    let text = std::fs::read(path)
        .with_context(|| format!("the {name} file `{}` could not be read", path.display()))?;
    serde_json::from_slice(&text)
        .with_context(|| format!("the {name} file `{}` is not valid", path.display()))
}

fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let mut settings = match &arguments.settings {
        None => Settings::default(),
        Some(path) => read(path, "settings")?,
    };
    if let Some(address) = arguments.listen {
        settings.listen = address;
    }
    if let Some(address) = arguments.plain_listen {
        settings.plain_listen = Some(address);
    }
    if let Some(name) = &arguments.api_key_env {
        match std::env::var(name) {
            Ok(key) if !key.trim().is_empty() => settings.keys.insert(0, ApiKey::new(key.trim())),
            _ => bail!("the environment variable `{name}` holds no API key"),
        }
    }
    Ok(settings)
}
