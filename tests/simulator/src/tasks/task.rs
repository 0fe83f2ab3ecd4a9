//! One task: its parts, what status each has at a time, and how the service shows it (API reference, response actions, section 7).

use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::archive::Archive;
use crate::identifier::Kind;
use crate::page::format_date;
use crate::tasks::{Decision, TaskEnd, TaskPlan};

/// The number of every task error.
const TASK_ERROR: u32 = 4_009_999;

/// A task's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    PendingApproval,
    Queued,
    Running,
    Succeeded,
    Failed,
    Rejected,
    Canceled,
}

impl Status {
    /// The API's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PendingApproval => "pendingApproval",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::PendingApproval | Self::Queued | Self::Running)
    }
}

/// What changes in the tenant when a part succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing that the simulator shows.
    None,
    /// The endpoint with this GUID is isolated, or connected again.
    Isolation { agent_guid: String, isolated: bool },
    /// The object is on the suspicious object list.
    Block { kind: Kind, value: String, description: Option<String> },
    /// The object is removed from the list, if it was added this way.
    Unblock { kind: Kind, value: String },
    /// The message in the mailbox has this state.
    Message { mailbox: String, unique_id: String, state: crate::mail::MessageState },
    /// The account changes.
    Account { name: String, change: crate::accounts::Change },
}

/// A part of a task: the whole of one with a single target, or what happens in one of several places.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// What the service shows of it.
    pub(crate) fields: Map<String, Value>,
    pub(crate) effect: Effect,
    pub(crate) plan: TaskPlan,
    /// What somebody decided, and when.
    pub(crate) decision: Option<(OffsetDateTime, Decision)>,
    pub(crate) is_applied: bool,
}

impl Part {
    /// The status at a time, and since when it has had it.
    pub(crate) fn status(&self, created: OffsetDateTime, now: OffsetDateTime) -> (Status, OffsetDateTime) {
        let plan = &self.plan;
        let after = |at: OffsetDateTime, seconds: u64| {
            at.saturating_add(Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX)))
        };
        let needs_approval = plan.approval_seconds.is_some()
            || matches!(plan.end, TaskEnd::PendingApproval | TaskEnd::Rejected);
        let mut at = created;
        if needs_approval {
            let until = after(created, plan.approval_seconds.unwrap_or_default());
            match self.decision {
                Some((when, Decision::Reject)) => return (Status::Rejected, when),
                Some((when, Decision::Approve)) => at = when,
                Some((_, Decision::Cancel)) => {}
                None if plan.end == TaskEnd::PendingApproval || now < until => {
                    return (Status::PendingApproval, created);
                }
                None if plan.end == TaskEnd::Rejected => return (Status::Rejected, until),
                None => at = until,
            }
        }
        let queued_until = after(at, plan.queued_seconds);
        let ended = after(queued_until, plan.running_seconds);
        let stays = matches!(plan.end, TaskEnd::Queued | TaskEnd::Running);
        if let Some((when, Decision::Cancel)) = self.decision
            && (stays || when < ended)
        {
            return (Status::Canceled, when);
        }
        if plan.end == TaskEnd::Queued || now < queued_until {
            return (Status::Queued, at);
        }
        if plan.end == TaskEnd::Running || now < ended {
            return (Status::Running, queued_until);
        }
        let status = match plan.end {
            TaskEnd::Failed | TaskEnd::TimedOut => Status::Failed,
            TaskEnd::Canceled => Status::Canceled,
            _ => Status::Succeeded,
        };
        (status, ended)
    }

    fn error(&self) -> Value {
        let own = match self.plan.end {
            TaskEnd::TimedOut => "The task timed out.",
            _ => "Unable to send the command to the target.",
        };
        let message = self.plan.message.as_deref().unwrap_or(own);
        json!({"code": "TaskError", "number": TASK_ERROR, "message": message})
    }
}

/// A task.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) action: &'static str,
    pub(crate) created: OffsetDateTime,
    pub(crate) description: Option<String>,
    /// Who started it.
    pub(crate) account: String,
    /// Whether the service shows its parts as `tasks`.
    pub(crate) is_divided: bool,
    pub(crate) parts: Vec<Part>,
    pub(crate) archive: Option<Archive>,
}

impl Task {
    /// The status of the whole at a time, and since when. One failed part among others makes it fail.
    pub(crate) fn status(&self, now: OffsetDateTime, partial: Status) -> (Status, OffsetDateTime) {
        let statuses: Vec<_> = self.parts.iter().map(|part| part.status(self.created, now)).collect();
        let since = statuses.iter().map(|(_, since)| *since).max().unwrap_or(self.created);
        let has = |wanted: Status| statuses.iter().any(|(status, _)| *status == wanted);
        let all = |wanted: Status| statuses.iter().all(|(status, _)| *status == wanted);
        let first = statuses.first().map_or(Status::Succeeded, |(status, _)| *status);
        let status = if has(Status::PendingApproval) {
            Status::PendingApproval
        } else if has(Status::Running) || has(Status::Queued) && !all(Status::Queued) {
            Status::Running
        } else if all(first) {
            first
        } else if has(Status::Succeeded) {
            partial
        } else {
            Status::Failed
        };
        (status, since)
    }

