//! Lists of objects that are no indicators, such as host names: the reader is told what they are, so that nothing is guessed from a
//! value.
//!
//! Text has one value on each line. CSV has a header; one column holds the values, and the other columns are attributes.

use std::io::BufRead;

use palisade_model::{Format, Location, Object, Record, Unreadable};

use crate::columns::is_same_column;
use crate::csv::{DELIMITERS, Pending, Progress, fields_of};
use crate::emitter::Emitter;
use crate::encoding::decoded;
use crate::settle::strip;
use crate::source::{Line, Lines};
use crate::text::{not_utf8, too_long};
use crate::{ObjectType, ReadError, Reading};

/// The name of the column with the values. In a file with one column, another name would be a value.
const VALUE_COLUMN: &str = "value";

/// Reads all records as objects of one type.
pub(crate) fn read(
    reader: impl BufRead,
    object_type: &ObjectType,
    reading: &Reading,
    emitter: &mut Emitter<'_>,
) -> Result<(), ReadError> {
    let mut lines = Lines::new(reader);
    let mut table: Option<Table> = None;
    let mut is_first = true;
    loop {
        let next = lines.next().map_err(|cause| ReadError::Io { name: emitter.name().to_owned(), cause })?;
        let Some((number, line)) = next else { break };
        let is_open = table.as_ref().is_some_and(|table| !table.pending.is_empty());
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong(start) => {
                emitter.emit(too_long(Location::Line(number), start))?;
                continue;
            }
        };
        let trimmed = bytes.trim_ascii();
        if !is_open && (trimmed.is_empty() || trimmed.starts_with(b"#")) {
            continue;
        }
        if std::mem::take(&mut is_first)
            && let Some(found) = Table::of_header(&decoded(bytes).text, reading, emitter, number)?
        {
            table = Some(found);
            continue;
        }
        match &mut table {
            Some(table) => table.line(bytes, number, object_type, emitter)?,
            None => emitter.emit(value(bytes, number, object_type))?,
        }
    }
    match table {
        Some(table) if !table.pending.is_empty() => Err(table.pending.unclosed(emitter.name())),
        _ => Ok(()),
    }
}

fn value(bytes: &[u8], number: u64, object_type: &ObjectType) -> Record {
    let location = Location::Line(number);
    match std::str::from_utf8(bytes) {
        Ok(text) => Record::Object(object(object_type, strip(text), location)),
        Err(_) => not_utf8(location, bytes),
    }
}

fn object(object_type: &ObjectType, value: &str, location: Location) -> Object {
    let indicator = Object::indicator(object_type.subtype.clone(), value, location);
    Object { kind: object_type.kind.clone(), ..indicator }
}

/// A CSV file whose header is known.
struct Table {
    columns: Vec<String>,
    value: usize,
    pending: Pending,
}

impl Table {
    /// The table below this line; none if the line is a value.
    fn of_header(
        line: &str,
        reading: &Reading,
        emitter: &Emitter<'_>,
        number: u64,
    ) -> Result<Option<Self>, ReadError> {
        if reading.format == Some(Format::Text) {
            return Ok(None);
        }
        let count = |delimiter: &u8| line.matches(char::from(*delimiter)).count();
        let delimiter = DELIMITERS.iter().copied().max_by_key(count).unwrap_or(b',');
        let columns: Vec<_> =
            fields_of(line, delimiter).iter().map(|column| strip(column).to_owned()).collect();
        let is_header =
            columns.len() > 1 || reading.format == Some(Format::Csv) || is_same_column(VALUE_COLUMN, line);
        if !is_header {
            return Ok(None);
        }
        let place = |name: &str| columns.iter().position(|column| is_same_column(column, name));
        let value = match reading.columns.values.first() {
            Some(named) => place(named).ok_or_else(|| ReadError::CsvColumnMissing {
                name: emitter.name().to_owned(),
                line: number,
                column: palisade_model::excerpt(named),
                found: palisade_model::excerpt(line),
            })?,
            None => place(VALUE_COLUMN).unwrap_or_default(),
        };
        Ok(Some(Self { columns, value, pending: Pending::new(delimiter) }))
    }

