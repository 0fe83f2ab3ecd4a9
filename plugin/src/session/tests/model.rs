//! A model of the service's two lists: it takes batches, gives pages, and makes room as the API's documentation says. Its clock
//! goes on with each change only; what expires does so from the run's beginning.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::harness::{ACCEPTED, NOW, Service, error, identifier_of, multi, whole};
use crate::item::{Field, Identifier};
use crate::session::Arrival;

/// Entries in a page of a small list; few, so that it has several.
const FEW: usize = 20;
/// Entries in a page of a large list, as the service gives them.
const MANY: usize = 200;

/// One list: fields by object.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct List {
    pub(super) entries: BTreeMap<(Field, String), Map<String, Value>>,
    /// When each expires, and the number of the change that made it what it is.
    turns: BTreeMap<(Field, String), (Option<OffsetDateTime>, usize)>,
    /// By the number of the change.
    order: BTreeMap<usize, (Field, String)>,
    change: usize,
}

impl List {
    fn key(field: Field, value: &str) -> (Field, String) {
        (field, Identifier::key(field, value).value.to_string())
    }

    fn remove(&mut self, key: &(Field, String)) {
        if let Some((_, change)) = self.turns.remove(key) {
            self.order.remove(&change);
        }
        self.entries.remove(key);
    }

    /// Adds or updates; `capacity` is that of the type. Says whether there was room.
    fn add(&mut self, item: &Value, capacity: usize, is_block: bool) -> bool {
        let (field, value) = identifier_of(item);
        let key = Self::key(field, &value);
        let of_type = self.turns.iter().filter(|((other, _), _)| *other == field);
        let is_full = |list: &Self| list.entries.len() >= capacity && of_type.clone().count() >= capacity;
        if !self.entries.contains_key(&key) && is_full(self) {
            let first = of_type.filter_map(|(key, turn)| Some((turn.0?, turn.1, key))).min();
            let Some(first) = first.map(|(.., key)| key.clone()) else { return false };
            self.remove(&first);
        }
        self.remove(&key);
        let mut fields = Map::from_iter([
            ("type".to_owned(), field.name().into()),
            (field.name().to_owned(), value.into()),
            ("lastModifiedDateTime".to_owned(), self.moment().into()),
        ]);
        let mut expires = None;
        if let Some(description) = item.get("description") {
            fields.insert("description".to_owned(), description.clone());
        }
        if is_block {
            for (name, default) in [("scanAction", "block"), ("riskLevel", "medium")] {
                fields.insert(name.to_owned(), item.get(name).cloned().unwrap_or_else(|| default.into()));
            }
            let days = item.get("daysToExpiration").and_then(Value::as_i64).unwrap_or(30);
            expires = (days >= 0).then(|| NOW + Duration::days(days));
            let text =
                expires.map_or_else(|| "9999-12-31T23:59:59Z".to_owned(), |at| at.format(&Rfc3339).unwrap());
            fields.insert("expiredDateTime".to_owned(), text.into());
        }
        self.change += 1;
        self.turns.insert(key.clone(), (expires, self.change));
        self.order.insert(self.change, key.clone());
        self.entries.insert(key, fields);
        true
    }

    /// The time of the next change: three in a second, so that some have the same.
    fn moment(&self) -> String {
        let seconds = i64::try_from(self.change / 3).unwrap();
        (NOW + Duration::seconds(seconds)).format(&Rfc3339).unwrap()
    }

    /// Takes an entry of another list as it is, whatever the capacity.
    pub(super) fn insert_from(&mut self, other: &Self, key: (Field, String)) {
        self.change += 1;
        self.turns.insert(key.clone(), (other.turns[&key].0, self.change));
        self.order.insert(self.change, key.clone());
        self.entries.insert(key.clone(), other.entries[&key].clone());
    }

    /// The values, in the order of the fields' names.
    pub(super) fn values(&self) -> Vec<&str> {
        self.entries.keys().map(|(_, value)| value.as_str()).collect()
    }
}

/// The service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Model {
    pub(super) block: List,
    pub(super) exceptions: List,
}

impl Model {
    /// With these items on the block list, whatever its capacity.
    pub(super) fn blocking(items: impl IntoIterator<Item = Value>) -> Self {
        let mut model = Self::default();
        items.into_iter().for_each(|item| {
            model.block.add(&item, usize::MAX, true);
        });
        model
    }

    /// And these on the exception list.
    pub(super) fn excepting(mut self, items: impl IntoIterator<Item = Value>) -> Self {
        items.into_iter().for_each(|item| {
            self.exceptions.add(&item, usize::MAX, false);
        });
        self
    }
}

impl Service for &mut Model {
    fn take(&mut self, _request: usize, items: &[Value]) -> Option<Arrival> {
        let is_block = items.iter().any(|item| item.get("scanAction").is_some());
        let statuses = items.iter().map(|item| {
            let has_room = match is_block {
                true => self.block.add(item, crate::limits::BLOCK_LIST_CAPACITY, true),
                false => self.exceptions.add(item, usize::MAX, false),
            };
            if has_room { ACCEPTED } else { 400 }
        });
        let statuses: Vec<u16> = statuses.collect();
        Some(multi(statuses))
    }

    /// Pages in the order of the last change, the latest first. The filter belongs to every page, and is the type's.
    fn page(&mut self, path_and_query: &str, filter: &str) -> Option<Arrival> {
        let (path, query) = path_and_query.split_once('?').unwrap();
        let list = match path {
            "/v3.0/threatintel/suspiciousObjects" => &self.block,
            "/v3.0/threatintel/suspiciousObjectExceptions" => &self.exceptions,
            _ => return Some(error(404)),
        };
        let name = filter.strip_prefix("type eq '").and_then(|rest| rest.strip_suffix('\'')).unwrap();
        let keys: Vec<_> = list.order.values().rev().filter(|(field, _)| field.name() == name).collect();
        let parameter =
            |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        assert_eq!(parameter("top"), Some("200"));
        let size = if keys.len() > 1_000 { MANY } else { FEW };
        let skip: usize = parameter("skipToken").map_or(0, |token| token.parse().unwrap());
        let items: Vec<Value> =
            keys.iter().skip(skip).take(size).map(|key| json!(list.entries[*key])).collect();
        let mut page = json!({ "items": items });
        if skip + size < keys.len() {
            let link =
                format!("https://stale.example/v3.0/xdr/threatintel/x?top=200&skipToken={}", skip + size);
            page["nextLink"] = link.into();
        }
        Some(whole(200, &page))
    }
}
