//! What a running simulator holds: its settings, both lists, the rest of the tenant, the faults, the rate windows, the requests on record, and the
//! clock. One lock guards all but settings and clock; it is never held across an await.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use simulator_parts::Records;
use time::OffsetDateTime;

use crate::clock::Clock;
use crate::exception_list::ExceptionList;
use crate::fault::Faults;
use crate::holdings::Holdings;
use crate::rate::Windows;
use crate::settings::Settings;
use crate::suspicious_list::SuspiciousList;

/// What is shared by all connections.
pub(crate) struct Shared {
    settings: RwLock<Arc<Settings>>,
    state: Mutex<State>,
    pub(crate) clock: Clock,
    pub(crate) ca_pem: String,
}

/// What changes with requests.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) lists: Lists,
    pub(crate) holdings: Holdings,
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
            clock: Clock::new(),
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
        self.clock.now()
    }

    /// Carries out what tasks have done by now.
    pub(crate) fn settle(&self) {
        let (settings, now) = (self.settings(), self.now());
        let State { lists, holdings, .. } = &mut *self.state();
        holdings.settle(lists, &settings, now);
    }

    /// Forgets what the tenant holds, faults, windows and records and sets the clock right. Settings stay.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.records.clear();
        let records = std::mem::take(&mut state.records);
        *state = State { records, ..State::default() };
        self.clock.reset();
    }
}
