//! How fast somebody may try passwords: failures delay the next attempt, for the same name from the same address most of all.
//! Nobody is locked out: the right password gets through, after the delay. Denied by default: a second attempt for a name from an
//! address where one is being delayed, and more delayed attempts from one address than there is room for.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{Store, Wait as _};

use crate::Failure;
use crate::client::network;

/// An attempt to show a password.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Attempt {
    name: String,
    address: Option<IpAddr>,
}

/// Failures within the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Failures {
    /// For the name from the address.
    own: u64,
    /// For the name from anywhere.
    of_name: u64,
    /// From the address for any name.
    of_address: u64,
}

impl Failures {
    fn delay(self) -> Duration {
        let own = doubling(self.own, limits::LOG_IN_FREE_FAILURES, limits::LOG_IN_DELAY_SECONDS);
        let shared = |count, free| doubling(count, free, limits::LOG_IN_SHARED_DELAY_SECONDS);
        let of_name = shared(self.of_name, limits::LOG_IN_FREE_FAILURES_OF_NAME);
        let of_address = shared(self.of_address, limits::LOG_IN_FREE_FAILURES_OF_ADDRESS);
        Duration::from_secs(own.max(of_name).max(of_address))
    }
}

/// No delay for the first failures, then one second, twice as long after each, up to the most.
fn doubling(count: u64, free: u64, most: u64) -> u64 {
    let Some(beyond) = count.checked_sub(free) else { return 0 };
    u32::try_from(beyond).ok().and_then(|beyond| 1_u64.checked_shl(beyond)).unwrap_or(most).min(most)
}

impl Attempt {
    pub(crate) fn new(name: &str, address: Option<IpAddr>) -> Self {
        // A name is counted as it may be spelled; whether anybody has it makes no difference.
        let name: String = name.trim().to_lowercase().chars().take(200).collect();
        Self { name, address: address.map(network) }
    }

    fn subjects(&self) -> [Option<String>; 3] {
        let Self { name, address } = self;
        let own = match address {
            Some(address) => format!("name {name} from {address}"),
            None => format!("name {name} from nowhere"),
        };
        [Some(own), Some(format!("name {name}")), address.map(|address| format!("address {address}"))]
    }

    /// For how long the attempt has to be delayed.
    pub(crate) fn delay(&self, store: &dyn Store, now: Timestamp) -> Result<Duration, Failure> {
        let since = window_start(now);
        let count = |subject: Option<String>| {
            subject.map_or(Ok(0), |subject| store.log_in_failures(&subject, since).wait())
        };
        let [own, of_name, of_address] = self.subjects();
        let failures =
            Failures { own: count(own)?, of_name: count(of_name)?, of_address: count(of_address)? };
        Ok(failures.delay())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, store: &dyn Store, now: Timestamp) -> Result<(), Failure> {
        for subject in self.subjects().into_iter().flatten() {
            store.add_log_in_failure(&subject, now, window_start(now)).wait()?;
        }
        Ok(())
    }
}

fn window_start(now: Timestamp) -> Timestamp {
    let window = SignedDuration::from_secs(i64::try_from(limits::LOG_IN_WINDOW_SECONDS).unwrap_or(i64::MAX));
    now.checked_sub(window).unwrap_or(Timestamp::MIN)
}

/// The attempts that are being delayed.
#[derive(Clone, Default)]
pub(crate) struct Delayed(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    attempts: HashSet<Attempt>,
    by_address: HashMap<Option<IpAddr>, u64>,
}

/// One attempt that is being delayed, until it is dropped.
pub(crate) struct Delay {
    delayed: Delayed,
    attempt: Attempt,
}

