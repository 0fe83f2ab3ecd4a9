//! Which objects of its collection a run takes. One pass over the collection, at most *Objects Per Run* objects held.
//!
//! The order is the collection's own. A run goes on behind the last object that the run before took, and begins again at the
//! top where the collection ends: a collection that is larger than one run is worked through, and nothing starves. That object is
//! known by all that it is: where it has changed, it may have moved, and its old place counts. Of several that are the same, the
//! one nearest to that place is meant.
//!
//! A record that could not be read does not use up *Objects Per Run*: it belongs to the run that takes the objects around it. An
//! object whose source says that it is harmless is left out of a workflow with an action that blocks.
//!
//! Where the workflow takes what changed since the last success, an object counts as changed until a run has brought it to its
//! end with the same content and the same configuration. Of records with the same type and value the first one counts, as it does
//! in a run.

use std::collections::{BTreeMap, HashMap, HashSet};

use palisade_limits as limits;
use palisade_model::Record;
use palisade_store::{Mark, StoredObject};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::objects::{is_unreadable, stored_record};

/// The last object that a run took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Digest of all that it is, hexadecimal.
    pub(crate) object: String,
    /// How many records were before it, for the case that it is gone.
    pub(crate) position: u64,
}

/// What a run takes, and what it leaves.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) objects: Vec<StoredObject>,
    /// Objects that the run could have taken and left for the next ones.
    pub(crate) not_offered: u64,
    /// Objects that did not change since they were brought to their end.
    pub(crate) unchanged: u64,
    /// Records of an object that an earlier record has already, where the workflow takes what has changed.
    pub(crate) repeated: u64,
    /// Objects that the filter does not mean.
    pub(crate) filtered: u64,
    /// Records that their own file says are not for use, by code.
    pub(crate) left_out: BTreeMap<&'static str, u64>,
    /// Where the next run goes on; none where this one reached everything.
    pub(crate) cursor: Option<Cursor>,
}

/// Chooses while a collection is read.
pub(crate) struct Chooser {
    most: usize,
    /// Content digests of what was brought to its end; none where the workflow takes everything.
    marks: Option<HashMap<[u8; 16], [u8; 16]>>,
    /// What is done with the objects, as part of their content.
    deed: Value,
    after: Option<Cursor>,
    /// How far from its place the object was found that the last run ended with; none while it was not found.
    found: Option<u64>,
    /// Objects that were met; empty where the workflow takes everything.
    met: HashSet<[u8; 16]>,
    position: u64,
    /// Objects before the cursor: taken where there is room left at the end.
    before: Found,
    /// Objects at or behind the place where the cursor was, while the cursor's own object has not been met.
    behind: Found,
    /// An action of the workflow blocks what it gets.
    blocks: bool,
    chosen: Chosen,
}

/// Records in their order, of which as many are kept as one run can take.
#[derive(Debug, Default)]
struct Found {
    kept: Vec<(u64, StoredObject)>,
    /// Objects among those kept; the others could not be read.
    objects: usize,
    /// All of them.
    count: u64,
}

impl Found {
    /// Keeps a record while there is room for `most` objects.
    fn push(&mut self, position: u64, object: StoredObject, most: usize) {
        self.count += 1;
        let is_object = !is_unreadable(&object);
        let unreadable = (self.kept.len() - self.objects) as u64;
        if self.objects < most && (is_object || unreadable < limits::UNREADABLE_OFFERED) {
            self.objects += usize::from(is_object);
            self.kept.push((position, object));
        }
    }

    /// Puts others behind these.
    fn append(&mut self, others: Self, most: usize) {
        let kept = others.kept.len() as u64;
        others.kept.into_iter().for_each(|(position, object)| self.push(position, object, most));
        self.count += others.count - kept;
    }
}

