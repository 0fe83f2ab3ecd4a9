//! One run as a state machine without I/O: it is fed pages, answers and the time, and says what to do next.
//!
//! It ends with every object that it was given decided. What it does not know to be on the list it reports as failed; it
//! sends nothing in a dry run, nothing after the service has refused the credential, and nothing to a list that is full.

use std::rc::Rc;
use std::time::Duration;

use crate::answer::{self, ItemAnswer, Meaning, Reading};
use crate::batch::{self, Body, Capacity, Fit};
use crate::configuration::{Configuration, List};
use crate::contract::{Level, Message, Object, Outcome, Problem, Stop, Verdict};
use crate::item::Item;
use crate::ledger::{Decision, Ledger, SubmissionNumber};
use crate::limits;
use crate::map::{Mapping, map};
use crate::schedule::{Schedule, wait_after};
use crate::tally::Tally;

/// What the host allows this run, as far as the session is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// Send nothing; report what would be sent.
    pub dry_run: bool,
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
}

/// Identifies a request of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Report these outcomes to the host.
    Record(Vec<Outcome>),
    /// Give this message to the host.
    Tell(Message),
    /// Wait until a request arrives, or until this time since the session's start, whichever is first.
    Wait(Option<Duration>),
    /// The run is over; the error is why it did not work through its collection.
    End(Result<(), Stop>),
}

#[derive(Debug)]
struct Flight {
    number: RequestNumber,
    batch: Vec<SubmissionNumber>,
}

