//! One record of a CSV file as objects: one for each value in it.

use time::OffsetDateTime;

use super::header::{Header, ValueColumn};
use crate::do_not_block::{Judgement, Mark, description, judge, label};
use crate::guess::{AMBIGUOUS_NAME, NOT_A_VALUE, guess, has_scheme, reason_against, subtype};
use crate::refang::refang;
use crate::settle::strip;
use crate::text::punctuation::{CUT_OFF, bare, doubt, without_typographic_marks};
use crate::type_name::{letters_and_digits, threatq_name, type_by_name};
use palisade_model::{Location, Note, Object, Record, Unreadable};

/// Types whose values are defanged when they are passed around; in others, brackets are content.
const DEFANGED: &[&str] = &[
    subtype::FQDN,
    subtype::IP_ADDRESS,
    subtype::IPV6_ADDRESS,
    subtype::CIDR_BLOCK,
    subtype::URL,
    subtype::EMAIL_ADDRESS,
];
/// Types that say nothing: those of other kinds of objects.
const GENERAL_TYPES: &[&str] = &["indicator", "ioc", "observable"];
/// What Zeek writes in a field without a value.
const NOTHING: &str = "-";
/// The type of hashes that are not those of files.
const CERTIFICATE: &str = "Certificate fingerprint";

/// What records have in common that is said once for a file.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Notes with how often they apply; few, and found by comparing.
    notes: Vec<(Note, u64)>,
}

impl Tally {
    fn add(&mut self, note: impl Fn() -> Note, is: impl Fn(&Note) -> bool, count: u64) {
        match self.notes.iter_mut().find(|(known, _)| is(known)) {
            Some((_, known)) => *known = known.saturating_add(count),
            None => self.notes.push((note(), count)),
        }
    }

    fn column(&mut self, name: &str, count: u64) {
        let is = |note: &Note| matches!(note, Note::Column { name: known } if known == name);
        self.add(|| Note::Column { name: name.to_owned() }, is, count);
    }

    pub(super) fn notes(self) -> impl Iterator<Item = (Note, u64)> {
        self.notes.into_iter()
    }
}

/// One value of a cell.
struct Found {
    kind: String,
    value: String,
    attribute: Option<(&'static str, String)>,
}

impl Found {
    fn new(kind: impl Into<String>, value: impl Into<String>) -> Self {
        Self { kind: kind.into(), value: value.into(), attribute: None }
    }
}

/// The records of one row, its fields in the header's order.
pub(super) fn convert(
    fields: &[&str],
    header: &Header,
    location: &Location,
    now: OffsetDateTime,
    tally: &mut Tally,
) -> Vec<Record> {
    let unreadable = |message: String| {
        let row = fields.join(&header.delimiter_text());
        vec![Record::Unreadable(Unreadable::new(location.clone(), message, &row))]
    };
    if fields.iter().skip(header.columns()).any(|field| !field.is_empty()) {
        return unreadable(format!(
            "{} fields under a header of {}, expected as many or fewer",
            fields.len(),
            header.columns()
        ));
    }
    let field = |column: Option<usize>| {
        column
            .and_then(|column| fields.get(column))
            .copied()
            .filter(|field| !field.is_empty() && *field != NOTHING)
    };
    let mut found: Vec<Result<Found, String>> = Vec::new();
    for column in &header.values {
        let Some(raw) = field(Some(column.column)) else { continue };
        let given = field(header.kind);
        match cell(raw, given, *column, header, tally) {
            Ok(values) => found.extend(values.into_iter().map(Ok)),
            Err(message) => found.push(Err(message)),
        }
    }
    if found.is_empty() {
        return unreadable(format!("nothing in the column {}, expected a value", header.value_names()));
    }
    for column in &header.unread {
        if let Some(count) = field(Some(*column)).map(values_in).filter(|count| *count > 0) {
            tally.column(header.name(*column), count);
        }
    }
    let common = common(header, &field, location, tally);
    let mark = mark(header, &field, &common, now, tally);
    let record = |found: Result<Found, String>| match found {
        Ok(Found { kind, value, attribute }) => {
            let mut object = Object { subtype: kind, value, ..common.clone() };
            object.attributes.extend(attribute.map(|(name, value)| (name.to_owned(), value)));
            mark.clone().map_or(Record::Object(object.clone()), |mark| mark.apply(object))
        }
        Err(message) => {
            let row = fields.join(&header.delimiter_text());
            Record::Unreadable(Unreadable::new(location.clone(), message, &row))
        }
    };
    found.into_iter().map(record).collect()
}

/// What a row says against blocking its values. A record that is withdrawn is withdrawn, whatever else is said of it.
fn mark<'row>(
    header: &Header,
    field: &impl Fn(Option<usize>) -> Option<&'row str>,
    common: &Object,
    now: OffsetDateTime,
    tally: &mut Tally,
) -> Option<Mark> {
    let mut found: Option<Mark> = None;
    for column in &header.marks {
        let name = header.name(*column);
        let Some(text) = field(Some(*column)) else { continue };
        match judge(name, text, now) {
            Judgement::Nothing => {}
            Judgement::Mark(mark) if found.is_none() || mark.reason.is_withdrawn() => found = Some(mark),
            Judgement::Mark(_) => {}
            Judgement::NotATime => {
                let is = |note: &Note| matches!(note, Note::NotATime { name: known } if known == name);
                tally.add(|| Note::NotATime { name: name.to_owned() }, is, 1);
            }
        }
    }
    let tagged = || common.tags.iter().find_map(|tag| Some(Mark::new(label(tag)?, tag)));
    let described =
        || common.description.as_deref().and_then(|text| Some(Mark::new(description(text)?, text)));
    found.or_else(tagged).or_else(described)
}

