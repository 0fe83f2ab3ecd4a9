//! The walk through one document: serde visitors that know where they are and hold at most one record.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use palisade_limits::RECORD_BYTES;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::meter::Shared;
use super::scope::{Scopes, TooLate};
use super::{Dialect, Reading, Role};
use crate::ReadError;
use crate::emitter::Emitter;
use palisade_model::{Location, Record, Unreadable};

/// The state of one walk.
pub(super) struct Walk<'walk, 'sink> {
    dialect: &'walk dyn Dialect,
    emitter: &'walk mut Emitter<'sink>,
    /// Line of the document, in JSON Lines.
    line: Option<u64>,
    shared: Rc<Shared>,
    path: String,
    found: bool,
    stopped: Option<ReadError>,
    reading: Reading,
    scopes: Scopes,
}

impl<'walk, 'sink> Walk<'walk, 'sink> {
    pub(super) fn new(
        dialect: &'walk dyn Dialect,
        emitter: &'walk mut Emitter<'sink>,
        line: Option<u64>,
        shared: Rc<Shared>,
    ) -> Self {
        let path = "$".to_owned();
        Self {
            dialect,
            emitter,
            line,
            shared,
            path,
            found: false,
            stopped: None,
            reading: Reading::default(),
            scopes: Scopes::default(),
        }
    }

    /// The seed for the document's root.
    pub(super) fn root<'borrow>(&'borrow mut self) -> Node<'borrow, 'walk, 'sink> {
        Node { walk: self, list: Role::Container }
    }

    /// Why the walk was stopped, where it stood, and whether it met anything that its format holds.
    pub(super) fn into_parts(self) -> (Option<ReadError>, String, bool) {
        (self.stopped, self.path, self.found)
    }

    fn location(&self) -> Location {
        match self.line {
            None => Location::Path(self.path.clone()),
            Some(line) if self.path == "$" => Location::Line(line),
            Some(line) => Location::LinePath(line, self.path.clone()),
        }
    }

    /// Goes one step down, does something there, and comes back. Where that fails, the path stays where it was.
    fn step<T, E>(&mut self, step: Step<'_>, inside: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let length = self.path.len();
        match step {
            Step::Index(index) => self.path.push_str(&format!("[{index}]")),
            Step::Key(key) => {
                self.path.push('.');
                self.path.push_str(key);
            }
        }
        let result = inside(self)?;
        self.path.truncate(length);
        Ok(result)
    }

    /// Hands a record on, or holds it until the containers around it are known.
    fn emit<E: de::Error>(&mut self, record: Record) -> Result<(), E> {
        let ready = self.scopes.add(record);
        self.hand_on(ready)
    }

    fn hand_on<E: de::Error>(&mut self, records: Vec<Record>) -> Result<(), E> {
        records.into_iter().try_for_each(|record| self.emitter.emit(record)).map_err(|error| {
            self.stopped = Some(error);
            E::custom("stopped")
        })
    }

    /// A container's end: what it holds is handed on.
    fn leave<E: de::Error>(&mut self) -> Result<(), E> {
        let ready = self.scopes.leave();
        self.hand_on(ready)
    }

    /// A key of a container that may say something against all that the container holds.
    fn mark<E: de::Error>(&mut self, key: &str, value: &Value) -> Result<(), E> {
        let Some(mark) = self.dialect.withdrawn(key, value) else { return Ok(()) };
        self.scopes.withdraw(mark).map_err(|TooLate| {
            self.stopped = Some(ReadError::LateMark {
                name: self.emitter.name().to_owned(),
                location: self.location().to_string(),
                field: key.to_owned(),
            });
            E::custom("stopped")
        })
    }

    /// A record was expected where something else stands.
    fn misplaced<E: de::Error>(&mut self, found: &str) -> Result<(), E> {
        let message = format!("expected an object or a list of objects, found {found}");
        let record = Record::Unreadable(Unreadable::new(self.location(), message, found));
        self.emit(record)
    }

    fn record<E: de::Error>(&mut self, map: &Map<String, Value>) -> Result<(), E> {
        self.found = true;
        let location = self.location();
        let mut reading = std::mem::take(&mut self.reading);
        self.dialect.read(map, &location, &mut reading);
        reading.ignored.drain(..).for_each(|field| self.emitter.ignore(field));
        for record in reading.records.drain(..) {
            self.emit(record)?;
        }
        self.reading = reading;
        Ok(())
    }

    /// One element of a list of records, in its own words.
    fn raw_record<E: de::Error>(&mut self, raw: &RawValue) -> Result<(), E> {
        self.found = true;
        if u64::try_from(raw.get().len()).is_ok_and(|length| length > RECORD_BYTES) {
            let message = format!("the record is larger than {RECORD_BYTES} bytes");
            let start = crate::text::beginning(raw.get().as_bytes());
            let record = Record::Unreadable(Unreadable::new(self.location(), message, &start));
            return self.emit(record);
        }
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        let message = match (Parts { dialect: self.dialect }).deserialize(&mut reader) {
            Ok(Value::Object(parts)) => return self.record(&parts),
            Ok(other) => format!("expected an object, found {}", kind(&other)),
            Err(error) => format!("expected an object: {error}"),
        };
        let record = Record::Unreadable(Unreadable::new(self.location(), message, raw.get()));
        self.emit(record)
    }
}

