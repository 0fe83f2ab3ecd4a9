//! What the service says to a request with commands.
//!
//! A 207 is read command by command, in the order of the request. A request without a readable answer may have been carried out: nothing
//! here says that it was not.

use serde_json::Value;

use super::action::ResponseAction;
use super::task::TaskId;
use crate::answer::{self, ServiceError};
use crate::contract::{Problem, Stop};

/// What the service says about one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandAnswer {
    /// The command's own status; 0 if it has none.
    pub status: u16,
    /// What it means.
    pub meaning: CommandMeaning,
}

/// What an entry of a 207 means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandMeaning {
    /// The service has a task for it.
    Accepted(TaskId),
    /// It was not carried out, and may be sent again.
    Again(Problem),
    /// The service refuses it, and would refuse it again.
    Rejected(Problem),
    /// It is not known to have been carried out.
    Failed(Problem),
}

/// What a whole answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResponseReading {
    /// One entry for each command, in the order of the request.
    Commands(Vec<CommandAnswer>),
    /// No request of this run can succeed.
    Refused(Stop),
    /// The request is too large.
    TooLarge(Problem),
    /// Something in the request is wrong; the service does not say which command.
    BadRequest(Problem),
    /// Nothing was carried out.
    NotCarriedOut(Problem),
    /// The commands may have been carried out.
    Unknown(Problem),
}

/// Reads the answer to a request with `expected` commands.
pub fn read(status: u16, body: &[u8], expected: usize, action: &ResponseAction) -> ResponseReading {
    if matches!(status, 200 | 202 | 207) {
        return read_commands(status, body, expected);
    }
    if let Some(stop) = answer::refusal(status, body, &hint(action)) {
        return ResponseReading::Refused(stop);
    }
    let said = answer::said(status, body);
    match status {
        400 if answer::is_of_the_service(body) => {
            ResponseReading::BadRequest(Problem::new("service-bad-request", said))
        }
        413 => ResponseReading::TooLarge(Problem::new("too-large", said)),
        429 => ResponseReading::NotCarriedOut(Problem::new("throttled", said)),
        400..=499 => ResponseReading::NotCarriedOut(Problem::new("unexpected-status", said)),
        _ => ResponseReading::Unknown(Problem::new("service-error", said)),
    }
}

/// What an operator can do about a key that may not do this.
pub fn hint(action: &ResponseAction) -> String {
    format!(
        "the key's role needs, under Response Management, `View, filter, and search (Task List tab)` and `{}`",
        action.permission
    )
}

fn read_commands(status: u16, body: &[u8], expected: usize) -> ResponseReading {
    let entries: Vec<Value> = match serde_json::from_slice(body) {
        Ok(entries) => entries,
        Err(error) => {
            let message = format!("expected a JSON array in the response with status {status}: {error}");
            return ResponseReading::Unknown(Problem::new("answer-unreadable", message));
        }
    };
    if entries.len() != expected {
        let message = format!(
            "the service answered {status} with {} entries to a request with {expected} commands; which of them it took is not known",
            entries.len()
        );
        return ResponseReading::Unknown(Problem::new("answer-mismatch", message));
    }
    ResponseReading::Commands(entries.iter().map(command).collect())
}

fn command(entry: &Value) -> CommandAnswer {
    let status = entry.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let status = status.unwrap_or_default();
    let error = entry.get("body").and_then(ServiceError::from_value).unwrap_or_default();
    let problem = |code| Problem::new(code, answer::sentence("the command", status, &error));
    let said = |text: &str| error.message.to_ascii_lowercase().contains(text);
    let meaning = match (status, task(entry)) {
        (200..=202, Some(task)) => CommandMeaning::Accepted(task),
        (200..=202, None) => CommandMeaning::Failed(problem("answer-without-task")),
        // The same command is under way for this target: its task is ours as well.
        (400, Some(task)) if error.code == "TaskError" => CommandMeaning::Accepted(task),
        (400, None) if error.code == "TaskError" => CommandMeaning::Failed(problem("task-error")),
        (400, _) if error.code == "NotSupported" => CommandMeaning::Rejected(problem("action-not-supported")),
        (400, _) if said("target not found") => CommandMeaning::Rejected(problem("target-not-found")),
        (400, _) => CommandMeaning::Rejected(problem("service-bad-request")),
        (403, _) => CommandMeaning::Rejected(problem("service-access-denied")),
        (404, _) => CommandMeaning::Rejected(problem("service-not-found")),
        (429, _) => CommandMeaning::Again(problem("throttled")),
        (500..=599, _) => CommandMeaning::Failed(problem("service-error")),
        _ => CommandMeaning::Failed(problem("unexpected-status")),
    };
    CommandAnswer { status, meaning }
}

/// The task of an entry: the last part of its `Operation-Location`.
fn task(entry: &Value) -> Option<TaskId> {
    let headers = entry.get("headers")?.as_array()?;
    let named = |header: &&Value| {
        let name = header.get("name").and_then(Value::as_str);
        name.is_some_and(|name| name.eq_ignore_ascii_case("operation-location"))
    };
    TaskId::of_location(headers.iter().find(named)?.get("value")?.as_str()?)
}

#[cfg(test)]
mod tests;
