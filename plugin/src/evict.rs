//! Which entries one type of the block list would lose, if a push were made: the service makes room for each new object by
//! removing the entry that is nearest to its expiry, and says nothing of it.
//!
//! The push is played through in order, because what it adds can be removed by what it adds later. Entries that never
//! expire are never removed; where nothing else is left, the new object finds no room. Of entries that expire at the same
//! second, those go first that the list gave last, which are the ones that were changed longest ago.

use std::collections::{BTreeMap, BinaryHeap, HashMap};

use time::OffsetDateTime;

use crate::contract::Eviction;
use crate::expiry::Expiry;
use crate::item::{Field, Identifier};

/// Who goes first: the earlier expiry, then the smaller number. Entries that were there have negative numbers.
type Turn = (OffsetDateTime, i64);

/// One entry that the push does not submit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Other {
    turn: Turn,
    value: String,
    expires: Option<String>,
}

/// One type of the block list, as far as a push can cost it entries.
#[derive(Debug, Default)]
pub struct Standing {
    /// All entries.
    entries: usize,
    /// Objects of the push: more than so many entries cannot go.
    submitted: usize,
    /// Entries that are not submitted and go first, at most `submitted` of them; the last to go on top.
    others: BinaryHeap<Other>,
    /// Entries that are submitted, with their expiry in the list.
    again: HashMap<Identifier, (Expiry, i64)>,
}

/// What a push costs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// The entries that go, the first to go first; those that the push itself adds may be among them.
    pub evictions: Vec<Eviction>,
    /// New objects for which there is no room, because nothing that the list holds ever expires.
    pub without_room: usize,
}

impl Standing {
    /// Counts an object of the push. All are to be counted before the first entry is taken.
    pub fn submitted(&mut self) {
        self.submitted += 1;
    }

    /// Takes an entry that the push does not submit.
    pub fn other(&mut self, value: String, expires: Option<String>, expiry: Expiry) {
        let number = self.enter();
        let Expiry::At(at) = expiry else { return };
        self.others.push(Other { turn: (at, number), value, expires });
        if self.others.len() > self.submitted {
            self.others.pop();
        }
    }

    /// Takes an entry that the push submits again.
    pub fn again(&mut self, key: Identifier, expiry: Expiry) {
        let number = self.enter();
        self.again.insert(key, (expiry, number));
    }

    /// All entries that were taken.
    pub const fn entries(&self) -> usize {
        self.entries
    }

    /// Objects of the push that are there already.
    pub fn present(&self) -> impl Iterator<Item = &Identifier> {
        self.again.keys()
    }

    /// Whether the push may need more than `capacity` entries; where it does not, it costs nothing.
    pub fn may_overflow(&self, capacity: usize) -> bool {
        self.entries.saturating_sub(self.again.len()) + self.submitted > capacity
    }

    fn enter(&mut self) -> i64 {
        self.entries += 1;
        i64::try_from(self.entries).map_or(i64::MIN, |number| -number)
    }

    /// What the push costs that submits these objects in this order, each with its expiry, to a list that holds
    /// `capacity` entries of a type. A list that holds more already keeps what it has: some of it is of another kind.
    pub fn loss(&self, field: Field, push: &[(Identifier, Expiry)], capacity: usize) -> Loss {
        let mut entries = self.entries;
        let mut expiring: BTreeMap<Turn, Whose<'_>> = BTreeMap::new();
        expiring.extend(self.others.iter().map(|other| (other.turn, Whose::Other(other))));
        let mut present: HashMap<&Identifier, (Expiry, i64)> = HashMap::new();
        for (key, (expiry, number)) in &self.again {
            present.insert(key, (*expiry, *number));
            if let Expiry::At(at) = expiry {
                expiring.insert((*at, *number), Whose::Submitted(key, *expiry));
            }
        }
        let mut gone = Vec::new();
        let mut without_room = 0;
        for (number, (key, expiry)) in (1..).zip(push) {
            if let Some((before, turn)) = present.remove(key) {
                if let Expiry::At(at) = before {
                    expiring.remove(&(at, turn));
                }
            } else if entries < capacity {
                entries += 1;
            } else if let Some((_, whose)) = expiring.pop_first() {
                if let Whose::Submitted(key, _) = whose {
                    present.remove(key);
                }
                gone.push(whose);
            } else {
                without_room += 1;
                continue;
            }
            present.insert(key, (*expiry, number));
            if let Expiry::At(at) = expiry {
                expiring.insert((*at, number), Whose::Submitted(key, *expiry));
            }
        }
        let evictions = gone.into_iter().filter_map(|whose| match whose {
            Whose::Other(other) => Some((other.value.clone(), other.expires.clone())),
            // One that went and was submitted again after that is there in the end; one that went twice is told once.
            Whose::Submitted(key, expiry) => {
                let is_first = present.insert(key, (expiry, 0)).is_none();
                is_first.then(|| (key.value.to_string(), Some(expiry.text())))
            }
        });
        let evictions = evictions.map(|(value, expires)| Eviction { field: field.name(), value, expires });
        Loss { evictions: evictions.collect(), without_room }
    }
}

