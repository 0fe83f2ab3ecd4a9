//! A saved filter on top of a collection: which of its objects are meant. Empty means all. An object without the property that
//! is asked for is not meant; a record that could not be read always is, because nobody knows what it would have been.

use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::{Object, Record};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Field;

const DAY_SECONDS: i64 = 24 * 60 * 60;

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
    /// Updated within so many days before the collection is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_within_days: Option<u64>,
    /// None of these types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_types: Vec<String>,
    /// None of these statuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_statuses: Vec<String>,
    /// None of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude_tags: Vec<String>,
    /// Not this text in the value, the description or an attribute, in any case of letters.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub exclude_text: String,
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
        let days = limits::FILTER_DAYS;
        if self.updated_within_days.is_some_and(|within| within == 0 || within > days) {
            wrong.push(Field::new(
                "updated_within_days",
                format!("expected a number of days from 1 to {days}"),
            ));
        }
        for (name, list) in [
            ("types", &self.types),
            ("statuses", &self.statuses),
            ("tags", &self.tags),
            ("exclude_types", &self.exclude_types),
            ("exclude_statuses", &self.exclude_statuses),
            ("exclude_tags", &self.exclude_tags),
        ] {
            if list.iter().any(|one| one.trim().is_empty()) {
                wrong.push(Field::new(name, "a list item is empty: remove it"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Whether a record matches at this time. A record that could not be read always does.
    #[must_use]
    pub fn admits(&self, record: &Record, now: Timestamp) -> bool {
        match record {
            Record::Object(object) => self.admits_object(object, now) && !self.excludes(object),
            Record::Unreadable(_) | Record::LeftOut(_) => true,
        }
    }

    /// Whether an object has one of the excluded properties. An object without the property is not excluded by it.
    fn excludes(&self, object: &Object) -> bool {
        let is_one_of = |list: &[String], value: &str| list.iter().any(|one| one.eq_ignore_ascii_case(value));
        is_one_of(&self.exclude_types, &object.subtype)
            || object.status.as_deref().is_some_and(|status| is_one_of(&self.exclude_statuses, status))
            || object.tags.iter().any(|tag| is_one_of(&self.exclude_tags, tag))
            || (!self.exclude_text.is_empty() && has_text(object, &self.exclude_text))
    }

    fn admits_object(&self, object: &Object, now: Timestamp) -> bool {
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
        let is_recent = self.updated_within_days.is_none_or(|days| {
            let age = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_SECONDS);
            object.updated_at.is_some_and(|at| at.unix_timestamp() >= now.as_second().saturating_sub(age))
        });
        one_of(&self.types, Some(&object.subtype))
            && one_of(&self.statuses, object.status.as_deref())
            && in_range
            && self.tags.iter().all(has_tag)
            && (self.text.is_empty() || has_text(object, &self.text))
            && is_new
            && is_recent
    }

    fn since(&self) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(self.updated_since.as_deref()?, &Rfc3339).ok()
    }
}

/// Whether an object has a text in its value, its description or an attribute, in any case of letters.
fn has_text(object: &Object, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    has(&object.value)
        || object.description.as_deref().is_some_and(has)
        || object.attributes.iter().any(|(name, value)| has(name) || has(value))
}

#[cfg(test)]
mod tests {
    use palisade_model::{Location, Unreadable};

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

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn admits(filter: Filter) -> bool {
        filter.check().unwrap();
        filter.admits(&Record::Object(object()), now())
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
    fn exclusion_wins_and_needs_the_property() {
        let list = |text: &str| vec![text.to_owned()];
        assert!(!admits(Filter { exclude_types: list("fqdn"), ..Filter::default() }));
        assert!(admits(Filter { exclude_types: list("URL"), ..Filter::default() }));
        assert!(!admits(Filter { exclude_statuses: list("active"), ..Filter::default() }));
        assert!(!admits(Filter { exclude_tags: list("winter"), types: list("FQDN"), ..Filter::default() }));
        assert!(!admits(Filter { exclude_text: "seen IN".to_owned(), ..Filter::default() }));
        let bare = Record::Object(Object::indicator("FQDN", "evil.example", Location::Line(1)));
        assert!(Filter { exclude_statuses: list("Active"), ..Filter::default() }.admits(&bare, now()));
    }

    #[test]
    fn days_count_back_from_the_reading() {
        let within = |days| Filter { updated_within_days: Some(days), ..Filter::default() };
        assert!(admits(within(2)), "updated exactly two days before");
        assert!(!admits(within(1)));
        let bare = Record::Object(Object::indicator("FQDN", "evil.example", Location::Line(1)));
        assert!(!within(30).admits(&bare, now()), "nobody knows when it was updated");
        assert!(within(0).check().is_err() && within(u64::MAX).check().is_err());
    }

    #[test]
    fn what_lacks_the_property_is_not_meant_and_what_cannot_be_read_is() {
        let filter = Filter { score_from: Some(0.0), ..Filter::default() };
        let bare = Object::indicator("FQDN", "evil.example", Location::Line(1));
        assert!(!filter.admits(&Record::Object(bare), now()));
        assert!(filter.admits(&Record::Unreadable(Unreadable::new(Location::Line(1), "x", "y")), now()));
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
