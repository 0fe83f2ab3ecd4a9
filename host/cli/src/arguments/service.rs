//! What is typed to serve, to look after what is served, and to ask a service.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::DateTime;
use jiff::{Span, Timestamp, Zoned};
use palisade_egress::ConnectTo;
use palisade_limits as limits;
use palisade_server::syslog::SyslogTarget;
use palisade_server::{ForwardedHeader, Network, PublicUrl};

use super::{CacheArguments, PolicyArguments};

/// Where the state is.
#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// The data directory, instead of `palisade` in the user's data directory; also `PALISADE_DATA`
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) data: Option<PathBuf>,
}

/// Where the key is that seals secrets.
#[derive(Debug, Args)]
pub(crate) struct VaultArguments {
    /// The file of the key that seals secrets. Without it, the variable `PALISADE_VAULT_KEY`, the system credential
    /// `palisade-key`, or `palisade.key` in the data directory, which the first start creates
    #[arg(long, value_name = "FILE")]
    pub(crate) vault_key: Option<PathBuf>,
    /// Files of earlier keys, whose secrets can still be opened
    #[arg(long, value_name = "FILE")]
    pub(crate) vault_previous_key: Vec<PathBuf>,
}

/// `palisade serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The address to listen on. Addresses other than the loopback require a certificate
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8420")]
    pub(crate) listen: SocketAddr,
    /// The certificate with its chain, as a PEM file
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// The certificate's private key, as a PEM file
    #[arg(long, value_name = "PEM", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Host names of the service, in addition to the loopback; requests for other names are refused
    #[arg(long = "name", value_name = "HOST")]
    pub(crate) names: Vec<String>,
    /// The public address of the service if it differs from `--listen`, for example behind a proxy that terminates TLS
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<PublicUrl>,
    /// Trust the client address that proxies at this address or network report
    #[arg(long, value_name = "NETWORK")]
    pub(crate) trusted_proxy: Vec<Network>,
    /// The header in which trusted proxies name the client: `x-forwarded-for` or `forwarded`
    #[arg(long, value_name = "HEADER", default_value = "x-forwarded-for", requires = "trusted_proxy")]
    pub(crate) trusted_proxy_header: ForwardedHeader,
    /// Requests that one token may send in a minute
    #[arg(long, value_name = "N", default_value_t = limits::TOKEN_REQUESTS_PER_MINUTE, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) token_requests: u64,
    /// Forward the audit log to a syslog receiver: `udp://HOST`, `tcp://HOST`, `tls://HOST` or `unix:///dev/log`
    #[arg(long, value_name = "URL")]
    pub(crate) audit_syslog: Option<SyslogTarget>,
    /// Trust the certificate authorities of this PEM file for the syslog receiver, instead of the system's
    #[arg(long, value_name = "PEM", requires = "audit_syslog")]
    pub(crate) audit_syslog_ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    #[command(flatten)]
    pub(crate) vault: VaultArguments,
    /// Start even if secrets are sealed with a missing key; they must be entered again
    #[arg(long)]
    pub(crate) vault_key_lost: bool,
    /// Connect to ADDRESS:PORT for the origin HOST:PORT, with its real name and certificate
    #[arg(long, value_name = "HOST:PORT:ADDRESS:PORT")]
    pub(crate) connect_to: Vec<ConnectTo>,
    /// Trust the certificate authorities in this PEM file in addition to the public ones
    #[arg(long, value_name = "PEM")]
    pub(crate) ca_cert: Vec<PathBuf>,
    /// Number of runs that are processed at the same time
    #[arg(long, value_name = "N", default_value_t = limits::RUN_WORKERS, value_parser = clap::value_parser!(u64).range(1..=64))]
    pub(crate) workers: u64,
    /// Days after which completed runs are deleted
    #[arg(long, value_name = "DAYS", default_value_t = limits::RUN_RETENTION_DAYS, value_parser = clap::value_parser!(u64).range(1..=3_650))]
    pub(crate) retention_days: u64,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

/// `palisade audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    pub(crate) what: AuditVerb,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What to do with a service's audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Print the audit log as JSON Lines, in the order in which it was written
    Export {
        /// Print only entries after the one with this id
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: i64,
        /// Only entries by this user, with or without a token
        #[arg(long, value_name = "USER")]
        who: Option<String>,
        /// Only entries of this kind, such as `user.invited`, or of a group of kinds, such as `user.`
        #[arg(long, value_name = "KIND")]
        what: Option<String>,
        /// Only entries from this address, or from addresses that begin with it, such as `192.0.2.`
        #[arg(long, value_name = "ADDRESS")]
        address: Option<String>,
        /// Only entries with this text in user, kind, subject or address
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        #[command(flatten)]
        span: SpanArguments,
    },
}