    /// The task as the service shows it, without its archive.
    pub(crate) fn json(&self, now: OffsetDateTime, partial: Status, action: &str) -> Map<String, Value> {
        let (status, since) = self.status(now, partial);
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("id", self.id.clone().into());
        put("status", status.name().into());
        put("createdDateTime", format_date(self.created).into());
        put("lastActionDateTime", format_date(since).into());
        put("action", action.into());
        put("account", self.account.clone().into());
        if let Some(description) = &self.description {
            put("description", description.clone().into());
        }
        if self.is_divided {
            let parts = self.parts.iter().map(|part| {
                let (status, since) = part.status(self.created, now);
                let mut fields = part.fields.clone();
                fields.insert("status".to_owned(), status.name().into());
                fields.insert("lastActionDateTime".to_owned(), format_date(since).into());
                if status == Status::Failed {
                    fields.insert("error".to_owned(), part.error());
                }
                // A scan that has ended has seen everything.
                if let Some(Value::Object(report)) = fields.get_mut("scanReport")
                    && status == Status::Succeeded
                {
                    report.insert("scanProgress".to_owned(), 100.into());
                    report.insert("finishedDateTime".to_owned(), format_date(since).into());
                }
                Value::Object(fields)
            });
            put("tasks", parts.collect());
        } else if let Some(part) = self.parts.first() {
            if status == Status::Failed {
                put("error", part.error());
            }
            fields.extend(part.fields.clone());
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn part(plan: TaskPlan) -> Part {
        Part { fields: Map::new(), effect: Effect::None, plan, decision: None, is_applied: false }
    }

    fn course(part: &Part) -> Vec<&'static str> {
        let status = |seconds| part.status(BEGIN, BEGIN + Duration::seconds(seconds)).0.name();
        [0, 9, 10, 29, 30, 3600].map(status).to_vec()
    }

    #[test]
    fn a_task_waits_runs_and_ends_by_its_plan() {
        let plan = TaskPlan { queued_seconds: 10, running_seconds: 20, ..TaskPlan::default() };
        let ends = |end, expected: [&str; 6]| {
            let plan = TaskPlan { end, ..plan.clone() };
            assert_eq!(course(&part(plan)), expected, "{end:?}");
        };
        ends(TaskEnd::Succeeded, ["queued", "queued", "running", "running", "succeeded", "succeeded"]);
        ends(TaskEnd::TimedOut, ["queued", "queued", "running", "running", "failed", "failed"]);
        ends(TaskEnd::Canceled, ["queued", "queued", "running", "running", "canceled", "canceled"]);
        ends(TaskEnd::Queued, ["queued"; 6]);
        ends(TaskEnd::Running, ["queued", "queued", "running", "running", "running", "running"]);
        ends(TaskEnd::PendingApproval, ["pendingApproval"; 6]);
        let plan = TaskPlan { approval_seconds: Some(10), end: TaskEnd::Rejected, ..TaskPlan::default() };
        let course = course(&part(plan));
        assert_eq!(
            course,
            ["pendingApproval", "pendingApproval", "rejected", "rejected", "rejected", "rejected"]
        );
    }

    #[test]
    fn people_decide() {
        let at = BEGIN + Duration::seconds(10);
        let mut part =
            part(TaskPlan { end: TaskEnd::PendingApproval, running_seconds: 20, ..TaskPlan::default() });
        part.decision = Some((at, Decision::Approve));
        assert_eq!(course(&part)[2..], ["running", "running", "succeeded", "succeeded"]);
        part.decision = Some((at, Decision::Reject));
        assert_eq!(part.status(BEGIN, at), (Status::Rejected, at));
        part.plan.end = TaskEnd::Running;
        part.decision = Some((at, Decision::Cancel));
        assert_eq!(part.status(BEGIN, at), (Status::Canceled, at));
    }

    #[test]
    fn the_whole_waits_for_its_parts() {
        let task = |ends: &[TaskEnd]| Task {
            id: "1".to_owned(),
            action: "deleteMessage",
            created: BEGIN,
            description: None,
            account: String::new(),
            is_divided: true,
            parts: ends.iter().map(|end| part(TaskPlan { end: *end, ..TaskPlan::default() })).collect(),
            archive: None,
        };
        let status = |ends: &[TaskEnd]| task(ends).status(BEGIN, Status::Failed).0;
        assert_eq!(status(&[TaskEnd::Succeeded, TaskEnd::Succeeded]), Status::Succeeded);
        assert_eq!(status(&[TaskEnd::Succeeded, TaskEnd::Failed]), Status::Failed);
        assert_eq!(status(&[TaskEnd::Succeeded, TaskEnd::Queued]), Status::Running);
        assert_eq!(status(&[TaskEnd::Queued, TaskEnd::Queued]), Status::Queued);
        assert_eq!(status(&[TaskEnd::Canceled, TaskEnd::Failed]), Status::Failed);
    }
}
