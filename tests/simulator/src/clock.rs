//! The simulator's clock. It runs with the real one, ahead of it or behind it, or it is frozen; tests decide. Everything that
//! expires, waits or is dated follows it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

/// The clock.
#[derive(Debug)]
pub(crate) struct Clock {
    reading: Mutex<Reading>,
    started: OffsetDateTime,
}

#[derive(Clone, Copy, Debug)]
enum Reading {
    /// It runs, so far ahead of the real clock.
    Running(time::Duration),
    /// It shows this time until somebody moves it.
    Frozen(OffsetDateTime),
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            reading: Mutex::new(Reading::Running(time::Duration::ZERO)),
            started: OffsetDateTime::now_utc(),
        }
    }

    fn reading(&self) -> Reading {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, reading: Reading) {
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = reading;
    }

    /// The time with its fractions.
    fn precisely(&self) -> OffsetDateTime {
        match self.reading() {
            Reading::Running(ahead) => OffsetDateTime::now_utc().saturating_add(ahead),
            Reading::Frozen(now) => now,
        }
    }

    /// The time, in whole seconds as the service writes it.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.precisely();
        now.replace_nanosecond(0).unwrap_or(now)
    }

    /// The time since the start, with its fractions; zero before it.
    pub(crate) fn elapsed(&self) -> Duration {
        Duration::try_from(self.precisely() - self.started).unwrap_or_default()
    }

    /// Puts it forward.
    pub(crate) fn advance(&self, seconds: u32) {
        let more = time::Duration::seconds(i64::from(seconds));
        self.put(match self.reading() {
            Reading::Running(ahead) => Reading::Running(ahead.saturating_add(more)),
            Reading::Frozen(now) => Reading::Frozen(now.saturating_add(more)),
        });
    }

    /// Sets it to a time.
    pub(crate) fn set(&self, now: OffsetDateTime) {
        self.put(match self.reading() {
            Reading::Running(_) => Reading::Running(now - OffsetDateTime::now_utc()),
            Reading::Frozen(_) => Reading::Frozen(now),
        });
    }

    /// Stops it where it is, or lets it run on from there.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.put(match (self.reading(), frozen) {
            (Reading::Running(_), true) => Reading::Frozen(self.now()),
            (Reading::Frozen(now), false) => Reading::Running(now - OffsetDateTime::now_utc()),
            (reading, _) => reading,
        });
    }

    /// Whether it is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self.reading(), Reading::Frozen(_))
    }

    /// Lets it run with the real clock again.
    pub(crate) fn reset(&self) {
        self.put(Reading::Running(time::Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_when_it_is_moved() {
        let clock = Clock::new();
        clock.freeze(true);
        let begin = clock.now();
        clock.advance(3600);
        assert_eq!(clock.now() - begin, time::Duration::HOUR);
        assert!(clock.is_frozen() && clock.elapsed() >= Duration::from_secs(3599));
        clock.set(OffsetDateTime::UNIX_EPOCH);
        assert_eq!(clock.now(), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.freeze(false);
        assert!(clock.now() - OffsetDateTime::UNIX_EPOCH < time::Duration::MINUTE);
        clock.reset();
        assert!((OffsetDateTime::now_utc() - clock.now()).abs() < time::Duration::MINUTE);
    }
}