/// One step of a path.
enum Step<'key> {
    Index(u64),
    Key(&'key str),
}

/// What a value is, in JSON's words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// One record of which only the parts that the dialect asks for are held: what a platform knows about the sources of an
/// indicator is most of its text.
struct Parts<'dialect> {
    dialect: &'dialect dyn Dialect,
}

impl<'de> DeserializeSeed<'de> for Parts<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Parts<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut parts = Map::new();
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            if self.dialect.role(&key) == Role::Part {
                parts.insert(key.into_owned(), entries.next_value()?);
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(parts))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }
}

/// A value that is an object with keys of interest, or a list. The elements of the list are containers again, or records.
pub(super) struct Node<'borrow, 'walk, 'sink> {
    walk: &'borrow mut Walk<'walk, 'sink>,
    list: Role,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let Self { walk, list } = self;
        for index in 0_u64.. {
            let more = walk.step(Step::Index(index), |walk| {
                if list == Role::Records {
                    walk.shared.begin_record();
                    let raw =
                        elements.next_element::<Box<RawValue>>().inspect_err(|_| walk.shared.failed())?;
                    walk.shared.end_record();
                    raw.map(|raw| walk.raw_record(&raw)).transpose()
                } else {
                    let shared = Rc::clone(&walk.shared);
                    elements
                        .next_element_seed(Node { walk, list: Role::Container })
                        .inspect_err(|_| shared.failed())
                }
            })?;
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let walk = self.walk;
        let mut parts = Map::new();
        let mut is_container = false;
        loop {
            walk.shared.begin_record();
            let key = entries.next_key::<String>().inspect_err(|_| walk.shared.failed())?;
            let Some(key) = key else { break };
            walk.shared.end_record();
            match walk.dialect.role(&key) {
                role @ (Role::Container | Role::Records) => {
                    walk.found = true;
                    if !std::mem::replace(&mut is_container, true) && walk.dialect.may_be_withdrawn() {
                        walk.scopes.enter();
                        for (key, value) in std::mem::take(&mut parts) {
                            walk.mark(&key, &value)?;
                        }
                    }
                    walk.step(Step::Key(&key), |walk| {
                        let shared = Rc::clone(&walk.shared);
                        entries.next_value_seed(Node { walk, list: role }).inspect_err(|_| shared.failed())
                    })?;
                }
                Role::Part if is_container && !walk.dialect.may_be_withdrawn() => {
                    entries.next_value::<IgnoredAny>().inspect_err(|_| walk.shared.failed())?;
                }
                role @ (Role::Total | Role::Part) => {
                    walk.shared.begin_record();
                    let raw = entries.next_value::<Box<RawValue>>().inspect_err(|_| walk.shared.failed())?;
                    walk.shared.end_record();
                    // What cannot be held as a value (a lone surrogate, a number beyond all bounds) counts as missing.
                    let value = serde_json::from_str::<Value>(raw.get()).unwrap_or_default();
                    if role == Role::Total {
                        let total = value.as_u64().or_else(|| value.as_str()?.parse().ok());
                        total.into_iter().for_each(|total| walk.emitter.announce(total));
                    } else if is_container {
                        walk.mark(&key, &value)?;
                    } else {
                        parts.insert(key, value);
                    }
                }
                Role::Ignored => {
                    entries.next_value::<IgnoredAny>().inspect_err(|_| walk.shared.failed())?;
                }
            }
        }
        walk.shared.end_record();
        if is_container {
            return if walk.dialect.may_be_withdrawn() { walk.leave() } else { Ok(()) };
        }
        if walk.dialect.is_record(&parts) {
            return walk.record(&parts);
        }
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        // A list that is `null` is an empty one.
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.walk.misplaced("a boolean")
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.walk.misplaced("a number")
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.walk.misplaced("a number")
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.walk.misplaced("a number")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.walk.misplaced("a string")
    }
}
