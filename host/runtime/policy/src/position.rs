//! Where in the policy's text each field stands, so that a fault found later can name its line.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Place;

/// The text of one policy and the offsets of all its fields, by path, for example `egress[0].origin`.
#[derive(Debug)]
pub(crate) struct Positions<'text> {
    file: &'text str,
    text: &'text str,
    /// Offsets in bytes of where values begin; tables under a heading begin at the heading.
    offsets: BTreeMap<String, usize>,
}

impl<'text> Positions<'text> {
    /// The positions in a document that has been read. `file` is what places call the file.
    pub(crate) fn of(file: &'text str, text: &'text str, document: Option<&DeTable<'_>>) -> Self {
        let mut positions = Self { file, text, offsets: BTreeMap::new() };
        if let Some(table) = document {
            positions.collect_table("", table);
        }
        positions
    }

    fn collect_table(&mut self, path: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let joint = if path.is_empty() { "" } else { "." };
            self.collect(format!("{path}{joint}{}", name.get_ref()), value);
        }
    }

    fn collect(&mut self, path: String, value: &Spanned<DeValue<'_>>) {
        match value.get_ref() {
            DeValue::Table(table) => self.collect_table(&path, table),
            DeValue::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.collect(format!("{path}[{index}]"), item);
                }
            }
            _ => {}
        }
        self.offsets.insert(path, value.span().start);
    }

    /// The place of a field; the beginning of the file for one that is not in the text.
    pub(crate) fn of_field(&self, field: &str) -> Place {
        self.place(self.offsets.get(field).copied().unwrap_or_default(), field)
    }

    /// The place of an offset in bytes, as far as there is such an offset.
    pub(crate) fn of_offset(&self, offset: usize) -> Place {
        self.place(offset, "")
    }

    /// Whether the field's value begins with this text.
    pub(crate) fn begins_with(&self, field: &str, beginning: &str) -> bool {
        self.offsets
            .get(field)
            .and_then(|offset| self.text.get(*offset..))
            .is_some_and(|rest| rest.starts_with(beginning))
    }

    fn place(&self, offset: usize, field: &str) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        Place {
            file: self.file.to_owned(),
            line: counted(before.matches('\n').count()),
            column: counted(column),
            field: field.to_owned(),
        }
    }
}

/// A line or a column from 1, of how many stand before it.
fn counted(before: usize) -> u64 {
    u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Grüße\n[ceilings]\nrequests = 7\n[[egress]]\nmethods = [\n  \"GET\", \"POST\"]\n[[egress]]\nx = 'ü' # \n";

    #[test]
    fn a_field_has_its_place() {
        let document = DeTable::parse(TEXT).unwrap();
        let positions = Positions::of("policy", TEXT, Some(document.get_ref()));
        for (field, line, column) in [
            ("ceilings", 2, 1),
            ("ceilings.requests", 3, 12),
            ("egress[0].methods[1]", 6, 10),
            ("egress[1]", 7, 1),
            ("egress[1].x", 8, 5),
            ("nowhere", 1, 1),
        ] {
            let place = positions.of_field(field);
            assert_eq!((place.line, place.column), (line, column), "{field}");
        }
        assert!(positions.begins_with("egress", "[["));
        assert_eq!(positions.of_offset(10_000).line, 9);
    }
}
