//! Which tick is due, where the service may have been stopped meanwhile: one at most, whatever was missed.

use jiff::Timestamp;
use palisade_limits as limits;

use crate::Schedule;

/// A tick that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The latest tick.
    pub tick: Timestamp,
    /// How many ticks before it were missed, at most [`limits::MISSED_TICKS`].
    pub missed: u64,
}

impl Schedule {
    /// The tick that is due now, if `planned` is: the tick that [`next`](Self::next) gave before. Where later ones have passed
    /// too, it is the latest of them.
    #[must_use]
    pub fn due(&self, anchor: Timestamp, planned: Timestamp, now: Timestamp) -> Option<Due> {
        if planned > now || matches!(self, Self::None) {
            return None;
        }
        let until_now = |after: Timestamp| self.next(anchor, after).filter(|tick| *tick <= now);
        let missed = std::iter::successors(until_now(planned), |tick| until_now(*tick))
            .take(usize::try_from(limits::MISSED_TICKS).unwrap_or(usize::MAX))
            .count();
        // Halving finds the latest of a year of minutes in some fifty steps.
        let mut tick = planned;
        let mut end = now.as_nanosecond();
        while let Some(later) = until_now(tick) {
            tick = later;
            let middle = tick.as_nanosecond() + (end - tick.as_nanosecond()) / 2;
            let Ok(middle) = Timestamp::from_nanosecond(middle) else { break };
            match until_now(middle) {
                Some(later) => tick = later,
                None => end = middle.as_nanosecond(),
            }
        }
        Some(Due { tick, missed: missed as u64 })
    }
}
