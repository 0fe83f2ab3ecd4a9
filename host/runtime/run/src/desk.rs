//! The books of a run, and the component's side of them: data in, results out, messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_egress::Session;
use palisade_engine::contract::{self, Batch, Eviction, Holding, Outcome, Submission};
use palisade_engine::{Entry, Host, LogLevel, Violation};
use palisade_limits as limits;
use palisade_printable::printable;

use crate::execute::{Observer, Progress};
use crate::holdings::Holdings;
use crate::ledger::Ledger;
use crate::report::{EvictionReport, EvictionsReport, Warning};
use crate::selection::{Offered, Selection};
use crate::{offer, summary};

/// The run's books: shared by the component's side and by the report.
pub(crate) struct Books {
    pub(crate) selection: Arc<Selection>,
    pub(crate) ledger: Ledger,
    /// Index of the next object to hand out.
    pub(crate) cursor: usize,
    /// Keys of the objects to hand out in `resume`.
    pub(crate) due: VecDeque<u64>,
    pub(crate) evictions: EvictionsReport,
    pub(crate) holdings: Holdings,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) warnings_not_listed: u64,
}

impl Books {
    pub(crate) fn warn(&mut self, warning: Warning) {
        if (self.warnings.len() as u64) < limits::WARNINGS_LISTED {
            self.warnings.push(warning);
        } else {
            self.warnings_not_listed += 1;
        }
    }

    fn progress(&self) -> Progress {
        Progress { totals: self.ledger.totals(), handed_out: self.cursor as u64 }
    }
}

/// The component's side of the books.
pub(crate) struct Desk {
    pub(crate) books: Arc<Mutex<Books>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) session: Session,
    pub(crate) run_id: String,
    /// The action's id.
    pub(crate) action: String,
    pub(crate) entry: Entry,
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
    fn next(&mut self, limit: u64) -> Vec<contract::Offered> {
        if self.entry == Entry::Resume {
            return self.next_due(limit);
        }
        let mut books = self.books();
        let mut page = Vec::new();
        let mut cursor = books.cursor;
        while (page.len() as u64) < limit
            && let Some((_, offered)) = books.selection.offered.get(cursor)
        {
            cursor += 1;
            if let Offered::Object(object) = offered {
                page.push(offer::offered(&self.run_id, &self.action, cursor as u64, object));
            }
        }
        books.cursor = cursor;
        books.ledger.hand_out(cursor as u64);
        let progress = books.progress();
        drop(books);
        self.observer.progress(progress);
        page
    }

    fn has_more(&self) -> bool {
        let books = self.books();
        if self.entry == Entry::Resume {
            return !books.due.is_empty();
        }
        let rest = books.selection.offered.get(books.cursor..).unwrap_or_default();
        rest.iter().any(|(_, offered)| matches!(offered, Offered::Object(_)))
    }

    fn record(&mut self, mut outcomes: Vec<Outcome>) -> Result<(), Violation> {
        outcomes
            .iter_mut()
            .flat_map(|outcome| &mut outcome.submissions)
            .for_each(|submission| self.count(submission));
        let mut books = self.books();
        let (taken, result) = books.ledger.record(outcomes);
        let mut decided =
            taken.into_iter().filter_map(|key| Some(summary::decided(key, books.ledger.line(key)?.clone())));
        self.observer.decided(&mut decided);
        let progress = books.progress();
        drop(books);
        self.observer.progress(progress);
        result
    }

    fn ingest(&mut self, _batch: Batch) -> Result<(), Violation> {
        Err(Violation::NotSupported("results.ingest"))
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
