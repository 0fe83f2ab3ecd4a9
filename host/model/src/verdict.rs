//! What became of the objects of a run.

use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// What became of one object. An object has at most one final verdict in a run, and that does not change.
    Verdict {
        /// The service has it.
        Accepted = "accepted",
        /// Dry run: it would have been sent.
        Planned = "planned",
        /// Not sent, by rule or configuration.
        Skipped = "skipped",
        /// Refused for good.
        Rejected = "rejected",
        /// Not established; safe to send again.
        Failed = "failed",
        /// Not final: the service has not finished it.
        Pending = "pending",
    }
}

impl Verdict {
    /// All verdicts that are final.
    pub const FINAL: &'static [Self] =
        &[Self::Accepted, Self::Planned, Self::Skipped, Self::Rejected, Self::Failed];
}

/// How many objects have each verdict.
///
/// ```
/// use palisade_model::{Verdict, VerdictCounts};
///
/// let mut counts = VerdictCounts::default();
/// counts.add(Verdict::Accepted, 3);
/// counts.add(Verdict::Failed, 1);
/// assert_eq!((counts.of(Verdict::Accepted), counts.decided()), (3, 4));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// The service has them.
    pub accepted: u64,
    /// Dry run: they would have been sent.
    pub planned: u64,
    /// Not sent, by rule or configuration.
    pub skipped: u64,
    /// Refused for good.
    pub rejected: u64,
    /// Not established.
    pub failed: u64,
    /// Not finished by the service.
    #[serde(default)]
    pub pending: u64,
}

impl VerdictCounts {
    /// The sum of all final verdicts.
    #[must_use]
    pub const fn decided(&self) -> u64 {
        self.accepted + self.planned + self.skipped + self.rejected + self.failed
    }

    /// How many objects have this verdict.
    #[must_use]
    pub const fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Accepted => self.accepted,
            Verdict::Planned => self.planned,
            Verdict::Skipped => self.skipped,
            Verdict::Rejected => self.rejected,
            Verdict::Failed => self.failed,
            Verdict::Pending => self.pending,
        }
    }

    /// Adds `count` objects with this verdict.
    pub const fn add(&mut self, verdict: Verdict, count: u64) {
        *match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Planned => &mut self.planned,
            Verdict::Skipped => &mut self.skipped,
            Verdict::Rejected => &mut self.rejected,
            Verdict::Failed => &mut self.failed,
            Verdict::Pending => &mut self.pending,
        } += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Named as _, UnknownName};

    #[test]
    fn every_verdict_is_found_by_its_name_and_counted_apart() {
        let mut counts = VerdictCounts::default();
        for (verdict, count) in Verdict::ALL.iter().copied().zip(1..) {
            assert_eq!(verdict.to_string().parse(), Ok(verdict));
            counts.add(verdict, count);
            assert_eq!(counts.of(verdict), count);
        }
        assert_eq!(counts.decided(), 15);
        let error: UnknownName = Verdict::from_name("waiting").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`waiting` is not one of `accepted`, `planned`, `skipped`, `rejected`, `failed`, `pending`"
        );
    }
}
