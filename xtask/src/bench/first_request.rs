//! From a client's start to the arrival of its first request at the server: what stands before the work. The server notes
//! when a request is complete; both read the same machine's clock.

use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::child;
use super::figures::median;
use crate::simulator::Simulator;

/// The median over `rounds` runs, after one that warms up.
pub(super) fn measure(
    server: &Simulator,
    directory: &std::path::Path,
    rounds: usize,
    mut command: impl FnMut() -> Result<Command>,
) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..=rounds {
        server.reset()?;
        let begun = OffsetDateTime::from(SystemTime::now());
        child::run(&mut command()?, directory)?;
        let received = server.requests()?;
        let first = received.first().and_then(|request| request.get("at")).and_then(Value::as_str);
        let arrived = OffsetDateTime::parse(first.context("no request was received")?, &Rfc3339)?;
        times.push(Duration::try_from(arrived - begun).context("the clock was put back")?);
    }
    times.remove(0);
    median(times)
}
