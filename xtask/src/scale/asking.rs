//! Each page and each answer, asked for again and again on a filled state.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Bench, Size, crawl};
use crate::service::Got;

/// Times that each is asked for.
const TIMES: usize = 11;
/// What the median of a page or a list shall take at most.
const TARGET: Duration = Duration::from_millis(200);
/// Objects of the collection beside the runs: a page shows what it holds.
const COLLECTION: usize = 10_000;

/// Prints how long everything takes.
pub(super) fn measure(bench: &Bench, size: &Size) -> Result<()> {
    let data = bench.directory.join("filled");
    let (service, client, ..) = bench.furnish(&data, COLLECTION.min(size.objects))?;
    service.stop()?;
    bench.fill(&data, size)?;
    let (service, _) = bench.start(&data)?;
    let client = client.at(&service.address);
    let pages = crawl::pages(&client)?;
    let answers = crawl::answers(&client)?;
    println!("\n| asked for | median, ms | slowest, ms | kB | |\n|---|--:|--:|--:|---|");
    let mut slow = 0;
    for (pattern, path) in &pages {
        slow += ask(pattern, || client.page(path))?;
    }
    for (pattern, path) in &answers {
        slow += ask(pattern, || client.call(path))?;
    }
    let asked = pages.len() + answers.len();
    println!("\n{asked} asked for, {slow} over {} ms at the median", TARGET.as_millis());
    print_memory(service.process());
    service.stop()
}

/// One row. Gives 1 where it is over the target.
fn ask(pattern: &str, one: impl Fn() -> Result<Got>) -> Result<usize> {
    let (mut times, mut bytes, mut download) = (Vec::with_capacity(TIMES), 0, false);
    for _ in 0..TIMES {
        let begun = Instant::now();
        let got = one()?;
        times.push(begun.elapsed());
        if got.status != 200 {
            bail!("{pattern}: status {}", got.status);
        }
        bytes = got.text.len();
        // What goes into a file has as many lines as a run has objects.
        let file = [".json", ".csv", ".har"].iter().any(|end| pattern.ends_with(end));
        download = file && !pattern.ends_with("openapi.json");
    }
    times.sort();
    let median = times.get(TIMES / 2).copied().unwrap_or_default();
    let slowest = times.last().copied().unwrap_or_default();
    let over = median > TARGET && !download;
    let told = if over {
        "over"
    } else if download {
        "a file"
    } else {
        ""
    };
    println!(
        "| `{pattern}` | {:.1} | {:.1} | {:.1} | {told} |",
        median.as_secs_f64() * 1_000.0,
        slowest.as_secs_f64() * 1_000.0,
        bytes as f64 / 1_000.0
    );
    Ok(usize::from(over))
}

/// What the service holds in memory after all that, where the system says it.
fn print_memory(process: u32) {
    let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else { return };
    if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM:")) {
        println!("most memory of the service: {}", line.trim_start_matches("VmHWM:").trim());
    }
}
