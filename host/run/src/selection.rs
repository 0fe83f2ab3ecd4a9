//! Which objects a run takes: the first *Objects Per Run* of the collection's files, in their order. What lies beyond is
//! counted, and named up to a limit, so that nothing is lost silently.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;

use palisade_collection::{Format, Object, ReadError, Record, Source, Summary, Unreadable};
use palisade_limits as limits;

use crate::report::NotOfferedObject;

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
    pub beyond: BTreeMap<Arc<str>, u64>,
    /// The first of these as reports have them. Kept in that form alone, and shared with every report: what would be made of
    /// whole objects in the end is a quarter of their size, and would stand beside them.
    pub beyond_listed: Arc<Vec<NotOfferedObject>>,
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
            let name = Arc::from(source.name());
            let summary = palisade_collection::read(source, format, &mut |record| {
                selection.take((index, &name), record, most);
            })?;
            selection.files.push(summary);
        }
        Ok(selection)
    }

    /// Holds back what must not be blocked: every object for which `judge` has a sentence.
    ///
    /// A tenth of the time of a run of 10,000 objects on one core; so all cores have a part in it.
    pub(crate) fn hold_back(&mut self, judge: impl Fn(&Object) -> Option<String> + Sync) {
        let hold_back = |part: &mut [(usize, Offered)]| {
            for (_, offered) in part {
                if let Offered::Object(object) = offered
                    && let Some(sentence) = judge(object)
                {
                    *offered = Offered::Protected(object.clone(), sentence);
                }
            }
        };
        let few = limits::JUDGED_BY_ONE_THREAD as usize;
        // To ask for the number of cores is to read files of the system.
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let part =
            if self.offered.len() <= few { few } else { self.offered.len().div_ceil(cores()).max(few) };
        std::thread::scope(|scope| {
            let mut parts = self.offered.chunks_mut(part);
            let own = parts.next();
            for part in parts {
                scope.spawn(|| hold_back(part));
            }
            own.into_iter().for_each(hold_back);
        });
    }

    /// How many objects lie beyond *Objects Per Run*.
    #[must_use]
    pub fn beyond_count(&self) -> u64 {
        self.beyond.values().sum()
    }

    fn take(&mut self, (file, name): (usize, &Arc<str>), record: Record, most: usize) {
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
                let subtype = count(&mut self.beyond, &object.subtype);
                if (self.beyond_listed.len() as u64) < limits::NOT_OFFERED_LISTED {
                    let entry = NotOfferedObject {
                        platform_id: object.platform_id,
                        subtype,
                        value: object.value,
                        file: Arc::clone(name),
                        location: object.location.to_string(),
                    };
                    Arc::make_mut(&mut self.beyond_listed).push(entry);
                }
            }
            Record::Unreadable(_) => {
                count(&mut self.beyond, "unreadable");
            }
        }
    }
}

/// Counts, and gives the name as it is shared by all that have it.
fn count(counts: &mut BTreeMap<Arc<str>, u64>, name: &str) -> Arc<str> {
    let shared = counts.get_key_value(name).map_or_else(|| Arc::from(name), |(shared, _)| Arc::clone(shared));
    *counts.entry(Arc::clone(&shared)).or_default() += 1;
    shared
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
        let listed: Vec<_> =
            selection.beyond_listed.iter().map(|one| (&*one.value, &*one.location)).collect();
        assert_eq!(listed, [("192.0.2.1", "line 2"), ("b.example", "line 3"), ("192.0.2.2", "line 4")]);
        assert!(selection.beyond_listed.iter().all(|one| &*one.file == "list.txt"));
    }

    #[test]
    fn without_a_limit_all_are_offered_unreadable_ones_among_them() {
        let selection = select("a.example\n???\n", None);
        assert_eq!(selection.offered.len(), 2);
        assert!(matches!(selection.offered[1].1, Offered::Unreadable(_)));
    }

    #[test]
    fn every_object_is_judged_once_however_many_threads_judge() {
        let lines: String = (0..4_321).map(|number| format!("host-{number}.example\n")).collect();
        let mut selection = select(Box::leak(lines.into_boxed_str()), None);
        let judged = std::sync::Mutex::new(BTreeMap::<String, u32>::new());
        selection.hold_back(|object| {
            *judged.lock().unwrap().entry(object.value.clone()).or_default() += 1;
            object.value.contains("-4").then(|| "it has a four".to_owned())
        });
        let judged = judged.into_inner().unwrap();
        assert_eq!(judged.len(), 4_321);
        assert!(judged.values().all(|times| *times == 1));
        for (number, (_, offered)) in selection.offered.iter().enumerate() {
            let protected = matches!(offered, Offered::Protected(_, _));
            assert_eq!(protected, number.to_string().starts_with('4'), "{number}");
        }
    }
}
