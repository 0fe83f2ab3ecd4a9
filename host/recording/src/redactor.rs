//! Takes a run's secrets out of whatever is to be written, in every spelling in which a service may have repeated them.
//!
//! | spelling | recognised |
//! |---|---|
//! | as it is, escaped for JSON, URLs or HTML, in UTF-16, with line breaks, all of it mixed | always |
//! | hexadecimal; Base64 of either alphabet, also with other text before and behind it | secrets of [`REDACTED_ENCODED_BYTES`](palisade_limits::REDACTED_ENCODED_BYTES) and more |
//! | compressed, encrypted, in pieces, in another order | never |
//!
//! Denies by default: a doubtful place is redacted. Where one secret holds another, the longest match wins.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use palisade_limits as limits;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;

use crate::spelling::{Matcher, may_begin};

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Replaces secrets by [`REDACTED`]. Without any, it changes nothing.
pub struct Redactor {
    needles: Vec<SecretSlice<u8>>,
    /// Bytes with which a spelling of a needle may begin: nearly all others are passed over at once.
    begins: [bool; 256],
}

impl Default for Redactor {
    fn default() -> Self {
        Self { needles: Vec::new(), begins: [false; 256] }
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
        let secrets = secrets.into_iter().map(|secret| secret.expose_secret().as_bytes());
        let needles: Vec<Vec<u8>> = secrets.filter(|secret| !secret.is_empty()).flat_map(needles).collect();
        let mut begins = [false; 256];
        for (byte, begins) in (0..=u8::MAX).zip(&mut begins) {
            *begins = needles.iter().filter_map(|needle| needle.first()).any(|first| may_begin(byte, *first));
        }
        Self { needles: needles.into_iter().map(SecretSlice::from).collect(), begins }
    }

    /// The bytes without the secrets; `None` where there are none in them, which is the usual case.
    #[must_use]
    pub fn redacted(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut matcher = Matcher::default();
        let mut result: Option<Vec<u8>> = None;
        let (mut written, mut at) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            let begins = self.begins.get(usize::from(*byte)).copied().unwrap_or(true);
            let end = if begins { self.end(&mut matcher, bytes, at) } else { None };
            let Some(end) = end else {
                at += 1;
                continue;
            };
            let result = result.get_or_insert_default();
            result.extend_from_slice(bytes.get(written..at).unwrap_or_default());
            result.extend_from_slice(REDACTED.as_bytes());
            (written, at) = (end, end);
        }
        if let Some(result) = &mut result {
            result.extend_from_slice(bytes.get(written..).unwrap_or_default());
        }
        result
    }

    /// The text without the secrets.
    #[must_use]
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.redacted(text.as_bytes()) {
            None => Cow::Borrowed(text),
            // A match may begin or end inside of a character where a secret is not ASCII.
            Some(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    /// Redacts every text of a JSON document, whatever field it stands in. Keys are the caller's own and stay.
    pub(crate) fn value(&self, value: &mut Value) {
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

    fn end(&self, matcher: &mut Matcher, bytes: &[u8], at: usize) -> Option<usize> {
        let byte = *bytes.get(at)?;
        let begun = |needle: &&[u8]| needle.first().is_some_and(|first| may_begin(byte, *first));
        let needles = self.needles.iter().map(|needle| needle.expose_secret());
        needles.filter(begun).filter_map(|needle| matcher.end(bytes, at, needle)).max()
    }
}

/// What is looked for on account of one secret.
fn needles(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut needles = vec![secret.to_vec()];
    if secret.len() as u64 >= limits::REDACTED_ENCODED_BYTES {
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            needles.extend((0..3).filter_map(|before| base64_of(&engine, before, secret)));
        }
        let hexadecimal: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        needles.push(hexadecimal.to_uppercase().into_bytes());
        needles.push(hexadecimal.into_bytes());
    }
    needles.sort_unstable();
    needles.dedup();
    needles
}

/// Those characters of the Base64 of a text that the secret alone decides, where `before` bytes more than a multiple of
/// three stand before it.
fn base64_of(engine: &impl Engine, before: usize, secret: &[u8]) -> Option<Vec<u8>> {
    let mut text = vec![0; before];
    text.extend_from_slice(secret);
    let encoded = engine.encode(&text).into_bytes();
    // Six bits each: the first character behind the bits before the secret, the last one that its bits fill.
    let (first, behind) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
    encoded.get(first..behind).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests;