/// `palisade backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The file to write, which must not exist. It does not contain the key that seals secrets: keep that key as well
    #[arg(long, value_name = "FILE")]
    pub(crate) to: PathBuf,
}

/// `palisade restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(crate) data: DataArguments,
    /// The file of `palisade backup`. It replaces the complete state in the data directory
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
}

/// `palisade secrets`.
#[derive(Debug, Args)]
pub(crate) struct SecretsArguments {
    #[command(subcommand)]
    pub(crate) what: SecretsVerb,
}

/// `palisade users`.
#[derive(Debug, Args)]
pub(crate) struct UsersArguments {
    #[command(subcommand)]
    pub(crate) what: UsersVerb,
}

/// What to do with the users of a service.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersVerb {
    /// List all users with their last login
    List {
        #[command(flatten)]
        server: ServerArguments,
    },
    /// List the open sessions of a user
    Sessions {
        #[command(flatten)]
        server: ServerArguments,
        /// The name of the user
        name: String,
    },
    /// End one session of a user, or all of them
    EndSessions {
        #[command(flatten)]
        server: ServerArguments,
        /// The name of the user
        name: String,
        /// End only this session; `palisade users sessions` shows the numbers
        #[arg(long, value_name = "ID")]
        session: Option<i64>,
    },
    /// Delete a user. Sessions and tokens end; workflows that the user created and entries in the audit log stay
    Delete {
        #[command(flatten)]
        server: ServerArguments,
        /// The name of the user
        name: String,
    },
    /// Create a link to choose a new password, for an administrator who forgot theirs. Reads the state of the service, also while
    /// the service runs
    Link {
        #[command(flatten)]
        data: DataArguments,
        /// The name of the user
        name: String,
    },
}

/// What to do with sealed secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretsVerb {
    /// Create a key that seals secrets
    Keygen {
        /// The file to write, which must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Seal every secret with the current key; earlier keys are not needed afterwards. Not while the service runs
    Rotate {
        #[command(flatten)]
        data: DataArguments,
        #[command(flatten)]
        vault: VaultArguments,
    },
}

/// Which service to ask, and as whom.
#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    /// The address of the service, by default `http://127.0.0.1:8420`; also `PALISADE_SERVER`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The file of the token; otherwise the environment variable `PALISADE_TOKEN`
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Trust the certificate authorities in this PEM file for the certificate of the service
    #[arg(long, global = true, value_name = "PEM")]
    pub(crate) server_ca: Option<PathBuf>,
}

/// `palisade install`.
#[derive(Debug, Args)]
pub(crate) struct Install {
    /// The bundle's zip
    #[arg(value_name = "ZIP")]
    pub(crate) bundle: PathBuf,
    /// Replace an installed bundle
    #[arg(long)]
    pub(crate) replace: bool,
    /// Overwrite saved defaults of changed parameters
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// `palisade workflow`.
#[derive(Debug, Args)]
pub(crate) struct WorkflowArguments {
    #[command(subcommand)]
    pub(crate) what: WorkflowVerb,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// A workflow, by its name or its number.
#[derive(Debug, Args)]
pub(crate) struct WorkflowNamed {
    /// The name of the workflow, or its number
    #[arg(value_name = "WORKFLOW")]
    pub(crate) workflow: String,
}

/// A run, by its number or its workflow.
#[derive(Debug, Args)]
pub(crate) struct RunNamed {
    /// The number of the run, or the name of a workflow for its latest run
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
}

/// What to do with workflows.
#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowVerb {
    /// List all workflows
    List,
    /// Show one workflow
    Show(WorkflowNamed),
    /// Request a run
    Run {
        #[command(flatten)]
        named: WorkflowNamed,
        /// Send nothing that changes a service; compare with what the service has
        #[arg(long)]
        dry_run: bool,
        /// Wait until the run ends; the exit status is that of `palisade run`
        #[arg(long)]
        wait: bool,
    },
    /// Enable the schedule
    Enable(WorkflowNamed),
    /// Disable the schedule
    Disable(WorkflowNamed),
    /// Print a workflow as YAML, with the names of its connections
    Export(WorkflowNamed),
    /// Create a workflow, disabled, from the output of `export`
    Import {
        /// The file
        file: PathBuf,
        /// What to do if there is a workflow with the same name. `replace` keeps its runs, its secrets and whether it is enabled
        #[arg(long, value_enum, default_value_t = OnConflict::Fail)]
        on_conflict: OnConflict,
    },
    /// Delete a workflow; its runs stay
    Delete(WorkflowNamed),
}

/// What an import does if there is a workflow with the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnConflict {
    /// Fail
    Fail,
    /// Create a workflow with another name
    Rename,
    /// Replace the workflow
    Replace,
}

