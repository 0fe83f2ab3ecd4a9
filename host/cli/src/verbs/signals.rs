//! What the operator or a supervisor signals.

use palisade_run::{Stopper, Stopping};

use crate::terminal;

/// The status that shells give for an interrupt.
pub(crate) const INTERRUPTED: i32 = 130;

/// Resolves when the operator interrupts, or a supervisor terminates, for the first time from the call of this function on. A second
/// time ends the process at once.
pub(crate) fn first() -> impl Future<Output = ()> {
    let first = signalled(Hangup::OfAnother);
    async move {
        first.await;
        let second = signalled(Hangup::OfAnother);
        tokio::spawn(async move {
            second.await;
            std::process::exit(INTERRUPTED);
        });
    }
}

/// What the signals from this call on mean for a run: the first has it finish what is in flight, the second has it end at once and
/// report that, the third ends the process. A terminal that is lost (`SIGHUP`) counts as well.
pub(crate) fn stopping(quiet: bool) -> Stopping {
    let (stopper, stopping) = Stopper::new();
    let first = signalled(Hangup::Ends);
    tokio::spawn(async move {
        first.await;
        let second = signalled(Hangup::Ends);
        stopper.finish();
        if !quiet {
            terminal::tell(
                "stopping: waiting for the answers to requests in flight; interrupt again to end at once\n",
            );
        }
        second.await;
        let third = signalled(Hangup::Ends);
        stopper.at_once();
        third.await;
        std::process::exit(INTERRUPTED);
    });
    stopping
}

/// Resolves when a signal asks the process to end before anything was sent, from the call of this function on.
pub(crate) fn before_sending() -> impl Future<Output = ()> {
    signalled(Hangup::Ends)
}

/// Has something done each time somebody asks the process to read its files again (`SIGHUP`), from the call of this function on.
/// Never resolves.
#[cfg(unix)]
pub(crate) fn on_reload(mut work: impl FnMut()) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let hangup = signal(SignalKind::hangup());
    async move {
        if let Ok(mut hangup) = hangup {
            while hangup.recv().await.is_some() {
                work();
            }
        }
        std::future::pending().await
    }
}

/// Nobody can ask for that here.
#[cfg(not(unix))]
pub(crate) fn on_reload(_: impl FnMut()) -> impl Future<Output = ()> {
    std::future::pending()
}

/// What `SIGHUP` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hangup {
    /// The terminal is gone: the same as the other signals.
    Ends,
    /// Somebody else listens to it.
    OfAnother,
}

#[cfg(unix)]
fn signalled(hangup: Hangup) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let hangup = (hangup == Hangup::Ends && !is_hangup_ignored()).then(|| signal(SignalKind::hangup()).ok());
    async move {
        let hung_up = async {
            match hangup.flatten() {
                Some(mut hangup) => {
                    hangup.recv().await;
                }
                None => std::future::pending().await,
            }
        };
        match signals {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    () = hung_up => {}
                }
            }
            // Without handlers the signals do what they do by default.
            _ => std::future::pending().await,
        }
    }
}

/// Whether the process was started so that it outlives its terminal, as `nohup` does. Linux says so; elsewhere it is not known.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

/// `SigIgn` in `proc_pid_status(5)`: a mask in which the first bit is `SIGHUP`.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
async fn signalled(_: Hangup) {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Resolves with the exit status when a signal would end the process. Registered when it is called: from then on they do not
/// end it by themselves.
#[cfg(unix)]
pub(crate) fn at_prompt() -> impl Future<Output = i32> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals =
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()]
            .map(signal);
    async move {
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup), Ok(mut quit)] = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => INTERRUPTED,
            _ = terminate.recv() => 128 + SignalKind::terminate().as_raw_value(),
            _ = hangup.recv() => 128 + SignalKind::hangup().as_raw_value(),
            _ = quit.recv() => 128 + SignalKind::quit().as_raw_value(),
        }
    }
}

#[cfg(not(unix))]
pub(crate) async fn at_prompt() -> i32 {
    signalled(Hangup::Ends).await;
    INTERRUPTED
}
#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_is_ignored_from_the_start_stays_ignored() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n"));
        assert!(!ignores_hangup(""));
    }
}
