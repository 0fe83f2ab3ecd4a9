//! What somebody is building, between two requests: all of it is in the form, and nothing in the state.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use palisade_orchestrator::{
    ConnectionChoice, Entered, Orchestrator, OrchestratorError, StepDraft, WorkflowDraft,
};
use palisade_store::{BundleId, CollectionId, Takes, Version, WorkflowRow};

use super::read_schedule;
use super::scheduling::Scheduling;
use crate::Fault;

/// One action of what is being built.
pub(super) struct Step {
    pub(super) bundle: BundleId,
    pub(super) action: String,
    /// Which step of the saved workflow it was, from 0 on.
    pub(super) was: Option<usize>,
    /// What its form sent, by parameter; none where its form has not been shown yet.
    pub(super) sent: Option<BTreeMap<String, String>>,
}

impl Step {
    fn draft(&self, orchestrator: &Orchestrator) -> Result<StepDraft, OrchestratorError> {
        let nothing = BTreeMap::new();
        let sent = self.sent.as_ref().unwrap_or(&nothing);
        let entered: BTreeMap<String, Entered> =
            orchestrator.entered_step(self.bundle, &self.action, sent)?;
        let connection = self.connection();
        Ok(StepDraft { bundle: self.bundle, action: self.action.clone(), was: self.was, connection, entered })
    }

    /// The connection that its form chooses.
    fn connection(&self) -> ConnectionChoice {
        match self.sent.as_ref().and_then(|sent| sent.get("connection")) {
            None => ConnectionChoice::Kept,
            Some(id) => id.parse().map_or(ConnectionChoice::Nothing, ConnectionChoice::Is),
        }
    }
}

/// What is being built.
pub(super) struct Builder {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) collection: String,
    pub(super) scheduling: Scheduling,
    pub(super) takes: String,
    pub(super) evictions: String,
    pub(super) any_evictions: bool,
    pub(super) enabled: bool,
    pub(super) steps: Vec<Step>,
    /// The version of the workflow that the form began with; none for a new one.
    pub(super) version: Option<Version>,
}

/// What the button that was pressed asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pressed {
    /// To be saved.
    Save,
    /// To be saved, and run without changing anything.
    DryRun,
    /// A test of the connection of the action at this place, from 1 on.
    Test(usize),
    /// The next times of the schedule.
    Times,
    /// The form again, with this action in focus, from 1 on.
    Step(usize),
    /// The form again, with the list of actions in focus.
    Steps,
}

impl Builder {
    /// An empty one.
    pub(super) fn new(zone: &TimeZone) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            collection: String::new(),
            scheduling: Scheduling::new(zone),
            takes: Takes::All.name().to_owned(),
            evictions: "0".to_owned(),
            any_evictions: false,
            enabled: true,
            steps: Vec::new(),
            version: None,
        }
    }

    /// What a saved workflow is.
    pub(super) fn of(row: &WorkflowRow, zone: &TimeZone) -> Self {
        let step = |(place, step): (usize, &palisade_store::WorkflowStep)| Step {
            bundle: step.bundle,
            action: step.action.clone(),
            was: Some(place),
            sent: None,
        };
        Self {
            name: row.name.clone(),
            description: row.description.clone(),
            collection: row.collection.map(|id| id.to_string()).unwrap_or_default(),
            scheduling: Scheduling::of(&read_schedule(&row.schedule), zone),
            takes: row.takes.name().to_owned(),
            evictions: row.evictions.unwrap_or(0).to_string(),
            any_evictions: row.evictions.is_none(),
            enabled: row.enabled,
            steps: row.steps.iter().enumerate().map(step).collect(),
            version: Some(row.version),
        }
    }

    /// What a form sent.
    pub(super) fn sent(fields: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut steps = Vec::new();
        for place in 1.. {
            let Some(bundle) = fields.get(&format!("step.{place}.bundle")).and_then(|id| id.parse().ok())
            else {
                break;
            };
            let prefix = format!("steps.{place}.");
            let own = fields.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
            let value = |(name, value): (&String, &String)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), value.clone()))
            };
            steps.push(Step {
                bundle,
                action: text(&format!("step.{place}.action")),
                was: text(&format!("step.{place}.was")).parse().ok(),
                sent: Some(own.filter_map(value).collect()),
            });
        }
        Self {
            name: text("name"),
            description: text("description"),
            collection: text("collection"),
            scheduling: Scheduling {
                kind: text("kind"),
                day: text("day"),
                at: text("at"),
                zone: text("zone"),
                expression: text("expression"),
            },
            takes: text("takes"),
            evictions: text("evictions"),
            any_evictions: fields.contains_key("any_evictions"),
            enabled: fields.contains_key("enabled"),
            steps,
            version: text("version").parse().ok(),
        }
    }

    /// Makes the steps continue those of another version of the workflow: a step keeps what is saved there if the same action is at
    /// the place where it was. Otherwise it is a new one.
    pub(super) fn continue_with(&mut self, row: &WorkflowRow) {
        for step in &mut self.steps {
            let is_same = |was: &usize| row.steps.get(*was).is_some_and(|saved| saved.action == step.action);
            step.was = step.was.filter(is_same);
        }
        self.version = Some(row.version);
    }

    /// Does what a button asks for to what is being built.
    pub(super) fn press(&mut self, fields: &BTreeMap<String, String>) -> Pressed {
        let button = fields.get("do").map_or("save", String::as_str);
        let (verb, place) = button.split_once(':').unwrap_or((button, ""));
        let index = place.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
        let index = index.filter(|index| *index < self.steps.len());
        match (verb, index) {
            ("save", _) => return Pressed::Save,
            ("dry-run", _) => return Pressed::DryRun,
            ("times", _) => return Pressed::Times,
            ("test", Some(index)) => return Pressed::Test(index + 1),
            ("add", _) => {
                let chosen = fields.get("new_action").and_then(|chosen| chosen.split_once('/'));
                if let Some((Ok(bundle), action)) = chosen.map(|(bundle, action)| (bundle.parse(), action)) {
                    self.steps.push(Step { bundle, action: action.to_owned(), was: None, sent: None });
                    return Pressed::Step(self.steps.len());
                }
            }
            ("remove", Some(index)) => {
                self.steps.remove(index);
            }
            ("up", Some(index)) if index > 0 => {
                self.steps.swap(index - 1, index);
                return Pressed::Step(index);
            }
            ("down", Some(index)) if index + 1 < self.steps.len() => {
                self.steps.swap(index, index + 1);
                return Pressed::Step(index + 2);
            }
            ("update", Some(index)) => {
                let newer = fields.get(&format!("step.{place}.newer")).and_then(|id| id.parse().ok());
                if let (Some(step), Some(bundle)) = (self.steps.get_mut(index), newer) {
                    step.bundle = bundle;
                    return Pressed::Step(index + 1);
                }
            }
            _ => {}
        }
        Pressed::Steps
    }

    /// One action as it is entered.
    pub(super) fn step_draft(
        &self,
        orchestrator: &Orchestrator,
        place: usize,
    ) -> Result<Option<StepDraft>, OrchestratorError> {
        let step = place.checked_sub(1).and_then(|index| self.steps.get(index));
        step.map(|step| step.draft(orchestrator)).transpose()
    }

    /// The workflow that is meant.
    pub(super) fn draft(&self, orchestrator: &Orchestrator) -> Result<WorkflowDraft, Refused> {
        let mut faults = Vec::new();
        let schedule = self.scheduling.schedule().map_err(|fault| faults.push(fault)).unwrap_or_default();
        let evictions = match (self.any_evictions, self.evictions.trim().parse::<u64>()) {
            (true, _) => None,
            (false, Ok(most)) => Some(most),
            (false, Err(_)) => {
                faults.push(Fault::new("evictions", "expected a number, 0 or more"));
                None
            }
        };
        let takes = self.takes.parse().unwrap_or_else(|_| {
            faults.push(Fault::new("takes", "choose the objects of a run"));
            Takes::All
        });
        if !faults.is_empty() {
            return Err(Refused::Faults(faults));
        }
        Ok(WorkflowDraft {
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            collection: self.collection.parse::<i64>().ok().map(CollectionId),
            schedule,
            takes,
            evictions,
            enabled: self.enabled,
            steps: self.steps.iter().map(|step| step.draft(orchestrator)).collect::<Result<_, _>>()?,
        })
    }
}

