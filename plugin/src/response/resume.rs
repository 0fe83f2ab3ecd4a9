//! Asks what became of tasks, many with one request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::Duration;
use time::format_description::well_known::Rfc3339;

use super::action::ResponseAction;
use super::answer;
use super::command::is_described_by;
use super::service::{Service, ServiceRequest};
use super::state::WaitingState;
use super::task::{Task, TaskId, TaskMeaning};
use crate::contract::{Outcome, Pending, Problem, Stop, Verdict};
use crate::limits;
use crate::listing::next_query;
use crate::session::Arrival;

const PATH: &str = "/v3.0/response/tasks";

/// Why tasks were not read.
enum Unread {
    /// No request of this activation can succeed.
    Refused(Stop),
    /// They may be read later.
    Later(Problem),
}

/// Reports what became of the objects that are due.
///
/// # Errors
///
/// Why it cannot continue.
pub fn resume(action: &'static ResponseAction, service: &mut impl Service) -> Result<(), Stop> {
    loop {
        let offered = service.next();
        if offered.is_empty() {
            return Ok(());
        }
        let mut outcomes = Vec::new();
        let mut waiting = Vec::new();
        for offered in offered {
            match offered.state.as_deref().and_then(WaitingState::read) {
                Some(state) => waiting.push((offered.object.key, state)),
                None => {
                    let problem =
                        Problem::new("state-unreadable", "what was kept of the task cannot be read");
                    outcomes.push(Outcome::new(offered.object.key, Verdict::Failed(problem)));
                }
            }
        }
        let ids: BTreeSet<_> = waiting.iter().map(|(_, state)| state.task.clone()).collect();
        let mut problem = None;
        let mut tasks = BTreeMap::new();
        match by_id(service, action, &ids, &mut tasks) {
            Ok(()) => {}
            Err(Unread::Refused(stop)) => return Err(stop),
            Err(Unread::Later(later)) => problem = Some(later),
        }
        for (key, state) in waiting {
            outcomes.push(outcome(service, action, key, state, &tasks, problem.as_ref())?);
        }
        service.record(outcomes);
    }
}

fn outcome(
    service: &mut impl Service,
    action: &ResponseAction,
    key: u64,
    state: WaitingState,
    tasks: &BTreeMap<TaskId, Task>,
    problem: Option<&Problem>,
) -> Result<Outcome, Stop> {
    if let Some(task) = tasks.get(&state.task) {
        return Ok(of_task(action, key, state, task));
    }
    if let Some(problem) = problem {
        return Ok(Outcome::new(key, pending(&state, problem.clone())));
    }
    // The list does not have it: only the task itself can say whether it is gone.
    let path = format!("{PATH}/{}", state.task.as_str());
    let verdict = match service.ask(ServiceRequest::Get { path_and_query: path, header: None }) {
        Arrival::Answer { status: 200, body } => match task_of(&body) {
            Some(task) if task.id == state.task => return Ok(of_task(action, key, state, &task)),
            _ => later(state, "the service's answer about the task cannot be read"),
        },
        Arrival::Answer { status, body } if status == 404 && crate::answer::is_of_the_service(&body) => {
            let said = crate::answer::said(status, &body);
            Verdict::Failed(Problem::new("task-not-found", format!("the task no longer exists: {said}")))
        }
        Arrival::Answer { status, body } => {
            match crate::answer::refusal(status, &body, &answer::hint(action)) {
                Some(stop) => return Err(stop),
                None => later(state, &crate::answer::said(status, &body)),
            }
        }
        other => later(state, &unanswered(other)),
    };
    Ok(Outcome::new(key, verdict))
}

fn of_task(action: &ResponseAction, key: u64, state: WaitingState, task: &Task) -> Outcome {
    let renew = state.bytes();
    let mut downloads = Vec::new();
    let verdict = match task.meaning(action, &renew) {
        TaskMeaning::Waits(reason) => pending(&state, reason),
        TaskMeaning::Rejected(problem) => Verdict::Rejected(problem),
        TaskMeaning::Failed(problem) => Verdict::Failed(problem),
        TaskMeaning::Succeeded { download } => {
            downloads.extend(download);
            Verdict::Accepted
        }
    };
    let outputs = if matches!(verdict, Verdict::Pending(_)) { Vec::new() } else { task.outputs() };
    Outcome { outputs, downloads, ..Outcome::new(key, verdict) }
}

/// The verdict of an object whose task has not ended.
pub fn pending(state: &WaitingState, reason: Problem) -> Verdict {
    // The host asks less and less often by itself.
    let poll_after = u64::try_from(limits::TASK_POLL.as_millis()).unwrap_or(u64::MAX);
    Verdict::Pending(Pending { state: state.bytes(), reason, poll_after })
}

fn later(state: WaitingState, reason: &str) -> Verdict {
    let message = format!("the task could not be read and is read again later: {reason}");
    pending(&state, Problem::new("task-unreadable", message))
}