impl Chooser {
    pub(crate) fn new(
        most: Option<u64>,
        marks: Option<HashMap<[u8; 16], [u8; 16]>>,
        deed: Value,
        cursor: Option<Cursor>,
        blocks: bool,
    ) -> Self {
        Self {
            most: most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX)),
            marks,
            deed,
            after: cursor,
            found: None,
            met: HashSet::new(),
            position: 0,
            before: Found::default(),
            behind: Found::default(),
            blocks,
            chosen: Chosen::default(),
        }
    }

    /// Takes note of a record that the filter does not mean.
    pub(crate) fn filtered(&mut self) {
        self.chosen.filtered += 1;
    }

    /// Looks at the next record of the collection.
    pub(crate) fn look_at(&mut self, record: &Record, file: &str) {
        let left_out = match record {
            Record::LeftOut(left_out) => Some(left_out.code),
            Record::Object(object) if self.blocks => object.do_not_block.as_ref().map(|mark| mark.code),
            Record::Object(_) | Record::Unreadable(_) => None,
        };
        if let Some(code) = left_out {
            *self.chosen.left_out.entry(code).or_default() += 1;
            return;
        }
        let Some(object) = stored_record(record, file) else { return };
        let position = self.position;
        self.position += 1;
        let distance = self.after.as_ref().filter(|after| after.object == identity(&object));
        let distance = distance.map(|after| position.abs_diff(after.position));
        self.weigh(position, object);
        if let Some(distance) = distance.filter(|distance| self.found.is_none_or(|found| *distance < found)) {
            // Everything so far stands before the place to go on from.
            self.before.append(std::mem::take(&mut self.behind), self.most);
            self.found = Some(distance);
        }
    }

    /// Takes an object, or leaves it because nothing is to be done with it.
    fn weigh(&mut self, position: u64, object: StoredObject) {
        if let Some(marks) = &self.marks {
            let mark = mark(&object, &self.deed);
            if !self.met.insert(mark.object) {
                self.chosen.repeated += 1;
                return;
            }
            if marks.get(&mark.object) == Some(&mark.content) {
                self.chosen.unchanged += 1;
                return;
            }
        }
        self.place(position, object);
    }

    fn place(&mut self, position: u64, object: StoredObject) {
        let is_before =
            self.found.is_none() && self.after.as_ref().is_some_and(|after| position < after.position);
        let list = if is_before { &mut self.before } else { &mut self.behind };
        list.push(position, object, self.most);
    }

    /// What the run takes.
    pub(crate) fn finish(mut self) -> Chosen {
        let mut taken = self.behind;
        taken.append(self.before, self.most);
        self.chosen.not_offered = taken.count - taken.kept.len() as u64;
        let taken = taken.kept;
        if self.chosen.not_offered > 0 {
            self.chosen.cursor = taken
                .last()
                .map(|(position, object)| Cursor { object: identity(object), position: *position });
        }
        self.chosen.objects = taken.into_iter().map(|(_, object)| object).collect();
        self.chosen
    }
}

