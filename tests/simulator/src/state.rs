//! What a running simulator holds: its settings, both lists, the faults, the rate windows, the requests on record, and a clock
//! that can be put forward. One lock guards all but settings and clock; it is never held across an await.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use simulator_parts::Records;
use time::OffsetDateTime;

use crate::exception_list::ExceptionList;
use crate::fault::Faults;
use crate::rate::Windows;
use crate::settings::Settings;
use crate::suspicious_list::SuspiciousList;

/// What is shared by all connections.
pub(crate) struct Shared {
    settings: RwLock<Arc<Settings>>,
    state: Mutex<State>,
    started: Instant,
    clock_seconds: AtomicI64,
    pub(crate) ca_pem: String,
}

/// What changes with requests.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) lists: Lists,
    pub(crate) faults: Faults,
    pub(crate) windows: Windows,
    pub(crate) records: Records,
}

/// Both lists.
#[derive(Clone, Default)]
pub(crate) struct Lists {
    pub(crate) suspicious: SuspiciousList,
    pub(crate) exceptions: ExceptionList,
}

impl Shared {
    pub(crate) fn new(settings: Settings, ca_pem: String) -> Self {
        Self {
            settings: RwLock::new(Arc::new(settings)),
            state: Mutex::default(),
            started: Instant::now(),
            clock_seconds: AtomicI64::new(0),
            ca_pem,
        }
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the settings in one step: no request sees half of it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Settings) -> T) -> T {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut settings))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The simulator's time, in whole seconds as the service writes it.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let ahead = time::Duration::seconds(self.clock_seconds.load(Ordering::Relaxed));
        let now = OffsetDateTime::now_utc().saturating_add(ahead);
        now.replace_nanosecond(0).unwrap_or(now)
    }

    /// The time since the start by the same clock, in fractions of a second.
    pub(crate) fn elapsed(&self) -> Duration {
        let ahead = u64::try_from(self.clock_seconds.load(Ordering::Relaxed)).unwrap_or_default();
        self.started.elapsed().saturating_add(Duration::from_secs(ahead))
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, seconds: u32) {
        self.clock_seconds.fetch_add(i64::from(seconds), Ordering::Relaxed);
    }

    /// Forgets lists, faults, windows and records and sets the clock right. Settings stay.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.records.clear();
        let records = std::mem::take(&mut state.records);
        *state = State { records, ..State::default() };
        self.clock_seconds.store(0, Ordering::Relaxed);
    }
}
