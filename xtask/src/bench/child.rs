//! One process from its start to its end: how long it took, what it took of the processor, and how much memory it held at
//! most. A process that does not end in time is ended, and one that fails is an error with what it said.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use wait4::Wait4 as _;

/// The longest that a process may take: one client of the table needs half a minute where the server is slow.
const LONGEST: Duration = Duration::from_secs(180);
/// Between two looks whether a process has ended: the error of each time measured, at a cost of less than 1% of one core.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// What one process took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From its start to its end.
    pub(super) time: Duration,
    /// Time of all its threads on the processor, in its own code and in the system's.
    pub(super) processor: Duration,
}

/// Runs a process to its end. What it says on standard error is kept in `directory` until the next one.
pub(super) fn run(command: &mut Command, directory: &Path) -> Result<Cost> {
    watch(command, directory, |_| {})
}

/// The same, with the most memory that it held, in bytes; 0 where the system does not tell. Looking at it costs time on the
/// processor, so that this run's times are not used.
pub(super) fn peak_memory(command: &mut Command, directory: &Path) -> Result<u64> {
    let mut peak = 0;
    watch(command, directory, |process| peak = peak.max(resident_bytes(process).unwrap_or_default()))?;
    Ok(peak)
}

fn watch(command: &mut Command, directory: &Path, mut look: impl FnMut(u32)) -> Result<Cost> {
    let errors = directory.join("standard-error.txt");
    let begun = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?);
    let mut child = command.spawn().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let used = loop {
        look(child.id());
        if let Some(used) = child.try_wait4()? {
            break used;
        }
        if begun.elapsed() > LONGEST {
            child.kill()?;
            child.wait()?;
            bail!("{:?} took longer than {LONGEST:?}", command.get_program());
        }
        thread::sleep(LOOK_EVERY);
    };
    let time = begun.elapsed();
    if !used.status.success() {
        bail!("{command:?}: {}\n{}", used.status, fs::read_to_string(&errors).unwrap_or_default());
    }
    Ok(Cost { time, processor: used.rusage.utime + used.rusage.stime })
}

/// The most that a process has held so far, as Linux counts it (`VmHWM` in `proc_pid_status(5)`). The figure that the system
/// gives at a process's end is of no use here: it is never less than what the process that started it holds.
fn resident_bytes(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