impl OnConflict {
    /// The value of the parameter of the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Rename => "rename",
            Self::Replace => "replace",
        }
    }
}

/// A span of time.
#[derive(Debug, Args)]
pub(crate) struct SpanArguments {
    /// Start: a date, a date and time such as `2026-11-22T08:00`, or a time back from now such as `24h` or `7d`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// End, not included; as for `--from`
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
}

/// A moment as people type it; without a zone, in the zone of this machine.
fn moment(text: &str) -> Result<Timestamp, String> {
    moment_at(text, &Zoned::now())
}

fn moment_at(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let there =
        || text.parse::<DateTime>().ok()?.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp());
    let back = || {
        let span = text.parse::<Span>().ok().filter(|span| span.is_positive())?;
        now.checked_sub(span).ok().map(|at| at.timestamp())
    };
    text.parse::<Timestamp>().ok().or_else(there).or_else(back).ok_or_else(|| {
        "expected a date, a date and time such as `2026-11-22T08:00`, or a time back from now such as `24h` or `7d`".to_owned()
    })
}

/// `palisade runs`.
#[derive(Debug, Args)]
pub(crate) struct RunsArguments {
    #[command(subcommand)]
    pub(crate) what: RunsVerb,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What to do with runs.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsVerb {
    /// List the latest runs
    List {
        /// Only runs of this workflow, by its name or its number
        #[arg(long, value_name = "WORKFLOW")]
        workflow: Option<String>,
        /// Only runs with this text in the name of the workflow or of the requester
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only runs that ended with an issue
        #[arg(long)]
        issue: bool,
        #[command(flatten)]
        span: SpanArguments,
    },
    /// Show one run with its steps
    Show(RunNamed),
    /// Wait until a run ends; the exit status is that of `palisade run`
    Wait(RunNamed),
    /// Cancel a run
    Cancel(RunNamed),
    /// Request a run of exactly the objects that failed in this one
    Retry(RunNamed),
    /// Print the complete report of a run: every object with its verdict
    Report(RunNamed),
}

/// `palisade collections`.
#[derive(Debug, Args)]
pub(crate) struct CollectionsArguments {
    #[command(subcommand)]
    pub(crate) what: CollectionsVerb,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What to do with the service's collections.
#[derive(Debug, Subcommand)]
pub(crate) enum CollectionsVerb {
    /// List all collections
    List,
    /// Show the contents of a collection, by type
    Preview {
        /// The number of the collection
        id: i64,
    },
    /// Create a collection of files
    Upload {
        /// The unique name of the collection
        name: String,
        /// The format of the files; `auto` detects it from the content
        #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = super::format)]
        format: super::FormatChoice,
        /// A column of CSV files: `value=NAME` for a column with values, `type=NAME` for the column of the type. The choice is
        /// stored with the collection. Repeatable
        #[arg(long, value_name = "value=NAME|type=NAME", value_parser = super::column)]
        column: Vec<String>,
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Delete a collection, unless workflows use it
    Delete {
        /// The number of the collection
        id: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_a_zone_or_is_of_this_machine_or_goes_back_from_now() {
        let now: Zoned = "2026-11-22T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        for (text, at) in [
            ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00Z"),
            ("2026-11-20T08:00", "2026-11-20T07:00:00Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("24h", "2026-11-21T11:00:00Z"),
            ("7d", "2026-11-15T11:00:00Z"),
        ] {
            assert_eq!(moment_at(text, &now).map(|at| at.to_string()).as_deref(), Ok(at), "{text}");
        }
        for text in ["", "yesterday", "-7d", "2026-13-01"] {
            assert!(moment_at(text, &now).is_err(), "{text}");
        }
    }
}
