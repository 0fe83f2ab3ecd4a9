//! One run as a state machine without I/O: it is fed pages, answers and the time, and says what to do next.
//!
//! It ends with every object that it was given decided. What it does not know to be on the list it reports as failed; it
//! sends nothing in a dry run, nothing after the service has refused the credential, and nothing to a list that is full.
//! Where the run is to compare, or to spare what the list holds, it reads the lists before it decides anything
//! ([`preview`]).

mod preview;
mod reaction;
mod watch;

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::answer::{self, Reading};
use crate::batch::{Body, Capacity, Fit};
use crate::configuration::{Configuration, List};
use crate::contract::{Eviction, Holding, Message, Object, Outcome, Problem, Stop, Verdict};
use crate::holdings::Holdings;
use crate::item::Item;
use crate::ledger::{Decision, Ledger, SubmissionNumber};
use crate::limits;
use crate::map::{Mapping, map};
use crate::schedule::Schedule;
use crate::survey::Walk;
use crate::tally::Tally;
use preview::Preview;
use watch::{Clearance, Watch};

/// What the host allows this run, as far as the session is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// Send nothing that changes the lists; report what would be sent.
    pub dry_run: bool,
    /// In a dry run: read the lists, and compare with them what would be sent.
    pub compare: bool,
    /// Entries that the block list may lose to make room for the run; any number, and no look at the list, where `None`.
    pub most_evictions: Option<u64>,
    /// The wall clock at the session's start.
    pub started: OffsetDateTime,
    /// Objects in one page.
    pub page_objects: u32,
    /// Requests in flight.
    pub concurrent_requests: usize,
    /// Bytes of one request body.
    pub request_body_bytes: usize,
    /// From the session's start to the run's end.
    pub run: Duration,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// The service's answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: Vec<u8>,
    },
    /// No whole answer; the sentence says why.
    Lost(String),
    /// It was not sent: the service asked the host for a pause that outlasts the run.
    Held,
    /// It was sent, and the host no longer waits for its answer.
    Abandoned,
    /// It was not sent: the host ends the run, and sends nothing more for it.
    Refused,
}

/// Why a request was held back.
const HELD: &str = "the service asked for a pause that outlasts the run";

/// Identifies a request of the session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RequestNumber(u64);

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Get the next page, of at most so many objects, and give it to [`Session::page`].
    NextPage(u32),
    /// Send this body to the list's path; give what it comes to to [`Session::arrived`].
    Send {
        /// For [`Session::arrived`].
        number: RequestNumber,
        /// A JSON array.
        body: Vec<u8>,
    },
    /// Ask for a page of a list; give what it comes to to [`Session::arrived`].
    Read {
        /// For [`Session::arrived`].
        number: RequestNumber,
        /// Where, on the API's host.
        path_and_query: String,
        /// The value of the header `TMV1-Filter`.
        filter: String,
    },
    /// Report to the host that the service would remove these entries.
    Evict(Vec<Eviction>),
    /// Report to the host how many entries these lists hold.
    Hold(Vec<Holding>),
    /// Report these outcomes to the host.
    Record(Vec<Outcome>),
    /// Give this message to the host.
    Tell(Message),
    /// Wait until a request arrives, or until this time since the session's start, whichever is first.
    Wait(Option<Duration>),
    /// The run is over; the error is why it did not work through its collection.
    End(Result<(), Stop>),
}

/// A request under way.
#[derive(Debug)]
struct Flight {
    number: RequestNumber,
    errand: Errand,
}

/// What a request is for.
#[derive(Debug)]
enum Errand {
    /// To submit these.
    Push(Vec<SubmissionNumber>),
    /// To read a page of a list.
    Read(Walk),
}

/// Why nothing is sent any more, and how long the answers under way are waited for: as long as the host does, if `None`.
#[derive(Debug)]
struct Halt {
    problem: Rc<Problem>,
    hint: Cow<'static, str>,
    until: Option<Duration>,
}

