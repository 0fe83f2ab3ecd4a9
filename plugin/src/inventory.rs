//! What the tenant's lists hold, as far as it matters to this run's submissions: the entries of the same objects, the
//! exceptions that can cover them, and the entries that would have to make room.
//!
//! What is kept grows with the submissions, not with the lists. An entry that a list gives twice, because somebody
//! changed it while it was being read, counts once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use time::OffsetDateTime;

use crate::compare::compare;
use crate::configuration::ListName;
use crate::contract::Comparison;
use crate::evict::{Loss, Standing};
use crate::exceptions::Exceptions;
use crate::expiry::Expiry;
use crate::holdings::Holdings;
use crate::item::{Field, Identifier, Item};
use crate::limits;
use crate::listing::Entry;

/// What was read of the tenant's lists.
#[derive(Debug)]
pub struct Inventory {
    /// The list that the run pushes to.
    list: ListName,
    /// Whether the fields of entries are kept, to compare with them.
    keeps_fields: bool,
    now: OffsetDateTime,
    /// Keys of all submissions.
    submitted: HashSet<Identifier>,
    held: HashMap<Identifier, Entry>,
    standings: BTreeMap<Field, Standing>,
    exceptions: Exceptions,
    /// Fingerprints of all entries of the list that the run pushes to.
    seen: HashSet<u64>,
    /// The latest change of an entry of that list, by type.
    latest: BTreeMap<Field, OffsetDateTime>,
}

impl Inventory {
    /// An empty one, for a run that pushes to `list` at the time `now`.
    pub fn new(list: ListName, keeps_fields: bool, now: OffsetDateTime) -> Self {
        Self {
            list,
            keeps_fields,
            now,
            submitted: HashSet::new(),
            held: HashMap::new(),
            standings: BTreeMap::new(),
            exceptions: Exceptions::default(),
            seen: HashSet::new(),
            latest: BTreeMap::new(),
        }
    }

    /// Notes a submission. All are to be noted before the first entry is taken: others are not looked for.
    pub fn submitted(&mut self, identifier: &Identifier) {
        // A normalised value is its own key, but for the local part of a mail address: its text is shared.
        let key = match Identifier::key(identifier.field, &identifier.value) {
            key if key == *identifier => identifier.clone(),
            key => key,
        };
        self.standings.entry(key.field).or_default().submitted();
        self.submitted.insert(key);
    }

    /// Takes an entry of a list.
    pub fn take(&mut self, list: ListName, field: Field, entry: Entry) {
        if list != self.list {
            return self.exceptions.take(field, &entry.value, |key| self.submitted.contains(key));
        }
        if let Some(at) = entry.modified() {
            self.latest.entry(field).and_modify(|latest| *latest = at.max(*latest)).or_insert(at);
        }
        let key = Identifier::key(field, &entry.value);
        if !self.seen.insert(fingerprint(&key)) {
            return;
        }
        let expiry = Expiry::read(entry.expires.as_deref(), self.now);
        let standing = self.standings.entry(field).or_default();
        if !self.submitted.contains(&key) {
            return standing.other(entry.value, entry.expires, expiry);
        }
        standing.again(key.clone(), expiry);
        if self.keeps_fields {
            self.held.insert(key, entry);
        }
    }

    /// Takes an entry that was read while the run pushes: one that the run submits is its own. Whether it is of others, and
    /// new.
    pub fn take_of_others(&mut self, field: Field, entry: Entry) -> bool {
        let key = Identifier::key(field, &entry.value);
        let is_new = !self.submitted.contains(&key) && !self.seen.contains(&fingerprint(&key));
        if is_new {
            self.take(self.list, field, entry);
        }
        is_new
    }

    /// Different objects that the run submits.
    pub fn submissions(&self) -> usize {
        self.submitted.len()
    }

    /// The latest change of an entry of the list that the run pushes to, by type.
    pub fn latest(&self) -> impl Iterator<Item = (Field, OffsetDateTime)> {
        self.latest.iter().map(|(field, at)| (*field, *at))
    }

    /// Whether the push may make the list hold more than `entries` of a type.
    pub fn may_overflow(&self, entries: usize) -> bool {
        self.standings.values().any(|standing| standing.may_overflow(entries))
    }

    /// What the tenant has of a submission.
    pub fn compare(&self, item: &Item) -> Comparison {
        let key = Identifier::key(item.identifier.field, &item.identifier.value);
        compare(item, self.held.get(&key), self.exceptions.cover(&key), self.now)
    }

