//! `cargo xtask bench`: the release binary beside a native client that does the same job without WebAssembly, against the
//! same server in the same run. Prints figures; decides nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::simulator::Simulator;
use crate::{build, paths};

/// IOCs in each collection.
const OBJECTS: usize = 10_000;
/// Times that each case is run where the server answers at once; the median counts.
const ROUNDS: usize = 15;
/// The same where the server is slow.
const SLOW_ROUNDS: usize = 3;
/// What a slow server takes for each answer.
const LATENCY_MILLISECONDS: u64 = 200;

/// Prints the figures.
pub(crate) fn bench() -> Result<()> {
    let built = build::product(true)?;
    let native = build::binary("native-client", true)?;
    let simulator = build::binary("vision-one-simulator", true)?;
    let directory = paths::products()?.join("bench");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let bench = Bench {
        palisade: built.palisade,
        bundle: built.bundle,
        native,
        server: Simulator::start(&simulator, &directory)?,
        collection: collection(&directory)?,
        directory,
    };
    // The exception list of a tenant holds less than the benchmark sends.
    bench.server.settings(r#"{"record": false, "limits": {"exceptions": 20000}}"#)?;
    println!("{OBJECTS} IOCs, process start to exit, median of {ROUNDS} (slow server: of {SLOW_ROUNDS})\n");
    println!("{:<58} {:>10} {:>10}", "case", "median", "ratio");
    let blocklist = "add-to-blocklist";
    let base = bench.case("block list, native client", ROUNDS, None, || bench.native(blocklist))?;
    let base = Some(base);
    bench.case("block list, palisade", ROUNDS, base, || bench.palisade(blocklist, true))?;
    bench.case("block list, palisade, component compiled anew", SLOW_ROUNDS, base, || {
        bench.palisade(blocklist, false)
    })?;
    bench.server.settings(&format!(r#"{{"latency_milliseconds": {LATENCY_MILLISECONDS}}}"#))?;
    let exceptions = "add-to-exception-list";
    let slow = format!("exception list, {LATENCY_MILLISECONDS} ms for each answer");
    let base =
        bench.case(&format!("{slow}, native client"), SLOW_ROUNDS, None, || bench.native(exceptions))?;
    bench.case(&format!("{slow}, palisade"), SLOW_ROUNDS, Some(base), || bench.palisade(exceptions, true))?;
    Ok(())
}

struct Bench {
    palisade: PathBuf,
    bundle: PathBuf,
    native: PathBuf,
    server: Simulator,
    collection: PathBuf,
    directory: PathBuf,
}

impl Bench {
    /// Runs a case once to warm up, then `rounds` times, and prints the median and its ratio to another case's.
    fn case(
        &self,
        name: &str,
        rounds: usize,
        base: Option<Duration>,
        command: impl Fn() -> Command,
    ) -> Result<Duration> {
        let mut times = Vec::new();
        for round in 0..=rounds {
            self.server.reset()?;
            let begun = Instant::now();
            let output = command().stdin(Stdio::null()).output().context("cannot start")?;
            let elapsed = begun.elapsed();
            if !output.status.success() {
                bail!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
            }
            if round > 0 {
                times.push(elapsed);
            }
        }
        times.sort();
        let median = *times.get(times.len() / 2).context("no round was run")?;
        let ratio =
            base.map(|base| format!("{:.2}", median.as_secs_f64() / base.as_secs_f64())).unwrap_or_default();
        println!("{name:<58} {:>7.1} ms {ratio:>10}", median.as_secs_f64() * 1e3);
        Ok(median)
    }

    fn palisade(&self, action: &str, cached: bool) -> Command {
        let mut run = Command::new(&self.palisade);
        run.arg("run").arg("--bundle").arg(&self.bundle).args(["--action", action]);
        run.arg("--collection").arg(&self.collection);
        run.arg("--config").arg(self.directory.join("configuration.yaml"));
        run.arg("--report").arg(self.directory.join("palisade.json"));
        run.arg("--connect-to").arg(format!("api.xdr.trendmicro.com:443:{}", self.server.address));
        run.arg("--ca-cert").arg(&self.server.certificate);
        if cached {
            run.arg("--cache-dir").arg(self.directory.join("cache"));
        } else {
            run.arg("--no-cache");
        }
        run.env("VISION_ONE_API_KEY", &self.server.key);
        run
    }

    fn native(&self, action: &str) -> Command {
        let mut run = Command::new(&self.native);
        run.args(["--action", action]).arg("--collection").arg(&self.collection);
        run.arg("--address").arg(&self.server.address);
        run.arg("--ca-cert").arg(&self.server.certificate);
        run.arg("--report").arg(self.directory.join("native.json"));
        run.env("VISION_ONE_API_KEY", &self.server.key);
        run
    }
}

/// A collection of all types, as text.
fn collection(directory: &Path) -> Result<PathBuf> {
    fs::write(directory.join("configuration.yaml"), "api_key: { env: VISION_ONE_API_KEY }\n")?;
    let mut text = String::new();
    for number in 0..OBJECTS {
        match number % 5 {
            0 => writeln!(text, "host-{number}.example")?,
            1 => writeln!(text, "10.{}.{}.{}", number / 65_536, number / 256 % 256, number % 256)?,
            2 => writeln!(text, "http://host-{number}.example/path/{number}")?,
            3 => writeln!(text, "{number:064x}")?,
            _ => writeln!(text, "{number:040x}")?,
        }
    }
    let path = directory.join("collection.txt");
    fs::write(&path, text)?;
    Ok(path)
}