/// Why nothing was saved.
pub(super) enum Refused {
    /// Fields of the form itself.
    Faults(Vec<Fault>),
    /// The orchestrator.
    Orchestrator(OrchestratorError),
}

impl From<OrchestratorError> for Refused {
    fn from(error: OrchestratorError) -> Self {
        Self::Orchestrator(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn two_steps(button: &str) -> (Builder, Pressed) {
        let fields = form(&[
            ("do", button),
            ("new_action", "9/third"),
            ("step.1.bundle", "7"),
            ("step.1.action", "first"),
            ("step.1.was", "0"),
            ("steps.1.api_region", "eu"),
            ("step.2.bundle", "8"),
            ("step.2.action", "second"),
            ("step.2.was", ""),
            ("steps.2.api_region", "us"),
            ("steps.10.api_region", "nobody's"),
        ]);
        let mut builder = Builder::sent(&fields);
        let pressed = builder.press(&fields);
        (builder, pressed)
    }

    fn order(builder: &Builder) -> Vec<&str> {
        builder.steps.iter().map(|step| step.action.as_str()).collect()
    }

    #[test]
    fn steps_move_with_what_was_entered_in_them() {
        for (button, focus) in [("up:2", 1), ("down:1", 2)] {
            let (builder, pressed) = two_steps(button);
            assert_eq!((order(&builder), pressed), (vec!["second", "first"], Pressed::Step(focus)));
            assert_eq!(builder.steps[0].sent, Some(form(&[("api_region", "us")])));
            assert_eq!(builder.steps[1].was, Some(0));
        }
    }

    #[test]
    fn steps_come_and_go() {
        assert_eq!(order(&two_steps("remove:1").0), ["second"]);
        let (builder, pressed) = two_steps("add");
        assert_eq!(pressed, Pressed::Step(3), "the new action gets the focus");
        assert_eq!(order(&builder), ["first", "second", "third"]);
        assert!(builder.steps[2].sent.is_none(), "its form begins with the defaults");
    }

    #[test]
    fn a_button_that_means_nothing_changes_nothing() {
        for button in ["up:1", "down:2", "up:0", "remove:3", "remove:x", "explode", "update:1"] {
            let (builder, pressed) = two_steps(button);
            assert_eq!((order(&builder), pressed), (vec!["first", "second"], Pressed::Steps), "{button}");
        }
        assert_eq!(two_steps("save").1, Pressed::Save);
        assert_eq!([two_steps("test:2").1, two_steps("test:3").1], [Pressed::Test(2), Pressed::Steps]);
    }
}
