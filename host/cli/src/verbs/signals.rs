//! What the operator or a supervisor signals.

/// Resolves when the operator interrupts, or a supervisor terminates, for the first time from the call of this function on. A second
/// time ends the process at once, with the status that shells give for an interrupt.
pub(crate) fn first() -> impl Future<Output = ()> {
    let first = signalled();
    async move {
        first.await;
        let second = signalled();
        tokio::spawn(async move {
            second.await;
            std::process::exit(130);
        });
    }
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

#[cfg(unix)]
fn signalled() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        match signals {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            // Without handlers the signals do what they do by default.
            _ => std::future::pending().await,
        }
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
