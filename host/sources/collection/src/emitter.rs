//! The way from a reader to the sink: counts what passes, and ends a file of which too little can be read.

use palisade_limits::{
    NOTES_NAMED, RECORDS_HELD, SUFFIXES_NAMED, UNREADABLE_AT_START, UNREADABLE_FOR_ONE, UNREADABLE_RECORDS,
};

use crate::ReadError;
use crate::settle::{Settled, settle};
use palisade_model::{Column, Format, Note, Object, Record, Summary, Unreadable};

/// Takes records from a reader, settles their values, hands them to the sink, and says when a file is not a list.
pub(crate) struct Emitter<'sink> {
    sink: &'sink mut dyn FnMut(Record),
    summary: Summary,
    held: Option<Vec<Record>>,
    /// What speaks against a list, if the file was taken for one because it is nothing else.
    doubt: Option<Doubt>,
}

/// Lines of prose in a file that was taken for a list.
#[derive(Debug, Default)]
struct Doubt {
    /// How much lines of prose speak against a list.
    weight: u64,
    /// How many they are.
    lines: u64,
    /// Objects that are meant to be used.
    values: u64,
}

impl<'sink> Emitter<'sink> {
    /// For a file whose format is certain: named by the user, or recognised from its content.
    pub(crate) fn new(name: String, format: Format, sink: &'sink mut dyn FnMut(Record)) -> Self {
        Self { sink, summary: Summary::new(name, format), held: None, doubt: None }
    }

    /// For a file that was taken for a list because it is nothing else: it has to show at least one value before the
    /// unreadable records in front of it count as bad records of a good file.
    pub(crate) fn unproven(self) -> Self {
        Self { held: Some(Vec::new()), doubt: Some(Doubt::default()), ..self }
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        &self.summary.name
    }

    /// Hands one record on.
    pub(crate) fn emit(&mut self, record: Record) -> Result<(), ReadError> {
        let record = match record {
            Record::Object(object) => self.settled(object),
            other => other,
        };
        let counter = match record {
            Record::Object(_) => &mut self.summary.objects,
            Record::Unreadable(_) => &mut self.summary.unreadable,
            Record::LeftOut(_) => &mut self.summary.left_out,
        };
        *counter = counter.saturating_add(1);
        if let Some(doubt) = self.doubt.as_mut().filter(|_| is_value(&record)) {
            doubt.values = doubt.values.saturating_add(1);
        }
        if self.held.is_some() {
            return self.hold(record);
        }
        if matches!(record, Record::Unreadable(_)) && self.summary.unreadable > UNREADABLE_RECORDS {
            let not_listed = &mut self.summary.unreadable_not_listed;
            *not_listed = not_listed.saturating_add(1);
            return Ok(());
        }
        (self.sink)(record);
        Ok(())
    }

    /// The record of an object whose value is settled; what was found on the way is noted.
    fn settled(&mut self, mut object: Object) -> Record {
        let Some(Settled { stripped, unlisted_suffix }) = settle(&mut object) else {
            let message = "the value consists of invisible characters, expected a value";
            return Record::Unreadable(Unreadable::new(object.location, message, ""));
        };
        if stripped {
            self.summary.stripped = self.summary.stripped.saturating_add(1);
        }
        if let Some(suffix) = unlisted_suffix {
            self.summary.unlisted = self.summary.unlisted.saturating_add(1);
            let named = &mut self.summary.unlisted_suffixes;
            if u64::try_from(named.len()).is_ok_and(|count| count < SUFFIXES_NAMED) {
                named.insert(suffix);
            }
        }
        Record::Object(object)
    }

    /// Keeps records back until a value that is meant to be used shows that the file is a list.
    fn hold(&mut self, record: Record) -> Result<(), ReadError> {
        let is_value = is_value(&record);
        let held = self.held.get_or_insert_default();
        held.push(record);
        let is_full = u64::try_from(held.len()).is_ok_and(|count| count >= RECORDS_HELD);
        if !is_value && self.summary.unreadable >= UNREADABLE_AT_START {
            return self.not_a_list();
        }
        if is_value || is_full {
            self.release();
        }
        Ok(())
    }

    /// Hands on what was kept back.
    fn release(&mut self) {
        for earlier in self.held.take().into_iter().flatten() {
            (self.sink)(earlier);
        }
    }

