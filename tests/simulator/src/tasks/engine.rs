//! The tasks of the tenant: accepting them, finding duplicates, and saying which effects are due.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::plan::Plans;
use super::task::{Effect, Part, Status, Task};
use crate::archive::Archive;
use crate::digest;
use crate::page::format_date;
use crate::settings::TaskSettings;
use crate::tasks::{Decision, ItemRefusal};

/// What an action wants to happen.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) action: &'static str,
    /// What names the target, the same for every way of naming it.
    pub(crate) target: String,
    /// The target's names, for plans.
    pub(crate) names: Vec<String>,
    pub(crate) parts: Vec<ProposedPart>,
    /// Whether the service shows the parts as `tasks`.
    pub(crate) is_divided: bool,
    /// Whether it leaves an archive.
    pub(crate) has_archive: bool,
    pub(crate) description: Option<String>,
}

/// A part of what an action wants to happen.
#[derive(Clone, Debug)]
pub(crate) struct ProposedPart {
    pub(crate) fields: Map<String, Value>,
    pub(crate) effect: Effect,
    /// The mailbox or the like in which it happens, for plans.
    pub(crate) place: Option<String>,
}

impl Proposal {
    /// An action on one target.
    pub(crate) fn single(
        action: &'static str,
        target: String,
        fields: Map<String, Value>,
        effect: Effect,
    ) -> Self {
        Self {
            action,
            names: vec![target.clone()],
            target,
            parts: vec![ProposedPart { fields, effect, place: None }],
            is_divided: false,
            has_archive: false,
            description: None,
        }
    }
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// There is a task.
    Task(String),
    /// The same is running already, as this task.
    Duplicate(String),
    /// A plan says so.
    Refused(ItemRefusal),
}

/// Every task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tasks {
    tasks: Vec<Task>,
    by_id: HashMap<String, usize>,
    /// The last task of an action on a target.
    last: HashMap<(&'static str, String), usize>,
    /// Those whose effects may still be due.
    unsettled: BTreeSet<usize>,
    count: u64,
    pub(crate) plans: Plans,
}

impl Tasks {
    /// Accepts a proposal, unless it is a duplicate or a plan refuses it.
    pub(crate) fn accept(
        &mut self,
        proposal: Proposal,
        settings: &TaskSettings,
        now: OffsetDateTime,
    ) -> Accepted {
        let key = (proposal.action, proposal.target.clone());
        let partial = settings.partial.status();
        if let Some(last) = self.last.get(&key).and_then(|place| self.tasks.get(*place))
            && !last.status(now, partial).0.is_final()
        {
            return Accepted::Duplicate(last.id.clone());
        }
        let names: Vec<&str> = proposal.names.iter().map(String::as_str).collect();
        let plan = self.plans.choose(proposal.action, &names).unwrap_or_else(|| settings.plan.clone());
        if let Some(refusal) = plan.refusal {
            return Accepted::Refused(refusal);
        }
        self.count += 1;
        let id = plan.task_id.clone().unwrap_or_else(|| self.id(settings.dated_ids, now));
        let archive = proposal.has_archive.then(|| Archive::new(&plan.archive, digest::number(id.as_str())));
        let parts = proposal.parts.into_iter().map(|part| {
            let own = part.place.as_deref().and_then(|place| self.plans.choose_named(proposal.action, place));
            Part {
                fields: part.fields,
                effect: part.effect,
                plan: own.unwrap_or_else(|| plan.clone()),
                decision: None,
                is_applied: false,
            }
        });
        let task = Task {
            id: id.clone(),
            action: proposal.action,
            created: now,
            description: proposal.description,
            account: settings.account.clone(),
            is_divided: proposal.is_divided,
            parts: parts.collect(),
            archive,
        };
        let place = self.tasks.len();
        self.tasks.push(task);
        self.by_id.insert(id.clone(), place);
        self.last.insert(key, place);
        self.unsettled.insert(place);
        Accepted::Task(id)
    }

    /// The next id, in one of the two forms that the service has.
    fn id(&self, dated: bool, now: OffsetDateTime) -> String {
        if dated {
            let day: String = format_date(now).chars().take(10).filter(char::is_ascii_digit).collect();
            format!("RM-{day}-{:05}", self.count)
        } else {
            format!("{:08}", self.count)
        }
    }