impl Delayed {
    /// A place for an attempt that is delayed for so long.
    pub(crate) fn enter(&self, attempt: &Attempt, wait: Duration) -> Result<Delay, Failure> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from_here = waiting.by_address.get(&attempt.address).copied().unwrap_or_default();
        if from_here >= limits::LOG_INS_DELAYED || waiting.attempts.contains(attempt) {
            return Err(Failure::too_many(
                "too-many-log-ins",
                "too many log-ins have failed",
                wait.as_secs(),
            ));
        }
        waiting.attempts.insert(attempt.clone());
        *waiting.by_address.entry(attempt.address).or_default() += 1;
        Ok(Delay { delayed: self.clone(), attempt: attempt.clone() })
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        let mut waiting = self.delayed.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.attempts.remove(&self.attempt);
        if let Some(count) = waiting.by_address.get_mut(&self.attempt.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                waiting.by_address.remove(&self.attempt.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_store_sqlite::SqliteStore;

    use super::*;

    fn store() -> (tempfile::TempDir, SqliteStore) {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("palisade.db")).unwrap();
        (directory, store)
    }

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn a_delay_doubles_up_to_its_most_and_never_is_a_lock() {
        let seconds: Vec<u64> = (4..12).map(|count| doubling(count, 5, 30)).collect();
        assert_eq!(seconds, [0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(doubling(u64::MAX, 5, 30), 30);
        assert_eq!(doubling(5 + 64, 5, 30), 30);
        let worst = Failures { own: 10_000, of_name: 10_000, of_address: 10_000 };
        assert_eq!(worst.delay(), Duration::from_secs(limits::LOG_IN_DELAY_SECONDS));
    }

    #[test]
    fn failures_of_others_delay_somebody_a_little_and_for_the_window_alone() {
        let (_directory, store) = store();
        // An attack on a name from one address after another.
        for round in 0..100 {
            Attempt::new("Ada", address(round)).failed(&store, now()).unwrap();
        }
        let ada = Attempt::new(" ada ", Some(IpAddr::from([198, 51, 100, 1])));
        assert_eq!(
            ada.delay(&store, now()).unwrap(),
            Duration::from_secs(limits::LOG_IN_SHARED_DELAY_SECONDS)
        );
        let later = now() + SignedDuration::from_secs(limits::LOG_IN_WINDOW_SECONDS as i64 + 1);
        assert_eq!(ada.delay(&store, later).unwrap(), Duration::ZERO);
        assert_eq!(Attempt::new("grace", address(200)).delay(&store, now()).unwrap(), Duration::ZERO);
    }

    #[test]
    fn an_address_that_tries_many_names_delays_those_behind_it_a_little() {
        let (_directory, store) = store();
        for round in 0..limits::LOG_IN_FREE_FAILURES_OF_ADDRESS + 10 {
            let address = format!("2001:db8::{round:x}").parse().unwrap();
            Attempt::new(&format!("name-{round}"), Some(address)).failed(&store, now()).unwrap();
        }
        let delay = |address: &str| {
            Attempt::new("somebody", address.parse().ok()).delay(&store, now()).unwrap().as_secs()
        };
        assert_eq!(delay("2001:db8::ffff:1"), limits::LOG_IN_SHARED_DELAY_SECONDS);
        assert_eq!(delay("2001:db8:1::1"), 0);
    }

    #[test]
    fn one_attempt_of_a_name_is_delayed_at_once_and_a_few_of_an_address() {
        let delayed = Delayed::default();
        let wait = Duration::from_secs(2);
        let ada = Attempt::new("ada", address(1));
        let first = delayed.enter(&ada, wait).ok().unwrap();
        let failure = delayed.enter(&ada, wait).err().unwrap();
        assert_eq!((failure.code(), failure.retry_after()), ("too-many-log-ins", Some(2)));
        assert!(delayed.enter(&Attempt::new("ada", address(2)), wait).is_ok());
        drop(first);
        let mut places = Vec::new();
        for round in 0..limits::LOG_INS_DELAYED {
            places
                .push(delayed.enter(&Attempt::new(&format!("name-{round}"), address(1)), wait).ok().unwrap());
        }
        assert!(delayed.enter(&ada, wait).is_err());
        places.pop();
        assert!(delayed.enter(&ada, wait).is_ok());
    }
}
