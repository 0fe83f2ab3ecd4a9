//! What has to be done around the code: build, test, show, measure, and write the generated pages. `cargo xtask help` lists
//! it. Everything works on a machine that has rustup, git and a C compiler, and nothing else.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to developers on a terminal")]

mod bench;
mod browser;
mod build;
mod bundles;
mod cancel_test;
mod cargo;
mod children;
mod demo;
mod deny;
mod dist;
mod docs;
mod fuzz;
mod hosts;
mod kill_test;
mod languages;
mod lint;
mod measure;
mod mutants;
mod package;
mod packages;
mod paths;
mod peers;
mod projects;
mod scale;
mod schemathesis;
mod service;
mod signing;
mod simulator;
mod software_bill;
mod test;
mod tools;
mod used_by;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::build::Scope;

/// Builds, tests, shows and measures Palisade
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the binary, the bundles with their components, and the guests of the tests
    Build {
        /// Builds the binary optimised
        #[arg(long)]
        release: bool,
    },
    /// Checks formatting and lints and runs every test
    Test,
    /// Shows the product: a simulator, both actions on example collections, the reports and what the simulator then holds
    Demo {
        /// Keeps the recordings under `examples/recordings`, against which a test replays the examples
        #[arg(long)]
        keep: bool,
        /// Serves instead: the web console with the bundle, three collections and three workflows, ready to click through
        #[arg(long, conflicts_with = "keep")]
        serve: bool,
        /// Where the service listens
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8420", requires = "serve")]
        listen: String,
        /// Uses what `cargo xtask build` has built
        #[arg(long, requires = "serve")]
        no_build: bool,
    },
    /// Kills the service at random moments of a run of 10,000 objects, and checks what became of each of them
    KillTest {
        /// How many times
        #[arg(long, value_name = "N", default_value_t = 200)]
        kills: u64,
        /// The seed of the moments, to make the same ones again
        #[arg(long, value_name = "SEED")]
        seed: Option<u64>,
    },
    /// Cancels runs of 10,000 objects at random moments, and compares their reports with what the tenant has
    CancelTest {
        /// How many times, at the command line and in the service
        #[arg(long, value_name = "N", default_value_t = 50)]
        cancels: u64,
        /// The seed of the moments, to repeat the same ones
        #[arg(long, value_name = "SEED")]
        seed: Option<u64>,
    },
    /// Tests the web console in a browser
    Browser {
        /// Takes instead the pictures for the documentation, `docs/images`
        #[arg(long)]
        screenshots: bool,
    },
    /// Measures the product beside a native client and prints the figures
    Bench,
    /// Measures the service with 1,000 workflows and 1,000,000 verdicts, and 1,000 runs that are started at once
    Scale {
        /// Measures a development build: to see that it works
        #[arg(long)]
        dev: bool,
        /// Takes a thousandth of the verdicts and a tenth of the workflows and runs
        #[arg(long)]
        small: bool,
    },
    /// Asks a fresh service what its own OpenAPI document allows, and what it does not
    Schemathesis {
        /// How many calls of each kind, for each operation
        #[arg(long, value_name = "N", default_value_t = 40)]
        examples: u32,
    },
    /// Builds the guests in Python and JavaScript and packs their bundles
    Languages {
        /// Measures instead what each language costs an author, and prints the table
        #[arg(long)]
        measure: bool,
    },
    /// Installs what tests need from the package indexes of Python and npm: other people's clients of the service, the tools for
    /// projects in Go and C, and the runtimes of the hosts in other languages. Prints where the clients' Python is
    Peers,
    /// Gives every reader inputs of a fuzzer's making
    Fuzz {
        /// How long, all targets together; building is not counted
        #[arg(long, value_name = "N")]
        seconds: u64,
        /// Only this target, for all of the time
        #[arg(long)]
        target: Option<String>,
    },
    /// Change the code of `plugin`, `egress`, `bundle` and `protect` in one place at a time, and list the changes that no test notices
    Mutants {
        /// Only the crate in this directory
        #[arg(long, value_name = "DIRECTORY")]
        package: Option<String>,
        /// Only part K of N, counted from 0; can be repeated
        #[arg(long = "shard", value_name = "K/N")]
        shards: Vec<String>,
    },
    /// Checks licences, sources, bans and advisories of all dependencies
    Deny,
    /// Writes the generated pages and schemas under `docs`
    Docs,
    /// Package every crate that can be published, without a network and without publishing anything
    Package {
        /// Also compile each crate from its package; takes as long as a build of the product
        #[arg(long)]
        verify: bool,
    },
    /// Build the release for this machine: binary, bundles, checksums, bill of materials, container context, completions, man pages
    Dist {
        /// Write it to this directory, which is replaced, instead of `target/dist`
        #[arg(long, value_name = "DIRECTORY")]
        out: Option<PathBuf>,
        /// Sign the bundles with this secret key, whose public key is beside it as `.pub`, instead of the key of the target directory
        #[arg(long, value_name = "KEY")]
        sign: Option<PathBuf>,
        /// Package the development build of `cargo xtask build` instead of a release build: for tests
        #[arg(long)]
        no_build: bool,
    },
}

fn main() -> Result<()> {
    children::end_with_this_process()?;
    match Arguments::parse().task {
        Task::Build { release } => {
            build::everything(release).map(|built| println!("{}", built.bundle.display()))
        }
        Task::Test => test::test(),
        Task::Demo { serve: true, listen, no_build, .. } => demo::serve::serve(&listen, no_build),
        Task::Demo { keep, .. } => demo::demo(keep),
        Task::CancelTest { cancels, seed } => cancel_test::cancel_test(cancels, seed),
        Task::KillTest { kills, seed } => kill_test::kill_test(kills, seed),
        Task::Browser { screenshots: false } => browser::test(),
        Task::Browser { screenshots: true } => browser::screenshots(),
        Task::Bench => bench::bench(),
        Task::Scale { dev, small } => scale::scale(!dev, small),
        Task::Schemathesis { examples } => schemathesis::schemathesis(examples),
        Task::Languages { measure: true } => measure::measure(),
        Task::Languages { measure: false } => {
            let zips = languages::build(&build::product(Scope::Workspace)?.palisade)?;
            zips.iter().for_each(|zip| println!("{}", zip.display()));
            Ok(())
        }
        Task::Peers => {
            projects::tools()?;
            hosts::packages()?;
            peers::peers().map(|python| println!("{}", python.display()))
        }
        Task::Fuzz { seconds, target } => fuzz::fuzz(seconds, target.as_deref()),
        Task::Mutants { package, shards } => mutants::mutants(package.as_deref(), &shards),
        Task::Deny => deny::deny(),
        Task::Docs => docs::write(),
        Task::Package { verify } => package::package(verify),
        Task::Dist { out, sign, no_build } => {
            dist::dist(&dist::Options { to: out.as_deref(), key: sign.as_deref(), no_build })
        }
    }
}
