//! The processes that a task starts, and that must not outlive it. A signal that ends the task ends them first: each gets
//! SIGTERM, as from a supervisor, and SIGKILL if it has not ended after [`LONGEST`].

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// A service waits for the answers to its requests in flight, up to 30 seconds.
const LONGEST: Duration = Duration::from_secs(40);

/// The processes that run, by id. One that has ended stays here until it is waited for, so that its id is not another's.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Ends the processes, then this one, when a signal arrives.
pub(crate) fn end_with_this_process() -> Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Kept locked: nothing is started from here on.
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            end(&running);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// A process that is ended with this one.
pub(crate) struct Owned(Child);

impl Owned {
    /// Starts it.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start `{}`", command.get_program().to_string_lossy()))?;
        running.push(child.id());
        Ok(Self(child))
    }

    /// The process.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.0.wait()?)
    }

    /// Ends it as a supervisor does, and waits for that.
    pub(crate) fn terminate(self) -> Result<ExitStatus> {
        signal("-TERM", self.id());
        self.wait()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != self.0.id());
        let _ = self.0.wait();
    }
}

fn end(running: &[u32]) {
    for id in running {
        signal("-TERM", *id);
    }
    let begun = Instant::now();
    while running.iter().any(|id| runs(*id)) {
        if begun.elapsed() > LONGEST {
            running.iter().for_each(|id| signal("-KILL", *id));
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn signal(name: &str, id: u32) {
    // It may have ended already, which `kill` complains about.
    let _ = Command::new("kill").args([name, &id.to_string()]).stderr(Stdio::null()).status();
}

/// Whether a process runs. One that has ended and is not waited for yet has the state `Z`.
fn runs(id: u32) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", &id.to_string()]).output();
    state.is_ok_and(|output| {
        let state = String::from_utf8_lossy(&output.stdout);
        !state.trim().is_empty() && !state.trim_start().starts_with('Z')
    })
}