/// One run.
#[derive(Debug)]
pub struct Session {
    configuration: Configuration,
    circumstances: Circumstances,
    capacity: Capacity,
    ledger: Ledger,
    schedule: Schedule,
    flights: Vec<Flight>,
    messages: Vec<Message>,
    evictions: Vec<Eviction>,
    /// What the list held when it was read, until it is told.
    found: Option<Vec<Holding>>,
    /// What the list holds; `None` where it was not read.
    holdings: Option<Holdings>,
    /// What is done before anything is sent; `None` where that is nothing, or done.
    preview: Option<Preview>,
    /// The block list while the run pushes; `None` where nothing there has to be spared.
    watch: Option<Watch>,
    tally: Tally,
    submissions: usize,
    requests: u64,
    has_pushed: bool,
    isolation_requests: u32,
    /// Requests of one object each that were refused on the way, one after the other.
    refused_on_the_way: u32,
    collection_ended: bool,
    warned: bool,
    full: Option<Rc<Problem>>,
    halt: Option<Halt>,
}

impl Session {
    /// A session before its first step.
    pub fn new(configuration: Configuration, circumstances: Circumstances) -> Self {
        let objects = match configuration.list {
            List::Block { .. } => limits::BLOCK_LIST_BATCH_OBJECTS,
            List::Exceptions => limits::EXCEPTION_LIST_BATCH_OBJECTS,
        };
        let bytes = limits::BATCH_BYTES.min(circumstances.request_body_bytes);
        let preview = Preview::new(configuration.list.name(), &circumstances);
        Self {
            configuration,
            circumstances,
            capacity: Capacity { objects, bytes },
            ledger: Ledger::default(),
            schedule: Schedule::default(),
            flights: Vec::new(),
            messages: Vec::new(),
            evictions: Vec::new(),
            found: None,
            holdings: None,
            preview,
            watch: None,
            tally: Tally::default(),
            submissions: 0,
            requests: 0,
            has_pushed: false,
            isolation_requests: 0,
            refused_on_the_way: 0,
            collection_ended: false,
            warned: false,
            full: None,
            halt: None,
        }
    }

    /// What to do next, at the time `now` since the session's start.
    pub fn step(&mut self, now: Duration) -> Step {
        if let Some(message) = self.messages.pop() {
            return Step::Tell(message);
        }
        if !self.evictions.is_empty() {
            let rest = self.evictions.split_off(self.evictions.len().min(limits::REPORTED_OUTCOMES));
            return Step::Evict(std::mem::replace(&mut self.evictions, rest));
        }
        if let Some(lists) = self.found.take() {
            return Step::Hold(lists);
        }
        if self.ledger.ready() >= limits::REPORTED_OUTCOMES {
            return self.record();
        }
        if let Some(halt) = &self.halt {
            let until = halt.until;
            return self.step_halted(now, until);
        }
        if self.preview.is_some() {
            return self.step_preview(now);
        }
        self.schedule.wake(now);
        if let Some(step) = self.step_watch(now) {
            return step;
        }
        if let Some(send) = self.send() {
            return send;
        }
        // What is known is safe with the host before anything takes time.
        if self.ledger.ready() > 0 {
            return self.record();
        }
        if self.wants_page() {
            return self.next_page();
        }
        if !self.flights.is_empty() || !self.schedule.is_empty() {
            return Step::Wait(self.schedule.next_due());
        }
        self.finish(Ok(()))
    }

    /// Takes a page; an empty one ends the collection.
    pub fn page(&mut self, objects: Vec<Object>) {
        self.collection_ended |= objects.is_empty();
        for object in objects {
            self.offer(&object);
        }
    }

