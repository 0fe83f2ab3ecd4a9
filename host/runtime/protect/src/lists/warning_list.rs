//! One MISP warning list as it is published: JSON with `name`, `version`, `type`, `matching_attributes` and `list`.
//!
//! Reads what MISP itself reads: a list without a type is one of strings, a type may stand in an array, and `list` may be
//! an object whose keys are the entries.

use std::borrow::Cow;
use std::fmt;

use palisade_model::excerpt;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::BuildError;
use crate::kind::About;

/// How a list's entries are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListType {
    /// Networks and single addresses.
    Cidr,
    /// Names with everything below them.
    Hostname,
    /// Whole values.
    String,
    /// Parts of values.
    Substring,
    /// Regular expressions.
    Regex,
}

/// A list whose entries have not been looked at yet.
#[derive(Debug)]
pub(crate) struct WarningList<'a> {
    pub(crate) name: String,
    pub(crate) version: String,
    /// `Err` with the type where it is not known.
    pub(crate) list_type: Result<ListType, String>,
    pub(crate) about: About,
    /// `None` for an entry that is no text.
    pub(crate) entries: Vec<Option<Cow<'a, str>>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with `name`, `type` and `list`")]
struct Published<'a> {
    name: String,
    #[serde(default)]
    version: Option<serde_json::Value>,
    #[serde(default, rename = "type")]
    list_type: Option<OneOrMany>,
    #[serde(default)]
    matching_attributes: Option<Vec<String>>,
    #[serde(borrow)]
    list: Entries<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

struct Entries<'a>(Vec<Option<Cow<'a, str>>>);

impl<'a> WarningList<'a> {
    /// Reads the bytes of `file`.
    ///
    /// # Errors
    /// [`BuildError::NotAWarningList`] with line and column.
    pub(crate) fn read(file: &str, bytes: &'a [u8]) -> Result<Self, BuildError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let published: Published<'_> =
            serde_json::from_slice(bytes).map_err(|cause| BuildError::NotAWarningList {
                file: file.to_owned(),
                line: cause.line(),
                column: cause.column(),
                cause: without_place(&cause),
            })?;
        let attributes = published.matching_attributes.unwrap_or_default();
        Ok(Self {
            name: published.name,
            version: published
                .version
                .map(|version| match version {
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                })
                .unwrap_or_default(),
            list_type: list_type(published.list_type),
            about: if attributes.is_empty() {
                About::EVERYTHING
            } else {
                About::of_attributes(attributes.iter().map(String::as_str))
            },
            entries: published.list.0,
        })
    }
}

fn list_type(given: Option<OneOrMany>) -> Result<ListType, String> {
    let name = match given {
        None => return Ok(ListType::String),
        Some(OneOrMany::One(name)) => name,
        Some(OneOrMany::Many(names)) => names.into_iter().next().unwrap_or_default(),
    };
    match name.as_str() {
        "cidr" => Ok(ListType::Cidr),
        "hostname" => Ok(ListType::Hostname),
        "string" => Ok(ListType::String),
        "substring" => Ok(ListType::Substring),
        "regex" => Ok(ListType::Regex),
        _ => Err(name),
    }
}

/// The library's sentence without the place at its end, which the message tells itself.
fn without_place(cause: &serde_json::Error) -> String {
    let text = cause.to_string();
    excerpt(text.rsplit_once(" at line ").map_or(text.as_str(), |(sentence, _)| sentence))
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = sequence.next_element::<Entry<'de>>()? {
            entries.push(entry.0);
        }
        Ok(Entries(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((entry, _comment)) = map.next_entry::<Entry<'de>, IgnoredAny>()? {
            entries.push(entry.0);
        }
        Ok(Entries(entries))
    }
}

/// A text, or `None` for anything else.
struct Entry<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an entry")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Entry(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Entry(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Entry(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Entry(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Entry(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Entry(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Entry(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Entry(None))
    }
}
