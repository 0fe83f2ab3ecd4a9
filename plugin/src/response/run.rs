//! Sends commands: each object gets one task, or a verdict that says why not.
//!
//! A command whose fate is not known is looked for among the tasks of the service before anything else happens to it. Whether it was
//! carried out is never guessed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::action::ResponseAction;
use super::answer::{self, CommandMeaning, ResponseReading};
use super::command::{self, Command};
use super::inventory;
use super::resume::{find_tasks, pending};
use super::service::{Service, ServiceRequest};
use super::settings::ResponseSettings;
use super::state::WaitingState;
use super::task::TaskId;
use crate::contract::{Offered, Outcome, Problem, Stop, Submission, Verdict};
use crate::limits;
use crate::session::Arrival;

/// What the host allows this run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseCircumstances {
    /// Send nothing that changes anything.
    pub dry_run: bool,
    /// The mark of the workflow.
    pub mark: Option<String>,
    /// Bytes of one request body.
    pub request_body_bytes: usize,
}

/// One command on its way.
#[derive(Debug, Clone)]
struct Order {
    key: u64,
    idempotency_key: String,
    command: Command,
    uncertain: bool,
    attempts: u32,
    status: Option<u16>,
}

impl Order {
    fn outcome(self, verdict: Verdict) -> Outcome {
        let submission = Submission {
            field: self.command.field,
            value: self.command.value,
            status: self.status,
            attempts: self.attempts,
            duplicate_of: None,
            comparison: None,
        };
        Outcome { submissions: vec![submission], ..Outcome::new(self.key, verdict) }
    }
}

/// Sends the commands of one action.
struct Dispatch<'a, S> {
    action: &'static ResponseAction,
    settings: &'a ResponseSettings,
    circumstances: &'a ResponseCircumstances,
    service: &'a mut S,
    /// The first object of each command.
    firsts: BTreeMap<String, u64>,
    /// Objects that wait for what becomes of an earlier one, by the earlier one's key.
    duplicates: BTreeMap<u64, Vec<(u64, Command)>>,
    verdicts: BTreeMap<u64, Verdict>,
}

/// Runs the action to the end of its objects.
///
/// # Errors
///
/// Why it cannot continue. Every object for which something was sent has its outcome then.
pub fn run(
    action: &'static ResponseAction,
    settings: &ResponseSettings,
    circumstances: &ResponseCircumstances,
    service: &mut impl Service,
) -> Result<(), Stop> {
    let mut run = Dispatch {
        action,
        settings,
        circumstances,
        service,
        firsts: BTreeMap::new(),
        duplicates: BTreeMap::new(),
        verdicts: BTreeMap::new(),
    };
    loop {
        let offered = run.service.next();
        if offered.is_empty() {
            return Ok(());
        }
        run.page(offered)?;
    }
}