    /// The effects that are due, in the order in which their tasks succeeded, each with its moment.
    pub(crate) fn settle(&mut self, now: OffsetDateTime) -> Vec<(OffsetDateTime, Effect)> {
        let mut due = Vec::new();
        for place in self.unsettled.clone() {
            let Some(task) = self.tasks.get_mut(place) else { continue };
            let mut is_settled = true;
            for part in &mut task.parts {
                let (status, since) = part.status(task.created, now);
                is_settled &= status.is_final();
                if status == Status::Succeeded && !part.is_applied {
                    part.is_applied = true;
                    due.push((since, place, part.effect.clone()));
                }
            }
            if is_settled {
                self.unsettled.remove(&place);
            }
        }
        due.sort_by_key(|(since, place, _)| (*since, *place));
        due.into_iter().map(|(since, _, effect)| (since, effect)).collect()
    }

    /// A task.
    pub(crate) fn find(&self, id: &str) -> Option<&Task> {
        self.tasks.get(*self.by_id.get(id)?)
    }

    pub(crate) fn find_mut(&mut self, id: &str) -> Option<&mut Task> {
        self.tasks.get_mut(*self.by_id.get(id)?)
    }

    /// Every task, in the order in which they were accepted.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.tasks.iter_mut()
    }

    /// Carries out what somebody decides; says whether there is such a task that has not ended.
    pub(crate) fn decide(&mut self, id: &str, decision: Decision, now: OffsetDateTime) -> bool {
        let Some(task) = self.find_mut(id) else { return false };
        let created = task.created;
        let open = task.parts.iter_mut().filter(|part| !part.status(created, now).0.is_final());
        open.map(|part| part.decision = Some((now, decision))).count() > 0
    }

    /// Whether the service still shows a task of that age.
    pub(crate) fn is_shown(created: OffsetDateTime, now: OffsetDateTime, settings: &TaskSettings) -> bool {
        let days = i64::try_from(settings.retention_days).unwrap_or(i64::MAX);
        now.saturating_add(-Duration::days(days)) <= created
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::{TaskEnd, TaskPlan};

    const BEGIN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn isolate(target: &str) -> Proposal {
        let effect = Effect::Isolation { agent_guid: target.to_owned(), isolated: true };
        Proposal::single("isolate", target.to_owned(), Map::new(), effect)
    }

    #[test]
    fn the_same_action_on_the_same_target_is_a_duplicate_until_it_ends() {
        let settings = TaskSettings::default();
        let mut tasks = Tasks::default();
        tasks.plans.add(TaskPlan { running_seconds: 60, times: Some(1), ..TaskPlan::default() });
        let first = Accepted::Task("00000001".to_owned());
        assert_eq!(tasks.accept(isolate("a"), &settings, BEGIN), first);
        let duplicate = Accepted::Duplicate("00000001".to_owned());
        assert_eq!(tasks.accept(isolate("a"), &settings, BEGIN), duplicate);
        assert_eq!(tasks.accept(isolate("b"), &settings, BEGIN), Accepted::Task("00000002".to_owned()));
        let later = BEGIN + Duration::MINUTE;
        let dated = TaskSettings { dated_ids: true, ..TaskSettings::default() };
        let accepted = Accepted::Task("RM-19700101-00003".to_owned());
        assert_eq!(tasks.accept(isolate("a"), &dated, later), accepted);
    }

    #[test]
    fn effects_are_due_once_and_only_of_what_succeeded() {
        let settings = TaskSettings::default();
        let mut tasks = Tasks::default();
        let plan = |target: &str, running_seconds, end| TaskPlan {
            target: Some(target.to_owned()),
            running_seconds,
            end,
            ..TaskPlan::default()
        };
        tasks.plans.add(plan("late", 60, TaskEnd::Succeeded));
        tasks.plans.add(plan("bad", 5, TaskEnd::Failed));
        for target in ["late", "bad", "now"] {
            tasks.accept(isolate(target), &settings, BEGIN);
        }
        let due = |tasks: &mut Tasks, seconds| {
            let effects = tasks.settle(BEGIN + Duration::seconds(seconds));
            effects.into_iter().map(|(since, effect)| (since - BEGIN, effect)).collect::<Vec<_>>()
        };
        assert_eq!(due(&mut tasks, 0), [(Duration::ZERO, isolate("now").parts[0].effect.clone())]);
        assert_eq!(due(&mut tasks, 90), [(Duration::MINUTE, isolate("late").parts[0].effect.clone())]);
        assert!(due(&mut tasks, 900).is_empty() && tasks.unsettled.is_empty());
    }
}
