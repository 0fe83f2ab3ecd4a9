//! The books of a run: shared by the component's side and by the report.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;

use palisade_engine::Component;
use palisade_limits as limits;
use palisade_model::{Outcome, Verdict};

use crate::declared::Declared;
use crate::execute::Progress;
use crate::found::Ingest;
use crate::holdings::Holdings;
use crate::journal::{Begun, Entry, Journal, Kept, Numbers};
use crate::ledger::Ledger;
use crate::open::OUTCOME_UNKNOWN;
use crate::report::{EvictionsReport, FoundReport, TrafficReport, Warning};
use crate::selection::{Offered, Selection};
use crate::waiting::WaitBounds;

/// The books of one run.
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
    /// What earlier activations have sent, those of other processes included.
    pub(crate) traffic: TrafficReport,
    journal: Option<Box<dyn Journal>>,
    /// Where goes what the action finds.
    pub(crate) ingest: Option<Box<dyn Ingest>>,
    pub(crate) found: FoundReport,
}

impl Books {
    /// No objects: what is left when the books of a run have been taken to its report.
    pub(crate) fn empty() -> Self {
        Self {
            selection: Arc::default(),
            ledger: Ledger::new(0, true),
            cursor: 0,
            due: VecDeque::new(),
            evictions: EvictionsReport::default(),
            holdings: Holdings::default(),
            warnings: Vec::new(),
            warnings_not_listed: 0,
            traffic: TrafficReport::default(),
            journal: None,
            ingest: None,
            found: FoundReport::default(),
        }
    }

    /// Books in which unreadable records and protected objects have their verdict already, and incomplete files their warning.
    pub(crate) fn open(selection: Arc<Selection>, dry_run: bool, declared: Arc<Declared>) -> Self {
        let mut books = Self::empty();
        books.ledger = Ledger::new(selection.offered.len(), dry_run).giving_back(declared);
        books.selection = selection;
        books.decide_held_back();
        for message in palisade_model::warnings(&books.selection.files) {
            books.warn(Warning { source: "host".to_owned(), message, fields: BTreeMap::new() });
        }
        books
    }

    /// The books of a run that another process began. `may_be_offered_again` states whether an object that the other process had
    /// handed out, and that has no outcome, is offered again.
    pub(crate) fn continued(
        selection: Arc<Selection>,
        declared: Arc<Declared>,
        kept: Kept,
        waits: Option<WaitBounds>,
        may_be_offered_again: bool,
    ) -> Self {
        let mut books = Self::empty();
        let ledger = Ledger::new(selection.offered.len(), false).giving_back(declared).after(kept.handed_out);
        books.ledger = match waits {
            Some(bounds) => ledger.with_waiting(bounds),
            None => ledger,
        };
        books.selection = selection;
        for (key, outcome) in kept.outcomes {
            books.ledger.decide(key, outcome);
        }
        for (key, waiting) in kept.waiting {
            books.ledger.waiting().restore(key, waiting);
        }
        for (key, fetching) in kept.fetching {
            books.ledger.restore_fetching(key, fetching);
        }
        if !may_be_offered_again {
            let open = books.ledger.open();
            let before = open.into_iter().filter(|key| *key <= kept.handed_out).collect::<Vec<_>>();
            for key in before {
                let message = "it may have been sent before the process ended, and the action cannot look";
                books.ledger.decide(key, Outcome::reasoned(Verdict::Failed, OUTCOME_UNKNOWN, message));
            }
        }
        books.decide_held_back();
        let Numbers { traffic, evictions, holdings, warnings, warnings_not_listed, found } = kept.numbers;
        books.found = found;
        books.traffic = traffic;
        books.evictions = evictions;
        books.holdings = Holdings::of(holdings);
        books.warnings = warnings;
        books.warnings_not_listed = warnings_not_listed;
        books
    }

    /// Lets objects wait, if the component can be asked again.
    pub(crate) fn let_wait(&mut self, component: &Component, bounds: WaitBounds) {
        if component.can_resume() {
            let ledger = std::mem::replace(&mut self.ledger, Ledger::new(0, true));
            self.ledger = ledger.with_waiting(bounds);
        }
    }

    fn decide_held_back(&mut self) {
        let selection = Arc::clone(&self.selection);
        for ((_, offered), key) in selection.offered.iter().zip(1..) {
            if !self.ledger.is_open(key) {
                continue;
            }
            let outcome = match offered {
                Offered::Object(_) => continue,
                Offered::Unreadable(record) => {
                    Outcome::reasoned(Verdict::Rejected, "unreadable", record.message.clone())
                }
                Offered::Protected(_, sentence) => {
                    Outcome::reasoned(Verdict::Skipped, "protected", sentence.clone())
                }
            };
            self.ledger.decide(key, outcome);
        }
    }

