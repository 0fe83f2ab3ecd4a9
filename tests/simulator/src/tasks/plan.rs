//! What is to become of a task: how long it waits and runs, how it ends, whether the service refuses it at once. Tests plan by
//! action and by target; without a plan a task succeeds at once.

use serde::{Deserialize, Serialize};

/// What is to become of the tasks of an action, of a target, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskPlan {
    /// The tasks' action, such as `isolate`; any if missing.
    pub action: Option<String>,
    /// The target: an endpoint's name or GUID, a message's id, a mailbox, an account, an IAM system, or a value; any if
    /// missing.
    pub target: Option<String>,
    /// For how many tasks (or parts of tasks) it is good; any number if missing.
    pub times: Option<u64>,
    /// The item is refused, and there is no task.
    pub refusal: Option<ItemRefusal>,
    /// How many seconds a task waits for approval; it needs none if missing.
    pub approval_seconds: Option<u64>,
    /// How many seconds it is queued.
    pub queued_seconds: u64,
    /// How many seconds it runs.
    pub running_seconds: u64,
    /// How it ends.
    pub end: TaskEnd,
    /// The message of the error that it ends with, if not the service's own.
    pub message: Option<String>,
    /// The archive that it leaves, for actions that leave one.
    pub archive: TaskArchive,
    /// Its id; the next number if missing.
    pub task_id: Option<String>,
}

impl Default for TaskPlan {
    fn default() -> Self {
        Self {
            action: None,
            target: None,
            times: None,
            refusal: None,
            approval_seconds: None,
            queued_seconds: 0,
            running_seconds: 0,
            end: TaskEnd::Succeeded,
            message: None,
            archive: TaskArchive::default(),
            task_id: None,
        }
    }
}

/// How a task ends, or where it stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskEnd {
    /// The managing server has received the command.
    #[default]
    Succeeded,
    /// The command could not be sent.
    Failed,
    /// The command was sent, and nobody answered: it is `failed` with another message.
    TimedOut,
    /// It was not approved.
    Rejected,
    /// Somebody canceled it when it had run so long.
    Canceled,
    /// It waits for approval until somebody decides.
    PendingApproval,
    /// It stays queued, because the agent is offline.
    Queued,
    /// It stays running.
    Running,
}

/// What somebody decides about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It is approved, and queues.
    Approve,
    /// It is rejected.
    Reject,
    /// It is canceled.
    Cancel,
}

/// The archive that a task leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskArchive {
    /// Its size in bytes. Its bytes are computed while they are sent.
    pub bytes: u64,
    /// Its password.
    pub password: String,
    /// Whether the task states digests of other bytes.
    pub wrong_digest: bool,
}

impl Default for TaskArchive {
    fn default() -> Self {
        Self { bytes: 4096, password: "simulated-archive".to_owned(), wrong_digest: false }
    }
}

/// Why an item is refused (API reference, response actions, section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemRefusal {
    /// The agent is too old or missing.
    NotSupported,
    /// There is no such target.
    TargetNotFound,
    /// The key's role is not enough.
    InsufficientPermissions,
    /// The feature is switched off.
    FeatureDisabled,
    /// A trial has no response actions.
    Promotion,
    /// The target is outside of the user's scope.
    OutOfScope,
    /// 404, of which the reference has no example.
    NotFound,
    /// The osquery statement is wrong.
    InvalidOsquery,
    /// The YARA rule is wrong.
    InvalidYara,
    /// The same action is running, by somebody else's task.
    Duplicate,
    /// The service fails.
    InternalError,
}

impl ItemRefusal {
    /// Status, code and message.
    pub(crate) fn words(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::NotSupported => (
                400,
                "NotSupported",
                "Action not supported. Install or upgrade the agent program on the target endpoint.",
            ),
            Self::TargetNotFound => (400, "BadRequest", "Target not found."),
            Self::InsufficientPermissions => (403, "AccessDenied", "Insufficient permissions."),
            Self::FeatureDisabled => (403, "AccessDenied", "Feature disabled."),
            Self::Promotion => (403, "AccessDenied", "Promotion does not support response action."),
            Self::OutOfScope => {
                (403, "AccessDenied", "Access denied. The target is not in the user's management scope.")
            }
            Self::NotFound => (404, "NotFound", "Not found."),
            Self::InvalidOsquery => {
                (400, "BadRequest", "Invalid osquery statement. Examine the osquery statement and try again.")
            }
            Self::InvalidYara => {
                (400, "BadRequest", "Invalid YARA rule. Examine the YARA rule and try again.")
            }
            Self::Duplicate => (400, "TaskError", "Task duplication."),
            Self::InternalError => (500, "InternalServerError", "Internal server error."),
        }
    }
}

/// The plans, and how often each was used.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plans {
    plans: Vec<(TaskPlan, u64)>,
}

impl Plans {
    pub(crate) fn add(&mut self, plan: TaskPlan) {
        self.plans.push((plan, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.plans.clear();
    }

    /// The plans in order, and how often each was used.
    pub(crate) fn list(&self) -> impl Iterator<Item = &(TaskPlan, u64)> {
        self.plans.iter()
    }

    /// The first plan for an action and one of these targets that is not used up. One that names the target goes before one
    /// that does not.
    pub(crate) fn choose(&mut self, action: &str, targets: &[&str]) -> Option<TaskPlan> {
        self.first(action, targets, true).or_else(|| self.first(action, targets, false))
    }

    /// The first plan that names this target.
    pub(crate) fn choose_named(&mut self, action: &str, target: &str) -> Option<TaskPlan> {
        self.first(action, &[target], true)
    }

    fn first(&mut self, action: &str, targets: &[&str], named: bool) -> Option<TaskPlan> {
        let (plan, uses) = self.plans.iter_mut().find(|(plan, uses)| {
            plan.target.is_some() == named
                && plan.action.as_deref().is_none_or(|wanted| wanted == action)
                && plan
                    .target
                    .as_deref()
                    .is_none_or(|wanted| targets.iter().any(|target| wanted.eq_ignore_ascii_case(target)))
                && plan.times.is_none_or(|times| *uses < times)
        })?;
        *uses += 1;
        Some(plan.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_that_names_the_target_comes_first_until_it_is_used_up() {
        let plan = |action: Option<&str>, target: Option<&str>, queued_seconds, times| TaskPlan {
            action: action.map(str::to_owned),
            target: target.map(str::to_owned),
            queued_seconds,
            times,
            ..TaskPlan::default()
        };
        let mut plans = Plans::default();
        plans.add(plan(Some("isolate"), None, 1, None));
        plans.add(plan(None, Some("HOST-1"), 2, Some(1)));
        let mut chosen =
            |action, target| plans.choose(action, &["x", target]).map(|plan| plan.queued_seconds);
        assert_eq!(chosen("isolate", "host-1"), Some(2));
        assert_eq!(chosen("isolate", "host-1"), Some(1));
        assert_eq!(chosen("restoreIsolate", "host-1"), None);
        assert!(serde_json::from_str::<TaskPlan>(r#"{"end": "pending-approval", "queue": 1}"#).is_err());
    }
}