    /// What the push of these submissions, in this order, would cost the block list, type by type.
    pub fn losses<'a>(&self, items: impl Iterator<Item = &'a Item>) -> Vec<(Field, Loss)> {
        // Types that have room for all of it need no closer look.
        let full =
            self.standings.iter().filter(|(_, standing)| standing.may_overflow(limits::BLOCK_LIST_CAPACITY));
        let mut pushes: BTreeMap<Field, Vec<(Identifier, Expiry)>> =
            full.map(|(field, _)| (*field, Vec::new())).collect();
        for item in items {
            let Identifier { field, value } = &item.identifier;
            let Some(pushes) = pushes.get_mut(field) else { continue };
            let days = item.block.days_to_expiration.unwrap_or(limits::FACTORY_DAYS_TO_EXPIRATION);
            let push = (Identifier::key(*field, value), Expiry::after(days, self.now));
            pushes.push(push);
        }
        let losses = pushes.iter().filter_map(|(field, push)| {
            let standing = self.standings.get(field)?;
            Some((*field, standing.loss(*field, push, limits::BLOCK_LIST_CAPACITY)))
        });
        losses.collect()
    }

    /// Entries of each type on the list that the run pushes to, for the types that were read.
    pub fn entries(&self) -> impl Iterator<Item = (Field, usize)> {
        self.standings.iter().map(|(field, standing)| (*field, standing.entries()))
    }

    /// How many entries the list that the run pushes to holds of each type that was read.
    pub fn holdings(&self) -> Holdings {
        let mut holdings = Holdings::new(self.list);
        for (field, standing) in &self.standings {
            holdings.found(*field, standing.entries(), standing.present().cloned());
        }
        holdings
    }

    /// Submissions of which the list has nothing yet, each object counted once.
    pub fn additions(&self) -> usize {
        self.submitted.len().saturating_sub(self.held.len())
    }
}

/// Sixty thousand of them collide once in ten thousand million runs.
fn fingerprint(key: &Identifier) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::item::BlockFields;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn item(field: Field, value: &str) -> Item {
        Item {
            identifier: Identifier { field, value: value.into() },
            description: None,
            block: BlockFields::default(),
        }
    }

    fn entry(value: &str) -> Entry {
        Entry {
            value: value.to_owned(),
            expires: Some("2026-02-10T00:00:00Z".to_owned()),
            ..Entry::default()
        }
    }

    fn inventory(items: &[Item]) -> Inventory {
        let mut inventory = Inventory::new(ListName::Block, true, NOW);
        items.iter().for_each(|item| inventory.submitted(&item.identifier));
        inventory
    }

    #[test]
    fn the_same_object_is_found_however_the_list_writes_it() {
        let items = [
            item(Field::Domain, "bad.example"),
            item(Field::Ip, "2001:db8::1"),
            item(Field::SenderMailAddress, "Some.One@bad.example"),
            item(Field::SenderMailAddress, "some.one@bad.example"),
            item(Field::Url, "http://bad.example/A"),
        ];
        let mut inventory = inventory(&items);
        for (field, value) in [
            (Field::Domain, "BAD.example"),
            (Field::Ip, "2001:DB8:0:0::1"),
            (Field::SenderMailAddress, "some.one@BAD.example"),
            (Field::Url, "http://bad.example/a"),
        ] {
            inventory.take(ListName::Block, field, entry(value));
        }
        let held: Vec<bool> = items.iter().map(|item| inventory.compare(item).held.is_some()).collect();
        assert_eq!(held, [true, true, true, true, false]);
        assert_eq!(inventory.additions(), 1);
    }

    #[test]
    fn an_entry_that_is_given_twice_counts_once() {
        let mut inventory = inventory(&[item(Field::Domain, "a.example")]);
        for value in ["a.example", "b.example", "A.example", "B.example"] {
            inventory.take(ListName::Block, Field::Domain, entry(value));
        }
        assert_eq!(inventory.entries().collect::<Vec<_>>(), [(Field::Domain, 2)]);
    }

    #[test]
    fn types_have_room_of_their_own() {
        let new = item(Field::Domain, "new.example");
        let mut inventory = inventory(std::slice::from_ref(&new));
        for number in 0..limits::BLOCK_LIST_CAPACITY {
            inventory.take(ListName::Block, Field::Domain, entry(&format!("n{number}.example")));
        }
        let losses = inventory.losses([&new, &item(Field::Ip, "192.0.2.1")].into_iter());
        let counts: Vec<(Field, usize)> =
            losses.iter().map(|(field, loss)| (*field, loss.evictions.len())).collect();
        assert_eq!(counts, [(Field::Domain, 1)]);
    }
}
