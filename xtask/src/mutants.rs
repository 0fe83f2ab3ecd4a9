//! `cargo xtask mutants`: changes the code of the crates that decide, one place at a time, and records which changes no test of
//! the same crate notices. The figures go into `docs/mutants.md`.
//!
//! It takes seconds per mutant and hours per crate, so it is not part of the gate; `--shard K/N` takes a sample.

mod accepted;
mod report;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::cargo::{cargo, output};
use crate::packages::Packages;
use crate::paths;
use report::Outcomes;

/// The version that the settings were written for.
const VERSION: &str = "27.1.0";

/// Times as long as without a change that the tests of a mutant may take. One that takes longer runs without end, which counts
/// as noticed.
const TIMEOUT_FACTOR: &str = "3";
/// Seconds that they may take in any case: a loaded machine is not an endless loop.
const TIMEOUT_LEAST_SECONDS: &str = "30";

/// Percentage of the viable mutants that the tests of each crate must notice.
const REQUIRED: f64 = 95.0;

/// A crate whose code is changed.
pub(crate) struct Subject {
    /// Its directory, which is also its name in the report.
    pub(crate) directory: &'static str,
    /// Tests that are left out, because each takes longer than all the others together.
    without: &'static [&'static str],
}

/// The crates that decide what leaves the machine, what runs, and what is never blocked.
pub(crate) const SUBJECTS: [Subject; 4] = [
    Subject {
        directory: "plugin",
        without: &[
            "session::tests::preview::what_is_told_to_go_goes",
            "session::tests::watch::two_runs_at_once_evict_nothing",
            "session::tests::watch::what_others_add_after_the_list_was_read_is_not_pushed_out",
        ],
    },
    Subject { directory: "host/runtime/egress", without: &[] },
    // Those in which the `minisign` tool derives keys from passwords.
    Subject { directory: "host/runtime/bundle", without: &["the_tool"] },
    Subject { directory: "host/runtime/protect", without: &[] },
];

/// Tests the crates, or the one that is named, and updates the report. With shards (`K/N`, from `0/N` on) only these parts of the
/// mutants are tried; they are counted together.
pub(crate) fn mutants(package: Option<&str>, shards: &[String]) -> Result<()> {
    require_tool()?;
    let subjects: Vec<&Subject> =
        SUBJECTS.iter().filter(|subject| package.is_none_or(|name| name == subject.directory)).collect();
    if subjects.is_empty() {
        let known: Vec<&str> = SUBJECTS.iter().map(|subject| subject.directory).collect();
        bail!("expected one of the directories {}", known.join(", "));
    }
    let mut below = Vec::new();
    for subject in subjects {
        let all = output(&mut command(subject, &["--list".to_owned()])?)?;
        let mut outcomes =
            Outcomes::new(all.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count());
        let parts: Vec<Option<&String>> =
            if shards.is_empty() { vec![None] } else { shards.iter().map(Some).collect() };
        for shard in parts {
            outcomes.add(&test(subject, shard)?)?;
        }
        println!("{}", outcomes.row(subject, shards));
        report::update(subject, shards, &outcomes)?;
        if outcomes.percentage() < REQUIRED {
            below.push(format!("{} ({:.1} %)", subject.directory, outcomes.percentage()));
        }
    }
    if !below.is_empty() {
        bail!(
            "tests notice less than {REQUIRED} % of the mutants of {}; see docs/mutants.md",
            below.join(", ")
        );
    }
    Ok(())
}

fn require_tool() -> Result<()> {
    let mut version = cargo(["mutants", "--version"])?;
    let found = version.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if !found.success() {
        bail!(
            "cargo-mutants is not installed: run `cargo install cargo-mutants --locked --version {VERSION}`"
        );
    }
    Ok(())
}

/// Tries the mutants of one crate, or of one shard. Returns the tool's record of it.
fn test(subject: &Subject, shard: Option<&String>) -> Result<Vec<u8>> {
    let directory = results(subject, shard)?;
    let mut arguments = vec!["--output".to_owned(), directory.display().to_string()];
    let limits = ["--timeout-multiplier", TIMEOUT_FACTOR, "--minimum-test-timeout", TIMEOUT_LEAST_SECONDS];
    arguments.extend(limits.map(str::to_owned));
    if let Some(shard) = shard {
        // Neighbouring mutants are alike: every nth is a better sample than the first nth.
        arguments.extend(["--sharding", "round-robin", "--shard", shard].map(str::to_owned));
    }
    // libtest's `--fail-fast` is unstable; without it each mutant that is noticed would cost all tests.
    arguments
        .extend(["--", "--lib", "--tests", "--", "-Zunstable-options", "--fail-fast"].map(str::to_owned));
    arguments.extend(subject.without.iter().flat_map(|test| ["--skip".to_owned(), (*test).to_owned()]));
    let mut command = command(subject, &arguments)?;
    let status = command.status().context("cannot start cargo-mutants")?;
    // 2: some were missed; 3: some ran without end. Both are results.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        bail!("cargo-mutants failed: {status}; its log is in `{}`", directory.display());
    }
    let file = directory.join("mutants.out/outcomes.json");
    std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))
}

fn results(subject: &Subject, shard: Option<&String>) -> Result<PathBuf> {
    let part = shard.map_or("all".to_owned(), |shard| shard.replace('/', "-of-"));
    let directory = paths::products()?.join("mutants").join(subject.directory).join(part);
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create `{}`", directory.display()))?;
    Ok(directory)
}

/// cargo-mutants for one crate. What it builds has its own target directory, and no debug information: linking is most of the
/// time.
fn command(subject: &Subject, arguments: &[String]) -> Result<Command> {
    let packages = Packages::read()?;
    let package = packages.in_directory(&paths::root()?.join(subject.directory))?;
    let mut command = cargo(["mutants", "--package", &package.name])?;
    command
        .args(arguments)
        .env("CARGO_TARGET_DIR", paths::target()?.join("mutants"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "1")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUST_BACKTRACE", "0")
        // A property that fails is enough; its smallest example is not needed.
        .env("PROPTEST_CASES", "8")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0");
    Ok(command)
}
