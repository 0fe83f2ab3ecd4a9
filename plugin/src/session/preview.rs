//! What happens before anything is sent, where the run is to compare or to spare what the block list holds: the whole
//! collection is gathered, the lists are read, and only then is it decided.
//!
//! The first pages are asked for as soon as a type turns up, so that they are under way while the rest is gathered; they are
//! looked at when all submissions are known. A list that cannot be read ends the run with nothing sent.

use std::time::Duration;

use super::watch::Watch;
use super::{Arrival, Circumstances, Errand, Session, Step};
use crate::configuration::ListName;
use crate::contract::{Eviction, Level, Message, Problem, Stop, quoted};
use crate::evict::Loss;
use crate::inventory::Inventory;
use crate::item::{Field, Identifier};
use crate::ledger::Decision;
use crate::limits;
use crate::survey::{Survey, Walk};

/// What the lists are read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To tell what the run would change.
    Compare,
    /// To stop if the block list would lose more entries than this.
    Spare(u64),
}

/// How far it is.
#[derive(Debug)]
enum Stage {
    /// Pages of the collection come in. Answers that came before the last are kept.
    Gathering(Vec<(Walk, Arrival)>),
    /// The collection is complete; pages of the lists come in.
    Surveying,
    /// Everything is known; what there is to tell of each submission is told.
    Telling,
}

/// A look at the lists before anything is decided.
#[derive(Debug)]
pub(super) struct Preview {
    list: ListName,
    purpose: Purpose,
    stage: Stage,
    survey: Survey,
    inventory: Inventory,
}

impl Preview {
    /// The one that the circumstances ask for; `None` where they ask for none.
    pub(super) fn new(list: ListName, circumstances: &Circumstances) -> Option<Self> {
        let purpose = match (circumstances.dry_run, circumstances.compare, circumstances.most_evictions, list)
        {
            (true, true, _, _) => Purpose::Compare,
            (false, _, Some(most), ListName::Block) => Purpose::Spare(most),
            _ => return None,
        };
        Some(Self {
            list,
            purpose,
            stage: Stage::Gathering(Vec::new()),
            survey: Survey::default(),
            inventory: Inventory::new(list, purpose == Purpose::Compare, circumstances.started),
        })
    }

    /// Notes a submission, and has the lists read where it may be.
    pub(super) fn submitted(&mut self, identifier: &Identifier) {
        self.inventory.submitted(identifier);
        match (self.list, self.purpose) {
            (ListName::Block, Purpose::Compare) => {
                self.survey.ask(ListName::Block, identifier.field);
                self.survey.ask(ListName::Exceptions, identifier.field);
            }
            (ListName::Block, Purpose::Spare(_)) => self.survey.ask(ListName::Block, identifier.field),
            // Its capacity is one for all types.
            (ListName::Exceptions, _) => {
                Field::ALL.into_iter().for_each(|field| self.survey.ask(ListName::Exceptions, field));
            }
        }
    }

    fn read(&mut self, walk: Walk, arrival: Arrival) -> Result<(), Stop> {
        let (status, body) = match arrival {
            Arrival::Answer { status, body } => (status, body),
            Arrival::Lost(reason) => {
                return Err(walk.lost(&format!("the request got no whole answer: {reason}")));
            }
            Arrival::Held => return Err(walk.lost(super::HELD)),
            Arrival::Abandoned | Arrival::Refused => {
                return Err(walk.lost("the run ended before it was answered"));
            }
        };
        let (list, field) = (walk.list(), walk.field());
        let (entries, next) = walk.answered(status, &body)?;
        for entry in entries {
            self.inventory.take(list, field, entry);
        }
        next.into_iter().for_each(|walk| self.survey.go_on(walk));
        Ok(())
    }
}

impl Session {
    /// What to do next while there is a preview.
    pub(super) fn step_preview(&mut self, now: Duration) -> Step {
        if self.flights.len() < self.most_flights()
            && let Some(walk) = self.preview.as_mut().and_then(|preview| preview.survey.take_next())
        {
            let (path_and_query, filter) = (walk.path_and_query(), walk.filter());
            let number = self.take_off(Errand::Read(walk));
            return Step::Read { number, path_and_query, filter };
        }
        if self.ledger.ready() > 0 {
            return self.record();
        }
        if !self.collection_ended {
            return self.next_page();
        }
        let Some(preview) = &mut self.preview else { return self.step(now) };
        match &mut preview.stage {
            Stage::Gathering(early) => {
                let early = std::mem::take(early);
                preview.stage = Stage::Surveying;
                early.into_iter().for_each(|(walk, arrival)| self.read(walk, arrival, now));
            }
            Stage::Surveying if !self.flights.is_empty() => return Step::Wait(None),
            Stage::Surveying => self.judge(now),
            Stage::Telling => self.tell(),
        }
        self.step(now)
    }

    /// Takes what a request for a page of a list came to.
    pub(super) fn read(&mut self, walk: Walk, arrival: Arrival, now: Duration) {
        let Some(preview) = &mut self.preview else { return self.look(walk, arrival, now) };
        if let Stage::Gathering(early) = &mut preview.stage {
            return early.push((walk, arrival));
        }
        if let Err(stop) = preview.read(walk, arrival) {
            self.halt(stop, now);
        }
    }