/// Whose entry it is that can go.
#[derive(Debug, Clone, Copy)]
enum Whose<'a> {
    Other(&'a Other),
    Submitted(&'a Identifier, Expiry),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn key(name: u8) -> Identifier {
        Identifier::key(Field::Domain, &format!("n{name}.example"))
    }

    fn expiry(days: i16) -> Expiry {
        Expiry::after(days, NOW)
    }

    /// A list of one type as the service keeps it: each change has a number, and the smallest of (expiry, change) goes.
    #[derive(Debug, Clone, Default)]
    struct Service {
        entries: Vec<(Identifier, Expiry, usize)>,
        changes: usize,
    }

    impl Service {
        fn add(&mut self, key: &Identifier, expiry: Expiry, capacity: usize) -> bool {
            let before = self.entries.len();
            self.entries.retain(|(held, ..)| held != key);
            if before == self.entries.len() && before >= capacity {
                let goes =
                    self.entries.iter().filter(|entry| entry.1 != Expiry::Never).min_by_key(|e| (e.1, e.2));
                let Some(goes) = goes.map(|entry| entry.0.clone()) else { return false };
                self.entries.retain(|(held, ..)| *held != goes);
            }
            self.changes += 1;
            self.entries.push((key.clone(), expiry, self.changes));
            true
        }

        /// The standing that reading the list gives: the latest change first.
        fn standing(&self, push: &[(Identifier, Expiry)]) -> Standing {
            let mut standing = Standing::default();
            push.iter().for_each(|_| standing.submitted());
            for (held, expiry, _) in self.entries.iter().rev() {
                if push.iter().any(|(key, _)| key == held) {
                    standing.again(held.clone(), *expiry);
                } else {
                    standing.other(held.value.to_string(), Some(expiry.text()), *expiry);
                }
            }
            standing
        }

        fn values(&self) -> BTreeSet<String> {
            self.entries.iter().map(|(key, ..)| key.value.to_string()).collect()
        }
    }

    fn values(loss: &Loss) -> Vec<&str> {
        loss.evictions.iter().map(|eviction| eviction.value.as_str()).collect()
    }

    #[test]
    fn a_push_may_overflow_where_it_needs_more_entries_than_there_are() {
        let mut standing = Standing::default();
        (0..3).for_each(|_| standing.submitted());
        standing.other("other.example".to_owned(), None, expiry(1));
        standing.again(key(1), expiry(1));
        // Two are there, and two of the three that are submitted come to them.
        assert_eq!(standing.entries(), 2);
        assert!(!standing.may_overflow(4) && standing.may_overflow(3));
        assert_eq!(standing.present().collect::<Vec<_>>(), [&key(1)]);
    }

    #[test]
    fn those_that_expire_first_go_and_what_never_expires_stays() {
        let mut service = Service::default();
        for (name, days) in [(1, -1), (2, 9), (3, 2), (4, 5)] {
            service.add(&key(name), expiry(days), 4);
        }
        let push = [(key(10), expiry(30)), (key(4), expiry(30)), (key(11), expiry(30))];
        let loss = service.standing(&push).loss(Field::Domain, &push, 4);
        assert_eq!(values(&loss), ["n3.example", "n2.example"]);
        assert_eq!(loss.evictions[0].expires.as_deref(), Some("2026-02-02T12:00:00Z"));
        assert_eq!(loss.without_room, 0);
    }

    #[test]
    fn what_expires_soonest_is_lost_even_where_the_push_itself_adds_it() {
        let mut service = Service::default();
        service.add(&key(1), expiry(90), 2);
        service.add(&key(2), expiry(90), 2);
        let push = [(key(10), expiry(7)), (key(11), expiry(7)), (key(12), expiry(7))];
        let loss = service.standing(&push).loss(Field::Domain, &push, 2);
        assert_eq!(values(&loss), ["n1.example", "n10.example", "n11.example"]);
    }

    #[test]
    fn a_list_of_entries_that_never_expire_loses_nothing_and_has_no_room() {
        let mut service = Service::default();
        service.add(&key(1), expiry(-1), 1);
        let push = [(key(2), expiry(30)), (key(1), expiry(30)), (key(3), expiry(30))];
        let loss = service.standing(&push).loss(Field::Domain, &push, 1);
        // The second one makes the first entry of the list one that can go.
        assert_eq!(values(&loss), ["n1.example"]);
        assert_eq!(loss.without_room, 1);
    }

    #[test]
    fn a_list_that_holds_more_than_its_capacity_loses_one_for_each_new_one() {
        let mut standing = Standing::default();
        standing.submitted();
        for name in 0..5u8 {
            standing.other(format!("n{name}"), None, expiry(3));
        }
        assert_eq!(standing.loss(Field::Domain, &[(key(9), expiry(3))], 2).evictions.len(), 1);
        assert_eq!(standing.others.len(), 1, "no more is kept than can go");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// What is told is what the service has lost when it is over.
        #[test]
        fn the_loss_is_that_of_the_service(
            held in proptest::collection::vec((0u8..20, -1i16..6), 0..20),
            pushed in proptest::collection::vec(0u8..30, 0..20),
            days in -1i16..8,
            capacity in 1usize..12,
        ) {
            let mut service = Service::default();
            for (name, days) in held {
                service.add(&key(name), expiry(days), capacity);
            }
            let push: Vec<_> = pushed.iter().map(|name| (key(*name), expiry(days))).collect();
            let loss = service.standing(&push).loss(Field::Domain, &push, capacity);

            let mut expected = service.values();
            let mut refused = 0;
            for (key, expiry) in &push {
                if service.add(key, *expiry, capacity) {
                    expected.insert(key.value.to_string());
                } else {
                    refused += 1;
                }
            }
            let left = service.values();
            let lost: BTreeSet<String> = expected.difference(&left).cloned().collect();
            let told: Vec<String> = values(&loss).into_iter().map(str::to_owned).collect();
            prop_assert_eq!(told.len(), lost.len(), "each once");
            prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), lost);
            prop_assert_eq!(loss.without_room, refused);
        }

        #[test]
        fn the_number_is_what_does_not_fit(
            held in proptest::collection::btree_map(0u8..60, 0i16..6, 0..40),
            pushed in proptest::collection::btree_set(0u8..60, 0..40),
            capacity in 40usize..50,
        ) {
            let mut service = Service::default();
            for (name, days) in &held {
                service.add(&key(*name), expiry(*days), capacity);
            }
            let push: Vec<_> = pushed.iter().map(|name| (key(*name), expiry(3))).collect();
            let loss = service.standing(&push).loss(Field::Domain, &push, capacity);
            let merged = held.len() + pushed.iter().filter(|name| !held.contains_key(name)).count();
            prop_assert_eq!(loss.evictions.len(), merged.saturating_sub(capacity));
        }
    }

    #[test]
    fn the_smallest_turn_is_the_earliest_expiry() {
        let mut standing = Standing::default();
        standing.submitted();
        standing.other("late".to_owned(), None, Expiry::At(NOW + Duration::DAY));
        standing.other("soon".to_owned(), None, Expiry::At(NOW));
        let loss = standing.loss(Field::Domain, &[(key(1), expiry(3))], 2);
        assert_eq!(values(&loss), ["soon"]);
    }
}
