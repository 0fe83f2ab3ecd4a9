//! The run's books: every submission with what is known about it, every object that waits for one, and the outcomes that
//! are ready to be reported.
//!
//! An object enters once, with its outcome or with its submissions, and leaves once, as one outcome, when the last of
//! its submissions is decided. The first decision about a submission is final. Nothing counts as accepted unless
//! somebody says so.

use std::rc::Rc;

use crate::contract::{Comparison, Outcome, Problem, Submission, Verdict, quoted};
use crate::deduplicate::{Entered, Register};
use crate::item::{Identifier, Item};

/// The number of a submission in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionNumber(usize);

/// What became of one submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The service has it.
    Accepted,
    /// Dry run.
    Planned,
    /// Beyond what a run may add to the list.
    Skipped(Rc<Problem>),
    /// Refused for good.
    Rejected(Rc<Problem>),
    /// Not known to be there.
    Failed(Rc<Problem>),
}

impl Decision {
    /// How much it weighs for an object with several submissions: the worst one counts.
    const fn weight(&self) -> u8 {
        match self {
            Self::Accepted | Self::Planned => 0,
            Self::Skipped(_) => 1,
            Self::Rejected(_) => 2,
            Self::Failed(_) => 3,
        }
    }
}

#[derive(Debug)]
struct Entry {
    item: Item,
    first_key: u64,
    status: Option<u16>,
    attempts: u32,
    decision: Option<Decision>,
    comparison: Option<Box<Comparison>>,
    /// Slots of the objects that wait for the decision; one, but for duplicates.
    waiting: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    submission: usize,
    duplicate: bool,
}

#[derive(Debug)]
struct Waiting {
    key: u64,
    first: Link,
    second: Option<Link>,
    undecided: u8,
}

/// The books of one run.
#[derive(Debug, Default)]
pub struct Ledger {
    register: Register,
    entries: Vec<Entry>,
    objects: Vec<Option<Waiting>>,
    free: Vec<usize>,
    outcomes: Vec<Outcome>,
    undecided: usize,
}

impl Ledger {
    /// Enters an object that is decided already and has no submissions.
    pub fn conclude(&mut self, key: u64, verdict: Verdict) {
        self.outcomes.push(Outcome::new(key, verdict));
    }

    /// How many of the items have not been submitted in this run.
    pub fn count_new(&self, items: &[Item]) -> usize {
        items.iter().filter(|item| !self.register.contains(&item.identifier)).count()
    }

    /// Enters an object with its one or two submissions; calls `on_new` for each that is the first of its kind.
    pub fn admit(
        &mut self,
        key: u64,
        first: Item,
        second: Option<Item>,
        mut on_new: impl FnMut(SubmissionNumber),
    ) {
        let slot = self.free.pop().unwrap_or(self.objects.len());
        let first = self.link(key, first, slot, &mut on_new);
        let second = second.map(|item| self.link(key, item, slot, &mut on_new));
        let links = [Some(first), second];
        let undecided = links.iter().flatten().filter(|link| self.is_undecided(link.submission)).count();
        let object = Waiting { key, first, second, undecided: undecided as u8 };
        if undecided == 0 {
            self.free_up(slot);
            self.outcome(object);
        } else if let Some(place) = self.objects.get_mut(slot) {
            *place = Some(object);
        } else {
            self.objects.push(Some(object));
        }
    }

    fn free_up(&mut self, slot: usize) {
        if slot < self.objects.len() {
            self.free.push(slot);
        }
    }

    fn link(&mut self, key: u64, item: Item, slot: usize, on_new: &mut impl FnMut(SubmissionNumber)) -> Link {
        let number = self.entries.len();
        match self.register.enter(&item.identifier, number) {
            Entered::New => {
                self.entries.push(Entry {
                    item,
                    first_key: key,
                    status: None,
                    attempts: 0,
                    decision: None,
                    comparison: None,
                    waiting: vec![slot],
                });
                self.undecided += 1;
                on_new(SubmissionNumber(number));
                Link { submission: number, duplicate: false }
            }
            Entered::Known(known) => {
                let mut duplicate = true;
                if let Some(entry) = self.entries.get_mut(known) {
                    duplicate = entry.first_key != key;
                    if entry.decision.is_none() {
                        entry.waiting.push(slot);
                    }
                }
                Link { submission: known, duplicate }
            }
        }
    }

    fn is_undecided(&self, submission: usize) -> bool {
        self.entries.get(submission).is_some_and(|entry| entry.decision.is_none())
    }

    /// Whether the identifier has been submitted in this run.
    pub fn has(&self, identifier: &Identifier) -> bool {
        self.register.contains(identifier)
    }

    /// The request's element for a submission.
    pub fn item(&self, number: SubmissionNumber) -> Option<&Item> {
        self.entries.get(number.0).map(|entry| &entry.item)
    }

    /// The submissions that are on the list or may still come to it, in order.
    pub fn standing(&self) -> impl Iterator<Item = SubmissionNumber> {
        let stands =
            |entry: &Entry| matches!(entry.decision, None | Some(Decision::Accepted | Decision::Planned));
        self.entries
            .iter()
            .enumerate()
            .filter(move |(_, entry)| stands(entry))
            .map(|(place, _)| SubmissionNumber(place))
    }

