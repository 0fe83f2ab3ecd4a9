//! What has to be done around the code: build, test, show, measure, and write the generated pages. `cargo xtask help` lists
//! it. Everything works on a machine that has rustup, git and a C compiler, and nothing else.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to developers on a terminal")]

mod bench;
mod build;
mod cargo;
mod demo;
mod docs;
mod paths;
mod simulator;
mod software_bill;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, tests, shows and measures Palisade
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the binary, the component, the guests of the tests and the bundle's zip
    Build {
        /// Builds the binary optimised
        #[arg(long)]
        release: bool,
    },
    /// Checks formatting and lints and runs every test
    Test,
    /// Shows the product: a simulator, both actions on example collections, the reports and what the simulator then holds
    Demo,
    /// Measures the product beside a native client and prints the figures
    Bench,
    /// Writes the generated pages and schemas under `docs`
    Docs,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Build { release } => {
            build::everything(release).map(|built| println!("{}", built.bundle.display()))
        }
        Task::Test => test::test(),
        Task::Demo => demo::demo(),
        Task::Bench => bench::bench(),
        Task::Docs => docs::write(),
    }
}