    /// Takes what a request came to.
    pub fn arrived(&mut self, number: RequestNumber, arrival: Arrival, now: Duration) {
        let Some(position) = self.flights.iter().position(|flight| flight.number == number) else { return };
        match (self.flights.swap_remove(position).errand, arrival) {
            (Errand::Push(batch), Arrival::Refused) => {
                batch.iter().for_each(|number| self.ledger.unsent(*number));
                self.end(&batch);
            }
            (Errand::Read(_), Arrival::Refused) => self.end(&[]),
            (Errand::Push(batch), Arrival::Abandoned) => self.fail_batch(&batch, outcome_unknown()),
            (Errand::Push(batch), Arrival::Held) => {
                batch.iter().for_each(|number| self.ledger.unsent(*number));
                self.fail_batch(
                    &batch,
                    Problem::new("throttled-past-deadline", format!("it was not sent: {HELD}")),
                );
            }
            (Errand::Read(walk), arrival) => self.read(walk, arrival, now),
            (Errand::Push(batch), Arrival::Lost(reason)) => {
                let problem = Problem::new("transport", format!("the request got no whole answer: {reason}"));
                self.fail_batch(&batch, problem);
            }
            (Errand::Push(batch), Arrival::Answer { status, body }) => {
                let list = self.configuration.list.name().text();
                let reading = answer::read(status, &body, batch.len(), list);
                if !matches!(reading, Reading::Items(_)) {
                    batch.iter().for_each(|number| self.ledger.answered(*number, status));
                }
                self.act(batch, reading, now);
            }
        }
    }

    fn offer(&mut self, object: &Object) {
        let (first, second) = match map(object, &self.configuration) {
            Mapping::One(item) => (item, None),
            Mapping::Two([first, second]) => (first, Some(second)),
            Mapping::Skipped(problem) => return self.ledger.conclude(object.key, Verdict::Skipped(problem)),
            Mapping::Rejected(problem) => {
                return self.ledger.conclude(object.key, Verdict::Rejected(problem));
            }
        };
        if self.is_beyond_list_limit(&first, second.as_ref()) {
            self.tally.beyond_list_limit();
            let problem = Problem::new(
                "list-limit",
                format!("a run adds at most {} objects to the block list", limits::BLOCK_LIST_SUBMISSIONS),
            );
            return self.ledger.conclude(object.key, Verdict::Skipped(problem));
        }
        self.tally.submitted(object, &self.configuration.list);
        let mut new = [None, None];
        let mut places = new.iter_mut();
        self.ledger.admit(object.key, first, second, |number| {
            if let Some(place) = places.next() {
                *place = Some(number);
            }
        });
        for number in new.into_iter().flatten() {
            self.submissions += 1;
            if let Some(problem) = self.closed() {
                let problem = Rc::clone(problem);
                self.ledger.decide(number, Decision::Failed(problem));
            } else if let Some(preview) = &mut self.preview {
                if let Some(item) = self.ledger.item(number) {
                    preview.submitted(&item.identifier);
                }
                self.schedule.push(number);
            } else if self.circumstances.dry_run {
                self.ledger.decide(number, Decision::Planned);
            } else {
                self.schedule.push(number);
            }
        }
    }

    /// Whether the object needs more new submissions than the run may still make. One whose submissions were all made
    /// for earlier objects needs none.
    fn is_beyond_list_limit(&self, first: &Item, second: Option<&Item>) -> bool {
        if !matches!(self.configuration.list, List::Block { .. }) {
            return false;
        }
        let room = limits::BLOCK_LIST_SUBMISSIONS.saturating_sub(self.submissions);
        let needed = 1 + usize::from(second.is_some());
        needed > room && {
            let new = |item: &Item| self.ledger.count_new(std::slice::from_ref(item));
            new(first) + second.map_or(0, new) > room
        }
    }

    fn wants_page(&self) -> bool {
        !self.collection_ended
            && self.schedule.ready() < self.capacity.objects
            && self.flights.len() < self.most_flights()
            && self.ledger.undecided() < limits::UNDECIDED_SUBMISSIONS
    }

