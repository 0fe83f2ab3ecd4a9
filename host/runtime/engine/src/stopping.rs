//! How a run is stopped from outside: first with patience for what is in flight, then without.

use tokio::sync::watch;

/// How urgently a run is to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    #[default]
    None,
    Finish,
    AtOnce,
}

/// Stops a run. Dropping it stops nothing.
#[derive(Debug)]
pub struct Stopper(watch::Sender<Urgency>);

/// Tells a run that it is to stop. Clones are told the same.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Receiver<Urgency>);

impl Stopper {
    /// A stopper and what it stops.
    #[must_use]
    pub fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(Urgency::None);
        (Self(sender), Stopping(receiver))
    }

    /// Has the run send nothing more, wait for the answers to its requests in flight, and end.
    pub fn finish(&self) {
        self.raise(Urgency::Finish);
    }

    /// Has it end without waiting for answers.
    pub fn at_once(&self) {
        self.raise(Urgency::AtOnce);
    }

    fn raise(&self, to: Urgency) {
        self.0.send_if_modified(|urgency| {
            let raised = *urgency < to;
            *urgency = (*urgency).max(to);
            raised
        });
    }
}

impl Stopping {
    /// Of a run that nobody stops.
    #[must_use]
    pub fn never() -> Self {
        Stopper::new().1
    }

    /// Whether the run is to stop.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() >= Urgency::Finish
    }

    /// Whether it is to stop without waiting for answers.
    #[must_use]
    pub fn is_at_once(&self) -> bool {
        *self.0.borrow() >= Urgency::AtOnce
    }

    /// Resolves when the run is to stop; never if nobody can say so any more.
    pub async fn asked(&self) {
        self.reached(Urgency::Finish).await;
    }

    /// Resolves when it is to stop without waiting for answers.
    pub(crate) async fn at_once(&self) {
        self.reached(Urgency::AtOnce).await;
    }

    async fn reached(&self, wanted: Urgency) {
        let gone = self.0.clone().wait_for(|urgency| *urgency >= wanted).await.is_err();
        if gone {
            std::future::pending::<()>().await;
        }
    }
}
