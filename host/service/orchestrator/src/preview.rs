//! What a collection holds, for its page: counts, and one page of the objects that match the filter and a search. Everything else
//! is counted and not held; a sorted list holds the objects up to the end of the wanted page.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use palisade_collection::Reading;
use palisade_limits as limits;
use palisade_model::{Object, Record};
use palisade_store::{Alphabetical, CollectionId, Counted, Page, StoredObject, alphabetical};
use palisade_threatq::RequestLog;
use serde::{Deserialize, Serialize};

use crate::collections::filter_of;
use crate::objects::{stored, stored_record};
use crate::reading::check;
use crate::selected::bounded;
use crate::{FileRead, Filter, Orchestrator, OrchestratorError};

/// What a collection holds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preview {
    /// Objects that match the filter.
    pub objects: u64,
    /// Objects that the filter excludes.
    pub filtered: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Records that their source excludes from use.
    pub left_out: u64,
    /// Those of the objects that their source marks as not to be blocked: an action that blocks leaves them out.
    pub not_to_block: u64,
    /// Objects by type.
    pub by_type: BTreeMap<String, u64>,
    /// The types that the collection has, whether the filter admits them or not.
    #[serde(skip)]
    pub types: Vec<String>,
    /// Objects that match the filter and the search.
    #[serde(skip)]
    pub matching: u64,
    /// One page of these.
    #[serde(skip)]
    pub page: Vec<StoredObject>,
    /// Warnings about the files.
    pub warnings: Vec<String>,
    /// How each uploaded file was read.
    pub files: Vec<FileRead>,
}

/// The warning about objects that an action that blocks leaves out.
fn not_to_block(count: u64) -> Option<String> {
    let marked = match count {
        0 => return None,
        1 => "1 object is marked by its source as not to be blocked; an action that blocks leaves it out"
            .to_owned(),
        _ => format!(
            "{count} objects are marked by their source as not to be blocked; an action that blocks leaves them out"
        ),
    };
    Some(marked)
}

/// A search within the objects that match a collection's filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// This text in the value, the description or an attribute.
    pub search: String,
    /// Of this type.
    #[serde(rename = "type")]
    pub subtype: String,
}

impl Search {
    /// The same as a filter.
    fn filter(&self) -> Filter {
        let types = Some(self.subtype.trim()).filter(|subtype| !subtype.is_empty());
        Filter {
            text: self.search.trim().to_owned(),
            types: types.map(str::to_owned).into_iter().collect(),
            ..Filter::default()
        }
    }
}

/// The order of a list of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// As the source has them.
    #[default]
    Source,
    /// By value.
    Value,
    /// By type, then value.
    Type,
    /// By score.
    Score,
    /// By the time of the last update.
    Updated,
}

/// Which objects of a collection a page shows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Which of them.
    pub search: Search,
    /// In which order.
    pub order: Order,
    /// Whether the order is reversed. Objects without the property stay at the end.
    pub descending: bool,
    /// Which of these.
    pub page: Page,
    /// Another reading of the uploaded files than the one that is kept: to look at what it finds.
    pub reading: Option<Reading>,
}

/// What an object is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Texts(Alphabetical, Alphabetical),
    Number(i64),
}

fn key(object: &Object, order: Order) -> Option<Key> {
    let value = || Alphabetical(object.value.clone());
    match order {
        Order::Source | Order::Value => Some(Key::Texts(value(), Alphabetical(String::new()))),
        Order::Type => Some(Key::Texts(Alphabetical(object.subtype.clone()), value())),
        // Scores have a few digits behind the point at most.
        Order::Score => object.score.map(|score| Key::Number((score * 1_000_000.0) as i64)),
        Order::Updated => object.updated_at.map(|at| Key::Number(at.unix_timestamp())),
    }
}

/// An object with its rank; the last in the order is the greatest.
struct Ranked {
    key: Option<Key>,
    descending: bool,
    place: u64,
    object: StoredObject,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = match (&self.key, &other.key) {
            (Some(one), Some(other)) if self.descending => Reverse(one).cmp(&Reverse(other)),
            (Some(one), Some(other)) => one.cmp(other),
            (one, other) => one.is_none().cmp(&other.is_none()),
        };
        by_key.then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}

/// The objects of one page, while the collection is read.
struct Picking {
    order: Order,
    descending: bool,
    first: u64,
    end: u64,
    seen: u64,
    /// The types of all objects.
    types: BTreeSet<String>,
    heap: BinaryHeap<Ranked>,
    in_order: Vec<StoredObject>,
}

impl Picking {
    fn new(wanted: &Wanted) -> Self {
        let end = wanted.page.offset.saturating_add(wanted.page.limit);
        let end = if wanted.order == Order::Source { end } else { end.min(limits::SORTED_OBJECTS) };
        Self {
            order: wanted.order,
            descending: wanted.descending,
            first: wanted.page.offset,
            end,
            seen: 0,
            types: BTreeSet::new(),
            heap: BinaryHeap::new(),
            in_order: Vec::new(),
        }
    }

    fn meet(&mut self, subtype: &str) {
        if !self.types.contains(subtype) {
            self.types.insert(subtype.to_owned());
        }
    }

