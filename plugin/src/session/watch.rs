//! The block list while a run pushes that must spare what others have there. Other writers may fill the list after it was read:
//! a run of another host, or somebody at the console.
//!
//! Right before each batch after which the list could be full, the newest entries are read, until one comes that was there
//! before, and those of others are counted. Such a batch goes out alone, and needs at most half of the room that is left: if
//! two runs do so at the same moment, both fit. The last place cannot be halved: it is filled only if nobody else has added
//! an entry since the run began. The first reading takes many pages, so that others can add more while it lasts: before the
//! first batch, the list counts as nearly full much earlier. Then the run rests, so that a batch of the other one that was slow arrives before it looks again.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use time::OffsetDateTime;

use super::preview::{count, would_evict};
use super::{Arrival, Errand, Session, Step};
use crate::configuration::ListName;
use crate::contract::{Eviction, Problem, Stop};
use crate::evict::Loss;
use crate::inventory::Inventory;
use crate::item::{Field, Item};
use crate::ledger::SubmissionNumber;
use crate::limits;
use crate::listing::Entry;
use crate::survey::Walk;

/// What is known of the list.
#[derive(Debug)]
pub(super) struct Watch {
    /// Entries of others that may go.
    most: u64,
    /// What was read of the list, with what others have added since.
    inventory: Inventory,
    /// The latest change of each type that has been seen.
    latest: BTreeMap<Field, OffsetDateTime>,
    look: Look,
    /// Until when the run waits before it looks again, once everything that it sent is answered.
    rests_until: Option<Duration>,
    /// Whether the run is expected to cost entries, as it may.
    costs: bool,
    /// Whether others have added entries since the list was read.
    is_shared: bool,
    told: HashSet<(&'static str, String)>,
}

/// How recent the knowledge is.
#[derive(Debug)]
enum Look {
    /// Something was sent since.
    Old,
    /// Pages come in. The latest change among them, by type.
    UnderWay(VecDeque<Walk>, BTreeMap<Field, OffsetDateTime>),
    /// Nothing was sent since.
    New,
}

/// Whether the next batch may go out.
#[derive(Debug)]
pub(super) enum Clearance {
    /// It cannot fill the list.
    Free,
    /// Not before the list was looked at, with nothing under way.
    Wait,
    /// With this many new entries of each type that is close to its limit.
    Within(BTreeMap<Field, usize>),
}

impl Clearance {
    /// Whether a submission may be part of the batch.
    pub(super) fn has_room(&self, item: &Item, is_new: bool) -> bool {
        let Self::Within(rooms) = self else { return true };
        !is_new || rooms.get(&item.identifier.field).is_none_or(|room| *room > 0)
    }

    /// Counts a submission of the batch.
    pub(super) fn take_room(&mut self, item: &Item, is_new: bool) {
        if let Self::Within(rooms) = self
            && let Some(room) = rooms.get_mut(&item.identifier.field).filter(|_| is_new)
        {
            *room = room.saturating_sub(1);
        }
    }
}

impl Watch {
    /// Watches the list that was read. None if the run may cost as many entries as it submits objects, or cannot come close to
    /// filling the list.
    pub(super) fn new(most: u64, inventory: Inventory, losses: &[(Field, Loss)]) -> Option<Self> {
        let most_entries = limits::BLOCK_LIST_CAPACITY.saturating_sub(limits::FIRST_WATCHED_ROOM);
        if most >= inventory.submissions() as u64 || !inventory.may_overflow(most_entries) {
            return None;
        }
        let latest = inventory.latest().collect();
        let mut watch = Self {
            most,
            inventory,
            latest,
            look: Look::Old,
            rests_until: None,
            costs: false,
            is_shared: false,
            told: HashSet::new(),
        };
        watch.costs(losses);
        Some(watch)
    }

    /// Notes what the run is expected to cost. Returns the entries that were not told before.
    fn costs(&mut self, losses: &[(Field, Loss)]) -> Vec<Eviction> {
        let evictions = losses.iter().flat_map(|(_, loss)| &loss.evictions);
        let new = evictions.filter(|gone| self.told.insert((gone.field, gone.value.clone())));
        let new: Vec<Eviction> = new.cloned().collect();
        self.costs = count(losses) > 0;
        new
    }

