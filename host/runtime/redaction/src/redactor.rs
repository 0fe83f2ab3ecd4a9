//! Replaces secrets in bytes, texts and JSON documents.
//!
//! | encoding | recognised |
//! |---|---|
//! | literal, or escaped for JSON, URLs, HTML or quoted-printable; folded; mixed; nested | every secret |
//! | Base64 of either alphabet, Base32, hexadecimal, UTF-16, lists of numbers; of any of the above; two of them nested | secrets of [`REDACTED_ENCODED_BYTES`](palisade_limits::REDACTED_ENCODED_BYTES) and more |
//! | fragments of [`REDACTED_FRAGMENT_BYTES`](palisade_limits::REDACTED_FRAGMENT_BYTES) and more, as two headers, fields or messages have them; a third of the secret and more inside Base64 and the like | random secrets longer than [`REDACTED_SHORT_FRAGMENT_BYTES`](palisade_limits::REDACTED_SHORT_FRAGMENT_BYTES) |
//! | compressed, encrypted, in shorter fragments, in another order | never |
//!
//! A shorter secret is recognised as a whole word only: it occurs in other words by chance.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::{PoisonError, RwLock};

use palisade_limits as limits;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;

use crate::encoded::{self, Encoding};
use crate::fragment::{self, Fragments};
use crate::matcher::{Matcher, may_begin};
use crate::spelling::{Search, is_introducer};

/// Stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Encodings inside encodings that are decoded.
const DEPTH: u32 = 2;

/// Replaces secrets by [`REDACTED`]. Without any, it changes nothing.
pub struct Redactor {
    needles: Vec<Needle>,
    fragments: Fragments,
    /// Bytes with which a spelling of a needle may begin: nearly all others are passed over at once.
    begins: [bool; 256],
    /// The lengths of what is looked for inside encodings, from a third of the shortest secret to the longest secret.
    encoded: Option<RangeInclusive<usize>>,
    /// For secrets that were not known at the beginning.
    later: RwLock<Vec<Redactor>>,
}

struct Needle {
    bytes: SecretSlice<u8>,
    /// Not part of a longer word.
    whole_word: bool,
}

