//! Answers requests out of a recording, without a network and without waiting.
//!
//! Requests may come in another order than they were recorded in, as several are in flight at once. A request is matched
//! by method, URL, body and the headers of [`MATCHED_HEADERS`]; every recorded attempt is used once, those of the same
//! request in recorded order, so that a 429 comes before the 207 that followed it.
//!
//! Denies by default: what was not recorded has no answer, and what was recorded once is answered once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, Uri};

use crate::differing::{Difference, How, how, named};
use crate::exchange::{Asked, Exchange, Recorded};
use crate::nearest::Nearness;
use crate::recording::Recording;

/// The request headers that are compared: the type of the body, and those in which Vision One takes its filters and
/// queries, which decide about the answer as a URL does. Others, such as `user-agent`, change with every version.
pub const MATCHED_HEADERS: &[&str] = &["content-type", "tmv1-contextual-filter", "tmv1-filter", "tmv1-query"];

/// Answers requests out of one recording. Cheap to clone; clones use up the same recording.
#[derive(Debug, Clone)]
pub struct Replayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    recording: String,
    dropped: u64,
    exchanges: Vec<Exchange>,
    left: Mutex<Left>,
}

/// What has not been used yet.
#[derive(Debug)]
struct Left {
    used: Vec<bool>,
    by_request: HashMap<Asked, Queue>,
}

/// The entries of one request.
#[derive(Debug, Default)]
struct Queue {
    recorded: usize,
    left: VecDeque<usize>,
}

impl Replayer {
    /// A replayer that has used nothing yet.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        let dropped = recording.dropped();
        let Recording { name, exchanges, .. } = recording;
        let mut by_request: HashMap<Asked, Queue> = HashMap::new();
        for (entry, exchange) in exchanges.iter().enumerate() {
            let queue = by_request.entry(exchange.request.clone()).or_default();
            queue.recorded += 1;
            queue.left.push_back(entry);
        }
        let left = Mutex::new(Left { used: vec![false; exchanges.len()], by_request });
        Self { shared: Arc::new(Shared { recording: name, dropped, exchanges, left }) }
    }

    /// What the request was answered when it was recorded; uses it up. Of the headers, those of [`MATCHED_HEADERS`] are
    /// looked at.
    ///
    /// # Errors
    /// In what the request differs from the nearest recorded one that is not used up. That one is not used up by it.
    pub fn answer(
        &self,
        method: &Method,
        url: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Recorded, Difference> {
        let asked = Asked::new(method, url, headers, body);
        let mut left = self.left();
        let entry = left.by_request.get_mut(&asked).and_then(|queue| queue.left.pop_front());
        let Some((entry, exchange)) =
            entry.and_then(|entry| Some((entry, self.shared.exchanges.get(entry)?)))
        else {
            let how = self.nearest(&asked, &left);
            return Err(self.difference(&asked, how));
        };
        if let Some(used) = left.used.get_mut(entry) {
            *used = true;
        }
        exchange
            .outcome
            .clone()
            .map_err(|reason| self.difference(&asked, How::AnswerOmitted { entry, reason }))
    }

    /// What was recorded and not asked for, in recorded order: what is left when a run is over that should be the same.
    #[must_use]
    pub fn unused(&self) -> Vec<Difference> {
        let left = self.left();
        let difference = |(entry, exchange): (usize, &Exchange)| {
            self.difference(&exchange.request, How::NotAsked { entry })
        };
        self.unused_entries(&left).map(difference).collect()
    }

    fn unused_entries<'a>(&'a self, left: &'a Left) -> impl Iterator<Item = (usize, &'a Exchange)> {
        let exchanges = self.shared.exchanges.iter().enumerate();
        exchanges.zip(&left.used).filter(|(_, used)| !**used).map(|(exchange, _)| exchange)
    }

    fn nearest(&self, asked: &Asked, left: &Left) -> How {
        if let Some(queue) = left.by_request.get(asked) {
            return How::AskedAgain { recorded: queue.recorded };
        }
        let mut best: Option<(Nearness, usize, &Exchange)> = None;
        for (entry, exchange) in self.unused_entries(left) {
            let nearness = Nearness::of(asked, &exchange.request);
            // The first of several that are equally near.
            if best.as_ref().is_none_or(|(least, _, _)| nearness > *least) {
                best = Some((nearness, entry, exchange));
            }
        }
        match best {
            Some((_, entry, exchange)) => how(asked, &exchange.request, entry),
            None => How::NothingLeft { recorded: self.shared.exchanges.len() },
        }
    }

    fn difference(&self, request: &Asked, how: How) -> Difference {
        let (method, url) = named(request);
        let recording = self.shared.recording.clone();
        Difference { method, url, recording, dropped: self.shared.dropped, how: Box::new(how) }
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.shared.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
