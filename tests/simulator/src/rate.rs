//! The rate budget: so many requests of one key in a window that begins with its first request (API reference, section 1:
//! requests in 60 seconds). The clock is passed in.

use std::collections::HashMap;
use std::time::Duration;

use crate::settings::Rate;

/// The windows that are open, by key.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    by_key: HashMap<String, Window>,
}

#[derive(Debug)]
struct Window {
    begin: Duration,
    requests: u64,
}

/// The budget is spent; in so many seconds the window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) seconds: u64,
}

impl Windows {
    /// Counts a request of `key` at `now` (since any fixed point). A refused request counts for nothing.
    pub(crate) fn admit(&mut self, key: &str, rate: Rate, now: Duration) -> Result<(), Spent> {
        let length = Duration::from_secs(rate.window_seconds);
        if !self.by_key.contains_key(key) {
            self.by_key.insert(key.to_owned(), Window { begin: now, requests: 0 });
        }
        let Some(window) = self.by_key.get_mut(key) else { return Ok(()) };
        if now.saturating_sub(window.begin) >= length {
            *window = Window { begin: now, requests: 0 };
        }
        if window.requests < rate.requests {
            window.requests += 1;
            return Ok(());
        }
        let left = window.begin.saturating_add(length).saturating_sub(now);
        // Rounded up: a client that waits exactly so long must find the window closed.
        Err(Spent { seconds: left.as_secs() + u64::from(left.subsec_nanos() > 0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_admits_its_budget_for_each_key() {
        let rate = Rate { requests: 2, window_seconds: 60, retry_after: true };
        let mut windows = Windows::default();
        let at = Duration::from_millis;
        assert_eq!(windows.admit("a", rate, at(500)), Ok(()));
        assert_eq!(windows.admit("a", rate, at(600)), Ok(()));
        assert_eq!(windows.admit("a", rate, at(1_000)), Err(Spent { seconds: 60 }));
        assert_eq!(windows.admit("b", rate, at(1_000)), Ok(()));
        assert_eq!(windows.admit("a", rate, at(60_499)), Err(Spent { seconds: 1 }));
        assert_eq!(windows.admit("a", rate, at(60_500)), Ok(()));
    }
}