    fn next_page(&self) -> Step {
        Step::NextPage(self.circumstances.page_objects.max(1))
    }

    fn take_off(&mut self, errand: Errand) -> RequestNumber {
        self.requests += 1;
        let number = RequestNumber(self.requests);
        self.flights.push(Flight { number, errand });
        number
    }

    fn most_flights(&self) -> usize {
        self.circumstances.concurrent_requests.clamp(1, limits::REQUESTS_IN_FLIGHT)
    }

    fn send(&mut self) -> Option<Step> {
        while self.flights.len() < self.most_flights() {
            let clearance = self.clearance();
            if matches!(clearance, Clearance::Wait) {
                return None;
            }
            let (body, batch) = if let Some(portion) = self.schedule.next_portion() {
                self.pack_portion(portion, clearance)
            } else {
                let complete = self.schedule.ready() >= self.capacity.objects
                    || self.collection_ended
                    || self.ledger.undecided() >= limits::UNDECIDED_SUBMISSIONS;
                if self.schedule.ready() == 0 || !complete {
                    return None;
                }
                self.pack_ready(clearance)
            };
            // Empty where each of the items was too large by itself.
            if batch.is_empty() {
                continue;
            }
            batch.iter().for_each(|number| self.ledger.sent(*number));
            self.has_pushed = true;
            self.watched_batch_sent();
            let number = self.take_off(Errand::Push(batch));
            return Some(Step::Send { number, body });
        }
        None
    }

    fn pack_ready(&mut self, mut clearance: Clearance) -> (Vec<u8>, Vec<SubmissionNumber>) {
        let mut body = Body::new(self.capacity);
        let mut batch = Vec::with_capacity(self.capacity.objects.min(self.schedule.ready()));
        while let Some(number) = self.schedule.front() {
            match self.fit(&mut body, &mut clearance, number) {
                Some(Fit::Added) => batch.push(number),
                Some(Fit::Full) => break,
                Some(Fit::TooLarge) => self.refuse_too_large(number),
                None => {}
            }
            self.schedule.pop();
        }
        (body.finish(), batch)
    }

    /// A part of a batch fits where the whole did; if a smaller maximum has been learnt since, the rest waits.
    fn pack_portion(
        &mut self,
        portion: Vec<SubmissionNumber>,
        mut clearance: Clearance,
    ) -> (Vec<u8>, Vec<SubmissionNumber>) {
        let mut body = Body::new(self.capacity);
        let mut batch = Vec::with_capacity(portion.len());
        let mut rest = Vec::new();
        for number in portion {
            match self.fit(&mut body, &mut clearance, number) {
                Some(Fit::Added) => batch.push(number),
                Some(Fit::Full) => rest.push(number),
                Some(Fit::TooLarge) => self.refuse_too_large(number),
                None => {}
            }
        }
        if !rest.is_empty() {
            self.schedule.push_portion(rest);
        }
        (body.finish(), batch)
    }

    /// Adds a submission to a body, if the list has room for it.
    fn fit(&self, body: &mut Body, clearance: &mut Clearance, number: SubmissionNumber) -> Option<Fit> {
        let item = self.ledger.item(number)?;
        let is_new = self.is_new(item);
        if !clearance.has_room(item, is_new) {
            return Some(Fit::Full);
        }
        let fit = body.add(item);
        if fit == Fit::Added {
            clearance.take_room(item, is_new);
        }
        Some(fit)
    }

    fn refuse_too_large(&mut self, number: SubmissionNumber) {
        let problem = Problem::new(
            "too-large",
            format!("the object alone needs a request of more than {} bytes", self.capacity.bytes),
        );
        self.ledger.decide(number, Decision::Rejected(Rc::new(problem)));
    }

