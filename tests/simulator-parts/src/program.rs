//! A simulator as a program: it ends by itself, writes secrets into files that only their owner may read, and lets nobody who waits
//! for a file see half of it.

use std::fs::OpenOptions;
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Runs a program to its end.
///
/// # Errors
/// Where there is no runtime, and whatever the program says.
pub fn start(program: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Runtime::new().context("the runtime could not be started")?.block_on(program)
}

/// Waits until the time is over or somebody stops the program.
///
/// # Errors
/// Where the system lets nobody wait for a signal.
pub async fn over(run_for: Duration) -> Result<()> {
    tokio::select! {
        () = tokio::time::sleep(run_for) => Ok(()),
        stopped = stop_signal() => stopped,
    }
}

async fn stop_signal() -> Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate =
            signal(SignalKind::terminate()).context("the signal SIGTERM cannot be awaited")?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.context("the signal SIGINT cannot be awaited"),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.context("an interruption cannot be awaited")
}

/// Says on standard output that the program is ready.
///
/// # Errors
/// Where that is closed.
pub fn tell(ready: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{ready}").context("standard output is closed")
}

/// Writes a file.
///
/// # Errors
/// With the file's name.
pub fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| not_written(path))
}

/// Writes a file that only its owner may read.
///
/// # Errors
/// With the file's name.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| not_written(path))?;
    file.write_all(text.as_bytes()).with_context(|| not_written(path))
}

/// Writes a file under another name first: whoever waits for it never sees half of it.
///
/// # Errors
/// With the file's name.
pub fn write_at_once(path: &Path, text: &str) -> Result<()> {
    let beside = path.with_extension("partial");
    write(&beside, text)?;
    std::fs::rename(&beside, path).with_context(|| not_written(path))
}

fn not_written(path: &Path) -> String {
    format!("the file `{}` could not be written", path.display())
}
