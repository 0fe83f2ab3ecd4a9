//! Which of the recorded requests a request was most likely meant to be.

use crate::exchange::Asked;

/// How near two requests are: first whether method, URL and headers agree, then how much of URL and body does.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nearness {
    same_url: bool,
    same_method: bool,
    same_headers: bool,
    /// Bytes of the URL that agree at its beginning and its end.
    url: usize,
    /// The same for the body: of many batches, the one with a single value changed agrees in almost all.
    body: usize,
}

impl Nearness {
    pub(crate) fn of(one: &Asked, other: &Asked) -> Self {
        Self {
            same_url: one.url == other.url,
            same_method: one.method == other.method,
            same_headers: one.headers == other.headers,
            url: agreeing(one.url.as_bytes(), other.url.as_bytes()),
            body: agreeing(one.body.bytes(), other.body.bytes()),
        }
    }
}

fn agreeing(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    let begin = pairs.take_while(|(one, other)| one == other).count();
    let shorter = one.len().min(other.len());
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    (begin + end).min(shorter)
}