    /// Takes the entries of a page. How many are of others and new, and whether all that are older were seen before.
    fn take(&mut self, field: Field, entries: Vec<Entry>) -> (usize, bool) {
        let mut others = 0;
        let mut before: Option<OffsetDateTime> = None;
        let mut is_ordered = true;
        for entry in entries {
            let modified = entry.modified();
            is_ordered &= modified.is_some() && before.is_none_or(|before| Some(before) >= modified);
            before = modified;
            if let (Look::UnderWay(_, latest), Some(at)) = (&mut self.look, modified) {
                latest.entry(field).and_modify(|known| *known = at.max(*known)).or_insert(at);
            }
            others += usize::from(self.inventory.take_of_others(field, entry));
        }
        self.is_shared |= others > 0;
        // What was changed in the same second may have come after the last look.
        let is_older = self.latest.get(&field).zip(before).is_some_and(|(latest, last)| last < *latest);
        (others, is_ordered && is_older)
    }
}

impl Session {
    /// What there is to do for the watch before anything else is sent.
    pub(super) fn step_watch(&mut self, now: Duration) -> Option<Step> {
        let is_idle = self.flights.is_empty();
        let near = if is_idle { self.near() } else { BTreeMap::new() };
        let has_pushed = self.has_pushed;
        let watch = self.watch.as_mut()?;
        if matches!(watch.look, Look::Old) && is_idle && !near.is_empty() {
            let until = *watch.rests_until.get_or_insert(now + limits::WATCHED_REST);
            if has_pushed && now < until {
                return Some(if self.ledger.ready() > 0 { self.record() } else { Step::Wait(Some(until)) });
            }
            let walks = near.keys().map(|field| Walk::new(ListName::Block, *field)).collect();
            watch.look = Look::UnderWay(walks, BTreeMap::new());
        }
        let Look::UnderWay(waiting, latest) = &mut watch.look else { return None };
        if let Some(walk) = waiting.pop_front() {
            let (path_and_query, filter) = (walk.path_and_query(), walk.filter());
            let number = self.take_off(Errand::Read(walk));
            return Some(Step::Read { number, path_and_query, filter });
        }
        if is_idle {
            watch.latest.extend(std::mem::take(latest));
            watch.look = Look::New;
            self.judge_again(now);
            return Some(self.step(now));
        }
        None
    }

    /// Takes a page of the list.
    pub(super) fn look(&mut self, walk: Walk, arrival: Arrival, now: Duration) {
        let field = walk.field();
        let page = match arrival {
            Arrival::Answer { status, body } => walk.answered(status, &body),
            Arrival::Lost(reason) => Err(walk.lost(&format!("the request got no whole answer: {reason}"))),
            Arrival::Held => Err(walk.lost(super::HELD)),
            Arrival::Abandoned | Arrival::Refused => Err(walk.lost("the run ended before it was answered")),
        };
        let (entries, next) = match page {
            Ok(page) => page,
            Err(stop) => {
                let hint = "run again once the service answers: what was sent is only updated then".into();
                return self.halt(Stop { hint, ..stop }, now);
            }
        };
        let Some(watch) = &mut self.watch else { return };
        let (others, is_known) = watch.take(field, entries);
        if let (Look::UnderWay(waiting, _), Some(next), false) = (&mut watch.look, next, is_known) {
            waiting.push_back(next);
        }
        if let Some(holdings) = &mut self.holdings {
            holdings.others(field, others);
        }
    }

    /// Whether the run still costs no more than it may, with what others have added.
    fn judge_again(&mut self, now: Duration) {
        let last_places: Vec<Field> =
            self.near().into_iter().filter(|(_, room)| *room == 1).map(|(field, _)| field).collect();
        let Some(watch) = &mut self.watch else { return };
        let items = self.ledger.standing().filter_map(|number| self.ledger.item(number));
        let losses = watch.inventory.losses(items);
        let new = watch.costs(&losses);
        let most = watch.most;
        let is_shared = watch.is_shared;
        self.evictions.extend(new);
        if count(&losses) > most {
            self.halt(would_evict(&losses, most, self.has_pushed), now);
        } else if let (Some(field), true, true) = (last_places.first(), is_shared, count(&losses) == most) {
            self.halt(last_place(*field), now);
        }
    }

    /// Whether the next batch may go out.
    pub(super) fn clearance(&self) -> Clearance {
        let Some(watch) = &self.watch else { return Clearance::Free };
        let near = self.near();
        match watch.look {
            Look::UnderWay(..) => Clearance::Wait,
            _ if near.is_empty() => Clearance::Free,
            Look::New if self.flights.is_empty() => {
                let share =
                    |(field, room): (Field, usize)| (field, share(room, watch.costs, watch.is_shared));
                Clearance::Within(near.into_iter().map(share).collect())
            }
            Look::New | Look::Old => Clearance::Wait,
        }
    }

