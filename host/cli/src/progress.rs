//! How a run shows that it lives: a bar on a terminal, a line now and then elsewhere, nothing where nobody reads.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade_run::{Observer, Progress, Silent};

use crate::show::number;

/// Between two lines where there is no terminal: often enough to see that it lives, rare enough for a log.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Watches a run for the operator. With logs on standard error a bar would be torn apart, so that lines are shown.
pub(crate) fn observer(offered: u64, quiet: bool, logging: bool) -> Arc<dyn Observer> {
    if quiet {
        Arc::new(Silent)
    } else if std::io::stderr().is_terminal() && !logging {
        Arc::new(Bar::new(offered))
    } else {
        Arc::new(Lines { last: Mutex::new(Instant::now()) })
    }
}

struct Bar(ProgressBar);

impl Bar {
    fn new(offered: u64) -> Self {
        let bar = ProgressBar::new(offered);
        let template = "{bar:40.cyan/dim} {human_pos} of {human_len} objects, {elapsed} {msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }
}

impl Observer for Bar {
    fn progress(&self, progress: Progress) {
        let totals = progress.totals;
        self.0.set_position(totals.decided());
        let counts = [(totals.rejected, "rejected"), (totals.failed, "failed"), (totals.pending, "pending")];
        let shown: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        if !shown.is_empty() {
            self.0.set_message(format!("({})", shown.join(", ")));
        }
    }

    fn waiting(&self, until: Option<SystemTime>) {
        self.0.set_message(until.map(waits).unwrap_or_default());
    }
}

/// `waiting for the service, next request at 14:03:27 (in 118 s)`
fn waits(until: SystemTime) -> String {
    let left = until.duration_since(SystemTime::now()).unwrap_or_default().as_secs_f64().ceil();
    let clock = Timestamp::try_from(until).map(|until| until.to_zoned(TimeZone::system()));
    let clock = clock.map(|until| until.strftime("%H:%M:%S").to_string()).unwrap_or_default();
    format!("waiting for the service, next request at {clock} (in {left:.0} s)")
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

struct Lines {
    last: Mutex<Instant>,
}

impl Observer for Lines {
    fn progress(&self, progress: Progress) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < LINE_EVERY {
            return;
        }
        *last = Instant::now();
        let totals = progress.totals;
        // A closed standard error does not end a run.
        let _ = writeln!(
            anstream::stderr(),
            "{} of {} objects have a verdict, {} rejected, {} failed{}",
            number(totals.decided()),
            number(totals.offered),
            number(totals.rejected),
            number(totals.failed),
            if totals.pending > 0 { format!(", {} pending", number(totals.pending)) } else { String::new() }
        );
    }

    fn waiting(&self, until: Option<SystemTime>) {
        if let Some(until) = until {
            let _ = writeln!(anstream::stderr(), "{}", waits(until));
        }
    }
}
