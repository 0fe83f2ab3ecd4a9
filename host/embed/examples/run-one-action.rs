//! Runs one action on two indicators and prints one line for each of them. Without `--push` nothing is sent.
//!
//! ```text
//! run-one-action BUNDLE POLICY CONFIGURATION ACTION [--push]
//! ```

#![expect(clippy::print_stdout, reason = "the output is the purpose of the example")]

use std::path::Path;
use std::sync::Arc;

use palisade_embed::bundle::TrustedBundle;
use palisade_embed::collection::{CollectionFile, Reading, Source};
use palisade_embed::engine::{Cache, Compiler, Engine};
use palisade_embed::policy::Policy;
use palisade_embed::run::{Observer, Preparation, Progress, Stopping, operator, read_configuration};

struct Counter;

impl Observer for Counter {
    fn progress(&self, progress: Progress) {
        println!("{} of {}", progress.totals.decided(), progress.totals.offered);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, policy, configuration, action, options @ ..] = arguments.as_slice() else {
        return Err("expected BUNDLE POLICY CONFIGURATION ACTION".into());
    };
    // One engine serves any number of runs. `Compiler::Program` compiles in a process with limits of memory and time, which
    // a host needs if it does not trust its bundles.
    let engine = Engine::new(&Cache::Off, Compiler::InProcess)?;
    let policy = Policy::read(Path::new(policy))?;
    let bundle = TrustedBundle::open(Path::new(bundle), &operator::trust(&policy)?)?;
    let indicators = Source::reader("from memory", "bad.example.com\n198.51.100.7\n".as_bytes());
    let preparation = Preparation::new(bundle, policy, action)
        .configuration(read_configuration(Path::new(configuration))?)
        .source(Box::new(CollectionFile::new(indicators, Reading::default())))
        .dry_run(options != ["--push"]);
    // `check` finds every mistake before anything is sent.
    let prepared = preparation.check(&engine).await?;
    // `execute` always returns a report. `Stopper::new` returns a pair whose first half cancels the run.
    let report = prepared.execute(Arc::new(Counter), Stopping::never()).await;
    for object in &report.objects {
        let outcome = &object.outcome;
        println!("{} {} {}", object.value, outcome.verdict, outcome.code.as_deref().unwrap_or_default());
    }
    Ok(())
}
