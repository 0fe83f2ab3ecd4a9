//! Tells whoever watches that a run has changed. Where it stands is in the state; what is missed here is seen there.

use palisade_store::RunId;
use tokio::sync::broadcast;

use crate::Orchestrator;

/// Changes that may be waiting for whoever is slow; who misses some looks at the state anyway.
const WAITING: usize = 256;

pub(crate) struct Changes(broadcast::Sender<RunId>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::channel(WAITING).0)
    }
}

impl Orchestrator {
    /// Runs that change, from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<RunId> {
        self.inner.changes.0.subscribe()
    }

    pub(crate) fn changed(&self, run: RunId) {
        // Nobody may be watching.
        let _ = self.inner.changes.0.send(run);
    }
}