    /// Everything is known: says what the block list would lose, and whether the run goes on.
    fn judge(&mut self, now: Duration) {
        let Some(preview) = &mut self.preview else { return };
        preview.stage = Stage::Telling;
        let mut holdings = preview.inventory.holdings();
        self.found = holdings.news();
        self.holdings = Some(holdings);
        if preview.list == ListName::Exceptions {
            self.messages.extend(too_many_exceptions(&preview.inventory));
            return;
        }
        let items = self.schedule.in_order().filter_map(|number| self.ledger.item(number));
        let losses = preview.inventory.losses(items);
        // The last one is told first.
        self.messages.extend(warnings(&preview.inventory, &losses).into_iter().rev());
        let purpose = preview.purpose;
        let stop = match purpose {
            Purpose::Spare(most) if count(&losses) > most => Some(would_evict(&losses, most, false)),
            _ => None,
        };
        if let (None, Purpose::Spare(most)) = (&stop, purpose) {
            self.watch = self.preview.take().and_then(|preview| Watch::new(most, preview.inventory, &losses));
        }
        self.evictions = losses.into_iter().flat_map(|(_, loss)| loss.evictions).collect();
        if let Some(stop) = stop {
            self.halt(stop, now);
        }
    }

    /// Plans submissions with what the tenant has of each, as many as are reported at once.
    fn tell(&mut self) {
        let Some(preview) = &self.preview else { return };
        for _ in 0..limits::REPORTED_OUTCOMES {
            let Some(number) = self.schedule.pop() else {
                self.preview = None;
                return;
            };
            if let Some(comparison) = self.ledger.item(number).map(|item| preview.inventory.compare(item)) {
                self.ledger.compared(number, comparison);
            }
            self.ledger.decide(number, Decision::Planned);
        }
    }
}

pub(super) fn count(losses: &[(Field, Loss)]) -> u64 {
    losses.iter().map(|(_, loss)| loss.evictions.len() as u64).sum()
}

/// Why a run stops that would cost the block list more than it may; `has_pushed` says whether something was sent before.
pub(super) fn would_evict(losses: &[(Field, Loss)], most: u64, has_pushed: bool) -> Stop {
    let count = count(losses);
    let types: Vec<String> = losses
        .iter()
        .filter(|(_, loss)| !loss.evictions.is_empty())
        .map(|(field, loss)| {
            let named = |eviction: &Eviction| quoted(&eviction.value);
            let mut values: Vec<String> =
                loss.evictions.iter().take(limits::EVICTIONS_NAMED).map(named).collect();
            if loss.evictions.len() > values.len() {
                values.push("…".to_owned());
            }
            format!("{} of type `{}` ({})", loss.evictions.len(), field.name(), values.join(", "))
        })
        .collect();
    Stop {
        problem: Problem::new(
            "would-evict",
            format!(
                "the block list is full: the service would remove {count} of its objects to make room, and the run allows {most}: {}",
                types.join(", ")
            ),
        ),
        hint: format!(
            "{}; a dry run that compares shows what would go, and the setting `max-evictions {count}` allows it",
            if has_pushed {
                "another writer has filled the list since the run began: what failed was not sent"
            } else {
                "nothing was sent"
            }
        )
        .into(),
    }
}

/// What an operator should know of the block list before a push.
fn warnings(inventory: &Inventory, losses: &[(Field, Loss)]) -> Vec<Message> {
    let capacity = limits::BLOCK_LIST_CAPACITY;
    let without_room = losses.iter().filter(|(_, loss)| loss.without_room > 0).map(|(field, loss)| Message {
        level: Level::Warn,
        text: format!(
            "the block list is full of objects of type `{}` that never expire: {} of this run may find no room",
            field.name(),
            loss.without_room
        ),
        fields: vec![("type", field.name().to_owned()), ("objects", loss.without_room.to_string())],
    });
    let overfull = inventory.entries().filter(|(_, entries)| *entries > capacity).map(|(field, entries)| Message {
        level: Level::Warn,
        text: format!(
            "the block list shows {entries} objects of type `{}`, more than the {capacity} that clients can add: it is not known which are the sandbox's own, and what would be removed is an estimate",
            field.name()
        ),
        fields: vec![("type", field.name().to_owned()), ("objects", entries.to_string())],
    });
    without_room.chain(overfull).collect()
}

/// What an operator should know where the exception list would be too small.
fn too_many_exceptions(inventory: &Inventory) -> Option<Message> {
    let held: usize = inventory.entries().map(|(_, entries)| entries).sum();
    let added = inventory.additions();
    let beyond = (held + added).saturating_sub(limits::EXCEPTION_LIST_CAPACITY).min(added);
    (beyond > 0).then(|| Message {
        level: Level::Warn,
        text: format!(
            "the exception list holds at most {} objects and has {held}: {beyond} of the {added} that would be added find no room",
            limits::EXCEPTION_LIST_CAPACITY
        ),
        fields: vec![("objects", beyond.to_string())],
    })
}
