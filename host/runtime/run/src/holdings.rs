//! What lists of the service hold, by the action's word. The last word about a list and type counts; what goes beyond the
//! limit is not kept, only counted.

use std::collections::{BTreeMap, BTreeSet};

use palisade_engine::contract::Holding;
use palisade_limits as limits;

use crate::report::{HoldingReport, Warning};

/// A list, and a type of it; none for all types together.
type Counted = (String, Option<String>);

/// What the action has said so far.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    known: BTreeMap<Counted, (u64, Option<u64>)>,
    /// Those that were not kept. Itself bounded: beyond twice the limit nobody needs to know how many more.
    beyond: BTreeSet<Counted>,
}

impl Holdings {
    /// Takes the action's word.
    pub(crate) fn take(&mut self, lists: Vec<Holding>) {
        for Holding { name, field, entries, limit } in lists {
            let counted = (name, field);
            if (self.known.len() as u64) < limits::HOLDINGS || self.known.contains_key(&counted) {
                self.known.insert(counted, (entries, limit));
            } else if (self.beyond.len() as u64) < limits::HOLDINGS {
                self.beyond.insert(counted);
            }
        }
    }

    /// Where there was more than is kept.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let count = self.beyond.len();
        (count > 0).then(|| Warning {
            source: "host".to_owned(),
            message: format!(
                "the action reported more than {} lists; at least {count} of them are omitted",
                limits::HOLDINGS
            ),
            fields: BTreeMap::new(),
        })
    }

    /// What an earlier process had kept.
    pub(crate) fn of(lines: Vec<HoldingReport>) -> Self {
        let known = lines.into_iter().map(|line| ((line.list, line.field), (line.entries, line.limit)));
        Self { known: known.collect(), beyond: BTreeSet::new() }
    }

    /// What is kept, by list and type.
    pub(crate) fn lines(&self) -> Vec<HoldingReport> {
        let line = |((list, field), (entries, limit)): (&Counted, &(u64, Option<u64>))| HoldingReport {
            list: list.clone(),
            field: field.clone(),
            entries: *entries,
            limit: *limit,
        };
        self.known.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(name: &str, field: Option<&str>, entries: u64) -> Holding {
        Holding { name: name.to_owned(), field: field.map(str::to_owned), entries, limit: Some(10_000) }
    }

    #[test]
    fn the_last_word_about_a_list_and_type_counts() {
        let mut holdings = Holdings::default();
        holdings.take(vec![holding("block list", Some("ip"), 1), holding("block list", Some("domain"), 2)]);
        holdings.take(vec![holding("block list", Some("ip"), 7), holding("block list", None, 9)]);
        assert_eq!(holdings.warning(), None);
        let told: Vec<_> = holdings.lines().into_iter().map(|line| (line.field, line.entries)).collect();
        let (domain, ip) = (Some("domain".to_owned()), Some("ip".to_owned()));
        assert_eq!(told, [(None, 9), (domain, 2), (ip, 7)]);
    }

    #[test]
    fn what_is_beyond_the_limit_is_not_kept_and_warned_of() {
        let mut holdings = Holdings::default();
        let list = |number: u64| holding(&format!("list {number:04}"), None, number);
        holdings.take((0..limits::HOLDINGS).map(list).collect());
        assert_eq!(holdings.warning(), None);
        holdings.take((0..5 * limits::HOLDINGS).map(list).collect());
        assert!(holdings.warning().unwrap().message.contains("100 lists"));
        assert_eq!(holdings.lines().len() as u64, limits::HOLDINGS);
    }
}