/// Looks for the tasks that were started with these idempotency keys.
///
/// # Errors
///
/// The tasks could not be read.
pub fn find_tasks(
    service: &mut impl Service,
    action: &ResponseAction,
    keys: &[&str],
) -> Result<BTreeMap<String, TaskId>, Problem> {
    let names = action.task_actions.iter().map(|name| format!("action eq '{name}'"));
    let filter = names.collect::<Vec<_>>().join(" or ");
    let mut found = BTreeMap::new();
    let read = pages(service, action, &filter, limits::TASK_SEARCH_PAGES, |task| {
        for key in keys.iter().filter(|key| is_described_by(&task.description, key)) {
            found.insert((*key).to_owned(), task.id.clone());
        }
        found.len() < keys.len()
    });
    match read {
        Ok(()) => Ok(found),
        Err(Unread::Refused(stop)) => Err(stop.problem),
        Err(Unread::Later(problem)) => Err(problem),
    }
}

/// Reads the tasks with these ids.
fn by_id(
    service: &mut impl Service,
    action: &ResponseAction,
    ids: &BTreeSet<TaskId>,
    tasks: &mut BTreeMap<TaskId, Task>,
) -> Result<(), Unread> {
    for (filter, count) in filters(ids) {
        let pages_of_ids = count.div_ceil(limits::TASK_LEAST_PAGE) + 1;
        pages(service, action, &filter, pages_of_ids, |task| {
            if ids.contains(&task.id) {
                tasks.insert(task.id.clone(), task);
            }
            true
        })?;
    }
    Ok(())
}

/// Filters for all ids, each within the length that the service takes, with the number of ids in each.
fn filters(ids: &BTreeSet<TaskId>) -> Vec<(String, usize)> {
    let mut filters: Vec<(String, usize)> = Vec::new();
    for id in ids {
        let term = format!("id eq '{}'", id.as_str());
        match filters.last_mut() {
            Some((filter, count))
                if filter.len() + " or ".len() + term.len() <= limits::TASK_FILTER_BYTES
                    && *count < limits::LIST_PAGE_OBJECTS =>
            {
                filter.push_str(" or ");
                filter.push_str(&term);
                *count += 1;
            }
            _ => filters.push((term, 1)),
        }
    }
    filters
}

/// Reads the task list page by page until `take` wants no more.
fn pages(
    service: &mut impl Service,
    action: &ResponseAction,
    filter: &str,
    most: usize,
    mut take: impl FnMut(Task) -> bool,
) -> Result<(), Unread> {
    let from = service.now().saturating_sub(Duration::days(limits::TASK_AGE_DAYS));
    let from = from.replace_nanosecond(0).unwrap_or(from).format(&Rfc3339).unwrap_or_default();
    let mut next = Some(format!(
        "startDateTime={}&top={}&filter={}",
        encoded(&from),
        limits::LIST_PAGE_OBJECTS,
        encoded(filter)
    ));
    for _ in 0..most {
        let Some(parameters) = next.take() else { return Ok(()) };
        let path_and_query = format!("{PATH}?{parameters}");
        let body = match service.ask(ServiceRequest::Get { path_and_query, header: None }) {
            Arrival::Answer { status: 200, body } => body,
            Arrival::Answer { status, body } => {
                return Err(match crate::answer::refusal(status, &body, &answer::hint(action)) {
                    Some(stop) => Unread::Refused(stop),
                    None => unread(&crate::answer::said(status, &body)),
                });
            }
            other => return Err(unread(&unanswered(other))),
        };
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(items) = document.get("items").and_then(Value::as_array) else {
            return Err(unread("the answer is not the documented JSON"));
        };
        for task in items.iter().cloned().filter_map(Task::read) {
            if !take(task) {
                return Ok(());
            }
        }
        if let Some(link) = document.get("nextLink").and_then(Value::as_str).filter(|link| !link.is_empty()) {
            let query = next_query(link).ok_or_else(|| unread("its next page has no address"))?;
            next = Some(query.to_owned());
        }
    }
    if next.is_none() { Ok(()) } else { Err(unread("it has more pages than are read")) }
}

fn unread(reason: &str) -> Unread {
    Unread::Later(Problem::new("tasks-unreadable", format!("the task list could not be read: {reason}")))
}

fn unanswered(arrival: Arrival) -> String {
    match arrival {
        Arrival::Lost(reason) => reason,
        Arrival::Held => "the service asked for a pause that outlasts the run".to_owned(),
        _ => "the host ends the run".to_owned(),
    }
}

fn task_of(body: &[u8]) -> Option<Task> {
    serde_json::from_slice(body).ok().and_then(Task::read)
}

/// A text as a part of a query (RFC 3986): a space is `%20`, because not every server reads `+` as one.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests;