/// What is said of all values of a row.
fn common<'row>(
    header: &Header,
    field: &impl Fn(Option<usize>) -> Option<&'row str>,
    location: &Location,
    tally: &mut Tally,
) -> Object {
    let mut object = Object::indicator("", "", location.clone());
    object.platform_id = field(header.id).map(str::to_owned);
    object.status = field(header.status).map(str::to_owned);
    object.description = field(header.description).map(str::to_owned);
    object.tags = field(header.tags)
        .into_iter()
        .flat_map(|tags| tags.split([',', ';', '|']))
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect();
    object.attributes = header
        .others()
        .filter_map(|(column, name)| Some((name.to_owned(), field(Some(column))?.to_owned())))
        .collect();
    if let Some(text) = field(header.score) {
        match score(text) {
            Ok(score) => object.score = Some(score),
            // What is not a score is no reason to lose the value.
            Err(note) => {
                object.attributes.push(("Score".to_owned(), text.to_owned()));
                let is = |known: &Note| *known == note;
                tally.add(|| note.clone(), is, 1);
            }
        }
    }
    object
}

/// A score on ThreatQ's scale: `9.5`, `9,5`, `85/100`.
fn score(text: &str) -> Result<f64, Note> {
    let number = |text: &str| {
        let plain =
            if text.contains('.') { text.trim().to_owned() } else { text.trim().replacen(',', ".", 1) };
        plain.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or(Note::NotANumber)
    };
    let score = match text.split_once('/') {
        Some((part, whole)) => {
            let (part, whole) = (number(part)?, number(whole)?);
            if whole <= 0.0 {
                return Err(Note::NotANumber);
            }
            part / whole * 10.0
        }
        None => number(text)?,
    };
    if (0.0..=10.0).contains(&score) { Ok(score) } else { Err(Note::OtherScale) }
}

/// The values of a cell.
fn cell(
    raw: &str,
    given: Option<&str>,
    column: ValueColumn,
    header: &Header,
    tally: &mut Tally,
) -> Result<Vec<Found>, String> {
    let name = header.name(column.column);
    let given = given.filter(|given| !GENERAL_TYPES.contains(&letters_and_digits(given).as_str()));
    // In a file with `Indicator` and `Data`, some rows may have the value in the first of them.
    if header.is_kind_doubtful
        && let Some(other) = given.filter(|given| type_by_name(given, "").is_none())
        && let Some(kind) = guess(&refang(bare(other)))
        && guess(&refang(bare(raw))).is_none()
    {
        return Ok(vec![Found::new(kind, refang(bare(other)))]);
    }
    if let Some(values) = given.and_then(|given| composite(given, raw)) {
        return values;
    }
    let said = given.or(column.is_typed.then_some(name));
    if let Some(values) = several(raw, said) {
        return Ok(values);
    }
    let mut found = match said {
        Some(said) => of_type(raw, said)?,
        None => by_content(raw)?,
    };
    if column.is_typed && given.is_none() {
        if header.is_of_certificates
            && matches!(found.kind.as_str(), subtype::SHA_1 | subtype::SHA_256 | subtype::MD5)
        {
            CERTIFICATE.clone_into(&mut found.kind);
        } else if let Some(kind) = other_type(&found) {
            let is = |note: &Note| matches!(note, Note::OtherType { name: known } if known == name);
            tally.add(|| Note::OtherType { name: name.to_owned() }, is, 1);
            kind.clone_into(&mut found.kind);
            found.value = refang(bare(raw));
        } else if type_by_name(name, &found.value).is_none() {
            // A column of hashes without one that has the length of a hash.
            return Err(format!("{NOT_A_VALUE}, found `{}`", palisade_model::excerpt(raw)));
        }
    }
    Ok(vec![found])
}

/// A value whose type is said.
fn of_type(raw: &str, said: &str) -> Result<Found, String> {
    let whole = refang(without_typographic_marks(raw));
    let kind = threatq_name(said, &whole);
    if !DEFANGED.contains(&kind.as_str()) {
        let is_hash =
            type_by_name(said, "").is_some() && guess(&whole).is_some_and(|guessed| guessed == kind);
        return Ok(Found::new(kind, if is_hash { whole } else { strip(raw).to_owned() }));
    }
    let value = if kind == subtype::URL { whole } else { refang(bare(raw)) };
    if doubt(&value) == Some(CUT_OFF) || value.ends_with(['\u{2013}', '\u{2014}']) {
        return Err(CUT_OFF.to_owned());
    }
    Ok(Found::new(kind, value))
}

