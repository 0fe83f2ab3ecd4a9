//! How many entries the list holds that the run pushes to: what was found when it was read, and what the service has
//! confirmed since. What is not known to be there does not count; a list that was not read to its end has no holdings.

use std::collections::{BTreeMap, HashSet};

use crate::configuration::ListName;
use crate::contract::Holding;
use crate::item::{Field, Identifier};
use crate::limits;

/// One type of the list.
#[derive(Debug, Default)]
struct Held {
    /// Entries when the list was read.
    found: usize,
    /// New ones since then.
    added: usize,
    /// Keys of what the run submits and the list has.
    submitted: HashSet<Identifier>,
}

impl Held {
    /// Entries now. The service makes room where there is none; a list that shows more than clients can add, because some
    /// entries are of another kind, loses one for each new one.
    fn entries(&self, capacity: usize) -> usize {
        (self.found + self.added).min(self.found.max(capacity))
    }
}

/// What the list holds.
#[derive(Debug)]
pub struct Holdings {
    list: ListName,
    types: BTreeMap<Field, Held>,
    has_news: bool,
}

impl Holdings {
    /// Of a list of which nothing has been read.
    pub const fn new(list: ListName) -> Self {
        Self { list, types: BTreeMap::new(), has_news: true }
    }

    /// Notes a type that was read to its end: how many entries it has, and which of the run's submissions are among them.
    pub fn found(&mut self, field: Field, entries: usize, submitted: impl Iterator<Item = Identifier>) {
        self.types.insert(field, Held { found: entries, added: 0, submitted: submitted.collect() });
    }

    /// Notes that the service has a submission now.
    pub fn accepted(&mut self, identifier: &Identifier) {
        let Some(held) = self.types.get_mut(&identifier.field) else { return };
        if held.submitted.insert(Identifier::key(identifier.field, &identifier.value)) {
            held.added += 1;
            self.has_news = true;
        }
    }

    /// Notes entries that others have added since the list was read.
    pub fn others(&mut self, field: Field, entries: usize) {
        if let Some(held) = self.types.get_mut(&field).filter(|_| entries > 0) {
            held.found += entries;
            self.has_news = true;
        }
    }

    /// Whether the list has a submission, as far as is known.
    pub fn has(&self, identifier: &Identifier) -> bool {
        self.types.get(&identifier.field).is_some_and(|held| {
            held.submitted.contains(&Identifier::key(identifier.field, &identifier.value))
        })
    }

    /// Entries of a type, whatever its capacity.
    pub fn entries_of(&self, field: Field) -> usize {
        self.types.get(&field).map_or(0, |held| held.found + held.added)
    }

    /// What there is to tell, where something has changed since it was told last.
    pub fn news(&mut self) -> Option<Vec<Holding>> {
        (std::mem::take(&mut self.has_news) && !self.types.is_empty()).then(|| self.told())
    }

    fn told(&self) -> Vec<Holding> {
        let list = self.list.text();
        match self.list {
            ListName::Block => {
                let capacity = limits::BLOCK_LIST_CAPACITY;
                let of_type = |(field, held): (&Field, &Held)| Holding {
                    list,
                    field: Some(field.name()),
                    entries: held.entries(capacity),
                    limit: capacity,
                };
                self.types.iter().map(of_type).collect()
            }
            // Its capacity is one for all types.
            ListName::Exceptions => {
                let limit = limits::EXCEPTION_LIST_CAPACITY;
                let entries = self.types.values().map(|held| held.found + held.added).sum();
                vec![Holding { list, field: None, entries, limit }]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(value: &str) -> Identifier {
        Identifier { field: Field::Domain, value: value.into() }
    }

    fn entries(holdings: &mut Holdings) -> Vec<(Option<&'static str>, usize, usize)> {
        let told = holdings.news().unwrap();
        told.into_iter().map(|holding| (holding.field, holding.entries, holding.limit)).collect()
    }

    #[test]
    fn only_what_is_new_counts_and_once() {
        let mut holdings = Holdings::new(ListName::Block);
        holdings.found(Field::Domain, 7, [Identifier::key(Field::Domain, "HELD.example")].into_iter());
        holdings.found(Field::Ip, 0, std::iter::empty());
        let told = [(Some("domain"), 7, 10_000), (Some("ip"), 0, 10_000)];
        assert_eq!(entries(&mut holdings), told);
        holdings.accepted(&domain("held.example"));
        assert_eq!(holdings.news(), None, "it was there");
        holdings.accepted(&domain("new.example"));
        holdings.accepted(&domain("NEW.example"));
        // Of a type that was not read nothing is known.
        holdings.accepted(&Identifier { field: Field::Url, value: "http://a.example".into() });
        assert_eq!(entries(&mut holdings)[0], (Some("domain"), 8, 10_000));
        assert_eq!(holdings.news(), None);
    }

    #[test]
    fn a_full_list_stays_as_large_as_it_is() {
        for (found, now) in [(9_999, 10_000), (10_000, 10_000), (10_500, 10_500)] {
            let mut holdings = Holdings::new(ListName::Block);
            holdings.found(Field::Domain, found, std::iter::empty());
            ["a.example", "b.example"].iter().for_each(|value| holdings.accepted(&domain(value)));
            assert_eq!(entries(&mut holdings), [(Some("domain"), now, 10_000)], "{found}");
        }
    }

    #[test]
    fn exceptions_of_all_types_count_together() {
        let mut holdings = Holdings::new(ListName::Exceptions);
        holdings.found(Field::Domain, 3, std::iter::empty());
        holdings.found(Field::Ip, 4, std::iter::empty());
        assert_eq!(entries(&mut holdings), [(None, 7, 5_000)]);
        assert_eq!(Holdings::new(ListName::Block).news(), None, "nothing was read");
    }
}
