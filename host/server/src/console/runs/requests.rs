//! The requests of a recording as lines of a table. A recording has been redacted when it was made; what it does not say is left
//! open.

use jiff::Timestamp;
use serde_json::Value;

use super::shown::duration;
use crate::view::{Badge, Tone};

/// Characters of a body that a page shows; the download has all of it.
const EXCERPT: usize = 4_000;

/// One request, as it was answered.
pub(super) struct Request {
    pub(super) at: Option<Timestamp>,
    pub(super) method: String,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) status: Badge,
    pub(super) time: String,
    pub(super) attempt: u64,
    pub(super) sent: Option<String>,
    pub(super) received: Option<String>,
}

/// How many there are, and some of them.
pub(super) fn requests(recording: &Value, skip: u64, take: u64) -> (u64, Vec<Request>) {
    let none = Vec::new();
    let entries = recording.pointer("/log/entries").and_then(Value::as_array).unwrap_or(&none);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let take = usize::try_from(take).unwrap_or(usize::MAX);
    (entries.len() as u64, entries.iter().skip(skip).take(take).map(request).collect())
}

fn request(entry: &Value) -> Request {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let url = text("/request/url");
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Request {
        at: text("/startedDateTime").parse().ok(),
        method: text("/request/method").to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        status: status(entry),
        time: duration(entry.get("time").and_then(Value::as_f64).unwrap_or_default() as i128),
        attempt: entry.get("_attempt").and_then(Value::as_u64).unwrap_or(1),
        sent: excerpt(text("/request/postData/text")),
        received: excerpt(text("/response/content/text")),
    }
}

fn status(entry: &Value) -> Badge {
    match entry.pointer("/response/status").and_then(Value::as_u64).unwrap_or(0) {
        0 => {
            let code = entry.pointer("/_error/code").and_then(Value::as_str).unwrap_or("no answer");
            Badge::new(Tone::Bad, code)
        }
        status @ 200..400 => Badge::new(Tone::Good, status.to_string()),
        status @ (429 | 500..) => Badge::new(Tone::Bad, status.to_string()),
        status => Badge::new(Tone::Warning, status.to_string()),
    }
}

fn excerpt(text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let mut shown: String = text.chars().take(EXCERPT).collect();
    if shown.len() < text.len() {
        shown.push_str("\n… the recording has the rest");
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_shown_as_it_was_answered() {
        let entry = json!({
            "startedDateTime": "2026-11-22T16:34:02.937Z",
            "time": 1_204.4,
            "_attempt": 2,
            "request": { "method": "POST", "url": "https://api.example/v3.0/list?top=200" },
            "response": { "status": 429, "content": { "text": "slow down" } },
        });
        let (total, shown) = requests(&json!({ "log": { "entries": [entry] } }), 0, 50);
        let [request] = &shown[..] else { panic!("one request") };
        assert_eq!(
            (total, request.host.as_str(), request.path.as_str()),
            (1, "api.example", "/v3.0/list?top=200")
        );
        assert_eq!((request.time.as_str(), request.attempt), ("1 s", 2));
        assert_eq!(request.status, Badge::new(Tone::Bad, "429"));
        assert_eq!(request.received.as_deref(), Some("slow down"));
    }

    #[test]
    fn what_had_no_answer_says_why() {
        let entry = json!({ "request": { "method": "GET", "url": "https://a.example" }, "_error": { "code": "timeout" } });
        let (_, shown) = requests(&json!({ "log": { "entries": [entry] } }), 0, 1);
        assert_eq!(shown[0].status.text, "timeout");
        assert_eq!(requests(&Value::Null, 0, 1).0, 0);
    }
}