/// A value whose type is to be found.
fn by_content(raw: &str) -> Result<Found, String> {
    let value = refang(bare(raw));
    if doubt(&value) == Some(CUT_OFF) {
        return Err(CUT_OFF.to_owned());
    }
    match guess(&value) {
        Some(kind) => Ok(Found::new(kind, value)),
        None => Err(match reason_against(&value) {
            Some(reason) if reason == AMBIGUOUS_NAME || !value.contains(char::is_whitespace) => {
                reason.to_owned()
            }
            _ => format!("{NOT_A_VALUE}, found `{}`", palisade_model::excerpt(raw)),
        }),
    }
}

/// What a value in a column that is named after another type plainly is. A host without a scheme may stand in a column of URLs,
/// and a name that looks like that of a file in one of domains.
fn other_type(found: &Found) -> Option<&'static str> {
    let kind = guess(&found.value)?;
    let is_in_place = kind == found.kind
        || kind == subtype::FILENAME
        || found.kind == subtype::URL
        || found.kind == subtype::FQDN
            && kind == subtype::URL
            && !has_scheme(&found.value)
            && !found.value.contains('/');
    (!is_in_place).then_some(kind)
}

/// The values of a cell that holds nothing but values, more than one: `a.example, b.example`, `MD5 : SHA-1 : SHA-256`.
fn several(raw: &str, said: Option<&str>) -> Option<Vec<Found>> {
    let pieces: Vec<&str> = pieces(raw).collect();
    if pieces.len() < 2 {
        return None;
    }
    let found: Vec<Found> = pieces
        .iter()
        .map(|piece| {
            let value = refang(bare(piece));
            let kind = guess(&value)?;
            let is_meant = said.is_none_or(|said| type_by_name(said, &value) == Some(kind));
            let is_whole = kind != subtype::URL || has_scheme(&value);
            (is_meant && is_whole && kind != subtype::FILENAME).then(|| Found::new(kind, value))
        })
        .collect::<Option<_>>()?;
    let is_hash = |found: &Found| crate::guess::hash(&found.value).is_some();
    let is_alike = said.is_some()
        || found.iter().all(is_hash)
        || found.first().is_some_and(|first| found.iter().all(|next| next.kind == first.kind));
    is_alike.then_some(found)
}

/// The parts of a cell between separators.
fn pieces(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(|next: char| next.is_whitespace() || matches!(next, ',' | ';' | '|'))
        .filter(|piece| piece.chars().any(char::is_alphanumeric))
}

/// How many values a cell holds that is not read.
fn values_in(raw: &str) -> u64 {
    let is_value = |text: &str| {
        text.len() > 3 && guess(&refang(bare(text))).is_some_and(|kind| kind != subtype::FILENAME)
    };
    if is_value(raw) {
        return 1;
    }
    let count = pieces(raw).count();
    if count > 1 && pieces(raw).all(is_value) { u64::try_from(count).unwrap_or(u64::MAX) } else { 0 }
}

/// The values of MISP's types of two parts, of which a port or a file name is no indicator by itself.
fn composite(given: &str, raw: &str) -> Option<Result<Vec<Found>, String>> {
    let (left, right) = given.split_once('|')?;
    let (left, right) = (left.trim(), right.trim());
    let is_port = letters_and_digits(right) == "port";
    let is_name = letters_and_digits(left) == "filename";
    if type_by_name(left, "").is_none() || !is_port && type_by_name(right, raw).is_none() && !is_name {
        return None;
    }
    let Some((first, second)) = (if is_name || is_port { raw.rsplit_once('|') } else { raw.split_once('|') })
    else {
        return Some(Err(format!(
            "the value of a `{}` is not in two parts, expected them with `|` between",
            palisade_model::excerpt(given)
        )));
    };
    let (first, second) = (strip(first), strip(second));
    if first.is_empty() || second.is_empty() {
        return Some(Err(format!(
            "one part of a `{}` is empty, expected both",
            palisade_model::excerpt(given)
        )));
    }
    Some(if is_port {
        of_type(first, left)
            .map(|found| vec![Found { attribute: Some(("port", second.to_owned())), ..found }])
    } else if is_name {
        of_type(second, right)
            .map(|found| vec![Found { attribute: Some(("filename", first.to_owned())), ..found }])
    } else {
        of_type(first, left).and_then(|one| Ok(vec![one, of_type(second, right)?]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_on_their_scale() {
        for (text, expected) in [
            ("9.5", Ok(9.5)),
            ("9,5", Ok(9.5)),
            ("85/100", Ok(8.5)),
            ("10/10", Ok(10.0)),
            ("0", Ok(0.0)),
            ("85", Err(Note::OtherScale)),
            ("-1", Err(Note::OtherScale)),
            ("High", Err(Note::NotANumber)),
            ("1/0", Err(Note::NotANumber)),
            ("NaN", Err(Note::NotANumber)),
        ] {
            assert_eq!(score(text), expected, "{text}");
        }
    }
}
