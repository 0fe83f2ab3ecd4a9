//! How long the state takes to answer what pages and lists ask, with 1,000 workflows and 1,000,000 verdicts in it: the median of
//! 21 times each, as JSON. `cargo run --release --package palisade-store-sqlite --example measure`. With `--fill STATE WORKFLOWS RUNS
//! OBJECTS` it fills that state and ends: `cargo xtask scale` measures a service on it.

#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use palisade_model::Verdict;
use palisade_store::{ObjectFilter, ObjectOrder, Page, RunFilter, Store, Wait as _};
use palisade_store_sqlite::SqliteStore;
use serde_json::{Value, json};

use fill::{Filled, Size};

mod fill;

const TIMES: usize = 21;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--fill", state, workflows, runs, objects] = *arguments {
        let size = Size { workflows: workflows.parse()?, runs: runs.parse()?, objects: objects.parse()? };
        fill::fill(&SqliteStore::open(state.as_ref())?, size, Timestamp::now())?;
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("palisade.db");
    let store: &dyn Store = &SqliteStore::open(&path)?;
    let now = Timestamp::now();
    let size = Size { workflows: 1_000, runs: 100, objects: 10_000 };
    let begun = Instant::now();
    let Filled { last } = fill::fill(store, size, now)?;
    let filled = begun.elapsed();
    let page = Page { offset: 0, limit: 50 };
    let far = Page { offset: 9_900, limit: 50 };
    let all = ObjectFilter::default();
    let failed = ObjectFilter { verdict: Some(Verdict::Failed), ..ObjectFilter::default() };
    let text = ObjectFilter { text: Some("9999.ex".to_owned()), ..ObjectFilter::default() };
    let place = ObjectOrder::Place;
    let mut figures = serde_json::Map::new();
    let mut note = |name: &str, took: Duration| {
        figures.insert(name.to_owned(), Value::from(took.as_secs_f64() * 1_000.0));
    };
    note("workflows", median(|| store.workflows().wait().map(drop))?);
    note("last runs", median(|| store.last_runs().wait().map(drop))?);
    note("runs", median(|| store.runs(&RunFilter::default(), page).wait().map(drop))?);
    note(
        "objects of a run",
        median(|| store.run_objects(last, 1, &all, place, false, page).wait().map(drop))?,
    );
    note(
        "objects, last page",
        median(|| store.run_objects(last, 1, &all, place, false, far).wait().map(drop))?,
    );
    note(
        "objects, failed",
        median(|| store.run_objects(last, 1, &failed, place, false, page).wait().map(drop))?,
    );
    note(
        "objects, searched",
        median(|| store.run_objects(last, 1, &text, place, false, page).wait().map(drop))?,
    );
    let by_verdict = ObjectOrder::Verdict;
    note(
        "objects, sorted",
        median(|| store.run_objects(last, 1, &all, by_verdict, true, page).wait().map(drop))?,
    );
    let searched = Page { offset: 0, limit: 10 };
    note(
        "search, one value",
        median(|| store.search_run_objects("host-4711.example", searched).wait().map(drop))?,
    );
    note("search, a beginning", median(|| store.search_run_objects("host-", searched).wait().map(drop))?);
    note("search, runs", median(|| store.search_runs("workflow 0001", searched).wait().map(drop))?);
    note("search, workflows", median(|| store.search_workflows("0001", searched).wait().map(drop))?);
    note("runs with the same value", median(|| store.same_value(last, 4_711, 10).wait().map(drop))?);
    note(
        "neighbours of an object",
        median(|| store.neighbours(last, 1, &failed, by_verdict, true, 5_000).wait().map(drop))?,
    );
    note("reasons of a run", median(|| store.reasons(last, 1).wait().map(drop))?);
    note(
        "verdicts of a day",
        median(|| store.run_totals(&RunFilter { from: Some(now), ..RunFilter::default() }).wait().map(drop))?,
    );
    note("open objects of a run", median(|| store.open_objects(last, 1).wait().map(drop))?);
    let bytes = std::fs::metadata(&path)?.len();
    println!(
        "{}",
        json!({ "milliseconds": figures, "filled_seconds": filled.as_secs_f64(), "bytes": bytes, "verdicts": size.runs * size.objects })
    );
    Ok(())
}

fn median<E: Error + 'static>(mut work: impl FnMut() -> Result<(), E>) -> Result<Duration, Box<dyn Error>> {
    let mut times = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begun = Instant::now();
        work()?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times.get(TIMES / 2).copied().unwrap_or_default())
}