    pub(crate) fn warn(&mut self, warning: Warning) {
        if (self.warnings.len() as u64) < limits::WARNINGS_LISTED {
            self.warnings.push(warning);
        } else {
            self.warnings_not_listed += 1;
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress { totals: self.ledger.totals(), handed_out: self.cursor as u64 }
    }

    /// Whether there are objects for `run`.
    pub(crate) fn has_open(&self) -> bool {
        let rest = self.selection.offered.get(self.cursor..).unwrap_or_default();
        let keys = self.cursor as u64 + 1..;
        rest.iter()
            .zip(keys)
            .any(|((_, offered), key)| matches!(offered, Offered::Object(_)) && self.ledger.is_open(key))
    }

    /// Whether another process can continue.
    pub(crate) fn are_kept(&self) -> bool {
        self.journal.is_some()
    }

    /// Keeps everything from now on, beginning with what there is.
    pub(crate) fn begin_journal(&mut self, begun: &Begun, journal: Box<dyn Journal>) -> io::Result<()> {
        self.journal = Some(journal);
        self.rewrite_journal(begun)
    }

    /// Keeps what still matters, and nothing else.
    pub(crate) fn rewrite_journal(&mut self, begun: &Begun) -> io::Result<()> {
        let Some(mut journal) = self.journal.take() else { return Ok(()) };
        self.ledger.take_changed();
        let written = journal.replace(&mut self.entries(begun));
        self.journal = Some(journal);
        written
    }

    fn entries<'books>(&'books self, begun: &Begun) -> impl Iterator<Item = Entry> + 'books {
        let objects = self.selection.offered.iter();
        let objects = objects.map(|(file, offered)| Entry::Object { file: *file, offered: offered.clone() });
        let lines = (1..=self.selection.offered.len() as u64).filter_map(|key| self.entry(key));
        std::iter::once(Entry::Run(Box::new(begun.clone())))
            .chain(objects)
            .chain([Entry::HandedOut { up_to: self.ledger.handed_out() }])
            .chain(lines)
            .chain([Entry::Numbers(Box::new(self.numbers()))])
    }

    fn entry(&self, key: u64) -> Option<Entry> {
        if let Some(outcome) = self.ledger.line(key) {
            return Some(Entry::Decided { key, outcome: outcome.clone() });
        }
        if let Some(fetching) = self.ledger.fetches(key) {
            return Some(Entry::Fetching { key, fetching: fetching.clone() });
        }
        let waiting = self.ledger.waits(key)?.clone();
        Some(Entry::Waiting { key, waiting })
    }

    fn numbers(&self) -> Numbers {
        Numbers {
            traffic: self.traffic.clone(),
            evictions: self.evictions.clone(),
            holdings: self.holdings.lines(),
            warnings: self.warnings.clone(),
            warnings_not_listed: self.warnings_not_listed,
            found: self.found,
        }
    }

    /// Keeps that the component gets all objects up to a key.
    pub(crate) fn keep_handed_out(&mut self, up_to: u64) -> io::Result<()> {
        match &mut self.journal {
            Some(journal) => journal.append(&[Entry::HandedOut { up_to }]),
            None => Ok(()),
        }
    }

    /// Keeps what has changed in the ledger.
    pub(crate) fn keep_changed(&mut self) -> io::Result<()> {
        let changed = self.ledger.take_changed();
        if changed.is_empty() || self.journal.is_none() {
            return Ok(());
        }
        let entries: Vec<Entry> = changed.into_iter().filter_map(|key| self.entry(key)).collect();
        match &mut self.journal {
            Some(journal) => journal.append(&entries),
            None => Ok(()),
        }
    }

    /// Keeps what identifies the content of the file that is being downloaded.
    pub(crate) fn note_entity_tag(&mut self, key: u64, tag: Option<String>) -> io::Result<()> {
        self.ledger.note_entity_tag(key, tag);
        self.keep_changed()
    }

    /// Keeps what an activation has left: verdicts, and the numbers of the report.
    pub(crate) fn keep_activation(&mut self, begun: &Begun) -> io::Result<()> {
        self.keep_changed()?;
        if self.journal.as_ref().is_some_and(|journal| journal.is_long()) {
            return self.rewrite_journal(begun);
        }
        let numbers = Entry::Numbers(Box::new(self.numbers()));
        match &mut self.journal {
            Some(journal) => journal.append(&[numbers]),
            None => Ok(()),
        }
    }
}