    /// The error for a file without a single value, naming the first fault; nothing if there was none.
    fn not_a_list(&self) -> Result<(), ReadError> {
        let unreadable = self.held.iter().flatten().find_map(|record| match record {
            Record::Unreadable(unreadable) => Some(unreadable),
            Record::Object(_) | Record::LeftOut(_) => None,
        });
        let Some(first) = unreadable else { return Ok(()) };
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

    /// Notes something about the file.
    pub(crate) fn note(&mut self, note: Note) {
        self.note_times(note, 1);
    }

    /// Notes something about the file that was seen more than once. Columns may be many: only the first are named.
    pub(crate) fn note_times(&mut self, note: Note, times: u64) {
        let notes = &mut self.summary.notes;
        if notes.contains_key(&note) || u64::try_from(notes.len()).is_ok_and(|count| count < NOTES_NAMED) {
            let count = notes.entry(note).or_default();
            *count = count.saturating_add(times);
        }
    }

    /// The columns of the file.
    pub(crate) fn columns(&mut self, columns: Vec<Column>) {
        self.summary.columns = columns;
    }

    /// Notes a value around which something invisible stood.
    pub(crate) fn note_stripped(&mut self) {
        self.summary.stripped = self.summary.stripped.saturating_add(1);
    }

    /// Takes note of lines that speak against a list, with their weight against that of one value each.
    pub(crate) fn weigh(&mut self, weight: u64, lines: u64) {
        if let Some(doubt) = &mut self.doubt {
            doubt.weight = doubt.weight.saturating_add(weight);
            doubt.lines = doubt.lines.saturating_add(lines);
        }
    }

    /// The error for a text with values in it. A list may have a few headings; a report has few values for its sentences.
    fn not_prose(&self) -> Result<(), ReadError> {
        let Some(doubt) = &self.doubt else { return Ok(()) };
        let (values, unreadable) = (doubt.values, self.summary.unreadable);
        let is_prose = doubt.weight.saturating_mul(2) > values && doubt.lines > 1;
        let is_something_else = unreadable / UNREADABLE_FOR_ONE > values;
        if !is_prose && !is_something_else {
            return Ok(());
        }
        Err(ReadError::Prose { name: self.summary.name.clone(), values, unreadable, prose: doubt.lines })
    }

    /// Notes how many objects the file says there are.
    pub(crate) fn announce(&mut self, total: u64) {
        self.summary.total_announced = self.summary.total_announced.max(Some(total));
    }

    /// The end of the file. With very many unreadable records it is of another kind, unless it has more that could be read:
    /// that is known only now.
    pub(crate) fn finish(mut self) -> Result<Summary, ReadError> {
        self.not_a_list()?;
        self.not_prose()?;
        self.release();
        let summary = self.summary;
        let readable = summary.objects.saturating_add(summary.left_out);
        if summary.unreadable > UNREADABLE_RECORDS && summary.unreadable > readable {
            return Err(ReadError::TooManyUnreadable {
                name: summary.name,
                format: summary.format,
                unreadable: summary.unreadable,
                readable,
            });
        }
        Ok(summary)
    }
}

/// Whether a record is an object that its source does not want to be left alone.
fn is_value(record: &Record) -> bool {
    matches!(record, Record::Object(object) if object.do_not_block.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use palisade_model::{Location, Object, Unreadable};

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

    /// How many bad records of `bad` reached the sink, beside `good` good ones behind them, and what the file came to.
    fn many(bad_records: u64, good_records: u64) -> (u64, Result<Summary, ReadError>) {
        let mut listed = 0;
        let mut sink = |record| listed += u64::from(matches!(record, Record::Unreadable(_)));
        let mut emitter = Emitter::new("x".to_owned(), Format::Csv, &mut sink);
        (1..=bad_records).for_each(|line| emitter.emit(bad(line)).unwrap());
        (1..=good_records).for_each(|line| emitter.emit(good(line)).unwrap());
        let result = emitter.finish();
        (listed, result)
    }

    #[test]
    fn a_file_of_mostly_bad_records_is_refused_at_its_end() {
        let (listed, result) = many(UNREADABLE_RECORDS + 2, UNREADABLE_RECORDS + 1);
        assert_eq!(listed, UNREADABLE_RECORDS);
        let error = result.unwrap_err();
        assert_eq!(error.code(), "collection-unreadable");
        assert!(error.to_string().contains("100002"), "{error}");
    }

    #[test]
    fn very_many_bad_records_do_not_cost_a_file_of_mostly_good_ones() {
        let (listed, result) = many(UNREADABLE_RECORDS + 2, UNREADABLE_RECORDS + 2);
        let summary = result.unwrap();
        assert_eq!(listed, UNREADABLE_RECORDS);
        assert_eq!((summary.unreadable, summary.unreadable_not_listed), (UNREADABLE_RECORDS + 2, 2));
        let warnings = palisade_model::warnings(&[summary]);
        assert!(warnings.iter().any(|warning| warning.contains("2 further")), "{warnings:?}");
    }

    #[test]
    fn invisible_characters_and_unregistered_top_levels_are_counted_in_every_format() {
        let mut seen = Vec::new();
        let mut sink = |record| seen.push(record);
        let mut emitter = Emitter::new("x".to_owned(), Format::Stix, &mut sink);
        let object = |value: &str| Record::Object(Object::indicator("FQDN", value, Location::Line(1)));
        for value in ["\u{feff}a.example", "b.bit", "c.bit", "\u{200b}"] {
            emitter.emit(object(value)).unwrap();
        }
        let summary = emitter.finish().unwrap();
        assert_eq!((summary.objects, summary.unreadable, summary.stripped, summary.unlisted), (3, 1, 1, 2));
        assert_eq!(seen[0], object("a.example"));
        let warnings = palisade_model::warnings(&[summary]);
        assert!(warnings.iter().any(|warning| warning.contains("`.bit`")), "{warnings:?}");
    }
}
