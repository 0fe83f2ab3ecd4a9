//! Instants that durations from outside lead to. A manifest, an operator and a service may all name a time that no clock
//! can tell; such a time is as good as never, and no reason to end the process.

use std::time::Duration;

use palisade_limits as limits;
use tokio::time::Instant;

/// The instant that is `wait` after `start`; [`limits::FAR_FUTURE_SECONDS`] after it where `wait` is longer than that.
#[must_use]
pub fn after(start: Instant, wait: Duration) -> Instant {
    let far = Duration::from_secs(limits::FAR_FUTURE_SECONDS);
    start.checked_add(wait.min(far)).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_clock_can_tell_is_far_away() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::from_secs(5)), now + Duration::from_secs(5));
        assert_eq!(after(now, Duration::MAX), now + Duration::from_secs(limits::FAR_FUTURE_SECONDS));
    }
}
