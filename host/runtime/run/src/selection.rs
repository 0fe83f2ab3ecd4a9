//! Which objects a run takes: the first *Objects Per Run* of the collection's files, in their order. What lies beyond is
//! counted, and named up to a limit, so that nothing is lost silently.
//!
//! A record that could not be read is reported with the objects around it and does not use up *Objects Per Run*. An object
//! whose source says that it is harmless is left out of an action that blocks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;

use palisade_limits as limits;
use palisade_model::{Object, Record, RecordSource, SourceError, Summary, Unreadable};
use serde::{Deserialize, Serialize};

use crate::report::NotOfferedObject;

/// One record that the run takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    pub left_out: BTreeMap<Cow<'static, str>, (u64, String)>,
}

impl Selection {
    /// Reads all sources to their ends and selects their first `most` objects. `blocks` states that the action blocks what
    /// it gets.
    ///
    /// # Errors
    /// If a source as a whole cannot be read.
    pub fn read(
        sources: Vec<Box<dyn RecordSource>>,
        most: Option<u64>,
        blocks: bool,
    ) -> Result<Self, SourceError> {
        let mut selection = Self::default();
        let mut room =
            Room { objects: most.unwrap_or(u64::MAX), unreadable: limits::UNREADABLE_OFFERED, blocks };
        for (index, source) in sources.into_iter().enumerate() {
            let name = Arc::from(source.name());
            let summary = source.read(&mut |record| {
                selection.take((index, &name), record, &mut room);
            })?;
            if summary.unreadable_not_listed > 0 {
                *count(&mut selection.beyond, UNREADABLE).1 += summary.unreadable_not_listed;
            }
            selection.files.push(summary);
        }
        Ok(selection)
    }

    /// The value of the object with this key; empty for a record that could not be read.
    pub(crate) fn value(&self, key: u64) -> &str {
        let index = key.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let offered = index.and_then(|index| self.offered.get(index));
        offered.and_then(|(_, offered)| offered.object()).map_or("", |object| &object.value)
    }

    /// Holds back what must not be blocked: every object for which `judge` has a sentence. The first `from` objects are not
    /// judged: an earlier process has handed them out.
    ///
    /// A tenth of the time of a run of 10,000 objects on one core; so all cores have a part in it.
    pub(crate) fn hold_back(&mut self, from: u64, judge: impl Fn(&Object) -> Option<String> + Sync) {
        let hold_back = |part: &mut [(usize, Offered)]| {
            for (_, offered) in part {
                if let Offered::Object(object) = offered
                    && let Some(sentence) = judge(object)
                {
                    *offered = Offered::Protected(object.clone(), sentence);
                }
            }
        };
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(self.offered.len());
        let offered = self.offered.get_mut(from..).unwrap_or_default();
        let few = limits::JUDGED_BY_ONE_THREAD as usize;
        // To ask for the number of cores is to read files of the system.
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        let part = if offered.len() <= few { few } else { offered.len().div_ceil(cores()).max(few) };
        std::thread::scope(|scope| {
            let mut parts = offered.chunks_mut(part);
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

    fn take(&mut self, (file, name): (usize, &Arc<str>), record: Record, room: &mut Room) {
        match record {
            Record::LeftOut(left_out) => self.leave_out(left_out.code, left_out.message),
            Record::Object(Object { do_not_block: Some(mark), .. }) if room.blocks => {
                self.leave_out(mark.code, mark.message);
            }
            Record::Object(object) if room.objects > 0 => {
                room.objects -= 1;
                self.offered.push((file, Offered::Object(object)));
            }
            Record::Unreadable(unreadable) if room.objects > 0 && room.unreadable > 0 => {
                room.unreadable -= 1;
                self.offered.push((file, Offered::Unreadable(unreadable)));
            }
            Record::Object(object) => {
                let (subtype, number) = count(&mut self.beyond, &object.subtype);
                *number += 1;
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
            Record::Unreadable(_) => *count(&mut self.beyond, UNREADABLE).1 += 1,
        }
    }

    fn leave_out(&mut self, code: &'static str, message: String) {
        self.left_out.entry(Cow::Borrowed(code)).or_insert_with(|| (0, message)).0 += 1;
    }
}

/// What there is still room for.
struct Room {
    objects: u64,
    unreadable: u64,
    /// The action blocks what it gets.
    blocks: bool,
}

/// How records that could not be read are counted among types.
const UNREADABLE: &str = "unreadable";

/// The count of a name, and the name as it is shared by all that have it.
fn count<'counts>(counts: &'counts mut BTreeMap<Arc<str>, u64>, name: &str) -> (Arc<str>, &'counts mut u64) {
    let shared = counts.get_key_value(name).map_or_else(|| Arc::from(name), |(shared, _)| Arc::clone(shared));
    (Arc::clone(&shared), counts.entry(shared).or_default())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use palisade_model::{DoNotBlock, Format, Location};

    use super::*;

    /// A value on each line. `???` is a record that cannot be read; a value that begins with `allowed` is marked as allowed.
    #[derive(Debug)]
    struct Lines(String);

    impl RecordSource for Lines {
        fn name(&self) -> &str {
            "list.txt"
        }

        fn read(self: Box<Self>, sink: &mut dyn FnMut(Record)) -> Result<Summary, SourceError> {
            let mut summary = Summary::new("list.txt", Format::Text);
            for (value, number) in self.0.lines().zip(1..) {
                let location = Location::Line(number);
                if value == "???" {
                    summary.unreadable += 1;
                    sink(Record::Unreadable(Unreadable::new(location, "expected a value", value)));
                    continue;
                }
                let subtype = if value.parse::<IpAddr>().is_ok() { "IP Address" } else { "FQDN" };
                let mut object = Object::indicator(subtype, value, location);
                object.do_not_block = value
                    .starts_with("allowed")
                    .then(|| DoNotBlock { code: "allowed", message: "the source allows it".to_owned() });
                summary.objects += 1;
                sink(Record::Object(object));
            }
            Ok(summary)
        }
    }

    fn read(text: &str, most: Option<u64>, blocks: bool) -> Selection {
        Selection::read(vec![Box::new(Lines(text.to_owned()))], most, blocks).unwrap()
    }

    fn select(text: &str, most: Option<u64>) -> Selection {
        read(text, most, true)
    }

    #[test]
    fn unreadable_records_do_not_use_up_objects_per_run() {
        let selection = select("???\na.example\n???\n???\nb.example\n???\nc.example\n", Some(2));
        let values: Vec<_> = selection
            .offered
            .iter()
            .filter_map(|(_, offered)| Some(offered.object()?.value.as_str()))
            .collect();
        assert_eq!(values, ["a.example", "b.example"]);
        assert_eq!(selection.offered.len(), 5);
        assert_eq!((selection.beyond_count(), selection.beyond.get("unreadable")), (2, Some(&1)));
        let file = &selection.files[0];
        assert_eq!(file.seen(), selection.offered.len() as u64 + selection.beyond_count());
    }

    #[test]
    fn what_its_source_calls_harmless_is_left_out_of_an_action_that_blocks_and_of_no_other() {
        for (blocks, offered, left_out) in [(true, 0, 1), (false, 1, 0)] {
            let selection = read("allowed.example\n", Some(1), blocks);
            assert_eq!((selection.offered.len(), selection.left_out.len()), (offered, left_out));
            assert!(selection.left_out.get("allowed").is_none_or(|(count, _)| *count == 1));
        }
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
        let mut selection = select(&lines, None);
        let judged = std::sync::Mutex::new(BTreeMap::<String, u32>::new());
        selection.hold_back(0, |object| {
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
