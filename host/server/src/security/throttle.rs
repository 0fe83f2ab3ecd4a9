//! How often somebody may try to log in: so many failures for one name, so many from one address, in a window. Denied by
//! default: the next try, whoever makes it, until the window has moved on.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::Store;

use crate::Failure;

/// Whom a failure is counted against.
#[derive(Clone)]
pub(crate) struct Subjects {
    name: String,
    address: Option<String>,
}

impl Subjects {
    pub(crate) fn new(name: &str, address: Option<IpAddr>) -> Self {
        // A name is counted as it may be spelled; whether anybody has it makes no difference.
        let name: String = name.trim().to_lowercase().chars().take(200).collect();
        let address = address.map(|address| format!("address {}", network(address)));
        Self { name: format!("name {name}"), address }
    }

    /// Whether another try is allowed.
    pub(crate) fn check(&self, store: &Store, now: Timestamp) -> Result<(), Failure> {
        let since = window_start(now);
        let for_name = store.log_in_failures(&self.name, since)?;
        let for_address = match &self.address {
            Some(address) => store.log_in_failures(address, since)?,
            None => 0,
        };
        if for_name >= limits::LOG_IN_FAILURES_OF_NAME || for_address >= limits::LOG_IN_FAILURES_OF_ADDRESS {
            return Err(Failure::too_many(
                "too-many-log-ins",
                "too many log-ins have failed",
                limits::LOG_IN_WINDOW_SECONDS,
            ));
        }
        Ok(())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, store: &Store, now: Timestamp) -> Result<(), Failure> {
        for subject in std::iter::once(&self.name).chain(&self.address) {
            store.add_log_in_failure(subject, now, window_start(now))?;
        }
        Ok(())
    }
}

fn window_start(now: Timestamp) -> Timestamp {
    let window = SignedDuration::from_secs(i64::try_from(limits::LOG_IN_WINDOW_SECONDS).unwrap_or(i64::MAX));
    now.checked_sub(window).unwrap_or(Timestamp::MIN)
}

/// One holder of IPv6 has 2^64 addresses and may use each once: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("palisade.db")).unwrap();
        (directory, store)
    }

    #[test]
    fn a_name_is_closed_after_its_failures_and_opens_again() {
        let (_directory, store) = store();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for round in 0..limits::LOG_IN_FAILURES_OF_NAME {
            // Each from another address.
            let subjects = Subjects::new("Ada", Some(IpAddr::from([192, 0, 2, round as u8])));
            assert!(subjects.check(&store, now).is_ok());
            subjects.failed(&store, now).unwrap();
        }
        let subjects = Subjects::new(" ada ", Some(IpAddr::from([198, 51, 100, 1])));
        assert_eq!(subjects.check(&store, now).unwrap_err().code(), "too-many-log-ins");
        let later = now + SignedDuration::from_secs(limits::LOG_IN_WINDOW_SECONDS as i64 + 1);
        assert!(subjects.check(&store, later).is_ok());
    }

    #[test]
    fn an_address_is_closed_whatever_names_it_tries() {
        let (_directory, store) = store();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for round in 0..limits::LOG_IN_FAILURES_OF_ADDRESS {
            let address = format!("2001:db8::{round:x}").parse().unwrap();
            Subjects::new(&format!("name-{round}"), Some(address)).failed(&store, now).unwrap();
        }
        let same_network: IpAddr = "2001:db8::ffff:1".parse().unwrap();
        assert!(Subjects::new("somebody", Some(same_network)).check(&store, now).is_err());
        assert!(Subjects::new("somebody", "2001:db8:1::1".parse().ok()).check(&store, now).is_ok());
    }
}