    /// Sends nothing more; the answers under way are still counted.
    fn halt(&mut self, stop: Stop, now: Duration) {
        if self.halt.is_some() {
            return;
        }
        self.preview = None;
        // Nothing depends on a page that is still to come.
        self.flights.retain(|flight| matches!(flight.errand, Errand::Push(_)));
        let problem = Rc::new(stop.problem);
        for number in self.schedule.drain() {
            self.ledger.decide(number, Decision::Failed(Rc::clone(&problem)));
        }
        self.halt = Some(Halt { problem, hint: stop.hint, until: Some(now + limits::DRAIN_WAIT) });
    }

    /// The host ends the run. What was never sent is left to it; what was sent in part, or would have been sent again, is decided.
    fn end(&mut self, refused: &[SubmissionNumber]) {
        let message = "the run ended before all that the object needs was sent, or sent again";
        let problem = Rc::new(Problem::new("run-ended", message));
        for number in self.schedule.drain().iter().chain(refused) {
            if self.ledger.is_sent_in_part(*number) {
                self.ledger.decide(*number, Decision::Failed(Rc::clone(&problem)));
            }
        }
        if self.halt.is_none() {
            self.preview = None;
            self.flights.retain(|flight| matches!(flight.errand, Errand::Push(_)));
            let hint = Cow::Borrowed("run again: what is on the list already is only updated");
            self.halt = Some(Halt { problem, hint, until: None });
        }
    }

    fn step_halted(&mut self, now: Duration, until: Option<Duration>) -> Step {
        if self.ledger.ready() > 0 {
            return self.record();
        }
        if !self.flights.is_empty() {
            if until.is_none_or(|until| now < until) {
                return Step::Wait(until);
            }
            let flights = std::mem::take(&mut self.flights);
            for flight in flights {
                if let Errand::Push(batch) = flight.errand {
                    self.fail_batch(&batch, outcome_unknown());
                }
            }
            return self.record();
        }
        let stop = |halt: &Halt| Stop { problem: (*halt.problem).clone(), hint: halt.hint.clone() };
        let stop = self.halt.as_ref().map(stop);
        self.finish(stop.map_or(Ok(()), Err))
    }

    fn finish(&mut self, result: Result<(), Stop>) -> Step {
        if !self.warned {
            self.warned = true;
            self.messages = self.tally.warnings(self.has_pushed);
            self.messages.reverse();
            if let Some(message) = self.messages.pop() {
                return Step::Tell(message);
            }
        }
        match self.holdings.as_mut().and_then(Holdings::news) {
            Some(lists) => Step::Hold(lists),
            None => Step::End(result),
        }
    }

    fn record(&mut self) -> Step {
        Step::Record(self.ledger.take(limits::REPORTED_OUTCOMES))
    }

    /// Why nothing is sent any more, if that is so.
    fn closed(&self) -> Option<&Rc<Problem>> {
        self.halt.as_ref().map(|halt| &halt.problem).or(self.full.as_ref())
    }

    fn fail_as_closed(&mut self, batch: &[SubmissionNumber]) {
        if let Some(problem) = self.closed().map(Rc::clone) {
            self.decide_batch(batch, &Decision::Failed(problem));
        }
    }

    fn fail_batch(&mut self, batch: &[SubmissionNumber], problem: Problem) {
        self.decide_batch(batch, &Decision::Failed(Rc::new(problem)));
    }

    fn reject_batch(&mut self, batch: &[SubmissionNumber], problem: Problem) {
        self.decide_batch(batch, &Decision::Rejected(Rc::new(problem)));
    }

    fn decide_batch(&mut self, batch: &[SubmissionNumber], decision: &Decision) {
        for number in batch {
            self.ledger.decide(*number, decision.clone());
        }
    }
}

/// What is said of an object whose request is open at the end.
fn outcome_unknown() -> Problem {
    Problem::new(
        "outcome-unknown",
        "it was sent, and the run ended before the service answered; it may be on the list",
    )
}

#[cfg(test)]
mod tests;
