//! What was received: every request with its body, and what became of it. Nothing is redacted here, because tests compare
//! credentials too; nothing of it is ever logged.

use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use serde::Serialize;
use time::OffsetDateTime;

/// How many requests are kept on record. Enough for a run of 10,000 objects that are sent one by one, twice; the oldest
/// go first.
const RECORDED_REQUESTS: usize = 20_000;

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its number, from 1, in the order in which requests were complete.
    pub number: u64,
    /// When its body was complete.
    pub at: OffsetDateTime,
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// Its query, without the question mark; empty if there was none.
    pub query: String,
    /// The host that it was meant for, without the port.
    pub host: String,
    /// The protocol.
    pub version: Version,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Its headers, the credential included.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// The status that it was answered; `None` while it is in work, and if it got no answer.
    pub status: Option<u16>,
    /// What was refused and why, in more words than the service has.
    pub refusals: Vec<Refused>,
}

/// Why an item or a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The item's place, from 0; `None` for the whole request.
    pub item: Option<usize>,
    /// The reason.
    pub reason: &'static str,
}

impl Received {
    /// A header's text; `None` if it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `None` if it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// The requests on record, the oldest first.
#[derive(Debug, Default)]
pub struct Records {
    requests: VecDeque<Received>,
    count: u64,
}

impl Records {
    /// Puts a request on record and gives it its number.
    pub fn add(&mut self, mut request: Received) -> u64 {
        self.count += 1;
        request.number = self.count;
        if self.requests.len() >= RECORDED_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
        self.count
    }

    /// The request with a number, if it is still on record.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Received> {
        let first = self.requests.front()?.number;
        self.requests.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    /// All of them.
    pub fn requests(&self) -> impl Iterator<Item = &Received> {
        self.requests.iter()
    }

    /// Notes what a request was answered.
    pub fn answered(&mut self, number: u64, status: u16) {
        if let Some(request) = self.get_mut(number) {
            request.status = Some(status);
        }
    }

    /// Forgets the requests; numbers go on rising.
    pub fn clear(&mut self) {
        self.requests.clear();
    }
}