    /// Notes that a batch goes out.
    pub(super) fn watched_batch_sent(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.look = Look::Old;
            watch.rests_until = None;
        }
    }

    /// Whether the list does not have a submission yet, as far as is known.
    pub(super) fn is_new(&self, item: &Item) -> bool {
        !self.holdings.as_ref().is_some_and(|holdings| holdings.has(&item.identifier))
    }

    /// The types that the next batch could fill, with what room each has left.
    fn near(&self) -> BTreeMap<Field, usize> {
        let (Some(_), Some(holdings)) = (&self.watch, &self.holdings) else { return BTreeMap::new() };
        let next = self.schedule.next(self.capacity.objects);
        let pushes = self.flights.iter().filter_map(|flight| match &flight.errand {
            Errand::Push(batch) => Some(batch.iter().copied()),
            Errand::Read(_) => None,
        });
        let next = self.new_entries(next);
        let under_way = self.new_entries(pushes.flatten());
        let kept_free = if self.has_pushed { limits::WATCHED_ROOM } else { limits::FIRST_WATCHED_ROOM };
        let near = next.into_iter().filter_map(|(field, new)| {
            let entries = holdings.entries_of(field) + under_way.get(&field).copied().unwrap_or_default();
            let is_near = entries + new + kept_free > limits::BLOCK_LIST_CAPACITY;
            is_near.then(|| (field, limits::BLOCK_LIST_CAPACITY.saturating_sub(entries)))
        });
        near.collect()
    }

    /// How many entries these submissions add, by type.
    fn new_entries(&self, numbers: impl Iterator<Item = SubmissionNumber>) -> BTreeMap<Field, usize> {
        let mut new = BTreeMap::new();
        for item in numbers.filter_map(|number| self.ledger.item(number)).filter(|item| self.is_new(item)) {
            *new.entry(item.identifier.field).or_default() += 1;
        }
        new
    }
}

/// Why the last place of a type is not filled.
fn last_place(field: Field) -> Stop {
    Stop {
        problem: Problem::new(
            "would-evict",
            format!(
                "the block list has one place left for objects of type `{}`, and another writer adds objects as well: the service \
                 would remove one if both fill it",
                field.name()
            ),
        ),
        hint: "run again when the other writer has finished; what failed was not sent".into(),
    }
}

/// How much of the room that is left one batch may need. All of it if entries may go, and if there is none: the run continues
/// only because nothing on the list expires.
///
/// A run that has seen no entry of others since it began may need more of a small room: each look costs a request and a rest.
fn share(room: usize, costs: bool, is_shared: bool) -> usize {
    match room {
        0 => usize::MAX,
        _ if costs => usize::MAX,
        room if is_shared => (room / 2).max(1),
        room => (room / 2).max(room.min(limits::WATCHED_BATCH_OBJECTS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{BlockFields, Identifier};

    #[test]
    fn a_batch_needs_half_of_the_room_or_what_is_worth_a_look_if_nobody_else_adds_entries() {
        for (room, expected) in [(1, 1), (2, 1), (3, 1), (99, 49), (100, 50), (201, 100), (1_000, 500)] {
            assert_eq!(share(room, false, true), expected, "{room}");
        }
        for (room, expected) in
            [(1, 1), (99, 99), (100, 100), (101, 100), (199, 100), (201, 100), (202, 101), (1_000, 500)]
        {
            assert_eq!(share(room, false, false), expected, "{room}");
        }
        for (room, costs) in [(0, false), (0, true), (7, true)] {
            assert_eq!(share(room, costs, true), usize::MAX, "{room}");
        }
    }

    #[test]
    fn only_new_entries_of_a_type_that_is_close_to_its_limit_need_room() {
        let item = |field| Item {
            identifier: Identifier { field, value: "a.example".into() },
            description: None,
            block: BlockFields::default(),
        };
        let (domain, url) = (item(Field::Domain), item(Field::Url));
        let mut clearance = Clearance::Within(BTreeMap::from([(Field::Domain, 2)]));
        clearance.take_room(&domain, false);
        clearance.take_room(&url, true);
        clearance.take_room(&domain, true);
        assert!(clearance.has_room(&domain, true));
        clearance.take_room(&domain, true);
        clearance.take_room(&domain, true);
        assert!(!clearance.has_room(&domain, true));
        assert!(clearance.has_room(&domain, false) && clearance.has_room(&url, true));
        let mut free = Clearance::Free;
        free.take_room(&domain, true);
        assert!(free.has_room(&domain, true));
    }
}
