//! Which objects a run takes: the first *Objects Per Run* of the collection's files, in their order. What lies beyond is
//! counted, and named up to a limit, so that nothing is lost silently.

use std::collections::BTreeMap;

use palisade_collection::{Format, Object, ReadError, Record, Source, Summary, Unreadable};
use palisade_limits as limits;

/// One record that the run takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Offered {
    /// For the action.
    Object(Object),
    /// Held back from the action; the sentence says by what.
    Protected(Object, String),
    /// Its verdict stands already: the action never gets it.
    Unreadable(Unreadable),
}

impl Offered {
    /// The object, where the record could be read.
    #[must_use]
    pub fn object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) | Self::Protected(object, _) => Some(object),
            Self::Unreadable(_) => None,
        }
    }
}

/// What the collection's files came to.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    /// What reading each file came to.
    pub files: Vec<Summary>,
    /// What the run takes, each with the index of its file.
    pub offered: Vec<(usize, Offered)>,
    /// What lies beyond *Objects Per Run*, by type.
    pub beyond: BTreeMap<String, u64>,
    /// The first of these, each with the index of its file.
    pub beyond_listed: Vec<(usize, Object)>,
    /// Records that their own file says are not for use: count and sentence by code.
    pub left_out: BTreeMap<&'static str, (u64, String)>,
}

impl Selection {
    /// Reads all files to their ends and takes the first `most` records of them.
    ///
    /// # Errors
    /// Where a file as a whole cannot be read.
    pub fn read(sources: Vec<Source>, format: Option<Format>, most: Option<u64>) -> Result<Self, ReadError> {
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let mut selection = Self::default();
        for (index, source) in sources.into_iter().enumerate() {
            let summary =
                palisade_collection::read(source, format, &mut |record| selection.take(index, record, most))?;
            selection.files.push(summary);
        }
        Ok(selection)
    }

    /// Holds back what must not be blocked: every object for which `judge` has a sentence.
    pub(crate) fn hold_back(&mut self, judge: impl Fn(&Object) -> Option<String>) {
        for (_, offered) in &mut self.offered {
            if let Offered::Object(object) = offered
                && let Some(sentence) = judge(object)
            {
                *offered = Offered::Protected(object.clone(), sentence);
            }
        }
    }

    /// How many objects lie beyond *Objects Per Run*.
    #[must_use]
    pub fn beyond_count(&self) -> u64 {
        self.beyond.values().sum()
    }

    fn take(&mut self, file: usize, record: Record, most: usize) {
        let room = self.offered.len() < most;
        match record {
            Record::LeftOut(left_out) => {
                let entry = self.left_out.entry(left_out.code).or_insert_with(|| (0, left_out.message));
                entry.0 += 1;
            }
            Record::Object(object) if room => self.offered.push((file, Offered::Object(object))),
            Record::Unreadable(unreadable) if room => {
                self.offered.push((file, Offered::Unreadable(unreadable)))
            }
            Record::Object(object) => {
                count(&mut self.beyond, &object.subtype);
                if (self.beyond_listed.len() as u64) < limits::NOT_OFFERED_LISTED {
                    self.beyond_listed.push((file, slim(object)));
                }
            }
            Record::Unreadable(_) => count(&mut self.beyond, "unreadable"),
        }
    }
}

/// Counts without making a new text for each object.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(number) => *number += 1,
        None => {
            counts.insert(name.to_owned(), 1);
        }
    }
}

/// What the report says of an object that was not offered; the rest would only take memory.
fn slim(mut object: Object) -> Object {
    object.description = None;
    object.attributes = Vec::new();
    object.tags = Vec::new();
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(text: &'static str, most: Option<u64>) -> Selection {
        let source = Source::reader("list.txt", text.as_bytes());
        Selection::read(vec![source], Some(Format::Text), most).unwrap()
    }

    #[test]
    fn the_first_are_offered_and_the_others_counted_by_type() {
        let selection = select("a.example\n192.0.2.1\nb.example\n192.0.2.2\n", Some(1));
        assert_eq!(selection.offered.len(), 1);
        assert_eq!(selection.beyond_count(), 3);
        assert_eq!(selection.beyond.get("IP Address"), Some(&2));
        assert_eq!(selection.beyond_listed.len(), 3);
    }

    #[test]
    fn without_a_limit_all_are_offered_unreadable_ones_among_them() {
        let selection = select("a.example\n???\n", None);
        assert_eq!(selection.offered.len(), 2);
        assert!(matches!(selection.offered[1].1, Offered::Unreadable(_)));
    }
}
