//! What a running simulator holds: collections, tokens, faults and the requests on record. One lock guards all of it; it is
//! never held across an await.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use simulator_parts::Records;

use crate::collection::{Collection, InvalidCollection};
use crate::fault::{Change, Faults};
use crate::settings::Settings;

/// What is shared by all connections.
pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) ca_pem: String,
}

/// What changes.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) collections: BTreeMap<String, Collection>,
    pub(crate) faults: Faults,
    pub(crate) records: Records,
    /// Each token with the time at which it expires.
    tokens: HashMap<String, Instant>,
    /// Marks that were made up so far.
    pub(crate) marks: u64,
}

impl Shared {
    pub(crate) fn new(settings: Settings, ca_pem: String) -> Self {
        let state = State {
            settings,
            collections: BTreeMap::new(),
            faults: Faults::default(),
            records: Records::default(),
            tokens: HashMap::new(),
            marks: 0,
        };
        Self { state: Mutex::new(state), ca_pem }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes a token valid from now on.
    pub(crate) fn give_out(&mut self, token: String) {
        let lasts = Duration::from_secs(self.settings.token_seconds);
        self.tokens.insert(token, Instant::now() + lasts);
    }

    /// Whether a token was given out, and has not expired.
    pub(crate) fn token(&self, token: &str) -> Option<bool> {
        self.tokens.get(token).map(|expires| *expires > Instant::now())
    }

    /// Lets all tokens expire.
    pub(crate) fn expire_tokens(&mut self) {
        let now = Instant::now();
        self.tokens.values_mut().for_each(|expires| *expires = now);
    }

    /// Changes a collection; one that does not exist stays away.
    pub(crate) fn change(&mut self, change: &Change) -> Result<(), InvalidCollection> {
        let added = Collection::read(serde_json::Value::Array(change.add.clone()))?;
        if let Some(collection) = self.collections.get_mut(&change.collection) {
            change.remove.iter().for_each(|id| collection.remove(*id));
            change.touch.iter().for_each(|id| collection.touch(*id, &change.updated_at));
            collection.add(added);
        }
        Ok(())
    }
}
