//! The wait that a service imposes on a credential: when one request is told to wait, every request of the same
//! credential waits. Open by default.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Shared by all requests of one credential.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    opens_at: Arc<Mutex<Option<Instant>>>,
}

impl Gate {
    /// Keeps the gate closed for at least this long from now.
    pub fn close_for(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut opens_at = self.opens_at.lock().unwrap_or_else(PoisonError::into_inner);
        if opens_at.is_none_or(|earlier| earlier < until) {
            *opens_at = Some(until);
        }
    }

    /// Waits until the gate is open; returns at once where it is.
    pub async fn pass(&self) {
        loop {
            let opens_at = *self.opens_at.lock().unwrap_or_else(PoisonError::into_inner);
            match opens_at {
                Some(instant) if instant > Instant::now() => tokio::time::sleep_until(instant).await,
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_for_the_longest_wish() {
        let gate = Gate::default();
        let begun = Instant::now();
        gate.pass().await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        gate.close_for(Duration::from_secs(5));
        gate.close_for(Duration::from_secs(2));
        gate.clone().pass().await;
        assert!(begun.elapsed() >= Duration::from_secs(5));
    }
}
