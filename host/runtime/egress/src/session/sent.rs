//! What left in the bodies of requests: each text of a JSON body by the name of its field, and how often. A component says
//! how often it asked for a request; only the host knows how often that request was sent. Texts are kept as digests.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade_limits as limits;
use serde_json::Value;

/// The texts of one request that are counted.
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<(usize, u64)>);

/// Counts of one run.
#[derive(Debug, Default)]
pub(super) struct Sent {
    digests: RandomState,
    index: Mutex<Index>,
}

#[derive(Debug, Default)]
struct Index {
    /// The names of fields, each once.
    fields: Vec<String>,
    /// By the digest of a text: field and times.
    texts: HashMap<u64, Vec<(usize, u32)>>,
    entries: u64,
    /// A body was sent whose texts are not known, or not all of them.
    incomplete: bool,
    /// A body was sent.
    any: bool,
}

impl Sent {
    /// Reads the texts of a body that is about to be sent.
    pub(super) fn read(&self, body: &[u8]) -> Texts {
        let mut texts = Texts::default();
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            self.index().incomplete = true;
            return texts;
        };
        let mut index = self.index();
        let mut open = vec![&value];
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items),
                Value::Object(fields) => {
                    for (name, value) in fields {
                        match value {
                            Value::String(text) => match index.field(name) {
                                Some(field) => texts.0.push((field, self.digests.hash_one(text.as_str()))),
                                None => index.incomplete = true,
                            },
                            value => open.push(value),
                        }
                    }
                }
                _ => {}
            }
        }
        texts
    }

    /// Counts an attempt.
    pub(super) fn count(&self, texts: &Texts) {
        let mut index = self.index();
        index.any = true;
        for (field, digest) in &texts.0 {
            index.count(*field, *digest);
        }
    }

    /// Takes back an attempt that did not leave.
    pub(super) fn take_back(&self, texts: &Texts) {
        let mut index = self.index();
        for (field, digest) in &texts.0 {
            let times = index.texts.get_mut(digest).into_iter().flatten();
            times.filter(|(of, _)| of == field).for_each(|(_, times)| *times = times.saturating_sub(1));
        }
    }

    /// How often this text left in a field of this name; `None` if that is not known.
    pub(super) fn times(&self, field: &str, text: &str) -> Option<u32> {
        let index = self.index();
        let field = index.fields.iter().position(|name| name == field)?;
        let times = index.texts.get(&self.digests.hash_one(text)).into_iter().flatten();
        match times.filter(|(of, _)| *of == field).map(|(_, times)| *times).next() {
            None if index.incomplete => None,
            times => Some(times.unwrap_or_default()),
        }
    }

    /// In which fields this text left, and how often.
    pub(super) fn fields_of(&self, text: &str) -> Vec<(String, u32)> {
        let index = self.index();
        let times = index.texts.get(&self.digests.hash_one(text)).into_iter().flatten();
        let left = times.filter(|(_, times)| *times > 0);
        left.filter_map(|(field, times)| Some((index.fields.get(*field)?.clone(), *times))).collect()
    }

    /// Whether a request with a body was sent.
    pub(super) fn any(&self) -> bool {
        self.index().any
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index {
    /// The number of a field's name; `None` if there are too many names.
    fn field(&mut self, name: &str) -> Option<usize> {
        if let Some(known) = self.fields.iter().position(|field| field == name) {
            return Some(known);
        }
        let fits =
            (self.fields.len() as u64) < limits::SENT_FIELDS && name.len() as u64 <= limits::SENT_FIELD_BYTES;
        fits.then(|| {
            self.fields.push(name.to_owned());
            self.fields.len() - 1
        })
    }

    fn count(&mut self, field: usize, digest: u64) {
        if let Some((_, times)) =
            self.texts.get_mut(&digest).into_iter().flatten().find(|(of, _)| *of == field)
        {
            *times = times.saturating_add(1);
        } else if self.entries < limits::SENT_TEXTS {
            self.entries += 1;
            self.texts.entry(digest).or_default().push((field, 1));
        } else {
            self.incomplete = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_counted_by_its_field() {
        let sent = Sent::default();
        let texts =
            sent.read(br#"[{"domain":"a.example","description":"b.example"},{"domain":"b.example"}]"#);
        assert!(!sent.any());
        sent.count(&texts);
        sent.count(&texts);
        assert_eq!(sent.times("domain", "a.example"), Some(2));
        assert_eq!(sent.times("description", "b.example"), Some(2));
        assert_eq!(sent.times("domain", "c.example"), Some(0));
        assert_eq!(sent.times("url", "a.example"), None);
        let mut fields = sent.fields_of("b.example");
        fields.sort();
        assert_eq!(fields, [("description".to_owned(), 2), ("domain".to_owned(), 2)]);
    }

    #[test]
    fn an_attempt_that_did_not_leave_is_taken_back() {
        let sent = Sent::default();
        let texts = sent.read(br#"{"domain":"a.example"}"#);
        sent.count(&texts);
        sent.take_back(&texts);
        assert_eq!(sent.times("domain", "a.example"), Some(0));
        assert!(sent.fields_of("a.example").is_empty());
    }

    #[test]
    fn what_cannot_be_read_leaves_the_count_of_other_texts_unknown() {
        let sent = Sent::default();
        sent.count(&sent.read(br#"{"domain":"a.example"}"#));
        sent.count(&sent.read(b"a=1&b=2"));
        assert_eq!(sent.times("domain", "a.example"), Some(1));
        assert_eq!(sent.times("domain", "b.example"), None);
        assert!(sent.any());
    }

    #[test]
    fn what_is_taken_back_is_the_text_of_its_own_field() {
        let sent = Sent::default();
        sent.count(&sent.read(br#"{"domain":"a.example","url":"a.example"}"#));
        let of_domain = sent.read(br#"{"domain":"a.example"}"#);
        sent.count(&of_domain);
        sent.take_back(&of_domain);
        sent.take_back(&of_domain);
        assert_eq!((sent.times("domain", "a.example"), sent.times("url", "a.example")), (Some(0), Some(1)));
        assert_eq!(sent.fields_of("a.example"), [("url".to_owned(), 1)]);
    }

    #[test]
    fn texts_are_found_at_any_depth_and_nothing_but_texts() {
        let sent = Sent::default();
        sent.count(&sent.read(br#"{"a":[{"b":{"c":"deep"}},["loose"],7,null,true],"d":1}"#));
        assert_eq!(sent.fields_of("deep"), [("c".to_owned(), 1)]);
        assert!(sent.fields_of("loose").is_empty() && sent.fields_of("1").is_empty());
    }

    #[test]
    fn too_many_or_too_long_names_of_fields_leave_the_count_unknown() {
        let longest = "n".repeat(limits::SENT_FIELD_BYTES as usize);
        for (name, known) in [(longest.clone(), true), (format!("{longest}n"), false)] {
            let sent = Sent::default();
            sent.count(&sent.read(br#"{"a":"x"}"#));
            sent.count(&sent.read(serde_json::json!({ name: "text" }).to_string().as_bytes()));
            assert_eq!(sent.times("a", "other").is_some(), known);
        }
        let sent = Sent::default();
        let names = |count| -> serde_json::Map<String, Value> {
            (0..count).map(|name| (format!("n{name}"), Value::from("text"))).collect()
        };
        sent.count(&sent.read(&serde_json::to_vec(&names(limits::SENT_FIELDS)).unwrap()));
        assert_eq!(sent.times("n0", "other"), Some(0));
        assert_eq!(sent.fields_of("text").len() as u64, limits::SENT_FIELDS);
        sent.count(&sent.read(&serde_json::to_vec(&names(limits::SENT_FIELDS + 1)).unwrap()));
        assert_eq!((sent.times("n0", "other"), sent.times("n0", "text")), (None, Some(2)));
    }

    #[test]
    fn a_body_without_end_does_not_fill_the_memory() {
        let sent = Sent::default();
        for part in 0..=(limits::SENT_TEXTS / 10_000) {
            let items: Vec<Value> =
                (0..10_000).map(|item| serde_json::json!({ "v": format!("{part}-{item}") })).collect();
            sent.count(&sent.read(&serde_json::to_vec(&items).unwrap()));
        }
        assert_eq!(sent.index().entries, limits::SENT_TEXTS);
        assert_eq!(sent.times("v", "never"), None);
    }
}
