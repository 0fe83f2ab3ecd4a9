//! The command line as it is typed. Nothing is decided here but what the words mean; the documentation of every option is
//! the reference that `palisade generate command-reference` prints.

pub(crate) mod run;
pub(crate) mod service;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use palisade_collection::Columns;
use palisade_model::Format;

pub(crate) use run::{Resume, Run};

/// Run security actions as WebAssembly components, with one verdict for each object
///
/// Results go to standard output, messages and progress to standard error. Exit status: 0 every object was accepted,
/// skipped or planned; 1 could not start; 2 the command line is not valid; 3 finished, but objects were rejected or failed,
/// records could not be read, or, with `--strict`, records were left out or there were warnings; 4 ended early, with a
/// complete report; 5 objects are pending at the service, and `palisade resume` continues the run.
#[derive(Debug, Parser)]
#[command(name = "palisade", version, propagate_version = true, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Options of every verb
    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every verb.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Global {
    /// Format of the results: text for people, JSON for programs
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, value_name = "HOW")]
    pub(crate) output: Output,
    /// Log more on standard error: once for events, twice for each request, three times for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Format of the log on standard error
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "HOW")]
    pub(crate) log_format: LogFormat,
    /// When to use colours; `auto` omits them if standard error is not a terminal or NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs: one object on each line.
    Json,
}

/// How results are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run one action of a bundle on a collection
    Run(Box<Run>),
    /// Continue a run whose objects are pending at the service, or whose process was killed
    Resume(Box<Resume>),
    /// Show the actions, the parameters and the requested grants of a bundle
    Inspect(Inspect),
    /// Create a complete action project: sources, manifest, contract, tests, and the commands that build, sign and run it
    New(New),
    /// Build a project, pack and validate its bundle, test it, and run it once without sending anything
    Dev(Dev),
    /// Create the zip of a bundle, reproducibly
    Pack(Pack),
    /// Create a key pair for signing bundles, in minisign's format
    Keygen(Keygen),
    /// Show who signed a bundle, and whether that key is trusted
    Verify(Verify),
    /// Show which requests of a bundle the operator's policy allows
    Policy(Policy),
    /// Compile lists of values that must never be blocked
    Protect(Protect),
    /// Show the parsed contents of a collection, and every record that cannot be read
    Collection(Collection),
    /// Validate a manifest, or a bundle with its component and a configuration, without running anything
    Validate(Validate),
    /// Serve the orchestrator: integrations, collections, workflows, schedules and runs, with a web console and an API
    Serve(Box<service::Serve>),
    /// Install a bundle in a service
    Install(service::Install),
    /// Show, run and edit the workflows of a service
    Workflow(service::WorkflowArguments),
    /// Show and control the runs of a service
    Runs(service::RunsArguments),
    /// Show and upload the data collections of a service
    Collections(service::CollectionsArguments),
    /// Back up the state of a service, also while it runs
    Backup(service::Backup),
    /// Restore the state of a service from a backup, also while it runs
    Restore(service::Restore),
    /// Export the audit log of a service
    Audit(service::AuditArguments),
    /// Manage the users of a service and their access
    Users(service::UsersArguments),
    /// Create and rotate the key that seals the secrets of a service
    Secrets(service::SecretsArguments),
    /// Generate shell completions, man pages, reference pages and JSON Schemas
    Generate(Generate),
    /// Compile the component on standard input into a directory, within limits. Started by other verbs
    #[command(name = COMPILE_COMPONENT, hide = true)]
    CompileComponent(CompileComponent),
}

/// Name of the verb that other verbs start.
pub(crate) const COMPILE_COMPONENT: &str = "compile-component";

/// Compiles a component.
#[derive(Debug, Args)]
pub(crate) struct CompileComponent {
    /// An empty directory
    pub(crate) directory: PathBuf,
}

/// Where a configuration comes from.
#[derive(Debug, Args)]
pub(crate) struct ConfigurationArguments {
    /// The configuration: YAML or JSON, `name: value` for each parameter. A secret is `{env: NAME}` or `{file: PATH}`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set one parameter, overriding the configuration file. Accepts the value or the label of an option. Not for secrets
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) sets: Vec<String>,
    /// Use this connection of the file of connections: the region and the key are then not in the configuration
    #[arg(long, value_name = "NAME", requires = "connections")]
    pub(crate) connection: Option<String>,
    /// Connections in YAML or JSON: a list `connections`, each with `name`, `kind` and `configuration`
    #[arg(long, value_name = "FILE", requires = "connection")]
    pub(crate) connections: Option<PathBuf>,
}