/// Why nothing is sent any more, and how long the answers under way are waited for.
#[derive(Debug)]
struct Halt {
    problem: Rc<Problem>,
    hint: &'static str,
    until: Duration,
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
    tally: Tally,
    submissions: usize,
    requests: u64,
    isolation_requests: u32,
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
        Self {
            configuration,
            circumstances,
            capacity: Capacity { objects, bytes },
            ledger: Ledger::default(),
            schedule: Schedule::default(),
            flights: Vec::new(),
            messages: Vec::new(),
            tally: Tally::default(),
            submissions: 0,
            requests: 0,
            isolation_requests: 0,
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
        if self.ledger.ready() >= limits::REPORTED_OUTCOMES {
            return self.record();
        }
        if let Some(halt) = &self.halt {
            let until = halt.until;
            return self.step_halted(now, until);
        }
        self.schedule.wake(now);
        if let Some(send) = self.send() {
            return send;
        }
        // What is known is safe with the host before anything takes time.
        if self.ledger.ready() > 0 {
            return self.record();
        }
        if self.wants_page() {
            return Step::NextPage(self.circumstances.page_objects.max(1));
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
        let batch = self.flights.swap_remove(position).batch;
        match arrival {
            Arrival::Lost(reason) => {
                let problem = Problem::new("transport", format!("the request got no whole answer: {reason}"));
                self.fail_batch(&batch, problem);
            }
            Arrival::Answer { status, body } => {
                let reading = answer::read(status, &body, batch.len(), self.configuration.list.name());
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
            if self.circumstances.dry_run {
                self.ledger.decide(number, Decision::Planned);
            } else if let Some(problem) = self.closed() {
                let problem = Rc::clone(problem);
                self.ledger.decide(number, Decision::Failed(problem));
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

    fn most_flights(&self) -> usize {
        self.circumstances.concurrent_requests.clamp(1, limits::REQUESTS_IN_FLIGHT)
    }

    fn send(&mut self) -> Option<Step> {
        while self.flights.len() < self.most_flights() {
            let (body, batch) = if let Some(portion) = self.schedule.next_portion() {
                self.pack_portion(portion)
            } else {
                let complete = self.schedule.ready() >= self.capacity.objects
                    || self.collection_ended
                    || self.ledger.undecided() >= limits::UNDECIDED_SUBMISSIONS;
                if self.schedule.ready() == 0 || !complete {
                    return None;
                }
                self.pack_ready()
            };
            // Empty where each of the items was too large by itself.
            if batch.is_empty() {
                continue;
            }
            batch.iter().for_each(|number| self.ledger.sent(*number));
            self.requests += 1;
            let number = RequestNumber(self.requests);
            self.flights.push(Flight { number, batch });
            return Some(Step::Send { number, body });
        }
        None
    }

    fn pack_ready(&mut self) -> (Vec<u8>, Vec<SubmissionNumber>) {
        let mut body = Body::new(self.capacity);
        let mut batch = Vec::with_capacity(self.capacity.objects.min(self.schedule.ready()));
        while let Some(number) = self.schedule.front() {
            match self.ledger.item(number).map(|item| body.add(item)) {
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
    fn pack_portion(&mut self, portion: Vec<SubmissionNumber>) -> (Vec<u8>, Vec<SubmissionNumber>) {
        let mut body = Body::new(self.capacity);
        let mut batch = Vec::with_capacity(portion.len());
        let mut rest = Vec::new();
        for number in portion {
            match self.ledger.item(number).map(|item| body.add(item)) {
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

    fn refuse_too_large(&mut self, number: SubmissionNumber) {
        let problem = Problem::new(
            "too-large",
            format!("the object alone needs a request of more than {} bytes", self.capacity.bytes),
        );
        self.ledger.decide(number, Decision::Rejected(Rc::new(problem)));
    }

    fn act(&mut self, batch: Vec<SubmissionNumber>, reading: Reading, now: Duration) {
        match reading {
            Reading::Items(answers) => self.act_on_items(&batch, answers, now),
            Reading::Refused(stop) => {
                self.fail_batch(&batch, stop.problem.clone());
                self.halt(stop, now);
            }
            Reading::Failed(problem) => self.fail_batch(&batch, problem),
            // Nothing is sent any more, so nothing is divided.
            _ if self.closed().is_some() => self.fail_as_closed(&batch),
            Reading::TooLarge(problem) => match batch::halves(batch) {
                Ok((first, second)) => {
                    self.schedule.push_portion(first);
                    self.schedule.push_portion(second);
                }
                Err(batch) => self.reject_batch(&batch, problem),
            },
            Reading::BadRequest(problem) => self.isolate(batch, problem),
            Reading::OverMaximum(problem) => self.shrink(batch, problem),
        }
    }

    fn act_on_items(&mut self, batch: &[SubmissionNumber], answers: Vec<ItemAnswer>, now: Duration) {
        let mut again: Vec<(Duration, Vec<SubmissionNumber>)> = Vec::new();
        for (number, answer) in batch.iter().zip(answers) {
            if answer.status != 0 {
                self.ledger.answered(*number, answer.status);
            }
            match answer.meaning {
                Meaning::Decided(decision) => self.ledger.decide(*number, decision),
                Meaning::Again(problem) => match self.due(*number, now) {
                    Some(due) => match again.iter_mut().find(|(at, _)| *at == due) {
                        Some((_, numbers)) => numbers.push(*number),
                        None => again.push((due, vec![*number])),
                    },
                    None => self.ledger.decide(*number, Decision::Failed(problem)),
                },
            }
        }
        for (due, numbers) in again {
            self.schedule.delay(due, numbers);
        }
    }

    /// When a submission is sent again; `None` where it is not, because it was sent often enough or because the run
    /// would be over.
    fn due(&self, number: SubmissionNumber, now: Duration) -> Option<Duration> {
        if self.closed().is_some() {
            return None;
        }
        let due = now + wait_after(self.ledger.attempts(number))?;
        (due + limits::RUN_RESERVE <= self.circumstances.run).then_some(due)
    }

    /// Divides a refused batch until the culprit stands alone.
    fn isolate(&mut self, batch: Vec<SubmissionNumber>, problem: Problem) {
        let halves = match batch::halves(batch) {
            Ok(halves) => halves,
            Err(batch) => return self.reject_batch(&batch, problem),
        };
        if self.isolation_requests >= limits::ISOLATION_REQUESTS {
            let problem = Problem::new(
                "bad-request-not-isolated",
                format!("too many batches were refused to look for the culprit in each: {}", problem.message),
            );
            let batch = [halves.0, halves.1].concat();
            return self.fail_batch(&batch, problem);
        }
        self.isolation_requests += 2;
        self.schedule.push_portion(halves.0);
        self.schedule.push_portion(halves.1);
    }

    /// Takes the service's word that a batch had too many objects; a batch of one means that the list is full.
    fn shrink(&mut self, batch: Vec<SubmissionNumber>, problem: Problem) {
        if batch.len() > 1 {
            let smaller = (batch.len() / 2).max(1);
            self.capacity.objects = self.capacity.objects.min(smaller);
            self.messages.push(Message {
                level: Level::Debug,
                text: format!("the service refused {} objects in one request", batch.len()),
                fields: vec![("batch-objects", self.capacity.objects.to_string())],
            });
            self.schedule.put_back(batch.into_iter());
            return;
        }
        self.messages.push(Message {
            level: Level::Warn,
            text: format!("the {} is full; nothing more is sent", self.configuration.list.name()),
            fields: vec![("code", problem.code.to_owned())],
        });
        let problem = Rc::new(problem);
        self.full = Some(Rc::clone(&problem));
        for number in batch.into_iter().chain(self.schedule.drain()) {
            self.ledger.decide(number, Decision::Failed(Rc::clone(&problem)));
        }
    }

    /// Sends nothing more; the answers under way are still counted.
    fn halt(&mut self, stop: Stop, now: Duration) {
        if self.halt.is_some() {
            return;
        }
        let problem = Rc::new(stop.problem);
        for number in self.schedule.drain() {
            self.ledger.decide(number, Decision::Failed(Rc::clone(&problem)));
        }
        let until = (now + limits::DRAIN_WAIT)
            .min(self.circumstances.run.saturating_sub(limits::RUN_RESERVE))
            .max(now);
        self.halt = Some(Halt { problem, hint: stop.hint, until });
    }

    fn step_halted(&mut self, now: Duration, until: Duration) -> Step {
        if self.ledger.ready() > 0 {
            return self.record();
        }
        if !self.flights.is_empty() {
            if now < until {
                return Step::Wait(Some(until));
            }
            let problem = Problem::new(
                "no-answer",
                "the run was stopped before the service answered; it may have taken the object",
            );
            let flights = std::mem::take(&mut self.flights);
            for flight in flights {
                self.fail_batch(&flight.batch, problem.clone());
            }
            return self.record();
        }
        let stop = self.halt.as_ref().map(|halt| Stop { problem: (*halt.problem).clone(), hint: halt.hint });
        self.finish(stop.map_or(Ok(()), Err))
    }

    fn finish(&mut self, result: Result<(), Stop>) -> Step {
        if !self.warned {
            self.warned = true;
            self.messages = self.tally.warnings(self.circumstances.dry_run);
            self.messages.reverse();
            if let Some(message) = self.messages.pop() {
                return Step::Tell(message);
            }
        }
        Step::End(result)
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

#[cfg(test)]
mod tests;
