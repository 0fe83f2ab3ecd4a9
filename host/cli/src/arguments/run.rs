//! The options of `palisade run` and `palisade resume`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use palisade_egress::ConnectTo;
use palisade_limits::RUN_CEILING_SECONDS;

use super::{CacheArguments, ConfigurationArguments, FormatChoice, PolicyArguments, column, format};

/// `palisade run`
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The bundle's zip
    #[arg(long, value_name = "ZIP")]
    pub(crate) bundle: PathBuf,
    /// The action's id, as `palisade inspect` shows it
    #[arg(long, value_name = "ID", required_unless_present = "apply")]
    pub(crate) action: Option<String>,
    /// The files of the collection, in order; `-` is standard input. An action that finds objects can run without one
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present_any = ["apply", "found", "artefact"])]
    pub(crate) collection: Vec<PathBuf>,
    /// The format of the files; `auto` detects it from the content of each file
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format)]
    pub(crate) format: FormatChoice,
    /// The column of a CSV file with the values (repeatable) or with their types; by default detected from the names
    #[arg(long, value_name = "value=NAME|type=NAME", value_parser = column)]
    pub(crate) column: Vec<String>,
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Send nothing that changes the service; show what would be submitted. Without `--compare`, no API key is needed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// In a dry run: read the lists of the service and show what would be added, refreshed and evicted
    #[arg(long, requires = "dry_run")]
    pub(crate) compare: bool,
    /// Stop before anything is changed if the service would evict more than N existing entries; `any` for no limit
    #[arg(long, value_name = "N", default_value = "0", value_parser = evictions)]
    pub(crate) max_evictions: Evictions,
    /// Write the comparison as a plan for `--apply`; `-` is standard output
    #[arg(long, value_name = "FILE", requires = "compare", conflicts_with = "apply")]
    pub(crate) plan: Option<PathBuf>,
    /// Apply exactly this plan; refuse if the plan was edited, or the service has changed since it was created
    #[arg(long, value_name = "FILE", conflicts_with_all = ["action", "collection", "format", "column", "dry_run", "compare", "plan"])]
    pub(crate) apply: Option<PathBuf>,
    /// Record in this file what `palisade resume` needs to continue the run, also after a crash. It is deleted when every object
    /// has a final verdict
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "compare", "plan", "replay"])]
    pub(crate) pending: Option<PathBuf>,
    /// Do not wait for the service: exit with status 5 if objects are pending. Unless `--pending` names the pending
    /// file, it is created in the working directory as `palisade-TIME.pending`
    #[arg(long, conflicts_with_all = ["dry_run", "compare", "plan", "replay"])]
    pub(crate) no_wait: bool,
    /// Mark the entries that the run adds with this text, if the service keeps a text with an entry: printable ASCII, at most 48
    /// characters. Use the same mark in each run of one purpose
    #[arg(long, value_name = "TEXT", value_parser = mark)]
    pub(crate) mark: Option<String>,
    /// Offer this file to the action, which sends it to the service; repeat for further files
    #[arg(long, value_name = "FILE")]
    pub(crate) artefact: Vec<PathBuf>,
    /// Append the objects that the action finds to this file, one batch on each line as JSON. The next run with the file continues
    /// where the last batch ended
    #[arg(long, value_name = "FILE")]
    pub(crate) found: Option<PathBuf>,
    /// Download the files that the action returns into this directory. Each is named after the SHA-256 of its content
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["dry_run", "compare", "plan", "replay"])]
    pub(crate) artefacts: Option<PathBuf>,
    /// Exit with status 3 if records were left out or not offered, or if there are warnings
    #[arg(long)]
    pub(crate) strict: bool,
    /// Send this value to a block list although it is protected; repeat for further values
    #[arg(long, value_name = "VALUE")]
    pub(crate) allow_protected: Vec<String>,
    /// Record every request and response as an HTTP Archive, without the credentials; `-` is standard output
    #[arg(long, value_name = "FILE.har", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Read the responses from a recording and send nothing; no API key is needed
    #[arg(long, value_name = "FILE.har")]
    pub(crate) replay: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    /// Write the complete report as JSON, one entry for each object; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
    /// End the run after this time; the report is complete nevertheless. Reading the input must not take longer either
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

/// `palisade resume`
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The pending file of the run
    #[arg(value_name = "FILE")]
    pub(crate) pending: PathBuf,
    /// The bundle's zip, if it is not where it was. Its digest must be the same
    #[arg(long, value_name = "ZIP")]
    pub(crate) bundle: Option<PathBuf>,
    /// Read the secrets from this configuration instead of from where they were. Other parameters stay as they were
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Read the secrets from this connection of the file of connections
    #[arg(long, value_name = "NAME", requires = "connections")]
    pub(crate) connection: Option<String>,
    /// Connections in YAML or JSON: a list `connections`, each with `name`, `kind` and `configuration`
    #[arg(long, value_name = "FILE", requires = "connection")]
    pub(crate) connections: Option<PathBuf>,
    /// Ask once about the objects that are due, and exit with status 5 if objects are still pending
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Download the files that the action returns into this directory, each named after the SHA-256 of its content. The default is
    /// the directory of the run
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) artefacts: Option<PathBuf>,
    /// Exit with status 3 if records were left out or not offered, or if there are warnings
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    /// Write the complete report of the whole run as JSON; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
    /// Stop waiting after this time and exit with status 5
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

/// How the service is reached.
#[derive(Debug, Args)]
pub(crate) struct NetworkArguments {
    /// Connect to ADDRESS:PORT when the action requests HOST:PORT, for a relay or a simulator
    #[arg(long, value_name = "HOST:PORT:ADDRESS:PORT")]
    pub(crate) connect_to: Vec<ConnectTo>,
    /// Trust the certificate authorities in this PEM file in addition to the public ones
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_cert: Vec<PathBuf>,
    /// End one request after this time
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) request_timeout: Option<Duration>,
}

/// The allowed number of evicted entries; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evictions(pub(crate) Option<u64>);

/// A mark, as the contract describes it.
fn mark(text: &str) -> Result<String, String> {
    if palisade_run::is_mark(text) {
        Ok(text.to_owned())
    } else {
        Err("expected 1 to 48 printable ASCII characters".to_owned())
    }
}

fn evictions(text: &str) -> Result<Evictions, String> {
    if text == "any" {
        return Ok(Evictions(None));
    }
    text.parse()
        .map(|number| Evictions(Some(number)))
        .map_err(|_| "expected a whole number or `any`".to_owned())
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let is_sensible = |seconds: &f64| *seconds > 0.0 && *seconds <= RUN_CEILING_SECONDS as f64;
    let expected = || format!("expected a number of seconds above 0 and up to {RUN_CEILING_SECONDS}");
    let seconds = text.parse::<f64>().ok().filter(is_sensible).ok_or_else(expected)?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