    fn look_at(&mut self, object: &Object, file: &str) {
        let place = self.seen;
        self.seen += 1;
        if self.order == Order::Source {
            if (self.first..self.end).contains(&place) {
                self.in_order.push(stored(object, file));
            }
            return;
        }
        let key = key(object, self.order);
        let ranked = Ranked { key, descending: self.descending, place, object: stored(object, file) };
        if (self.heap.len() as u64) < self.end {
            self.heap.push(ranked);
        } else if let Some(mut last) = self.heap.peek_mut()
            && ranked < *last
        {
            *last = ranked;
        }
    }

    fn finish(self) -> Vec<StoredObject> {
        if self.order == Order::Source {
            return self.in_order;
        }
        let first = usize::try_from(self.first).unwrap_or(usize::MAX);
        self.heap.into_sorted_vec().into_iter().skip(first).map(|ranked| ranked.object).collect()
    }
}

impl Orchestrator {
    /// What a collection holds, by type, and one page of its objects. Keeps the counts for lists that do not read it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn preview(&self, id: CollectionId, wanted: &Wanted) -> Result<Preview, OrchestratorError> {
        let row = self.store().collection(id).await?;
        let (filter, search, now) = (filter_of(&row)?, wanted.search.filter(), self.now());
        let state = (Preview::default(), Picking::new(wanted));
        if let Some(reading) = &wanted.reading {
            check(reading)?;
        }
        let look =
            move |(preview, picking): &mut (Preview, Picking), record: Record, file: &str| match &record {
                Record::LeftOut(_) => preview.left_out += 1,
                Record::Unreadable(_) => preview.unreadable += 1,
                Record::Object(object) => {
                    picking.meet(&object.subtype);
                    if !filter.admits(&record, now) {
                        preview.filtered += 1;
                        return;
                    }
                    preview.objects += 1;
                    preview.not_to_block += u64::from(object.do_not_block.is_some());
                    *preview.by_type.entry(object.subtype.clone()).or_default() += 1;
                    if search.admits(&record, now) {
                        picking.look_at(object, file);
                    }
                }
            };
        let ((mut preview, picking), warnings, files) = self
            .read_collection_as(&row, wanted.reading.clone(), state, &RequestLog::default(), look)
            .await?;
        preview.files = files;
        preview.matching = picking.seen;
        preview.types = picking.types.iter().cloned().collect();
        preview.types.sort_by(|one, other| alphabetical(one, other));
        preview.page = picking.finish();
        preview.warnings = warnings;
        preview.warnings.extend(not_to_block(preview.not_to_block));
        if wanted.reading.is_some() {
            return Ok(preview);
        }
        let counted = Counted { objects: preview.objects, filtered: preview.filtered, at: now };
        // A list shows the older count if this one cannot be kept; the page itself does not depend on it.
        if let Err(error) = self.store().count_collection(id, row.version, counted).await {
            tracing::warn!(%error, collection = id.0, "the count of a collection was not kept");
        }
        Ok(preview)
    }

    /// All objects of a collection that match its filter and a search, as it has them now.
    ///
    /// # Errors
    /// More than a run can be requested with, none, or a collection that cannot be read.
    pub async fn objects_matching(
        &self,
        id: CollectionId,
        search: &Search,
    ) -> Result<Vec<StoredObject>, OrchestratorError> {
        let row = self.store().collection(id).await?;
        let (filter, search, now) = (filter_of(&row)?, search.filter(), self.now());
        let ((count, found), _) = self
            .read_collection(&row, (0_usize, Vec::new()), move |(count, found), record, file| {
                if matches!(record, Record::Object(_))
                    && filter.admits(&record, now)
                    && search.admits(&record, now)
                {
                    *count += 1;
                    if *count as u64 <= limits::SELECTED_OBJECTS {
                        found.extend(stored_record(&record, file));
                    }
                }
            })
            .await?;
        bounded(count)?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use palisade_model::Location;

    use super::*;

    fn object(value: &str, score: Option<f64>) -> Object {
        Object { score, ..Object::indicator("FQDN", value, Location::Line(1)) }
    }

    fn picked(order: Order, descending: bool, offset: u64, limit: u64) -> Vec<String> {
        let wanted = Wanted { order, descending, page: Page { offset, limit }, ..Wanted::default() };
        let mut picking = Picking::new(&wanted);
        for (value, score) in
            [("b", Some(1.0)), ("D", None), ("a", Some(9.5)), ("ç", Some(9.25)), ("e", Some(1.0))]
        {
            picking.look_at(&object(value, score), "list.txt");
        }
        assert_eq!(picking.seen, 5);
        picking.finish().into_iter().map(|object| object.value).collect()
    }

    #[test]
    fn every_page_of_a_list_is_reached_in_every_order() {
        for (order, descending, expected) in [
            (Order::Source, false, ["b", "D", "a", "ç", "e"]),
            (Order::Value, false, ["a", "b", "ç", "D", "e"]),
            (Order::Value, true, ["e", "D", "ç", "b", "a"]),
            (Order::Score, false, ["b", "e", "ç", "a", "D"]),
            (Order::Score, true, ["a", "ç", "b", "e", "D"]),
        ] {
            let pages: Vec<String> =
                [0, 2, 4, 6].into_iter().flat_map(|offset| picked(order, descending, offset, 2)).collect();
            assert_eq!(pages, expected, "{order:?} {descending}");
        }
    }
}