/// Where compiled components are kept.
#[derive(Debug, Args)]
pub(crate) struct CacheArguments {
    /// Keep compiled components in this directory instead of the user's cache directory; also `PALISADE_CACHE_DIR`
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Compile the component again
    #[arg(long, conflicts_with = "cache_dir")]
    pub(crate) no_cache: bool,
}

/// What the operator allows.
#[derive(Debug, Args)]
pub(crate) struct PolicyArguments {
    /// The operator's policy, instead of `palisade/palisade.toml` in the user's configuration directory or in `/etc`; also
    /// `PALISADE_POLICY`
    #[arg(long, value_name = "TOML")]
    pub(crate) policy: Option<PathBuf>,
    /// For authors: accept a bundle without the signature of a trusted key. Anybody could have created or changed it
    #[arg(long)]
    pub(crate) allow_unsigned: bool,
}

/// `palisade inspect`
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// The bundle's zip
    #[arg(value_name = "ZIP")]
    pub(crate) bundle: PathBuf,
    /// The operator's policy, for the names of its trusted keys; also `PALISADE_POLICY`
    #[arg(long, value_name = "TOML")]
    pub(crate) policy: Option<PathBuf>,
}

/// `palisade keygen`
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// The file for the secret key; the public key is written beside it, with the extension `.pub`
    #[arg(value_name = "FILE", default_value = "palisade.key")]
    pub(crate) key: PathBuf,
    /// Store the secret key without a password: anybody who can read the file can sign
    #[arg(long, conflicts_with = "password_file")]
    pub(crate) no_password: bool,
    /// Read the password of the secret key from this file instead of asking for it
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

/// `palisade verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The bundle's zip
    #[arg(value_name = "ZIP")]
    pub(crate) bundle: PathBuf,
    /// Trust this public key, a file created by `keygen` or minisign, instead of the keys of the policy
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    pub(crate) key: Vec<PathBuf>,
    /// The operator's policy, whose keys are trusted; also `PALISADE_POLICY`
    #[arg(long, value_name = "TOML")]
    pub(crate) policy: Option<PathBuf>,
}

/// `palisade policy`
#[derive(Debug, Args)]
pub(crate) struct Policy {
    /// What to do with the policy
    #[command(subcommand)]
    pub(crate) what: PolicyVerb,
}

/// What can be done with a policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyVerb {
    /// Show what a bundle requests, what the policy allows, and the resulting grants
    Show {
        /// The bundle's zip
        #[arg(long, value_name = "ZIP")]
        bundle: PathBuf,
        /// The operator's policy, instead of `palisade/palisade.toml` in the user's configuration directory or in `/etc`;
        /// also `PALISADE_POLICY`
        #[arg(long, value_name = "TOML")]
        policy: Option<PathBuf>,
    },
}

/// `palisade protect`
#[derive(Debug, Args)]
pub(crate) struct Protect {
    /// What to do with protected values
    #[command(subcommand)]
    pub(crate) what: ProtectVerb,
}

/// What can be done with protected values.
#[derive(Debug, Subcommand)]
pub(crate) enum ProtectVerb {
    /// Compile MISP warning lists into one file for `[protect] lists` of the policy
    Build {
        /// The compiled file; `-` is standard output
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Warning lists in MISP's format, or directories that contain them
        #[arg(value_name = "JSON", required = true)]
        lists: Vec<PathBuf>,
    },
}

/// `palisade new`
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The project's name and the bundle's id: lower-case words joined by `-`
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The language of the action
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    pub(crate) language: crate::project::Language,
    /// The directory, which is created if it is missing and must be empty. By default NAME in the current directory
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

/// `palisade dev`
#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// The project's directory, with `palisade.dev.toml`; by default the current directory
    #[arg(long, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Skip the project's tests
    #[arg(long)]
    pub(crate) no_test: bool,
    /// Skip the dry run
    #[arg(long)]
    pub(crate) no_run: bool,
}