    /// Times that a submission was sent.
    pub fn attempts(&self, number: SubmissionNumber) -> u32 {
        self.entries.get(number.0).map_or(0, |entry| entry.attempts)
    }

    /// Whether a submission was sent, or another one that an object needs beside it.
    pub fn is_sent_in_part(&self, number: SubmissionNumber) -> bool {
        let sent = |submission: usize| self.entries.get(submission).is_some_and(|entry| entry.attempts > 0);
        let waiting = self.entries.get(number.0).into_iter().flat_map(|entry| &entry.waiting);
        let objects = waiting.filter_map(|slot| self.objects.get(*slot)?.as_ref());
        let mut links = objects.flat_map(|object| [Some(object.first), object.second]).flatten();
        sent(number.0) || links.any(|link| sent(link.submission))
    }

    /// Notes that a submission is being sent.
    pub fn sent(&mut self, number: SubmissionNumber) {
        if let Some(entry) = self.entries.get_mut(number.0) {
            entry.attempts = entry.attempts.saturating_add(1);
        }
    }

    /// Takes back that a submission was sent: it was not.
    pub fn unsent(&mut self, number: SubmissionNumber) {
        if let Some(entry) = self.entries.get_mut(number.0) {
            entry.attempts = entry.attempts.saturating_sub(1);
        }
    }

    /// Notes the status of the service's last answer about a submission.
    pub fn answered(&mut self, number: SubmissionNumber, status: u16) {
        if let Some(entry) = self.entries.get_mut(number.0) {
            entry.status = Some(status);
        }
    }

    /// Notes what the tenant has of a submission; the outcome of the object that it was made for tells of it.
    pub fn compared(&mut self, number: SubmissionNumber, comparison: Comparison) {
        if let Some(entry) = self.entries.get_mut(number.0) {
            entry.comparison = Some(Box::new(comparison));
        }
    }

    /// Decides a submission and with it every object that waited for nothing else. A second decision is ignored.
    pub fn decide(&mut self, number: SubmissionNumber, decision: Decision) {
        let Some(entry) = self.entries.get_mut(number.0) else { return };
        if entry.decision.is_some() {
            return;
        }
        entry.decision = Some(decision);
        // The text has gone out or never will; identifiers stay for the duplicates to come.
        entry.item.description = None;
        let waiting = std::mem::take(&mut entry.waiting);
        self.undecided = self.undecided.saturating_sub(1);
        for slot in waiting {
            let Some(place) = self.objects.get_mut(slot) else { continue };
            let Some(object) = place else { continue };
            object.undecided = object.undecided.saturating_sub(1);
            if object.undecided == 0
                && let Some(object) = place.take()
            {
                self.free.push(slot);
                self.outcome(object);
            }
        }
    }

    /// Submissions without a decision.
    pub const fn undecided(&self) -> usize {
        self.undecided
    }

    /// Outcomes that nobody took yet.
    pub const fn ready(&self) -> usize {
        self.outcomes.len()
    }

    /// Takes at most `most` outcomes; the order is not that of the collection.
    pub fn take(&mut self, most: usize) -> Vec<Outcome> {
        if self.outcomes.len() <= most {
            return std::mem::take(&mut self.outcomes);
        }
        self.outcomes.split_off(self.outcomes.len() - most)
    }

    fn outcome(&mut self, object: Waiting) {
        let links = [Some(object.first), object.second];
        let mut submissions = Vec::with_capacity(1);
        for link in links.iter().flatten() {
            let Some(entry) = self.entries.get_mut(link.submission) else { continue };
            submissions.push(Submission {
                field: entry.item.identifier.field.name(),
                value: Rc::clone(&entry.item.identifier.value),
                status: entry.status,
                attempts: if link.duplicate { 0 } else { entry.attempts },
                duplicate_of: link.duplicate.then_some(entry.first_key),
                // Told once, and not kept after that.
                comparison: if link.duplicate { None } else { entry.comparison.take() },
            });
        }
        let entries =
            || links.iter().flatten().filter_map(|link| Some((link, self.entries.get(link.submission)?)));
        let worst =
            entries().filter_map(|(_, entry)| entry.decision.as_ref().map(|decision| (entry, decision)));
        // Of equal ones the first is told.
        let worst = worst.reduce(|worst, next| if next.1.weight() > worst.1.weight() { next } else { worst });
        let told = |entry: &Entry, problem: &Problem| match object.second {
            None => problem.clone(),
            Some(_) => Problem::new(
                problem.code,
                format!("{}: {}", quoted(&entry.item.identifier.value), problem.message),
            ),
        };
        let verdict = match worst {
            Some((_, Decision::Accepted)) => Verdict::Accepted,
            Some((_, Decision::Planned)) => Verdict::Planned,
            Some((entry, Decision::Skipped(problem))) => Verdict::Skipped(told(entry, problem)),
            Some((entry, Decision::Rejected(problem))) => Verdict::Rejected(told(entry, problem)),
            Some((entry, Decision::Failed(problem))) => Verdict::Failed(told(entry, problem)),
            None => {
                Verdict::Failed(Problem::new("outcome-unknown", "nothing is known about what was submitted"))
            }
        };
        self.outcomes.push(Outcome { submissions, ..Outcome::new(object.key, verdict) });
    }
}

#[cfg(test)]
mod tests;
