//! A run as it was kept, for the process that continues it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use palisade_model::{Format, Outcome, Summary};
use serde_json::Value;

use super::{Begun, Entry, Numbers};
use crate::fetching::Fetching;
use crate::selection::{Offered, Selection};
use crate::waiting::Waiting;

/// A run as it was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    pub(crate) begun: Begun,
    pub(crate) offered: Vec<(usize, Offered)>,
    pub(crate) outcomes: BTreeMap<u64, Outcome>,
    pub(crate) waiting: BTreeMap<u64, Waiting>,
    pub(crate) fetching: BTreeMap<u64, Fetching>,
    pub(crate) handed_out: u64,
    pub(crate) numbers: Numbers,
}

impl Kept {
    /// A run of which only the first entry is known.
    pub(crate) fn begun(begun: Begun) -> Self {
        Self {
            begun,
            offered: Vec::new(),
            outcomes: BTreeMap::new(),
            waiting: BTreeMap::new(),
            fetching: BTreeMap::new(),
            handed_out: 0,
            numbers: Numbers::default(),
        }
    }

    /// Takes the next entry. Later entries about an object replace earlier ones.
    pub(crate) fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Run(begun) => self.begun = *begun,
            Entry::Object { file, offered } => self.offered.push((file, offered)),
            Entry::HandedOut { up_to } => self.handed_out = self.handed_out.max(up_to),
            Entry::Decided { key, outcome } => {
                self.waiting.remove(&key);
                self.fetching.remove(&key);
                self.outcomes.insert(key, outcome);
            }
            Entry::Waiting { key, waiting } => {
                self.fetching.remove(&key);
                self.waiting.insert(key, waiting);
            }
            Entry::Fetching { key, fetching } => {
                self.waiting.remove(&key);
                self.fetching.insert(key, fetching);
            }
            Entry::Numbers(numbers) => self.numbers = *numbers,
        }
    }

    /// Id of the action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.begun.action
    }

    /// The names of the parameters that are known, among them secrets of which is known where they are.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        self.begun.given.keys().map(String::as_str)
    }

    /// What the caller kept for itself.
    #[must_use]
    pub fn caller(&self) -> &Value {
        &self.begun.caller
    }

    /// The objects of the run.
    pub(crate) fn selection(&mut self) -> Selection {
        let collection = &self.begun.collection;
        let files = collection.files.iter().map(|file| {
            let mut summary = Summary {
                objects: file.objects,
                unreadable: file.unreadable,
                left_out: file.left_out,
                // It was shown by its name, so that it has one.
                ..Summary::new(file.name.clone(), file.format.parse().unwrap_or(Format::Text))
            };
            summary.total_announced = (file.missing > 0).then(|| summary.seen() + file.missing);
            summary
        });
        let left_out = collection.left_out.iter();
        Selection {
            files: files.collect(),
            offered: std::mem::take(&mut self.offered),
            beyond: collection
                .not_offered
                .by_subtype
                .iter()
                .map(|(name, count)| (Arc::from(name.as_str()), *count))
                .collect(),
            beyond_listed: Arc::clone(&collection.not_offered.objects),
            left_out: left_out
                .map(|one| (Cow::Owned(one.code.clone()), (one.count, one.message.clone())))
                .collect(),
        }
    }
}
