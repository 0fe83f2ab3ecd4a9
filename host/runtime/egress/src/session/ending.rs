//! How the requests of a run end. Open by default. A closed session sends nothing more and lets the requests in flight
//! have their answers; an abandoned one waits for none of them.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// How far the end has come. Never goes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Open,
    Closed,
    Abandoned,
}

/// The stage, and how many attempts are in flight.
#[derive(Debug)]
pub(super) struct Ending {
    stage: watch::Sender<Stage>,
    in_flight: watch::Sender<u64>,
    cut_short: AtomicBool,
}

/// One attempt in flight; counted until it is dropped.
#[derive(Debug)]
pub(super) struct InFlight<'ending>(&'ending Ending);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Default for Ending {
    fn default() -> Self {
        Self {
            stage: watch::Sender::new(Stage::Open),
            in_flight: watch::Sender::new(0),
            cut_short: AtomicBool::new(false),
        }
    }
}

impl Ending {
    /// Counts an attempt; `None` if nothing is sent any more. An attempt either sees that the session is closed, or is
    /// seen by the one who waits for the attempts in flight after closing it.
    pub(super) fn begin(&self) -> Option<InFlight<'_>> {
        self.in_flight.send_modify(|count| *count += 1);
        let in_flight = InFlight(self);
        (*self.stage.borrow() == Stage::Open).then_some(in_flight)
    }

    pub(super) fn close(&self) {
        self.advance(Stage::Closed);
    }

    pub(super) fn abandon(&self) {
        self.advance(Stage::Abandoned);
    }

    fn advance(&self, to: Stage) {
        self.stage.send_if_modified(|stage| {
            let later = *stage < to;
            *stage = (*stage).max(to);
            later
        });
    }

    /// Resolves when the session is closed.
    pub(super) async fn closed(&self) {
        self.reached(Stage::Closed).await;
    }

    /// Resolves when no answer is waited for any more.
    pub(super) async fn abandoned(&self) {
        self.reached(Stage::Abandoned).await;
    }

    async fn reached(&self, wanted: Stage) {
        // The sender is `self`: it cannot be gone.
        let _ = self.stage.subscribe().wait_for(|stage| *stage >= wanted).await;
    }

    /// Resolves when no attempt is in flight.
    pub(super) async fn drained(&self) {
        let _ = self.in_flight.subscribe().wait_for(|count| *count == 0).await;
    }

    pub(super) fn in_flight(&self) -> u64 {
        *self.in_flight.borrow()
    }

    /// Notes that a request was refused, not repeated or abandoned because of the end.
    pub(super) fn note_cut_short(&self) {
        self.cut_short.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    /// Whether the future is ready now.
    async fn is_ready(future: impl Future<Output = ()>) -> bool {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn an_end_has_two_stages_and_never_goes_back() {
        let ending = Ending::default();
        assert!(!is_ready(ending.closed()).await && !is_ready(ending.abandoned()).await);
        assert!(ending.begin().is_some());
        ending.close();
        assert!(is_ready(ending.closed()).await && !is_ready(ending.abandoned()).await);
        assert!(ending.begin().is_none());
        ending.abandon();
        ending.close();
        assert!(is_ready(ending.closed()).await && is_ready(ending.abandoned()).await);
    }

    #[tokio::test]
    async fn attempts_are_counted_until_they_are_over() {
        let ending = Ending::default();
        let (first, second) = (ending.begin().unwrap(), ending.begin().unwrap());
        assert_eq!(ending.in_flight(), 2);
        drop(first);
        assert!(!is_ready(ending.drained()).await);
        ending.close();
        assert!(ending.begin().is_none());
        assert_eq!(ending.in_flight(), 1, "one that did not begin is not counted");
        drop(second);
        assert!(is_ready(ending.drained()).await);
        assert!(!ending.has_cut_short());
        ending.note_cut_short();
        assert!(ending.has_cut_short());
    }

    #[tokio::test]
    async fn whoever_waits_learns_of_each_stage_once_it_comes() {
        let ending = std::sync::Arc::new(Ending::default());
        let waiting = tokio::spawn({
            let ending = std::sync::Arc::clone(&ending);
            async move { ending.abandoned().await }
        });
        tokio::task::yield_now().await;
        ending.close();
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        ending.abandon();
        tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.unwrap().unwrap();
    }
}
