//! The way from a reader to the sink: counts what passes, and ends a file of which too little can be read.

use std::collections::BTreeMap;

use palisade_limits::{UNREADABLE_AT_START, UNREADABLE_RECORDS};

use crate::{Format, ReadError, Record, Summary};

/// Takes records from a reader, hands them to the sink, and says when a file is not worth reading on.
pub(crate) struct Emitter<'sink> {
    sink: &'sink mut dyn FnMut(Record),
    summary: Summary,
    held: Option<Vec<Record>>,
}

impl<'sink> Emitter<'sink> {
    /// For a file whose format is certain: named by the user, or recognised from its content.
    pub(crate) fn new(name: String, format: Format, sink: &'sink mut dyn FnMut(Record)) -> Self {
        let summary = Summary {
            name,
            format,
            total_announced: None,
            objects: 0,
            unreadable: 0,
            left_out: 0,
            ignored: BTreeMap::new(),
        };
        Self { sink, summary, held: None }
    }

    /// For a file that was taken for a list because it is nothing else: it has to show at least one value before the
    /// unreadable records in front of it count as bad records of a good file.
    pub(crate) fn unproven(self) -> Self {
        Self { held: Some(Vec::new()), ..self }
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        &self.summary.name
    }

    /// Hands one record on.
    pub(crate) fn emit(&mut self, record: Record) -> Result<(), ReadError> {
        let counter = match record {
            Record::Object(_) => &mut self.summary.objects,
            Record::Unreadable(_) => &mut self.summary.unreadable,
            Record::LeftOut(_) => &mut self.summary.left_out,
        };
        *counter = counter.saturating_add(1);
        if self.held.is_some() {
            return self.hold(record);
        }
        if let Record::Unreadable(unreadable) = &record
            && self.summary.unreadable > UNREADABLE_RECORDS
        {
            return Err(ReadError::TooManyUnreadable {
                name: self.summary.name.clone(),
                format: self.summary.format,
                limit: UNREADABLE_RECORDS,
                location: unreadable.location.to_string(),
            });
        }
        (self.sink)(record);
        Ok(())
    }

    /// Keeps an unreadable record back until something readable shows that the file is a list.
    fn hold(&mut self, record: Record) -> Result<(), ReadError> {
        if matches!(record, Record::Unreadable(_)) {
            if let Some(held) = &mut self.held {
                held.push(record);
            }
            if self.summary.unreadable >= UNREADABLE_AT_START {
                return self.not_a_list();
            }
            return Ok(());
        }
        for earlier in self.held.take().into_iter().flatten() {
            (self.sink)(earlier);
        }
        (self.sink)(record);
        Ok(())
    }

    /// The error for a file without a single value, naming the first fault; nothing if there was none.
    fn not_a_list(&self) -> Result<(), ReadError> {
        let Some(Record::Unreadable(first)) = self.held.iter().flatten().next() else { return Ok(()) };
        Err(ReadError::NotAList {
            name: self.summary.name.clone(),
            count: self.summary.unreadable,
            first: format!("{}: {}", first.location, first.message),
        })
    }

    /// Notes a field of an object that holds what its format does not allow.
    pub(crate) fn ignore(&mut self, field: &'static str) {
        let count = self.summary.ignored.entry(field).or_default();
        *count = count.saturating_add(1);
    }

    /// Notes how many objects the file says there are.
    pub(crate) fn announce(&mut self, total: u64) {
        self.summary.total_announced = self.summary.total_announced.max(Some(total));
    }

    /// The end of the file.
    pub(crate) fn finish(self) -> Result<Summary, ReadError> {
        self.not_a_list()?;
        Ok(self.summary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Location, Object, Unreadable};

    fn bad(line: u64) -> Record {
        Record::Unreadable(Unreadable::new(Location::Line(line), "expected something", "x"))
    }

    fn good(line: u64) -> Record {
        Record::Object(Object::indicator("FQDN", "a.example", Location::Line(line)))
    }

    #[test]
    fn bad_records_before_the_first_good_one_are_not_lost() {
        let mut seen = Vec::new();
        let mut sink = |record| seen.push(record);
        let mut emitter = Emitter::new("x".to_owned(), Format::Text, &mut sink).unproven();
        for record in [bad(1), bad(2), good(3), bad(4)] {
            emitter.emit(record).unwrap();
        }
        let summary = emitter.finish().unwrap();
        assert_eq!((summary.objects, summary.unreadable, summary.seen()), (1, 3, 4));
        assert_eq!(seen, [bad(1), bad(2), good(3), bad(4)]);
    }

    #[test]
    fn a_file_that_never_shows_a_value_is_an_error_that_quotes_its_first_line() {
        let mut sink = |_| panic!("nothing may pass");
        let mut emitter = Emitter::new("x".to_owned(), Format::Text, &mut sink).unproven();
        emitter.emit(bad(7)).unwrap();
        let error = emitter.finish().unwrap_err();
        assert!(error.to_string().contains("line 7"), "{error}");

        let mut emitter = Emitter::new("x".to_owned(), Format::Text, &mut sink).unproven();
        let stopped = (1..=UNREADABLE_AT_START).find(|line| emitter.emit(bad(*line)).is_err());
        assert_eq!(stopped, Some(UNREADABLE_AT_START));
    }

    #[test]
    fn a_file_with_too_many_bad_records_is_given_up() {
        let mut sink = |_| ();
        let mut emitter = Emitter::new("x".to_owned(), Format::Csv, &mut sink);
        let stopped = (1..).find(|line| emitter.emit(bad(*line)).is_err());
        assert_eq!(stopped, Some(UNREADABLE_RECORDS + 1));
    }
}
