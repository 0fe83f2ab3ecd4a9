//! Where in the manifest's text each field stands, so that a fault found later can name its line.
//!
//! Denies by default: text that is no YAML, or nested deeper than any manifest, has no locations and goes no further.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

/// A line and a column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) line: u64,
    pub(super) column: u64,
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

/// The positions of all fields of one document, by path, for example `actions[0].egress[1].origin`.
#[derive(Debug, Default)]
pub(super) struct Locations {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where the field's name stands; the value's position in a list, which has no names.
    key: Position,
    value: Position,
}

impl Locations {
    /// The positions in a document that has been read.
    pub(super) fn of(document: &Spanned<Node>) -> Self {
        let mut locations = Self::default();
        let start = document.referenced.into();
        locations.collect(String::new(), start, document);
        locations
    }

    fn collect(&mut self, path: String, key: Position, node: &Spanned<Node>) {
        match &node.value {
            Node::Mapping(fields) => {
                for (name, value) in fields {
                    let joint = if path.is_empty() { "" } else { "." };
                    self.collect(format!("{path}{joint}{}", name.value), name.referenced.into(), value);
                }
            }
            Node::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(format!("{path}[{index}]"), item.referenced.into(), item);
                }
            }
            Node::Scalar => {}
        }
        self.entries.insert(path, Entry { key, value: node.referenced.into() });
    }

    /// Where the field at this path stands, or the nearest thing that contains it if the field is not in the text.
    pub(super) fn find(&self, path: &str) -> Position {
        let mut path = path;
        loop {
            if let Some(entry) = self.entries.get(path) {
                return entry.value;
            }
            let Some(end) = path.rfind(['.', '[']) else {
                return self.entries.get("").map_or(Position { line: 1, column: 1 }, |entry| entry.value);
            };
            path = path.get(..end).unwrap_or_default();
        }
    }

    /// The path of the field whose name stands here; the innermost, since a list's item begins where its first field does.
    pub(super) fn field_at(&self, position: Position) -> Option<&str> {
        self.paths(|entry| entry.key == position).max_by_key(|path| path.len())
    }

    /// The path of the outermost value that begins here.
    pub(super) fn value_at(&self, position: Position) -> Option<&str> {
        self.paths(|entry| entry.value == position).min_by_key(|path| path.len())
    }

    fn paths(&self, wanted: impl Fn(&Entry) -> bool) -> impl Iterator<Item = &str> {
        let found = self.entries.iter().filter(move |(path, entry)| !path.is_empty() && wanted(entry));
        found.map(|(path, _)| path.as_str())
    }
}

/// A document of which only the structure is kept.
#[derive(Debug)]
pub(super) enum Node {
    Mapping(Vec<(Spanned<String>, Spanned<Node>)>),
    Sequence(Vec<Spanned<Node>>),
    Scalar,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping, a list or a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = mapping.next_entry()? {
            fields.push(field);
        }
        Ok(Node::Mapping(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: a\nlist:\n  - one: 1\n    two: ~\n  - [x, 2.5, true]\n";

    fn locations() -> Locations {
        Locations::of(&serde_saphyr::from_str(TEXT).unwrap())
    }

    #[test]
    fn a_path_has_its_place() {
        for (path, line, column) in [
            ("name", 1, 7),
            ("list[0].two", 4, 10),
            ("list[1][2]", 5, 14),
            ("list[1][9]", 5, 5),
            ("other.x[1]", 1, 1),
        ] {
            assert_eq!(locations().find(path), Position { line, column }, "{path}");
        }
    }

    #[test]
    fn a_place_has_its_path() {
        assert_eq!(locations().field_at(Position { line: 4, column: 5 }), Some("list[0].two"));
        assert_eq!(locations().field_at(Position { line: 3, column: 5 }), Some("list[0].one"));
        assert_eq!(locations().value_at(Position { line: 3, column: 5 }), Some("list[0]"));
        assert_eq!(locations().field_at(Position { line: 9, column: 1 }), None);
    }
}