impl<S: Service> Dispatch<'_, S> {
    fn page(&mut self, offered: Vec<Offered>) -> Result<(), Stop> {
        let mut orders = Vec::new();
        let mut outcomes = Vec::new();
        for offered in offered {
            match command::command(self.action, self.settings, &offered) {
                Ok(command) => orders.push(Order {
                    key: offered.object.key,
                    idempotency_key: offered.idempotency_key,
                    command,
                    uncertain: offered.uncertain,
                    attempts: 0,
                    status: None,
                }),
                Err(verdict) => outcomes.push(Outcome::new(offered.object.key, verdict)),
            }
        }
        let orders = self.addressed(orders, &mut outcomes)?;
        let orders = self.without_duplicates(orders, &mut outcomes);
        self.report(outcomes);
        if self.circumstances.dry_run {
            let planned = orders.into_iter().map(|order| order.outcome(Verdict::Planned));
            let planned = planned.collect();
            self.report(planned);
            return Ok(());
        }
        let (uncertain, certain) = orders.into_iter().partition(|order: &Order| order.uncertain);
        let not_found = self.looked_up(uncertain);
        self.send(certain.into_iter().chain(not_found).collect())
    }

    /// Addresses the agents of endpoints that are given by name.
    fn addressed(&mut self, orders: Vec<Order>, outcomes: &mut Vec<Outcome>) -> Result<Vec<Order>, Stop> {
        let names: BTreeSet<_> = orders.iter().filter_map(|order| order.command.endpoint_name()).collect();
        if names.is_empty() {
            return Ok(orders);
        }
        let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        let agents = inventory::find(self.service, &names)?;
        let mut addressed = Vec::with_capacity(orders.len());
        for mut order in orders {
            let found = order.command.endpoint_name().map(|name| inventory::resolve(name, &agents));
            match found {
                None => addressed.push(order),
                Some(Ok(guid)) => {
                    order.command.address_agent(guid);
                    addressed.push(order);
                }
                Some(Err(verdict)) => outcomes.push(Outcome::new(order.key, verdict)),
            }
        }
        Ok(addressed)
    }

    /// The first order of each command. The others share the verdict of the first.
    fn without_duplicates(&mut self, orders: Vec<Order>, outcomes: &mut Vec<Outcome>) -> Vec<Order> {
        let mut firsts = Vec::with_capacity(orders.len());
        for order in orders {
            let first = *self.firsts.entry(order.command.identity()).or_insert(order.key);
            if first == order.key {
                firsts.push(order);
            } else if let Some(verdict) = self.verdicts.get(&first) {
                outcomes.push(duplicate(order.key, order.command, first, verdict.clone()));
            } else {
                self.duplicates.entry(first).or_default().push((order.key, order.command));
            }
        }
        firsts
    }

    /// Adopts the tasks of orders that an earlier attempt may have started, and returns the orders that have none.
    fn looked_up(&mut self, uncertain: Vec<Order>) -> Vec<Order> {
        if uncertain.is_empty() {
            return uncertain;
        }
        let keys: Vec<_> = uncertain.iter().map(|order| order.idempotency_key.as_str()).collect();
        let found = find_tasks(self.service, self.action, &keys);
        let mut not_found = Vec::new();
        let mut outcomes = Vec::new();
        for order in uncertain {
            match &found {
                Ok(tasks) => match tasks.get(&order.idempotency_key) {
                    Some(task) => outcomes.push(order.outcome(started(task.clone()))),
                    None => not_found.push(order),
                },
                Err(problem) => {
                    let message = format!(
                        "an earlier attempt may have started a task, and the tasks could not be read: {}",
                        problem.message
                    );
                    outcomes.push(order.outcome(unknown(&message)));
                }
            }
        }
        self.report(outcomes);
        not_found
    }

    fn send(&mut self, orders: Vec<Order>) -> Result<(), Stop> {
        let mut queue: VecDeque<Vec<Order>> = VecDeque::new();
        let mut orders = orders.into_iter().peekable();
        while orders.peek().is_some() {
            queue.push_back(orders.by_ref().take(limits::COMMANDS_PER_REQUEST).collect());
        }
        while let Some(batch) = queue.pop_front() {
            self.send_batch(batch, &mut queue)?;
        }
        Ok(())
    }

    fn send_batch(&mut self, mut batch: Vec<Order>, queue: &mut VecDeque<Vec<Order>>) -> Result<(), Stop> {
        let elements = batch.iter().map(|order| {
            let mark = self.circumstances.mark.as_deref();
            order.command.element(command::description(self.settings, mark, &order.idempotency_key))
        });
        let body = Value::Array(elements.collect()).to_string().into_bytes();
        if body.len() > limits::BATCH_BYTES.min(self.circumstances.request_body_bytes) {
            let problem = Problem::new("too-large", "the command is larger than a request may be");
            return self.divide(batch, queue, problem);
        }
        batch.iter_mut().for_each(|order| order.attempts = order.attempts.saturating_add(1));
        let arrival = self.service.ask(ServiceRequest::Post { path: self.action.path, body });
        let reading = match arrival {
            Arrival::Answer { status, body } => {
                batch.iter_mut().for_each(|order| order.status = Some(status));
                answer::read(status, &body, batch.len(), self.action)
            }
            Arrival::Lost(reason) => ResponseReading::Unknown(Problem::new(
                "no-answer",
                format!("the request was sent, and its answer is missing: {reason}"),
            )),
            Arrival::Abandoned => ResponseReading::Unknown(Problem::new(
                "no-answer",
                "the request was sent, and the run ended before its answer",
            )),
            Arrival::Held | Arrival::Refused => {
                batch.iter_mut().for_each(|order| order.attempts = order.attempts.saturating_sub(1));
                ResponseReading::NotCarriedOut(Problem::new("not-sent", "the host did not send the request"))
            }
        };
        match reading {
            ResponseReading::Commands(answers) => self.commands(batch, answers, queue),
            ResponseReading::Refused(stop) => {
                let problem = stop.problem.clone();
                self.conclude(batch, |_| Verdict::Failed(problem.clone()));
                return Err(stop);
            }
            ResponseReading::TooLarge(problem) | ResponseReading::BadRequest(problem) => {
                return self.divide(batch, queue, problem);
            }
            ResponseReading::NotCarriedOut(problem) => {
                self.conclude(batch, |_| Verdict::Failed(problem.clone()));
            }
            ResponseReading::Unknown(problem) => return self.unknown(batch, &problem),
        }
        Ok(())
    }

    /// Looks for the tasks of commands without a readable answer.
    fn unknown(&mut self, batch: Vec<Order>, problem: &Problem) -> Result<(), Stop> {
        let keys: Vec<_> = batch.iter().map(|order| order.idempotency_key.as_str()).collect();
        let found = find_tasks(self.service, self.action, &keys);
        let tasks = found.as_ref().ok();
        let outcomes =
            batch.into_iter().map(|order| match tasks.and_then(|tasks| tasks.get(&order.idempotency_key)) {
                Some(task) => order.outcome(started(task.clone())),
                None => order.outcome(unknown(&problem.message)),
            });
        let outcomes = outcomes.collect();
        self.report(outcomes);
        match found {
            Ok(_) => Ok(()),
            // The service does not answer at all: more commands would have the same fate.
            Err(_) => Err(Stop {
                problem: problem.clone(),
                hint: "look in the task list of Vision One before the commands are sent again".into(),
            }),
        }
    }

    fn commands(
        &mut self,
        batch: Vec<Order>,
        answers: Vec<answer::CommandAnswer>,
        queue: &mut VecDeque<Vec<Order>>,
    ) {
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut again = Vec::new();
        for (mut order, answer) in batch.into_iter().zip(answers) {
            order.status = Some(answer.status);
            match answer.meaning {
                CommandMeaning::Accepted(task) => outcomes.push(order.outcome(started(task))),
                CommandMeaning::Rejected(problem) => outcomes.push(order.outcome(Verdict::Rejected(problem))),
                CommandMeaning::Failed(problem) => outcomes.push(order.outcome(Verdict::Failed(problem))),
                CommandMeaning::Again(problem) => again.push((order, problem)),
            }
        }
        self.report(outcomes);
        let attempts = again.iter().map(|(order, _)| order.attempts).max().unwrap_or_default();
        let pause = limits::ITEM_FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.min(16)));
        let more = attempts < limits::ITEM_ATTEMPTS && !again.is_empty() && self.service.rest(pause);
        if more {
            queue.push_back(again.into_iter().map(|(order, _)| order).collect());
        } else {
            let given_up = again.into_iter().map(|(order, problem)| order.outcome(Verdict::Failed(problem)));
            let given_up = given_up.collect();
            self.report(given_up);
        }
    }

    /// Sends a request that was refused as a whole again in two halves. A single command is rejected.
    fn divide(
        &mut self,
        batch: Vec<Order>,
        queue: &mut VecDeque<Vec<Order>>,
        problem: Problem,
    ) -> Result<(), Stop> {
        match crate::batch::halves(batch) {
            Ok((first, second)) => {
                queue.push_front(second);
                queue.push_front(first);
            }
            Err(single) => self.conclude(single, |_| Verdict::Rejected(problem.clone())),
        }
        Ok(())
    }

    fn conclude(&mut self, batch: Vec<Order>, verdict: impl Fn(&Order) -> Verdict) {
        let outcomes = batch.into_iter().map(|order| {
            let verdict = verdict(&order);
            order.outcome(verdict)
        });
        let outcomes = outcomes.collect();
        self.report(outcomes);
    }

    /// Reports outcomes, and those of the objects that share them.
    fn report(&mut self, outcomes: Vec<Outcome>) {
        let mut all = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            for (key, command) in self.duplicates.remove(&outcome.key).unwrap_or_default() {
                all.push(duplicate(key, command, outcome.key, outcome.verdict.clone()));
            }
            self.verdicts.insert(outcome.key, outcome.verdict.clone());
            all.push(outcome);
        }
        if !all.is_empty() {
            self.service.record(all);
        }
    }
}

fn started(task: TaskId) -> Verdict {
    pending(
        &WaitingState { task: task.clone() },
        Problem::new(
            "queued",
            format!("Vision One has accepted the task {}", crate::contract::quoted(task.as_str())),
        ),
    )
}

/// The fate of a command that nobody can tell.
fn unknown(why: &str) -> Verdict {
    let message =
        format!("{why}; look for the command in the task list of Vision One before you send it again");
    Verdict::Failed(Problem::new("outcome-unknown", message))
}

fn duplicate(key: u64, command: Command, first: u64, verdict: Verdict) -> Outcome {
    let submission = Submission {
        field: command.field,
        value: Rc::clone(&command.value),
        status: None,
        attempts: 0,
        duplicate_of: Some(first),
        comparison: None,
    };
    Outcome { submissions: vec![submission], ..Outcome::new(key, verdict) }
}

#[cfg(test)]
mod tests;
