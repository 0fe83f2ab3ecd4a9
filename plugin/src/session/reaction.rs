//! What a session does about the answer to a batch: decides, sends again, divides, shrinks, or stops.

use std::rc::Rc;
use std::time::Duration;

use super::Session;
use crate::answer::{ItemAnswer, Meaning, Reading};
use crate::batch;
use crate::contract::{Level, Message, Problem, Stop};
use crate::ledger::{Decision, SubmissionNumber};
use crate::limits;
use crate::schedule::wait_after;

impl Session {
    pub(super) fn act(&mut self, batch: Vec<SubmissionNumber>, reading: Reading, now: Duration) {
        if matches!(reading, Reading::Items(_)) {
            self.refused_on_the_way = 0;
        }
        match reading {
            Reading::Items(answers) => self.act_on_items(&batch, answers, now),
            Reading::Refused(stop) => {
                self.fail_batch(&batch, stop.problem.clone());
                self.halt(stop, now);
            }
            Reading::Failed(problem) => self.fail_batch(&batch, problem),
            // Nothing is sent any more, so nothing is divided.
            _ if self.closed().is_some() => self.fail_as_closed(&batch),
            Reading::TooLargeOnTheWay(stop) => self.shrink_on_the_way(batch, stop, now),
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
                Meaning::Decided(decision) => {
                    if decision == Decision::Accepted
                        && let (Some(holdings), Some(item)) = (&mut self.holdings, self.ledger.item(*number))
                    {
                        holdings.accepted(&item.identifier);
                    }
                    self.ledger.decide(*number, decision);
                }
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

    /// Sends smaller requests from now on. A proxy that refuses even single objects is not asked for each of them.
    fn shrink_on_the_way(&mut self, batch: Vec<SubmissionNumber>, stop: Stop, now: Duration) {
        if batch.len() > 1 {
            self.capacity.objects = self.capacity.objects.min((batch.len() / 2).max(1));
            return self.schedule.put_back(batch.into_iter());
        }
        self.fail_batch(&batch, stop.problem.clone());
        self.refused_on_the_way += 1;
        if self.refused_on_the_way >= limits::REFUSED_ON_THE_WAY {
            self.halt(stop, now);
        }
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
            text: format!("the {} is full; nothing more is sent", self.configuration.list.name().text()),
            fields: vec![("code", problem.code.to_owned())],
        });
        let problem = Rc::new(problem);
        self.full = Some(Rc::clone(&problem));
        for number in batch.into_iter().chain(self.schedule.drain()) {
            self.ledger.decide(number, Decision::Failed(Rc::clone(&problem)));
        }
    }
}