/// `palisade pack`
#[derive(Debug, Args)]
pub(crate) struct Pack {
    /// The manifest
    #[arg(long, value_name = "YAML")]
    pub(crate) manifest: PathBuf,
    /// The component
    #[arg(long, value_name = "WASM")]
    pub(crate) component: PathBuf,
    /// The documentation for users
    #[arg(long, value_name = "MARKDOWN")]
    pub(crate) readme: PathBuf,
    /// The changes of each version
    #[arg(long, value_name = "MARKDOWN")]
    pub(crate) changelog: PathBuf,
    /// The text of the licence
    #[arg(long, value_name = "TEXT")]
    pub(crate) license: PathBuf,
    /// The icon
    #[arg(long, value_name = "SVG")]
    pub(crate) icon: PathBuf,
    /// The software bill of materials, CycloneDX 1.x
    #[arg(long, value_name = "JSON")]
    pub(crate) sbom: PathBuf,
    /// Sign the bundle with this secret key, created by `palisade keygen` or minisign
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
    /// Read the password of the secret key from this file instead of asking for it
    #[arg(long, value_name = "FILE", requires = "sign")]
    pub(crate) password_file: Option<PathBuf>,
    /// The zip to create; `-` is standard output
    #[arg(long, value_name = "ZIP")]
    pub(crate) out: PathBuf,
}

/// `palisade collection`
#[derive(Debug, Args)]
pub(crate) struct Collection {
    /// The files of the collection; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The format of the files; `auto` detects it from the content of each file
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format)]
    pub(crate) format: FormatChoice,
    /// Exit with status 3 if records were left out, or if there are warnings; unreadable records always do
    #[arg(long)]
    pub(crate) strict: bool,
    /// The column of a CSV file with the values (repeatable) or with their types; by default detected from the names
    #[arg(long, value_name = "value=NAME|type=NAME", value_parser = column)]
    pub(crate) column: Vec<String>,
}

/// `palisade validate`
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The bundle's zip: digests, manifest, and whether this host can run the component
    #[arg(value_name = "ZIP", required_unless_present = "manifest")]
    pub(crate) bundle: Option<PathBuf>,
    /// A manifest on its own, without bundle and configuration
    #[arg(
        long,
        value_name = "YAML",
        conflicts_with_all = ["bundle", "action", "config", "sets", "connection", "connections", "policy", "allow_unsigned", "cache_dir", "no_cache"]
    )]
    pub(crate) manifest: Option<PathBuf>,
    /// The action whose configuration is checked
    #[arg(long, value_name = "ID", requires = "bundle")]
    pub(crate) action: Option<String>,
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(crate) policy: PolicyArguments,
    #[command(flatten)]
    pub(crate) cache: CacheArguments,
}

/// `palisade generate`
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// What to generate
    #[command(subcommand)]
    pub(crate) what: Generated,
}

/// What can be generated.
#[derive(Debug, Subcommand)]
pub(crate) enum Generated {
    /// Completions for a shell, to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// A man page for each verb, into a directory
    Man {
        /// The directory; created if it is missing
        directory: PathBuf,
    },
    /// The reference of this command, as Markdown
    CommandReference,
    /// The reference of a bundle's actions and parameters, as Markdown
    ConfigurationReference {
        /// The manifest
        manifest: PathBuf,
    },
    /// The table of all limits, as Markdown
    Limits,
    /// The adapter for `wasm-tools component new --adapt`, which converts a module for WASI 0.1 to a component
    Adapter {
        /// The file; overwritten if it exists
        file: PathBuf,
    },
    /// The contract as WIT files, with the WASI packages that it imports, into a directory
    Wit {
        /// The directory; created if it is missing. Files of the same names are overwritten
        directory: PathBuf,
    },
    /// The JSON Schema of a document
    Schema {
        /// The document
        document: SchemaOf,
    },
}

/// Documents with a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `manifest.yaml`
    Manifest,
    /// `palisade.toml`
    Policy,
    /// The file of `--report`
    Report,
}

/// A format, or `None` to detect it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FormatChoice(pub(crate) Option<Format>);

fn format(text: &str) -> Result<FormatChoice, String> {
    if text == "auto" {
        return Ok(FormatChoice(None));
    }
    let unknown = || format!("the formats are auto, {}", Format::ALL.map(Format::name).join(", "));
    text.parse().map(|format| FormatChoice(Some(format))).map_err(|_| unknown())
}

fn column(text: &str) -> Result<String, String> {
    Columns::default().assign(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
