//! The component's side of the books of a run: data in, results out, messages.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_egress::Session;
use palisade_engine::contract::{self, Batch, Eviction, Holding, Outcome, Submission};
use palisade_engine::{CallError, Entry, Host, LogLevel, Violation};
use palisade_limits as limits;
use palisade_model::Moment;
use palisade_printable::printable;

use crate::books::Books;
use crate::execute::{Decided, Observer};
use crate::report::{EvictionReport, Warning};
use crate::selection::Offered;
use crate::uploads::Uploads;
use crate::{found, offer};

/// The component's side of the books.
pub(crate) struct Desk {
    pub(crate) books: Arc<Mutex<Books>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) session: Session,
    pub(crate) run_id: String,
    /// The action's id.
    pub(crate) action: String,
    pub(crate) entry: Entry,
    pub(crate) dry_run: bool,
    pub(crate) uploads: Uploads,
}

impl Desk {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next objects that are due.
    fn next_due(&self, limit: u64) -> Vec<contract::Offered> {
        let mut books = self.books();
        let mut page = Vec::new();
        while (page.len() as u64) < limit
            && let Some(key) = books.due.pop_front()
        {
            let index = usize::try_from(key).unwrap_or(usize::MAX).wrapping_sub(1);
            let selection = Arc::clone(&books.selection);
            if let Some((_, Offered::Object(object))) = selection.offered.get(index)
                && let Some(state) = books.ledger.waiting().offer(key)
            {
                let offered = offer::offered(&self.run_id, &self.action, key, object);
                page.push(contract::Offered { state: Some(state), ..offered });
            }
        }
        page
    }

    /// The component counts what it asked for; what was sent of it, repeats included, is known here.
    fn count(&self, submission: &mut Submission) {
        if submission.duplicate_of.is_none()
            && let Some(times) = self.session.times_sent(&submission.field, &submission.value)
        {
            submission.attempts = times;
        }
    }
}

impl Host for Desk {
    fn next(&mut self, limit: u64) -> Result<Vec<contract::Offered>, CallError> {
        if self.entry == Entry::Resume {
            return Ok(self.next_due(limit));
        }
        let mut books = self.books();
        let mut page = Vec::new();
        let mut cursor = books.cursor;
        while (page.len() as u64) < limit
            && let Some((_, offered)) = books.selection.offered.get(cursor)
        {
            cursor += 1;
            let key = cursor as u64;
            if let Offered::Object(object) = offered
                && books.ledger.is_open(key)
            {
                let uncertain = books.ledger.is_uncertain(key);
                let offered = offer::offered(&self.run_id, &self.action, key, object);
                page.push(contract::Offered { uncertain, ..offered });
            }
        }
        if cursor > books.cursor {
            // From now on they may be sent: that is kept before the component has them.
            books.keep_handed_out(cursor as u64).map_err(|error| not_kept(&error))?;
            books.cursor = cursor;
            books.ledger.hand_out(cursor as u64);
        }
        let progress = books.progress();
        drop(books);
        self.observer.progress(progress);
        Ok(page)
    }

    fn has_more(&self) -> bool {
        let books = self.books();
        if self.entry == Entry::Resume {
            return !books.due.is_empty();
        }
        books.has_open()
    }

    fn record(&mut self, mut outcomes: Vec<Outcome>) -> Result<(), CallError> {
        outcomes
            .iter_mut()
            .flat_map(|outcome| &mut outcome.submissions)
            .for_each(|submission| self.count(submission));
        let mut books = self.books();
        let (taken, result) = books.ledger.record(outcomes, Moment::now());
        books.keep_changed().map_err(|error| not_kept(&error))?;
        let mut decided = taken
            .into_iter()
            .filter_map(|key| Some(Decided { key, outcome: books.ledger.line(key)?.clone() }));
        self.observer.decided(&mut decided);
        let progress = books.progress();
        drop(books);
        self.observer.progress(progress);
        Ok(result?)
    }

    fn ingest(&mut self, batch: Batch) -> Result<(), CallError> {
        let mut books = self.books();
        let unknown = |key: &u64| *key == 0 || *key > books.ledger.handed_out();
        if let Some(key) = batch.found.iter().flat_map(|found| &found.about).find(|key| unknown(key)) {
            return Err(Violation::UnknownKey(*key).into());
        }
        let (objects, gone) = (batch.found.len() as u64, batch.gone.len() as u64);
        if !self.dry_run {
            let Some(ingest) = &mut books.ingest else {
                return Err(Violation::NotSupported("results.ingest").into());
            };
            ingest.keep(&found::batch(batch)).map_err(|error| not_kept(&error))?;
        }
        books.found.batches += 1;
        books.found.objects += objects;
        books.found.gone += gone;
        Ok(())
    }

    fn artefact(&mut self, id: &str, most: u64) -> Result<Vec<u8>, CallError> {
        match self.uploads.content(id, most) {
            Some(content) => content.map_err(|error| CallError::Unreadable(error.to_string())),
            None => Err(Violation::UnknownArtefact(id.to_owned()).into()),
        }
    }

    fn evicting(&mut self, entries: Vec<Eviction>) {
        let mut books = self.books();
        for entry in entries {
            books.evictions.count += 1;
            if (books.evictions.entries.len() as u64) < limits::EVICTIONS_LISTED {
                let Eviction { field, value, expires } = entry;
                books.evictions.entries.push(EvictionReport { field, value, expires });
            }
        }
    }

    fn holds(&mut self, lists: Vec<Holding>) {
        self.books().holdings.take(lists);
    }

    fn log(&mut self, level: LogLevel, message: String, fields: Vec<(String, String)>) {
        let shown = printable(&message);
        match level {
            LogLevel::Trace => tracing::trace!(target: "palisade::action", ?fields, "{shown}"),
            LogLevel::Debug => tracing::debug!(target: "palisade::action", ?fields, "{shown}"),
            LogLevel::Info => tracing::info!(target: "palisade::action", ?fields, "{shown}"),
            // Part of the report, which is shown in any case.
            LogLevel::Warn | LogLevel::Error => {
                tracing::debug!(target: "palisade::action", ?fields, "{shown}");
                let fields = fields.into_iter().collect();
                self.books().warn(Warning { source: "action".to_owned(), message, fields });
            }
        }
    }
}

/// What cannot be kept must not go on: another process would do it again.
fn not_kept(error: &io::Error) -> CallError {
    CallError::NotKept(error.to_string())
}
