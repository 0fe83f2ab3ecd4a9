//! One object of a threat intelligence platform, regardless of the source that it was read from.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::DoNotBlock;

/// One object as the platform holds it. Nothing is normalised here but surrounding white space and, in text and CSV,
/// defanged forms: what a value means to a service is for the action to say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// The record's identifier in its own platform: a ThreatQ number, a STIX identifier, a MISP UUID.
    pub platform_id: Option<String>,
    /// The platform's class of objects; every format read here holds `Indicator`.
    pub kind: String,
    /// The type by ThreatQ's name, for example `FQDN`, `IP Address` or `SHA-256`. What has no such name keeps its own,
    /// with the format in front: `STIX process:name`, `MISP mutex`.
    pub subtype: String,
    /// The value, never empty.
    pub value: String,
    /// The score on ThreatQ's scale of 0 to 10, where the record has one. Larger values occur.
    pub score: Option<f64>,
    /// The status by name, for example `Active`, `Expired` or `Whitelisted`.
    pub status: Option<String>,
    /// The platform's text about the object.
    pub description: Option<String>,
    /// Attributes as name and value, in the file's order. Names may repeat.
    pub attributes: Vec<(String, String)>,
    /// Tags by name.
    pub tags: Vec<String>,
    /// When the platform last changed the record, where it says so. Not written: it selects objects, and these are selected.
    #[serde(skip)]
    pub updated_at: Option<OffsetDateTime>,
    /// Why its source does not want it blocked; none for most objects. An action that blocks does not get an object with
    /// a mark. Not written, for the same reason.
    #[serde(skip)]
    pub do_not_block: Option<DoNotBlock>,
    /// Where the record stands in its file.
    pub location: Location,
}

impl Object {
    /// An indicator with a type and a value and nothing else known about it.
    #[must_use]
    pub fn indicator(subtype: impl Into<String>, value: impl Into<String>, location: Location) -> Self {
        Self {
            platform_id: None,
            kind: INDICATOR.to_owned(),
            subtype: subtype.into(),
            value: value.into(),
            score: None,
            status: None,
            description: None,
            attributes: Vec::new(),
            tags: Vec::new(),
            updated_at: None,
            do_not_block: None,
            location,
        }
    }
}

/// The kind of every object that these formats hold.
pub const INDICATOR: &str = "Indicator";

/// Where a record stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A line of a text, CSV or JSON Lines file, counted from 1.
    Line(u64),
    /// A place in a JSON document, for example `$.data[17]`.
    Path(String),
    /// A place inside the document that stands on one line of a JSON Lines file.
    LinePath(u64, String),
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "line {line}"),
            Self::Path(path) => formatter.write_str(path),
            Self::LinePath(line, path) => write!(formatter, "line {line}, {path}"),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Location {
    /// What was shown as a text is shown as the same text again.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_shown_as_people_name_them() {
        assert_eq!(Location::Line(12).to_string(), "line 12");
        assert_eq!(Location::Path("$.data[17]".to_owned()).to_string(), "$.data[17]");
        assert_eq!(Location::LinePath(3, "$.data[1]".to_owned()).to_string(), "line 3, $.data[1]");
    }
}
