//! What this process has seen of its runs, for whoever watches it: how they ended, and the verdicts. It begins at nothing with
//! each start, as counters of Prometheus do.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use palisade_model::{Verdict, VerdictCounts};
use palisade_store::RunStatus;

/// Runs and verdicts since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Runs that ended, by how.
    pub runs: BTreeMap<RunStatus, u64>,
    /// Verdicts of these runs.
    pub verdicts: BTreeMap<Verdict, u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Tally {
    tallied: Mutex<Tallied>,
}

impl Tally {
    /// A run ended.
    pub(crate) fn ended(&self, status: RunStatus, counts: &VerdictCounts) {
        let mut tallied = self.tallied.lock().unwrap_or_else(PoisonError::into_inner);
        *tallied.runs.entry(status).or_default() += 1;
        for (verdict, count) in [
            (Verdict::Accepted, counts.accepted),
            (Verdict::Planned, counts.planned),
            (Verdict::Skipped, counts.skipped),
            (Verdict::Rejected, counts.rejected),
            (Verdict::Failed, counts.failed),
        ] {
            *tallied.verdicts.entry(verdict).or_default() += count;
        }
    }

    pub(crate) fn so_far(&self) -> Tallied {
        self.tallied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
