//! A saved filter on top of a collection: which of its objects are meant. Empty means all. An object without the property that
//! is asked for is not meant; a record that could not be read always is, because nobody knows what it would have been.

use palisade_collection::{Object, Record};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Field;

/// Which objects are meant: all that fulfil every condition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Filter {
    /// One of these types, by ThreatQ's names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// One of these statuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    /// A score of at least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_from: Option<f64>,
    /// A score of at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_to: Option<f64>,
    /// All of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// This text in the value, the description or an attribute, in any case of letters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Changed at or after this moment (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_since: Option<String>,
}

impl Filter {
    /// Whether everything is meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Judges the filter itself.
    ///
    /// # Errors
    /// Each field that cannot be meant so.
    pub fn check(&self) -> Result<(), Vec<Field>> {
        let mut wrong = Vec::new();
        for (name, score) in [("score_from", self.score_from), ("score_to", self.score_to)] {
            if score.is_some_and(|score| !score.is_finite()) {
                wrong.push(Field::new(name, "a number is expected"));
            }
        }
        if let (Some(from), Some(to)) = (self.score_from, self.score_to)
            && from > to
        {
            wrong.push(Field::new("score_to", "it is below the lowest score"));
        }
        if self.updated_since.is_some() && self.since().is_none() {
            wrong.push(Field::new("updated_since", "a moment such as `2026-11-22T08:00:00Z` is expected"));
        }
        for (name, list) in [("types", &self.types), ("statuses", &self.statuses), ("tags", &self.tags)] {
            if list.iter().any(|one| one.trim().is_empty()) {
                wrong.push(Field::new(name, "an empty text means nothing: leave it out"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Whether a record is meant.
    #[must_use]
    pub fn admits(&self, record: &Record) -> bool {
        match record {
            Record::Object(object) => self.admits_object(object),
            Record::Unreadable(_) | Record::LeftOut(_) => true,
        }
    }

    fn admits_object(&self, object: &Object) -> bool {
        let one_of = |list: &[String], value: Option<&str>| {
            list.is_empty()
                || value.is_some_and(|value| list.iter().any(|one| one.eq_ignore_ascii_case(value)))
        };
        let has_tag = |wanted: &String| object.tags.iter().any(|tag| tag.eq_ignore_ascii_case(wanted));
        let in_range = match (self.score_from, self.score_to, object.score) {
            (None, None, _) => true,
            (_, _, None) => false,
            (from, to, Some(score)) => {
                from.is_none_or(|from| score >= from) && to.is_none_or(|to| score <= to)
            }
        };
        let is_new = match self.since() {
            None => true,
            Some(since) => object.updated_at.is_some_and(|moment| moment >= since),
        };
        one_of(&self.types, Some(&object.subtype))
            && one_of(&self.statuses, object.status.as_deref())
            && in_range
            && self.tags.iter().all(has_tag)
            && self.has_text(object)
            && is_new
    }

    fn has_text(&self, object: &Object) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let wanted = self.text.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        has(&object.value)
            || object.description.as_deref().is_some_and(has)
            || object.attributes.iter().any(|(name, value)| has(name) || has(value))
    }

    fn since(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(self.updated_since.as_deref()?, &Rfc3339).ok()
    }
}

#[cfg(test)]
mod tests {
    use palisade_collection::{Location, Unreadable};

    use super::*;

    fn object() -> Object {
        Object {
            score: Some(7.0),
            status: Some("Active".to_owned()),
            tags: vec!["loader".to_owned(), "Winter".to_owned()],
            description: Some("Seen in Winter".to_owned()),
            updated_at: OffsetDateTime::parse("2026-11-20T10:00:00Z", &Rfc3339).ok(),
            ..Object::indicator("FQDN", "evil.example", Location::Line(1))
        }
    }

    fn admits(filter: Filter) -> bool {
        filter.check().unwrap();
        filter.admits(&Record::Object(object()))
    }

    #[test]
    fn an_empty_filter_admits_everything() {
        assert!(admits(Filter::default()));
    }

    #[test]
    fn each_condition_admits_and_refuses() {
        let list = |text: &str| vec![text.to_owned()];
        assert!(admits(Filter { types: list("fqdn"), ..Filter::default() }));
        assert!(!admits(Filter { types: list("URL"), ..Filter::default() }));
        assert!(admits(Filter { statuses: list("active"), ..Filter::default() }));
        assert!(!admits(Filter { statuses: list("Expired"), ..Filter::default() }));
        assert!(admits(Filter { score_from: Some(7.0), score_to: Some(7.0), ..Filter::default() }));
        assert!(!admits(Filter { score_from: Some(7.1), ..Filter::default() }));
        assert!(!admits(Filter { score_to: Some(6.9), ..Filter::default() }));
        assert!(admits(Filter { tags: vec!["LOADER".to_owned(), "winter".to_owned()], ..Filter::default() }));
        assert!(!admits(Filter {
            tags: vec!["loader".to_owned(), "summer".to_owned()],
            ..Filter::default()
        }));
        assert!(admits(Filter { text: "in winter".to_owned(), ..Filter::default() }));
        assert!(!admits(Filter { text: "spring".to_owned(), ..Filter::default() }));
        let since = |text: &str| Filter { updated_since: Some(text.to_owned()), ..Filter::default() };
        assert!(admits(since("2026-11-20T10:00:00Z")));
        assert!(!admits(since("2026-11-20T10:00:01Z")));
    }

    #[test]
    fn what_lacks_the_property_is_not_meant_and_what_cannot_be_read_is() {
        let filter = Filter { score_from: Some(0.0), ..Filter::default() };
        let bare = Object::indicator("FQDN", "evil.example", Location::Line(1));
        assert!(!filter.admits(&Record::Object(bare)));
        assert!(filter.admits(&Record::Unreadable(Unreadable::new(Location::Line(1), "x", "y"))));
    }

    #[test]
    fn a_filter_that_cannot_be_meant_names_its_fields() {
        let filter = Filter {
            score_from: Some(8.0),
            score_to: Some(2.0),
            updated_since: Some("yesterday".to_owned()),
            tags: vec![String::new()],
            ..Filter::default()
        };
        let fields: Vec<String> = filter.check().unwrap_err().into_iter().map(|field| field.name).collect();
        assert_eq!(fields, ["score_to", "updated_since", "tags"]);
    }
}
