//! The objects of one collection: their order, their pages and the shapes of their scores.
//!
//! Pages are those of a search engine with cursors: a mark stands for a place in the order and not for a number of objects,
//! so that an object which changes while somebody pages moves behind all marks given out, and comes again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::settings::ScoreShape;

/// Objects in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collection {
    objects: Vec<Map<String, Value>>,
}

/// Why objects cannot be a collection.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidCollection {
    /// Neither a page nor a list.
    #[error("a collection is JSON with a list `data`, or a list of objects")]
    Shape,
    /// An object without a number.
    #[error("the object in place {0} has no number as `id`")]
    Id(usize),
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Value>,
    /// The mark behind the last object; the one that was asked for where there is no object.
    pub(crate) next: String,
}

/// What a query asks for that there is not: the field, and a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidQuery(pub(crate) &'static str, pub(crate) &'static str);

/// A place in an order: the field's text, then the number.
type Place = (String, u64);

/// What every mark begins with, so that it holds each character that has a meaning of its own in a query.
const MARK: [u8; 3] = [0xfb, 0xff, 0xbf];

impl Collection {
    /// Reads a page, or a list of objects.
    pub(crate) fn read(value: Value) -> Result<Self, InvalidCollection> {
        let list = match value {
            Value::Object(mut page) => page.remove("data").unwrap_or_default(),
            list => list,
        };
        let Value::Array(list) = list else { return Err(InvalidCollection::Shape) };
        let mut collection = Self::default();
        for (place, object) in list.into_iter().enumerate() {
            match object {
                Value::Object(object) if object.get("id").is_some_and(Value::is_u64) => {
                    collection.objects.push(object);
                }
                _ => return Err(InvalidCollection::Id(place)),
            }
        }
        Ok(collection)
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The object with a number.
    pub(crate) fn object(&self, id: u64) -> Option<&Map<String, Value>> {
        self.objects.iter().find(|object| number(object) == id)
    }

    /// Adds objects; one whose number is there already replaces it.
    pub(crate) fn add(&mut self, more: Self) {
        for object in more.objects {
            self.remove(number(&object));
            self.objects.push(object);
        }
    }

    /// Takes an object out.
    pub(crate) fn remove(&mut self, id: u64) {
        self.objects.retain(|object| number(object) != id);
    }

    /// Changes the time of the last change.
    pub(crate) fn touch(&mut self, id: u64, updated_at: &str) {
        for object in self.objects.iter_mut().filter(|object| number(object) == id) {
            object.insert("updated_at".to_owned(), updated_at.into());
        }
    }

    /// At most `limit` objects behind a mark.
    pub(crate) fn page(
        &self,
        sort: &str,
        mark: &str,
        limit: usize,
        score: ScoreShape,
    ) -> Result<Page, InvalidQuery> {
        let (field, descending) = match sort.strip_prefix('-') {
            Some(field) => (field, true),
            None => (sort, false),
        };
        if !["id", "created_at", "touched_at", "updated_at"].contains(&field) {
            return Err(InvalidQuery("sort", "The selected sort is invalid."));
        }
        let after = if mark == "*" { None } else { Some(read_mark(mark)?) };
        let mut places: Vec<(Place, &Map<String, Value>)> =
            self.objects.iter().map(|object| (place(object, field), object)).collect();
        places.sort_by(|(left, _), (right, _)| if descending { right.cmp(left) } else { left.cmp(right) });
        let is_behind = |place: &Place| match &after {
            None => true,
            Some(after) if descending => place < after,
            Some(after) => place > after,
        };
        let found: Vec<_> = places.into_iter().filter(|(place, _)| is_behind(place)).take(limit).collect();
        let next = found.last().map_or_else(|| mark.to_owned(), |(place, _)| write_mark(place));
        let objects = found.into_iter().map(|(_, object)| shaped(object, score)).collect();
        Ok(Page { objects, next })
    }
}

fn number(object: &Map<String, Value>) -> u64 {
    object.get("id").and_then(Value::as_u64).unwrap_or_default()
}

fn place(object: &Map<String, Value>, field: &str) -> Place {
    let text = match object.get(field) {
        Some(Value::String(text)) if field != "id" => text.clone(),
        _ => String::new(),
    };
    (text, number(object))
}

fn write_mark((text, id): &Place) -> String {
    let mut bytes = MARK.to_vec();
    bytes.extend_from_slice(format!("{id} {text}").as_bytes());
    STANDARD.encode(bytes)
}

fn read_mark(mark: &str) -> Result<Place, InvalidQuery> {
    let read = || {
        let bytes = STANDARD.decode(mark).ok()?;
        let text = String::from_utf8(bytes.strip_prefix(&MARK)?.to_vec()).ok()?;
        let (id, text) = text.split_once(' ')?;
        Some((text.to_owned(), id.parse().ok()?))
    };
    read().ok_or(InvalidQuery("cursorMark", "The cursorMark is invalid."))
}

/// An object with its score in another shape.
pub(crate) fn shaped(object: &Map<String, Value>, shape: ScoreShape) -> Value {
    let mut object = object.clone();
    if let Some(score) = object.get("score").and_then(effective) {
        let shaped = match shape {
            ScoreShape::AsGiven => None,
            ScoreShape::Number => Some(if score.fract() == 0.0 { json!(score as i64) } else { json!(score) }),
            ScoreShape::Object => Some(json!({
                "generated_score": format!("{score:.2}"), "manual_score": null,
                "score_config_hash": "8d5e957f297893487bd98fa830fa6413",
            })),
        };
        object.extend(shaped.map(|score| ("score".to_owned(), score)));
    }
    Value::Object(object)
}

/// The score that counts: one set by hand goes before the calculated one.
fn effective(score: &Value) -> Option<f64> {
    match score {
        Value::Object(parts) => ["manual_score", "generated_score"]
            .into_iter()
            .find_map(|part| parts.get(part).filter(|part| !part.is_null()).and_then(effective)),
        Value::String(text) => text.parse().ok(),
        score => score.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(objects: &[(u64, &str)]) -> Collection {
        let objects = objects.iter().map(|(id, updated_at)| json!({"id": id, "updated_at": updated_at}));
        Collection::read(objects.collect()).unwrap()
    }

    fn ids(page: &Page) -> Vec<u64> {
        page.objects.iter().map(|object| object["id"].as_u64().unwrap()).collect()
    }

    #[test]
    fn pages_follow_each_other_and_end_with_the_same_mark_twice() {
        let collection =
            collection(&[(3, "2024-01-01"), (10, "2024-01-03"), (2, "2024-01-03"), (7, "2024-01-02")]);
        let page = |sort, mark: &str| collection.page(sort, mark, 3, ScoreShape::AsGiven).unwrap();
        for (sort, expected) in
            [("updated_at", [3, 7, 2, 10]), ("-updated_at", [10, 2, 7, 3]), ("id", [2, 3, 7, 10])]
        {
            let first = page(sort, "*");
            let second = page(sort, &first.next);
            let third = page(sort, &second.next);
            assert_eq!([ids(&first), ids(&second)].concat(), expected, "{sort}");
            assert_eq!((third.objects.len(), &third.next), (0, &second.next), "{sort}");
            assert!(first.next.starts_with("+/+/"));
        }
    }

    #[test]
    fn an_object_that_changes_moves_behind_the_marks_that_were_given_out() {
        let mut collection = collection(&[(1, "2024-01-01"), (2, "2024-01-02"), (3, "2024-01-03")]);
        let first = collection.page("updated_at", "*", 2, ScoreShape::AsGiven).unwrap();
        collection.touch(1, "2024-02-01");
        collection.remove(3);
        let second = collection.page("updated_at", &first.next, 2, ScoreShape::AsGiven).unwrap();
        assert_eq!(ids(&second), [1]);
    }

    #[test]
    fn what_is_no_collection_and_no_query_is_refused() {
        assert_eq!(Collection::read(json!({"total": 1})).unwrap_err(), InvalidCollection::Shape);
        assert_eq!(Collection::read(json!([{"id": 1}, {"id": "2"}])).unwrap_err(), InvalidCollection::Id(1));
        for (sort, mark, field) in
            [("value", "*", "sort"), ("id", "x", "cursorMark"), ("id", "", "cursorMark")]
        {
            let error = collection(&[]).page(sort, mark, 1, ScoreShape::AsGiven).unwrap_err();
            assert_eq!(error.0, field);
        }
    }

    #[test]
    fn a_score_has_the_shape_that_was_chosen_and_the_same_value() {
        let manual = json!({"id": 1, "score": {"generated_score": "6.50", "manual_score": 8}});
        let generated = json!({"id": 1, "score": {"generated_score": "6.50", "manual_score": null}});
        let plain = json!({"id": 1, "score": 9});
        for (object, number, text) in
            [(manual, json!(8), "8.00"), (generated, json!(6.5), "6.50"), (plain, json!(9), "9.00")]
        {
            let object = object.as_object().unwrap();
            assert_eq!(shaped(object, ScoreShape::AsGiven), Value::Object(object.clone()));
            assert_eq!(shaped(object, ScoreShape::Number)["score"], number);
            assert_eq!(shaped(object, ScoreShape::Object)["score"]["generated_score"], text);
        }
        let without = json!({"id": 1});
        assert_eq!(shaped(without.as_object().unwrap(), ScoreShape::Object), without);
    }
}
