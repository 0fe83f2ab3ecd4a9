//! `cargo xtask bench`: the release binary beside a native client that does the same job without WebAssembly and beside other
//! people's clients, against the same server in the same run. Prints figures as tables, which `docs/performance.md` keeps; decides
//! nothing.

mod child;
mod clients;
mod collection;
mod figures;
mod first_request;
mod machine;
mod relay;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::build::Scope;
use crate::cargo::{cargo, output, run};
use crate::simulator::Simulator;
use crate::{build, paths, peers, signing};
use child::Cost;
use clients::{Cache, Client, List, Programs};
use figures::{head, median, memory, number, row, time, wire};
use relay::{Passed, Relay};

/// Objects in the collection that all clients push.
const OBJECTS: u32 = 10_000;
/// Objects in the collections of which growth is measured; *Objects Per Run* stays at its default.
const GROWTH: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Times that each case is run where the server answers at once; the median counts.
const ROUNDS: usize = 11;
/// The same where it takes long.
const LONG_ROUNDS: usize = 3;
/// What a slow server takes for each answer.
const LATENCY_MILLISECONDS: u64 = 200;
/// Entries that the server takes on its exception list: more than the benchmark sends, and more than a tenant holds.
const EXCEPTIONS: u64 = 20_000;

/// Prints the figures.
pub(crate) fn bench() -> Result<()> {
    let built = build::product(Scope::Release)?;
    let native = build::release_binary("native-client")?;
    let example = example()?;
    let python =
        peers::peers().inspect_err(|error| eprintln!("other people's clients are left out: {error:#}")).ok();
    let directory = paths::products()?.join("bench");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let server = Simulator::start(&built.simulator, &directory)?;
    server.settings(&format!(r#"{{"record": false, "limits": {{"exceptions": {EXCEPTIONS}}}}}"#))?;
    let programs = Programs {
        policy: signing::signing(&built.palisade)?.policy,
        palisade: built.palisade,
        bundle: built.bundle,
        native,
        python,
        certificate: server.certificate.clone(),
        key: server.key.clone(),
        directory: directory.clone(),
    };
    fs::write(programs.configuration(), clients::configuration())?;
    let bench = Bench {
        relay: Relay::start(&server.address)?,
        server,
        collection: collection::write(&directory, OBJECTS)?,
        one: collection::write(&directory, 1)?,
        directory,
        programs,
    };
    // What is compiled once, is compiled here.
    child::run(
        bench.programs.palisade(List::Block, &bench.one, &bench.server.address, Cache::Kept).arg("--dry-run"),
        &bench.directory,
    )?;
    println!("{}", machine::machine());
    bench.peers()?;
    bench.starts()?;
    bench.embedded(&example)?;
    bench.growth()
}

/// The example of the library that makes many runs in one process. It is built together with the binary, so that both are
/// made of the same crates with the same features.
fn example() -> Result<PathBuf> {
    let mut build = cargo(["build", "--locked", "--release", "--package", "palisade", "--bin", "palisade"])?;
    run(build.args(["--package", "palisade-embed", "--example", "many-runs"]))?;
    Ok(paths::target()?.join("release/examples/many-runs").with_extension(std::env::consts::EXE_EXTENSION))
}

struct Bench {
    programs: Programs,
    server: Simulator,
    relay: Relay,
    /// What all clients push.
    collection: PathBuf,
    /// A single object.
    one: PathBuf,
    directory: PathBuf,
}

/// What one client took in one case.
struct Measured {
    client: Client,
    costs: Vec<Cost>,
    memory: u64,
    requests: usize,
    passed: Passed,
}

impl Bench {
    /// All clients, both lists, a fast and a slow server.
    fn peers(&self) -> Result<()> {
        head([
            "case",
            "client",
            "median",
            "fastest",
            "to native",
            "CPU time",
            "memory",
            "requests",
            "connections",
            "sent",
            "received",
        ]);
        for (list, latency, rounds) in [
            (List::Block, 0, ROUNDS),
            (List::Exceptions, 0, ROUNDS),
            (List::Block, LATENCY_MILLISECONDS, LONG_ROUNDS),
            (List::Exceptions, LATENCY_MILLISECONDS, LONG_ROUNDS),
        ] {
            self.server.settings(&format!(r#"{{"latency_milliseconds": {latency}}}"#))?;
            let name = match (list, latency) {
                (List::Block, 0) => "block list".to_owned(),
                (List::Exceptions, 0) => "exceptions".to_owned(),
                (List::Block, _) => format!("block list, {latency} ms"),
                (List::Exceptions, _) => format!("exceptions, {latency} ms"),
            };
            self.case(&name, list, rounds)?;
        }
        self.server.settings(r#"{"latency_milliseconds": 0}"#)
    }

    /// One case. The clients take turns, so that what else the machine does falls on all of them alike.
    fn case(&self, name: &str, list: List, rounds: usize) -> Result<()> {
        let push = |client, address: &str| self.programs.push(client, list, &self.collection, address);
        let mut all = Vec::new();
        for client in Client::ALL {
            let Some(mut command) = push(client, &self.relay.address.to_string()) else { continue };
            // Warms up, and tells what a timed run must not be disturbed for.
            self.server.reset()?;
            self.server.settings(r#"{"record": true}"#)?;
            self.relay.passed();
            let memory = child::peak_memory(&mut command, &self.directory)?;
            let passed = self.relay.passed();
            let requests = self.server.requests()?.len();
            self.server.settings(r#"{"record": false}"#)?;
            self.check_all_held(client, list)?;
            all.push(Measured { client, costs: Vec::new(), memory, requests, passed });
        }
        for _ in 0..rounds {
            for measured in &mut all {
                self.server.reset()?;
                let Some(mut command) = push(measured.client, &self.server.address) else { continue };
                measured.costs.push(child::run(&mut command, &self.directory)?);
            }
        }
        let mut native = None;
        for measured in all {
            let median = median(measured.costs.iter().map(|cost| cost.time).collect())?;
            let fastest = measured.costs.iter().map(|cost| cost.time).min().context("no round was run")?;
            let processor = figures::median(measured.costs.iter().map(|cost| cost.processor).collect())?;
            let base = *native.get_or_insert(median);
            row([
                name,
                measured.client.name(),
                &time(median),
                &time(fastest),
                &format!("{:.2}", median.as_secs_f64() / base.as_secs_f64()),
                &time(processor),
                &memory(measured.memory),
                &measured.requests.to_string(),
                &measured.passed.connections.to_string(),
                &wire(measured.passed.sent),
                &wire(measured.passed.received),
            ]);
        }
        for client in Client::ALL.into_iter().filter(|client| !client.can(list)) {
            row([name, client.name(), "cannot", "", "", "", "", "", "", "", ""]);
        }
        Ok(())
    }

    /// A client that pushed less than the others is not faster.
    fn check_all_held(&self, client: Client, list: List) -> Result<()> {
        let state = self.server.state()?;
        let items = state.get(list.in_state()).and_then(|list| list.get("items")).and_then(Value::as_array);
        let held = items.map_or(0, Vec::len);
        if held == OBJECTS as usize {
            Ok(())
        } else {
            bail!("{}: {held} of {OBJECTS} arrived", client.name())
        }
    }

    /// One object: from the start of the process to the arrival of the first request, and to its end.
    fn starts(&self) -> Result<()> {
        head(["start, one object", "to the first request", "to the end"]);
        self.server.settings(r#"{"record": true}"#)?;
        let address = &self.server.address;
        let list = List::Block;
        let cold = || Ok(self.programs.palisade(list, &self.one, address, Cache::Off));
        self.start("palisade, component not in the cache", LONG_ROUNDS, cold)?;
        for client in [Client::Palisade, Client::Native, Client::Pytmv1, Client::TmVisionOne] {
            if self.programs.push(client, list, &self.one, address).is_some() {
                let command = || self.programs.push(client, list, &self.one, address).context("it is there");
                self.start(client.name(), ROUNDS, command)?;
            }
        }
        self.server.settings(r#"{"record": false}"#)
    }

    fn start(
        &self,
        name: &str,
        rounds: usize,
        command: impl Fn() -> Result<std::process::Command>,
    ) -> Result<()> {
        let first = first_request::measure(&self.server, &self.directory, rounds, &command)?;
        let mut times = Vec::new();
        for _ in 0..rounds {
            self.server.reset()?;
            times.push(child::run(&mut command()?, &self.directory)?.time);
        }
        row([name, &time(first), &time(median(times)?)]);
        Ok(())
    }

    /// The library in a process that is running already.
    fn embedded(&self, example: &Path) -> Result<()> {
        self.server.reset()?;
        let mut command = self.programs.embedded(example, &self.one, &self.server.address);
        let figures: Value = serde_json::from_slice(&output(&mut command)?)?;
        let seconds = |name: &str| -> Result<String> {
            let seconds =
                figures.get(name).and_then(Value::as_f64).with_context(|| format!("no `{name}`"))?;
            Ok(time(Duration::from_secs_f64(seconds)))
        };
        head(["embedded, one object", "time"]);
        row(["engine, bundle and component, once", &seconds("loading")?]);
        row(["one run, two requests on an open connection", &seconds("run")?]);
        row(["one dry run, no request", &seconds("dry_run")?]);
        Ok(())
    }

    /// How time and memory grow with the collection. A dry run, so that the server has no part in it.
    fn growth(&self) -> Result<()> {
        head(["objects in the collection", "size", "median", "CPU time", "memory"]);
        for objects in GROWTH {
            let collection = collection::write(&self.directory, objects)?;
            let command = || {
                let mut run =
                    self.programs.palisade(List::Block, &collection, &self.server.address, Cache::Kept);
                run.arg("--dry-run");
                run
            };
            let peak = child::peak_memory(&mut command(), &self.directory)?;
            let mut costs = Vec::new();
            for _ in 0..LONG_ROUNDS {
                costs.push(child::run(&mut command(), &self.directory)?);
            }
            row([
                &number(u64::from(objects)),
                &memory(fs::metadata(&collection)?.len()),
                &time(median(costs.iter().map(|cost| cost.time).collect())?),
                &time(median(costs.iter().map(|cost| cost.processor).collect())?),
                &memory(peak),
            ]);
        }
        Ok(())
    }
}
