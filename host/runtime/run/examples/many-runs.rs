//! Embeds the library and makes many runs in one process, as a service would that takes up a collection whenever one comes:
//! engine, component and connections are there already. Prints as JSON what one run takes, in seconds; the benchmark calls it.
//!
//! ```text
//! many-runs BUNDLE POLICY CONFIGURATION COLLECTION CONNECT-TO CA-CERT
//! ```

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use palisade_bundle::TrustedBundle;
use palisade_collection::{Reading, Source};
use palisade_egress::Gate;
use palisade_engine::{Cache, Compiler, Engine};
use palisade_policy::Policy;
use palisade_run::{
    ComponentSource, Evidence, Input, Overrides, Preparation, Prepared, Silent, Status, Stopping, operator,
    read_configuration,
};

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
        let trust = operator::trust(&policy)?;
        Ok(Preparation {
            bundle: TrustedBundle::open(Path::new(bundle), &trust)?,
            protection: operator::protection(&policy, BTreeSet::new())?,
            client: operator::client(&policy, vec![connect_to.parse()?], vec![PathBuf::from(certificate)])?,
            policy: policy.clone(),
            action: "add-to-blocklist".to_owned(),
            given: read_configuration(Path::new(configuration))?,
            input: Input::Collection { sources: vec![Source::path(collection)], reading: Reading::default() },
            dry_run,
            compare: false,
            most_evictions: Some(0),
            overrides: Overrides::default(),
            evidence: Evidence::None,
            gate: Gate::default(),
            component: ComponentSource::Bundle,
        })
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
