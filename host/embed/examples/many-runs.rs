//! Embeds the library and makes many runs in one process, as a service would that takes up a collection whenever one comes:
//! engine, component and connections are there already. Prints as JSON what one run takes, in seconds; the benchmark calls it.
//!
//! ```text
//! many-runs BUNDLE POLICY CONFIGURATION COLLECTION CONNECT-TO CA-CERT
//! ```

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use palisade_embed::bundle::TrustedBundle;
use palisade_embed::collection::{CollectionFile, Reading, Source};
use palisade_embed::engine::{Cache, Compiler, Engine};
use palisade_embed::policy::Policy;
use palisade_embed::run::{Preparation, Prepared, Silent, Status, Stopping, operator, read_configuration};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs of each kind; the median counts.
const RUNS: usize = 200;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, policy, configuration, collection, connect_to, certificate] = arguments.as_slice() else {
        return Err("BUNDLE POLICY CONFIGURATION COLLECTION CONNECT-TO CA-CERT are expected".into());
    };
    let policy = Policy::read(Path::new(policy))?;
    let preparation = |dry_run| -> Result<Preparation> {
        let bundle = TrustedBundle::open(Path::new(bundle), &operator::trust(&policy)?)?;
        let client = operator::client(&policy, vec![connect_to.parse()?], vec![PathBuf::from(certificate)])?;
        Ok(Preparation::new(bundle, policy.clone(), "add-to-blocklist")
            .client(client)
            .configuration(read_configuration(Path::new(configuration))?)
            .source(Box::new(CollectionFile::new(Source::path(collection), Reading::default())))
            .dry_run(dry_run))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let begun = Instant::now();
    let engine = Engine::new(&Cache::Off, Compiler::InProcess)?;
    let real = runtime.block_on(preparation(false)?.check(&engine))?;
    let loading = begun.elapsed().as_secs_f64();
    let dry = runtime.block_on(preparation(true)?.check(&engine))?;
    let (run, dry_run) = (median(&runtime, &real)?, median(&runtime, &dry)?);
    println!("{}", serde_json::json!({ "loading": loading, "run": run, "dry_run": dry_run }));
    Ok(())
}

/// The median time of one run, in seconds.
fn median(runtime: &tokio::runtime::Runtime, prepared: &Prepared) -> Result<f64> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..=RUNS {
        let begun = Instant::now();
        let report = runtime.block_on(prepared.execute(Arc::new(Silent), Stopping::never()));
        times.push(begun.elapsed().as_secs_f64());
        if report.run.status != Status::Clean {
            return Err(format!("a run ended with {:?}", report.run).into());
        }
    }
    // The first opens the connection.
    times.remove(0);
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().ok_or_else(|| "no run was made".into())
}
