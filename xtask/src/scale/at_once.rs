//! Many runs, started at once through the API: whether each ends with its verdicts, how long that takes, and how long each waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{ACTION, Bench};
use crate::service::Client;

/// Objects of each run.
const OBJECTS: usize = 10;
/// Clients that ask for runs side by side.
const CLIENTS: usize = 16;
/// How often is looked whether all are over.
const LOOK: Duration = Duration::from_millis(500);
/// What takes longer does not end.
const LONGEST: Duration = Duration::from_secs(1_200);

/// Prints how long the runs took and waited.
pub(super) fn measure(bench: &Bench, count: usize) -> Result<()> {
    bench.simulator.reset()?;
    let (service, client, integration, collection) =
        bench.furnish(&bench.directory.join("at-once"), OBJECTS)?;
    let mut workflows = Vec::new();
    for number in 0..count {
        let workflow = json!({
            "name": format!("workflow {number:04}"),
            "collection": collection,
            "actions": [{ "integration": integration, "action": ACTION }],
        });
        workflows.push(client.made("/workflows", "application/json", workflow.to_string().as_bytes())?);
    }
    // The component is compiled once, before: a service that has run nothing yet is not what is measured.
    let first = workflows.first().context("no workflow")?;
    let warm = client.made(&format!("/workflows/{first}/run"), "application/json", b"{}")?;
    over(&client, &[warm])?;

    let begun = Instant::now();
    let runs = ask_for(&client, &workflows)?;
    let asked = begun.elapsed();
    let ended = over(&client, &runs)?;
    let took = begun.elapsed();
    let mut waits = Vec::new();
    for run in &ended {
        let accepted = run.pointer("/verdicts/accepted").and_then(Value::as_u64);
        if run.get("status").and_then(Value::as_str) != Some("Completed") || accepted != Some(OBJECTS as u64)
        {
            bail!("a run has not what it should have: {run}");
        }
        waits.push(moment(run, "started_at")? - moment(run, "created_at")?);
    }
    waits.sort();
    let at = |share: usize| {
        waits.get((waits.len() * share / 100).min(waits.len() - 1)).copied().unwrap_or_default()
    };
    println!("\n| {count} runs started at once, {OBJECTS} objects each | s |\n|---|--:|");
    println!("| all asked for | {:.1} |", asked.as_secs_f64());
    println!("| all over, each with its verdicts | {:.1} |", took.as_secs_f64());
    println!("| waited, median | {:.1} |", at(50).as_seconds_f64());
    println!("| waited, p99 | {:.1} |", at(99).as_seconds_f64());
    println!("| waited, longest | {:.1} |", at(100).as_seconds_f64());
    service.stop()
}

/// Asks for a run of each workflow, from several clients.
fn ask_for(client: &Client, workflows: &[i64]) -> Result<Vec<i64>> {
    let next = AtomicUsize::new(0);
    let ask = || -> Result<Vec<i64>> {
        let mut runs = Vec::new();
        while let Some(workflow) = workflows.get(next.fetch_add(1, Ordering::Relaxed)) {
            runs.push(client.made(&format!("/workflows/{workflow}/run"), "application/json", b"{}")?);
        }
        Ok(runs)
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        let mut runs = Vec::new();
        for client in clients {
            match client.join() {
                Ok(asked) => runs.extend(asked?),
                Err(_) => bail!("a client failed"),
            }
        }
        Ok(runs)
    })
}

/// Waits until these runs are over; gives them.
fn over(client: &Client, runs: &[i64]) -> Result<Vec<Value>> {
    let begun = Instant::now();
    let mut ended = Vec::new();
    for run in runs {
        loop {
            let value = client.json(&format!("/api/v1/runs/{run}"))?;
            if value.get("phase").and_then(Value::as_str) == Some("ended") {
                ended.push(value);
                break;
            }
            if begun.elapsed() > LONGEST {
                bail!("run {run} does not end: {value}");
            }
            thread::sleep(LOOK);
        }
    }
    Ok(ended)
}

fn moment(run: &Value, field: &str) -> Result<OffsetDateTime> {
    let text = run.get(field).and_then(Value::as_str).with_context(|| format!("no {field}: {run}"))?;
    Ok(OffsetDateTime::parse(text, &Rfc3339)?)
}