    fn line(
        &mut self,
        bytes: &[u8],
        number: u64,
        object_type: &ObjectType,
        emitter: &mut Emitter<'_>,
    ) -> Result<(), ReadError> {
        if self.pending.is_empty() {
            self.pending.start(number);
        }
        match self.pending.add(bytes) {
            Progress::Open => Ok(()),
            Progress::TooLong => Err(self.pending.unclosed(emitter.name())),
            Progress::Complete => {
                let record = self.record(object_type);
                self.pending.clear();
                record.map_or(Ok(()), |record| emitter.emit(record))
            }
        }
    }

    /// What the complete record says; nothing if all its fields are empty.
    fn record(&self, object_type: &ObjectType) -> Option<Record> {
        let location = Location::Line(self.pending.first_line);
        let Ok(fields) = self.pending.fields().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>() else {
            return Some(not_utf8(location, self.pending.bytes()));
        };
        let fields: Vec<_> = fields.into_iter().map(strip).collect();
        if fields.iter().all(|field| field.is_empty()) {
            return None;
        }
        if fields.len() > self.columns.len() {
            let message = format!("expected {} fields, found {}", self.columns.len(), fields.len());
            return Some(Record::Unreadable(Unreadable::new(location, message, &fields.join(","))));
        }
        let value = fields.get(self.value).copied().unwrap_or_default();
        if value.is_empty() {
            let message = "the column with the value is empty";
            return Some(Record::Unreadable(Unreadable::new(location, message, &fields.join(","))));
        }
        let attributes = self.columns.iter().zip(&fields).filter(|(_, field)| !field.is_empty());
        let attributes = attributes.map(|(column, field)| (column.clone(), (*field).to_owned()));
        let object = object(object_type, value, location);
        Some(Record::Object(Object { attributes: attributes.collect(), ..object }))
    }
}

#[cfg(test)]
mod tests {
    use palisade_model::{Record, Summary};

    use super::*;
    use crate::Source;

    fn endpoints(text: &str, format: Option<Format>) -> (Vec<Record>, Summary) {
        let object_type = ObjectType { kind: "Asset".to_owned(), subtype: "Endpoint".to_owned() };
        let reading = Reading { object_type: Some(object_type), ..format.into() };
        let mut records = Vec::new();
        let source = Source::reader("x", std::io::Cursor::new(text.to_owned()));
        let summary = crate::read(source, reading, &mut |record| records.push(record)).unwrap();
        (records, summary)
    }

    fn values(text: &str) -> Vec<String> {
        let (records, _) = endpoints(text, None);
        let value = |record: Record| match record {
            Record::Object(object) => {
                assert_eq!((object.kind.as_str(), object.subtype.as_str()), ("Asset", "Endpoint"));
                let attributes = object.attributes.iter().map(|(name, value)| format!(" {name}={value}"));
                format!("{}{}", object.value, attributes.collect::<String>())
            }
            other => format!("{other:?}"),
        };
        records.into_iter().map(value).collect()
    }

    #[test]
    fn a_pasted_list_of_host_names_is_a_list_of_endpoints_whatever_the_names_look_like() {
        let text = "# servers\nclient1\n\n WIN-7.corp.example \r\n10.0.0.1\nevil[.]example\n";
        assert_eq!(values(text), ["client1", "WIN-7.corp.example", "10.0.0.1", "evil[.]example"]);
    }

    #[test]
    fn columns_beside_the_value_are_attributes() {
        let text = "endpointName,agentGuid,filePath\nclient1,g1,/tmp/a\n\"a,b\",,/tmp/b\n,,\n";
        assert_eq!(
            values(text),
            [
                "client1 endpointName=client1 agentGuid=g1 filePath=/tmp/a",
                "a,b endpointName=a,b filePath=/tmp/b"
            ]
        );
        assert_eq!(values("owner;value\nme;client1\n"), ["client1 owner=me value=client1"]);
        assert_eq!(values("Value\nclient1\n"), ["client1 Value=client1"]);
    }

    #[test]
    fn a_row_without_a_value_or_with_more_fields_than_columns_is_unreadable() {
        let (records, summary) = endpoints("a,b\n,x\n1,2,3\n", None);
        assert!(records.iter().all(|record| matches!(record, Record::Unreadable(_))), "{records:?}");
        assert_eq!(summary.unreadable, 2);
    }

    #[test]
    fn a_text_has_no_header_if_its_reader_says_so() {
        let (records, _) = endpoints("value\na,b\n", Some(Format::Text));
        assert_eq!(records.len(), 2);
    }
}