/// All that an object is, in short: also when it was looked at last, because its place may depend on that.
fn identity(object: &StoredObject) -> String {
    let mut hash = Sha256::new();
    for part in [&object.subtype, &object.value, &object.record.to_string()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What is remembered of an object that was brought to its end, and what was done with it.
pub(crate) fn mark(object: &StoredObject, deed: &Value) -> Mark {
    let digest = |parts: &[&[u8]]| {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut short = [0; 16];
        short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        short
    };
    let (subtype, value) = (object.subtype.as_bytes(), object.value.as_bytes());
    // When it was looked at last is not a change of what it is.
    let mut record = object.record.clone();
    if let Some(fields) = record.as_object_mut() {
        fields.remove("updated_at");
    }
    let (record, deed) = (record.to_string(), deed.to_string());
    Mark {
        object: digest(&[subtype, value]),
        content: digest(&[subtype, value, record.as_bytes(), deed.as_bytes()]),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use palisade_model::{DoNotBlock, Location, Object, Unreadable};
    use proptest::prelude::*;

    use super::*;

    fn object(value: &str) -> Record {
        Record::Object(Object::indicator("FQDN", value, Location::Line(1)))
    }

    fn choose<'a>(
        values: impl IntoIterator<Item = &'a str>,
        most: u64,
        cursor: Option<Cursor>,
        marks: Option<HashMap<[u8; 16], [u8; 16]>>,
    ) -> Chosen {
        let mut chooser = Chooser::new(Some(most), marks, Value::Null, cursor, true);
        values.into_iter().for_each(|value| chooser.look_at(&object(value), "list.txt"));
        chooser.finish()
    }

    fn values(chosen: &Chosen) -> Vec<&str> {
        chosen.objects.iter().map(|object| object.value.as_str()).collect()
    }

    #[test]
    fn runs_go_on_where_the_last_one_stopped_and_begin_again_at_the_end() {
        let all = ["a", "b", "c", "d", "e"];
        let first = choose(all, 2, None, None);
        assert_eq!((values(&first), first.not_offered), (vec!["a", "b"], 3));
        let second = choose(all, 2, first.cursor, None);
        assert_eq!(values(&second), ["c", "d"]);
        let third = choose(all, 2, second.cursor, None);
        assert_eq!(values(&third), ["e", "a"]);
        assert_eq!(values(&choose(all, 2, third.cursor, None)), ["b", "c"]);
    }

    #[test]
    fn unreadable_records_do_not_use_up_objects_per_run() {
        let bad = || Record::Unreadable(Unreadable::new(Location::Line(1), "not a value", "???"));
        let records = [bad(), object("a"), bad(), object("b"), bad(), object("c"), object("d"), bad()];
        let mut cursor = None;
        let mut seen = Vec::new();
        for _ in 0..2 {
            let mut chooser = Chooser::new(Some(2), None, Value::Null, cursor, true);
            records.iter().for_each(|record| chooser.look_at(record, "list.txt"));
            let chosen = chooser.finish();
            assert_eq!(chosen.objects.len() as u64 + chosen.not_offered, records.len() as u64);
            seen.push(values(&chosen).join(" "));
            cursor = chosen.cursor;
        }
        assert_eq!(seen, ["??? a ??? b", "??? c d"]);
    }

    #[test]
    fn what_its_source_calls_harmless_is_left_out_where_an_action_blocks() {
        let mark = DoNotBlock { code: "allowed", message: "its source allows it".to_owned() };
        let marked = Record::Object(Object {
            do_not_block: Some(mark),
            ..Object::indicator("FQDN", "a", Location::Line(1))
        });
        for (blocks, taken) in [(true, 0), (false, 1)] {
            let mut chooser = Chooser::new(Some(2), None, Value::Null, None, blocks);
            chooser.look_at(&marked, "list.txt");
            let chosen = chooser.finish();
            assert_eq!((chosen.objects.len(), chosen.left_out.contains_key("allowed")), (taken, blocks));
        }
    }

    #[test]
    fn a_collection_that_fits_is_taken_whole_from_its_top() {
        let chosen = choose(["a", "b"], 2, None, None);
        assert_eq!((values(&chosen), chosen.not_offered, &chosen.cursor), (vec!["a", "b"], 0, &None));
    }

    #[test]
    fn where_the_last_object_is_gone_its_place_counts() {
        let first = choose(["a", "b", "c", "d", "e"], 2, None, None);
        assert_eq!(values(&choose(["a", "c", "d", "e"], 2, first.cursor.clone(), None)), ["c", "d"]);
        // What was put in front does not move it.
        assert_eq!(values(&choose(["x", "y", "a", "b", "c"], 2, first.cursor, None)), ["c", "x"]);
    }

    #[test]
    fn objects_that_stand_there_twice_let_nothing_behind_them_starve() {
        let all = ["a", "b", "c", "a", "b", "c", "d", "e"];
        let (mut cursor, mut taken) = (None, Vec::new());
        for _ in 0..3 {
            let chosen = choose(all, 3, cursor, None);
            taken.extend(values(&chosen).into_iter().map(str::to_owned));
            cursor = chosen.cursor;
        }
        assert_eq!(taken, ["a", "b", "c", "a", "b", "c", "d", "e", "a"]);
    }

    #[test]
    fn the_last_object_is_not_followed_to_where_a_change_has_moved_it() {
        let updated = |value: &str, hour: u8| {
            let moment = time::macros::datetime!(2026-11-22 00:00 UTC).replace_hour(hour).unwrap();
            Record::Object(Object {
                updated_at: Some(moment),
                ..Object::indicator("FQDN", value, Location::Line(1))
            })
        };
        let choose = |records: &[Record], cursor| {
            let mut chooser = Chooser::new(Some(2), None, Value::Null, cursor, true);
            records.iter().for_each(|record| chooser.look_at(record, "live"));
            chooser.finish()
        };
        let [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map(|value| updated(value, 1));
        let first = choose(&[a.clone(), b, c.clone(), d.clone(), e.clone()], None);
        assert_eq!(values(&first), ["a", "b"]);
        // Sorted by the time of the last change, `b` is the last now.
        assert_eq!(values(&choose(&[a, c, d, e, updated("b", 2)], first.cursor)), ["c", "d"]);
    }

    #[test]
    fn of_records_of_one_object_the_first_says_whether_it_changed() {
        let scored = |score| {
            Record::Object(Object { score: Some(score), ..Object::indicator("FQDN", "a", Location::Line(1)) })
        };
        let choose = |marks| {
            let mut chooser = Chooser::new(Some(9), Some(marks), Value::Null, None, true);
            [scored(5.0), scored(9.0)].iter().for_each(|record| chooser.look_at(record, "list"));
            chooser.finish()
        };
        let first = choose(HashMap::new());
        assert_eq!((first.objects.len(), first.repeated), (1, 1));
        let marks = first.objects.iter().map(|object| mark(object, &Value::Null));
        let again = choose(marks.map(|mark| (mark.object, mark.content)).collect());
        assert_eq!((again.objects.len(), again.unchanged, again.repeated), (0, 1, 1));
    }

    #[test]
    fn what_did_not_change_is_left_out_and_what_changed_is_not() {
        let mark_of = |value: &str, deed: Value| mark(&stored_record(&object(value), "f").unwrap(), &deed);
        let same = mark_of("a", Value::Null);
        let other = mark_of("b", Value::from("another configuration"));
        let marks = HashMap::from([(same.object, same.content), (other.object, other.content)]);
        let chosen = choose(["a", "b", "c"], 10, None, Some(marks));
        assert_eq!((values(&chosen), chosen.unchanged), (vec!["b", "c"], 1));
    }

    proptest! {
        #[test]
        fn every_object_has_its_turn_and_none_twice_before_all_had_it(count in 1..60_usize, most in 1..20_usize) {
            let all: Vec<String> = (0..count).map(|number| format!("{number}.example")).collect();
            let mut cursor = None;
            let mut taken = Vec::new();
            while taken.len() < count {
                let chosen = choose(all.iter().map(String::as_str), most as u64, cursor, None);
                prop_assert_eq!(chosen.objects.len(), most.min(count));
                taken.extend(chosen.objects.into_iter().map(|object| object.value));
                cursor = chosen.cursor;
            }
            let first: HashSet<&String> = taken.iter().take(count).collect();
            prop_assert_eq!(first.len(), count);
        }
    }
}