impl Default for Redactor {
    fn default() -> Self {
        Self {
            needles: Vec::new(),
            fragments: Fragments::default(),
            begins: [false; 256],
            encoded: None,
            later: RwLock::default(),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Redactor").field("needles", &self.needles.len()).finish()
    }
}

impl Redactor {
    /// A redactor for these secrets. Empty ones are left out.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut secrets: Vec<&str> = secrets.into_iter().map(ExposeSecret::expose_secret).collect();
        secrets.retain(|secret| !secret.trim().is_empty());
        let mut needles: Vec<(Vec<u8>, bool)> = secrets.iter().copied().flat_map(needles).collect();
        needles.sort_unstable();
        needles.dedup();
        let mut begins = [false; 256];
        for (byte, begins) in (0..=u8::MAX).zip(&mut begins) {
            let first = |(needle, _): &(Vec<u8>, bool)| needle.first().copied();
            *begins = needles.iter().filter_map(first).any(|first| may_begin(byte, first));
        }
        let encoded = needles.iter().filter(|(_, whole_word)| !whole_word).map(|(needle, _)| needle.len());
        let parts = secrets.iter().filter_map(|secret| Some(fragment::least(secret)?.max(secret.len() / 3)));
        let encoded = encoded
            .clone()
            .chain(parts)
            .min()
            .zip(encoded.max())
            .map(|(shortest, longest)| shortest..=longest);
        let needle = |(bytes, whole_word)| Needle { bytes: SecretSlice::from(bytes), whole_word };
        Self {
            fragments: Fragments::of(&secrets),
            needles: needles.into_iter().map(needle).collect(),
            begins,
            encoded,
            later: RwLock::default(),
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty() && self.later.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Adds a secret that was not known at the beginning.
    pub fn add(&self, secret: &SecretString) {
        let later = Self::new([secret]);
        if !later.needles.is_empty() {
            self.later.write().unwrap_or_else(PoisonError::into_inner).push(later);
        }
    }

    /// The bytes without the secrets; `None` if there are none in them, which is the usual case.
    #[must_use]
    pub fn redacted(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut redacted = self.redacted_of_first(bytes);
        for later in self.later.read().unwrap_or_else(PoisonError::into_inner).iter() {
            let further = later.redacted_of_first(redacted.as_deref().unwrap_or(bytes));
            redacted = further.or(redacted);
        }
        redacted
    }

    /// The same for the secrets that were known at the beginning.
    fn redacted_of_first(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.needles.is_empty() || bytes.is_empty() {
            return None;
        }
        let mut search = Search::of(bytes.len());
        let found = self.find(bytes, DEPTH, &mut search);
        if search.is_used_up() {
            // What was not searched is not shown.
            return Some(REDACTED.as_bytes().to_vec());
        }
        if found.is_empty() {
            return None;
        }
        let mut result = Vec::with_capacity(bytes.len());
        let mut written = 0;
        for place in merged(found) {
            result.extend_from_slice(bytes.get(written..place.start).unwrap_or_default());
            result.extend_from_slice(REDACTED.as_bytes());
            written = place.end;
        }
        result.extend_from_slice(bytes.get(written..).unwrap_or_default());
        Some(result)
    }

    /// The text without the secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redacted(text.as_bytes()) {
            None => Cow::Borrowed(text),
            // A match may begin or end inside a character if a secret is not ASCII.
            Some(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    /// Redacts every text of a JSON document, whatever field it stands in. Keys are the caller's own and stay.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.text(text) {
                    *text = redacted;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn find(&self, bytes: &[u8], depth: u32, search: &mut Search) -> Vec<Range<usize>> {
        let mut found = self.spelled(bytes, depth < DEPTH, search);
        found.extend(self.fragments.find(bytes, search));
        let Some(lengths) = self.encoded.as_ref().filter(|_| depth > 0) else { return found };
        for encoding in Encoding::ALL {
            let inside = |decoded: &[u8], search: &mut Search| {
                search.inside(|search| self.find(decoded, depth - 1, search))
            };
            found.extend(encoded::each(encoding, bytes, lengths, search, inside));
        }
        found
    }

    fn spelled(&self, bytes: &[u8], is_decoded: bool, search: &mut Search) -> Vec<Range<usize>> {
        let mut matcher = Matcher::default();
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(byte) = bytes.get(at) {
            let begins = self.begins.get(usize::from(*byte)).copied().unwrap_or(true);
            let end = if begins { self.end(&mut matcher, bytes, at, is_decoded, search) } else { None };
            if let Some(end) = end {
                found.push(at..end);
            }
            if search.is_used_up() {
                break;
            }
            at = end.unwrap_or(at + 1);
        }
        found
    }

    fn end(
        &self,
        matcher: &mut Matcher,
        bytes: &[u8],
        at: usize,
        is_decoded: bool,
        search: &mut Search,
    ) -> Option<usize> {
        let byte = *bytes.get(at)?;
        // A short word occurs by chance in what was no encoding.
        let needles = self.needles.iter().filter(|needle| !(is_decoded && needle.whole_word));
        let ends = needles.filter_map(|needle| {
            let wanted = needle.bytes.expose_secret();
            may_begin(byte, *wanted.first()?).then_some(())?;
            if !is_introducer(byte) && !may_go_on(bytes.get(at + 1), wanted.get(1)) {
                return None;
            }
            let end = matcher.end(bytes, at, wanted, search)?;
            let in_word = |byte: Option<&u8>| byte.is_some_and(|byte| is_part_of_word(*byte));
            let is_word = || {
                !in_word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !in_word(bytes.get(end))
            };
            (!needle.whole_word || is_word()).then_some(end)
        });
        ends.max()
    }
}

/// Whether the byte behind a first character that is not escaped may belong to the second one: nearly all are told apart here.
fn may_go_on(next: Option<&u8>, wanted: Option<&u8>) -> bool {
    match (next, wanted) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(next), Some(wanted)) => may_begin(*next, *wanted) || matches!(next, b'\r' | b'\n'),
    }
}

/// What is looked for on account of one secret, and whether only as a whole word.
fn needles(secret: &str) -> Vec<(Vec<u8>, bool)> {
    let whole_word = (secret.len() as u64) < limits::REDACTED_ENCODED_BYTES;
    let mut needles = vec![(secret.as_bytes().to_vec(), whole_word)];
    if !secret.is_ascii() {
        // What is ASCII is recognised by its zero bytes.
        let wide: Vec<u16> = secret.encode_utf16().collect();
        needles.push((wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(), false));
        needles.push((wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(), false));
    }
    needles
}

/// Whether a byte beside a short secret makes it a part of something else, such as a host name or an address.
fn is_part_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"._~@/+-".contains(&byte)
}

/// The same places in order, those that touch or overlap as one.
fn merged(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match merged.last_mut() {
            Some(last) if place.start < last.end => last.end = last.end.max(place.end),
            _ => merged.push(place),
        }
    }
    merged
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
